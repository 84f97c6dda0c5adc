"""From figures to words: who speaks, how it is with each person, what is wrong, what is copied."""

import itertools
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from app.i18n import _ as translated
from app.i18n import use_language
from app.meeting.view import Quality
from app.quality import LOOK_BACK, TELL_EVERY, Watch
from app.quality_words import (
    CAUSES,
    HELP,
    IN_SHORT,
    REASONS,
    WHERE_IN_SHORT,
    advice,
    all_well,
    busy,
    computer_figures,
    in_short,
    person_figures,
    person_line,
    report,
    sentence,
    why,
)
from app.screens import CallQuality, PersonQuality
from media.load import Reason
from media.stats import (
    AudioStats,
    CallStats,
    ComputerStats,
    DownlinkStats,
    EncodedStats,
    PeerStats,
    SentStats,
    UplinkStats,
    VideoStats,
)
from media.verdict import FAIR, POOR, Cause, Finding

ME, BEN, CLEO = b"m" * 16, b"b" * 16, b"c" * 16


class FakeStudio:
    """A call whose figures are what the test says, a second later with what has come since."""

    def __init__(self) -> None:
        self.now = 100.0
        self.peers: dict[bytes, PeerStats] = {}
        self.step = 0
        self.looks = 0
        self.loud: set[bytes] = set()
        self.microphone_on = True
        self.call = SimpleNamespace(stats=self.stats)
        self.sound = SimpleNamespace(speaking=self.loud.__contains__, own_speaking=False)
        self.watch = Watch(lambda: self.now)

    def stats(self) -> Any:
        self.looks += 1
        return CallStats(dict(self.peers), computer=ComputerStats(step=self.step))

    def look(self) -> Any:
        return self.watch.look(self, [ME, *self.peers], ME)  # type: ignore[arg-type]

    def go_on(self, seconds: int = 1) -> Any:
        for _ in range(seconds):
            self.now += 1.0
            seen = self.look()
        return seen


def peer(
    rtt: float | None = 20.0, packets: int = 0, lost: int = 0, freeze_s: float = 0.0
) -> PeerStats:
    return PeerStats(
        rtt_ms=rtt,
        audio=AudioStats(packets=packets, lost=lost),
        video=VideoStats(freeze_s=freeze_s, asked_fps=30, fps=30.0),
    )


@pytest.mark.parametrize(
    ("after", "word"),
    [
        (peer(packets=300), Quality.GOOD),
        (peer(rtt=300.0, packets=300), Quality.FAIR),
        (peer(rtt=1500.0, packets=300), Quality.POOR),
        (peer(packets=280, lost=20), Quality.FAIR),
        (peer(packets=200, lost=100), Quality.POOR),
        (peer(packets=300, freeze_s=0.4), Quality.FAIR),
    ],
)
def test_figures_become_one_word(after: PeerStats, word: Quality):
    studio = FakeStudio()
    studio.peers = {BEN: replace(peer(rtt=after.rtt_ms))}
    assert studio.look().words == {}
    studio.peers = {BEN: after}
    assert studio.go_on(LOOK_BACK).words == {BEN: word}


def test_what_was_is_forgiven_some_seconds_later():
    studio = FakeStudio()
    studio.peers = {BEN: peer()}
    studio.look()
    studio.peers = {BEN: peer(freeze_s=0.5)}
    assert studio.go_on().words == {BEN: Quality.POOR}
    assert studio.go_on(LOOK_BACK + 1).words == {BEN: Quality.GOOD}


def test_nobody_is_measured_who_was_never_heard():
    studio = FakeStudio()
    studio.peers = {BEN: peer(rtt=None)}
    studio.look()
    seen = studio.go_on(3)
    assert seen.words == {}
    assert seen.call.people == (PersonQuality(BEN),)
    assert not seen.call.measured


def test_statistics_are_looked_at_once_a_second_only():
    studio = FakeStudio()
    for _ in range(20):
        studio.look()
        studio.now += 0.1
    assert studio.looks == 2


