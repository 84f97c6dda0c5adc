"""The large picture follows who speaks, and does not jump."""

from dataclasses import replace

from app.meeting.view import Badge, Person, Presence
from app.ui.speaker import HOLD, PAUSE, TAKES, Speaker

ME = Person(b"m", "Mara", Badge.VERIFIED, Presence.ME, True, True, True)
ADA, BEN, CLEO = (
    Person(dev, name, Badge.KNOWN, Presence.CONNECTED, False, True, True)
    for dev, name in ((b"a", "Ada"), (b"b", "Ben"), (b"c", "Cleo"))
)
TABLE = (ME, ADA, BEN, CLEO)


def loud(*speaking: Person, table: tuple[Person, ...] = TABLE) -> tuple[Person, ...]:
    return tuple(replace(person, speaking=person in speaking) for person in table)


def seen(speaker: Speaker, story: list[tuple[float, tuple[Person, ...]]]) -> list[bytes]:
    """Tell a speaker what happened when; return who was shown after each."""
    return [speaker.look(people, now) for now, people in story]


def test_somebody_else_is_shown_from_the_beginning_and_never_oneself() -> None:
    speaker = Speaker()
    assert speaker.look(loud(ME), 0.0) == ADA.dev
    assert speaker.look(loud(ME), 60.0) == ADA.dev


def test_who_is_alone_is_shown() -> None:
    assert Speaker().look((ME,), 0.0) == ME.dev
    assert Speaker().look((), 0.0) == b""


def test_somebody_with_a_camera_is_shown_first() -> None:
    dark = replace(ADA, camera_on=False)
    assert Speaker().look((ME, dark, BEN), 0.0) == BEN.dev
    assert Speaker().look((ME, dark), 0.0) == ADA.dev


def test_who_comes_takes_the_place_of_oneself_at_once() -> None:
    speaker = Speaker()
    assert seen(speaker, [(0.0, (ME,)), (0.1, (ME, BEN))]) == [ME.dev, BEN.dev]


def test_the_picture_comes_to_whoever_speaks() -> None:
    speaker = Speaker()
    speaker.look(loud(), 0.0)
    story = [(10.0, loud(BEN)), (10.0 + TAKES - 0.01, loud(BEN)), (10.0 + TAKES, loud(BEN))]
    assert seen(speaker, story) == [ADA.dev, ADA.dev, BEN.dev]


def test_a_cough_does_not_take_it() -> None:
    speaker = Speaker()
    speaker.look(loud(), 0.0)
    cough = [(10.0, loud(BEN)), (10.0 + TAKES / 2, loud(BEN)), (10.0 + TAKES, loud())]
    assert set(seen(speaker, cough)) == {ADA.dev}
    assert speaker.look(loud(BEN), 11.0) == ADA.dev  # what he said before does not count


def test_it_stays_for_a_while_with_whoever_has_it() -> None:
    speaker = Speaker()
    speaker.look(loud(), 0.0)
    speaker.look(loud(BEN), 9.0)
    assert speaker.look(loud(BEN), 10.0) == BEN.dev
    story = [(10.1, loud(CLEO)), (10.0 + HOLD - 0.01, loud(CLEO)), (10.0 + HOLD, loud(CLEO))]
    assert seen(speaker, story) == [BEN.dev, BEN.dev, CLEO.dev]


def test_it_stays_with_whoever_goes_on_speaking() -> None:
    speaker = Speaker()
    assert speaker.look(loud(ADA), 0.0) == ADA.dev
    assert {speaker.look(loud(ADA, BEN), at / 4) for at in range(1, 200)} == {ADA.dev}


def test_a_pause_between_two_sentences_does_not_lose_it() -> None:
    speaker = Speaker()
    speaker.look(loud(ADA), 0.0)
    speaker.look(loud(ADA, BEN), 10.0)
    assert speaker.look(loud(BEN), 10.0 + PAUSE - 0.01) == ADA.dev
    assert speaker.look(loud(BEN), 10.0 + PAUSE) == BEN.dev


def test_of_two_who_speak_the_one_who_began_is_shown() -> None:
    speaker = Speaker()
    speaker.look(loud(), 0.0)
    speaker.look(loud(CLEO), 5.0)
    assert speaker.look(loud(BEN, CLEO), 5.5) == ADA.dev
    assert speaker.look(loud(BEN, CLEO), 6.0) == CLEO.dev


def test_silence_changes_nothing() -> None:
    speaker = Speaker()
    speaker.look(loud(), 0.0)
    speaker.look(loud(BEN), 5.0)
    speaker.look(loud(BEN), 6.0)
    assert {speaker.look(loud(), float(at)) for at in range(7, 100)} == {BEN.dev}


def test_when_they_leave_it_goes_at_once_to_whoever_speaks_or_spoke_last() -> None:
    speaker = Speaker()
    speaker.look(loud(CLEO), 0.0)
    speaker.look(loud(BEN), 1.0)
    speaker.look(loud(), 1.1)
    assert speaker.shown == CLEO.dev
    assert speaker.look(loud(table=(ME, ADA, BEN)), 1.2) == BEN.dev
    assert speaker.look(loud(ADA, table=(ME, ADA)), 1.3) == ADA.dev


def test_it_says_when_it_will_change_so_that_nobody_has_to_look_again_and_again() -> None:
    speaker = Speaker()
    speaker.look(loud(), 0.0)
    assert speaker.changes_in(0.0) is None
    speaker.look(loud(BEN), 0.5)
    wait = speaker.changes_in(0.5)
    assert wait == HOLD - 0.5
    assert speaker.look(loud(BEN), 0.5 + wait) == BEN.dev
    assert speaker.changes_in(3.0) is None


def test_another_meeting_begins_with_nobody() -> None:
    speaker = Speaker()
    speaker.look(loud(BEN), 0.0)
    speaker.forget()
    assert speaker.look(loud(), 1.0) == ADA.dev