def test_who_speaks_is_told_each_time_oneself_only_with_the_microphone_on():
    studio = FakeStudio()
    studio.peers = {BEN: peer(), CLEO: peer()}
    studio.loud.add(BEN)
    assert studio.look().speaking == {BEN}
    studio.sound.own_speaking = True
    assert studio.look().speaking == {ME, BEN}
    studio.microphone_on = False
    assert studio.look().speaking == {BEN}


def test_a_screen_is_the_same_while_the_words_are():
    studio = FakeStudio()
    studio.peers = {BEN: peer(rtt=300.0)}
    studio.look()
    before = studio.go_on(2)
    studio.peers = {BEN: peer(rtt=310.0, packets=100)}
    assert studio.go_on() == before


def test_the_figures_are_there_only_while_somebody_looks_at_them():
    studio = FakeStudio()
    studio.peers = {BEN: peer()}
    assert studio.look().call.figures is None
    studio.watch.figures_wanted = True
    assert studio.look().call.figures.peers == studio.peers


def test_a_cause_stands_with_the_person_it_concerns():
    studio = FakeStudio()
    studio.peers = {BEN: peer(), CLEO: peer(rtt=300.0)}
    studio.look()
    call = studio.go_on(3).call
    assert call.people == (
        PersonQuality(BEN, Quality.GOOD),
        PersonQuality(CLEO, Quality.FAIR, Cause.DISTANCE),
    )
    assert call.findings == (Finding(Cause.DISTANCE, (CLEO,), FAIR),)


def test_what_this_computer_spoils_is_not_blamed_on_a_person():
    studio = FakeStudio()
    studio.peers = {BEN: peer()}
    studio.step = 5
    studio.look()
    studio.peers = {BEN: peer(freeze_s=3.0)}
    call = studio.go_on(3).call
    assert call.people == (PersonQuality(BEN, Quality.POOR, Cause.MY_COMPUTER),)
    assert [finding.cause for finding in call.findings] == [Cause.MY_COMPUTER]
    assert person_line(call.people[0])[1] == "This computer is busy."
    assert "connection" not in person_line(call.people[0])[0]


def test_no_connection_is_called_weak_because_this_computer_is_busy():
    studio = FakeStudio()
    studio.peers = {BEN: peer()}
    studio.step = 5
    studio.look()
    studio.peers = {BEN: peer(freeze_s=3.0)}
    assert studio.go_on(3).words == {BEN: Quality.GOOD}
    studio.step = 0
    studio.peers = {BEN: peer(freeze_s=3.5)}
    assert studio.go_on(1).words == {BEN: Quality.POOR}


def test_a_network_that_loses_data_is_not_excused_by_a_busy_computer():
    studio = FakeStudio()
    studio.step = 5
    lossy = DownlinkStats(0.2, 0.1, 0, 0, 0, 40.0)
    studio.peers = {BEN: replace(peer(), downlink=lossy), CLEO: replace(peer(), downlink=lossy)}
    studio.look()
    studio.peers = {
        dev: replace(peer(packets=200, lost=100), downlink=lossy) for dev in (BEN, CLEO)
    }
    seen = studio.go_on(3)
    assert seen.words == {BEN: Quality.POOR, CLEO: Quality.POOR}
    assert {one.cause for one in seen.call.people} == {None}


def test_that_the_computer_is_busy_is_told_once_a_minute_at_most():
    studio = FakeStudio()
    studio.look()
    studio.step = 1
    assert studio.go_on().call.told == 0  # nobody sees a quicker encoder
    studio.step = 2
    assert studio.go_on().call.told == 1
    for step in (3, 2, 4, 0, 2):
        studio.step = step
        assert studio.go_on().call.told == 1
    studio.now += TELL_EVERY
    assert studio.go_on().call.told == 1  # as it was: no news
    studio.step = 3
    assert studio.go_on().call.told == 2


def test_who_spoke_last_is_looked_at_until_somebody_else_speaks():
    studio = FakeStudio()
    studio.peers = {BEN: peer(), CLEO: peer()}
    assert studio.look().near == frozenset()
    studio.loud.add(BEN)
    assert studio.look().near == {BEN}
    studio.loud.clear()
    studio.sound.own_speaking = True
    assert studio.look().near == {BEN}
    studio.loud.add(CLEO)
    assert studio.look().near == {CLEO}
    del studio.peers[CLEO]
    studio.loud.clear()
    assert studio.look().near == frozenset()


# -- words ----------------------------------------------------------------------------------------

LOSSY = Finding(Cause.THEIR_NETWORK, (BEN,), POOR)
FIGURES = CallStats(
    {
        BEN: PeerStats(
            rtt_ms=24.4,
            uplink=UplinkStats(2400.0, 1900.0, 12.0, 0.021),
            downlink=DownlinkStats(0.003, 0.0, 31, 4, 2, 3.2),
            audio=AudioStats(400, 3, 0.004, 40.0, -20.0, 48.0, 52.0, 2, 0.01),
            video=VideoStats(640, 360, 29.97, 620.0, 300, 2, 1.4, 83.0, 1.3, 20.0, 360, 30),
            sent=SentStats(36.0, 640.0, 360, 3, 360),
        )
    },
    encoded=(EncodedStats(640, 360, 30.0, 800.0, 300, 2.1, 3.4),),
    computer=ComputerStats(step=2, reason="encoding", cpu=0.34),
)
CALL = CallQuality(
    (LOSSY,),
    (PersonQuality(BEN, Quality.POOR, Cause.THEIR_NETWORK), PersonQuality(CLEO)),
    measured=True,
    figures=FIGURES,
)


@pytest.fixture(params=["en", "de"])
def language(request: pytest.FixtureRequest) -> Any:
    use_language(request.param)
    yield request.param
    use_language("en")


def test_why_a_connection_is_not_good_is_said_of_each_person(language: str):
    for cause in set(Cause) - {Cause.MY_COMPUTER}:
        devs = (BEN,) if "{name}" in CAUSES[cause] else ()
        said = why(CallQuality((Finding(cause, devs, FAIR),)), BEN, "Ben")
        assert said.startswith(translated(CAUSES[cause]).replace("{name}", "Ben"))
        assert said.endswith(translated(HELP[cause]))
    busy_here = CallQuality((Finding(Cause.MY_COMPUTER, (), POOR), LOSSY))
    assert why(busy_here, CLEO, "Cleo") == why(CallQuality(), CLEO, "Cleo")
    assert why(busy_here, BEN, "Ben").startswith(
        translated(CAUSES[Cause.THEIR_NETWORK]).replace("{name}", "Ben")
    )


def test_every_cause_has_a_sentence_and_says_what_helps(language: str):
    for cause in Cause:
        finding = Finding(cause, (BEN,) if "{name}" in CAUSES[cause] else (), FAIR)
        said = sentence(finding, {BEN: "Ben"})
        assert said.endswith(".")
        assert "{" not in said
        assert ("Ben" in said) == bool(finding.devs)
        assert advice(finding).endswith(".")
        assert "!" not in said + advice(finding)
    assert set(HELP) == set(CAUSES) == set(Cause)


def test_every_cause_is_translated():
    use_language("de")
    for words in (CAUSES, HELP, IN_SHORT, WHERE_IN_SHORT):
        for cause, english in words.items():
            assert translated(english) != english, cause
    use_language("en")


def test_only_what_can_be_mended_here_stands_above_the_pictures():
    assert in_short(CALL) == ""
    mine = replace(CALL, findings=(LOSSY, Finding(Cause.MY_UPLINK, (), FAIR)))
    assert in_short(mine) == "Weak network"
    assert all(cause.value.startswith("my_") for cause in IN_SHORT)


def test_nothing_wrong_is_said_only_after_it_was_measured():
    assert all_well(CallQuality())[0] == "Nobody else is here yet."
    waiting = CallQuality(people=(PersonQuality(BEN),))
    assert all_well(waiting)[0] == "The connection is being measured."
    assert all_well(replace(waiting, measured=True))[0] == "Nothing is wrong."


def test_a_persons_line_says_how_it_is_and_where_it_lies():
    ben, cleo = CALL.people
    assert person_line(ben) == ("Weak connection", "It is their network.")
    assert person_line(cleo) == ("Not measured yet", "")
    between = PersonQuality(BEN, Quality.FAIR, Cause.BETWEEN)
    assert person_line(between) == ("Unsteady connection", "")
    assert person_line(replace(ben, quality=Quality.GOOD))[1] == ""


def test_a_busy_computer_is_said_in_words_that_fit_what_is_left_out():
    assert busy(2) == busy(3) != busy(4) == busy(6) != busy(7)
    assert "busy" in busy(2)
    assert "not affected" not in busy(7), "sound may suffer on a computer that is far too slow"


def test_whole_sound_is_promised_only_where_the_plan_keeps_it(language: str):
    slow = Finding(Cause.MY_COMPUTER, (), POOR)
    promise = {"en": "Sound is not affected", "de": "Der Ton leidet nicht darunter"}[language]
    broken = {"en": "sound may break off", "de": "Der Ton kann aussetzen"}[language]
    assert all(promise in advice(slow, step) for step in range(7))
    assert promise not in advice(slow, 7)
    assert broken in advice(slow, 7)
    assert advice(LOSSY, 7) == advice(LOSSY)


def test_every_reason_for_leaving_something_out_has_words(language: str):
    assert set(REASONS) == set(get_args(Reason)) - {""}
    for reason, english in REASONS.items():
        computer = replace(FIGURES.computer, reason=reason)
        told = dict(computer_figures(replace(FIGURES, computer=computer)))
        assert f"({translated(english)})" in told[translated("Left out")]
        assert (translated(english) != english) == (language == "de")


def test_few_pictures_over_a_good_connection_are_said_in_the_persons_row():
    few = PersonQuality(BEN, Quality.GOOD, Cause.THEIR_COMPUTER)
    assert person_line(few) == ("Good connection", "Few pictures come.")
    busy_here = PersonQuality(BEN, Quality.GOOD, Cause.MY_COMPUTER)
    assert person_line(busy_here) == ("Good connection", "")


def test_what_was_left_out_and_what_was_not_there_to_be_played_stand_among_the_figures():
    sent = replace(FIGURES.peers[BEN].sent, left_out=41)
    assert ("Pictures left out", "41") in person_figures(replace(FIGURES.peers[BEN], sent=sent))
    told = computer_figures(replace(FIGURES, computer=ComputerStats(underruns=6)))
    assert ("Speaker underruns", "6") in told
    rows = {what.replace("\xa0", " "): much for what, much in told}
    assert rows["Encoding 640 × 360"] == "800\xa0kbit/s, 2.1\xa0ms (95\xa0%\xa0≤\xa03.4\xa0ms)"


def test_no_line_ends_between_a_figure_and_its_unit_or_inside_a_bracket(language: str):
    """A value may be broken only after a comma, before a bracket, or between words."""
    told = (*person_figures(FIGURES.peers[BEN]), *computer_figures(FIGURES))
    for _what, much in told:
        for before, after in itertools.pairwise(much.split(" ")):
            assert before.endswith(",") or after.startswith("("), much
            assert before.count("(") == before.count(")"), much


def test_the_figures_are_written_as_the_language_writes_numbers(language: str):
    rows = [value for _, value in person_figures(FIGURES.peers[BEN])]
    assert ("2,1\xa0%" if language == "de" else "2.1\xa0%") in rows
    assert "24\xa0ms" in rows
    left_out = computer_figures(FIGURES)[0][1]
    assert "2" in left_out


def test_the_text_to_copy_names_nobody_and_holds_no_address_or_key():
    text = report(CALL)
    assert "Person 1" in text
    assert "The network of Person 1 is weak." in text
    assert "2400 kbit/s" in text
    assert "\xa0" not in text
    for secret in (BEN.hex(), BEN.hex()[:8], CLEO.hex()[:8], "Ben", "b" * 16):
        assert secret not in text


def test_without_figures_there_is_nothing_to_copy():
    assert report(replace(CALL, figures=None)) == ""
