"""What guests, members and hosts may try against a meeting, and what it answers."""

import asyncio
import io
import os
import random
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.people import Person, people
from fakes.table import Seat, Table

from app.__main__ import main
from app.conductor import Conductor
from app.guest import PassingMemory
from app.headless import _print
from app.intents import Enter, StartMeeting
from app.meeting.contacts import Contacts
from app.meeting.effects import Effect, Remember, Send, StopSealing
from app.meeting.events import Received, Tick
from app.meeting.hosting import BATCH, Hosting
from app.meeting.invitations import Invitations
from app.meeting.notices import Notices
from app.meeting.trust import MOST_MET, Trust
from app.meeting.view import Badge, Presence
from app.meeting.wishes import Leave
from app.net.signalling import Address
from app.recorder import Recorder
from app.screens import InMeeting, Preview, Screen
from app.session import Session
from app.studio import NONE, Choice
from app.ways import Ways
from crypto.frames import OpenedFrame, Opener, Sealer
from crypto.messages import Sync
from crypto.operations import Add
from crypto.policy import Policy, PolicyFlag
from crypto.roster import Roster
from crypto.sodium import random_bytes
from crypto.vault_content import Verified
from media.slot import Slot
from media.video.picture import Picture


def meeting_with_somebody_held() -> tuple[Table, Seat, Seat]:
    """Return a table at which Cleo holds a device that came as Ben, whom she knew by another."""
    table = Table()
    old = table.person("Ben").identity.public
    ada = table.person("Ada")
    cleo = table.person("Cleo", knows={"Ben": (old, True)})
    stranger = table.person("Ben")
    table.opens(ada, lobby=False)
    for seat in (cleo, stranger):
        table.knocks(seat, ada)
        table.run(0.7)
    table.run(3)
    assert presence(table, cleo, stranger) is Presence.HELD
    return table, cleo, stranger


def presence(table: Table, seat: Seat, of: Seat) -> Presence:
    return next(p.presence for p in table.view(seat).people if p.dev == of.dev)


def test_who_was_admitted_under_one_name_does_not_slip_in_under_another():
    host, mallory, first = people("Ada", "Mallory", "Accomplice")
    roster = Roster.from_genesis(host.genesis(policy=Policy(PolicyFlag.LOBBY)))
    roster = roster.propose([Add(host.request(roster.call_id).encode())], 10**13, host.sign)[1]
    out: list[Effect] = []
    book = Invitations(host.identity.public, (), 0.0, random.Random(5).randbytes)
    hosting = Hosting(Contacts({}), Notices(), out, book)
    (link,) = book

    def knock(channel: int, person: Person, name: str) -> bytes:
        request = person.request(roster.call_id, name=name)
        hosting.knock(channel, request, link.door, roster)
        return request.join_id

    hosting.admit(knock(1, first, "Accomplice"))
    assert len(hosting.due(roster, 10.0)[1]) == 1, "the next block may come in half a second"
    hosting.admit(knock(2, mallory, "Mallory"))
    assert hosting.due(roster, 10.1)[1] == {}
    knock(3, mallory, "Berta")
    assert hosting.due(roster, 10.0 + BATCH)[1] == {}, "nobody admitted a Berta"
    assert [knock.name for knock in hosting.knocks] == ["Berta"]


def test_who_was_held_and_comes_back_as_somebody_new_is_heard_like_everybody_else():
    table, cleo, stranger = meeting_with_somebody_held()
    ada = table.seats["Ada"]
    table.wish(stranger, Leave())
    table.run(2)
    stranger.name = "Robert"
    table.knocks_again(stranger, ada)
    table.run(5)
    assert presence(table, cleo, stranger) is Presence.CONNECTED
    table.sends(cleo, b"good morning, whoever you are")
    assert isinstance(table.opens_frame(stranger, table.frames[-1]), OpenedFrame)


def test_who_was_held_and_comes_back_under_the_same_name_is_held_again():
    table, cleo, stranger = meeting_with_somebody_held()
    table.wish(stranger, Leave())
    table.run(2)
    table.knocks_again(stranger, table.seats["Ada"])
    table.run(5)
    assert presence(table, cleo, stranger) is Presence.HELD
    table.sends(cleo, b"not for a stranger")
    assert table.opens_frame(stranger, table.frames[-1]) == "unknown_key"
    assert next(p.badge for p in table.view(cleo).people if p.dev == stranger.dev) is Badge.CHANGED


def test_which_key_a_device_uses_is_seen_anew_when_it_comes_back():
    opener, sealer = Opener(), Sealer()
    for slot, generation, key in ((1, 20, bytes(32)), (2, 1, bytes(31) + b"\x01")):
        if slot == 2:
            opener.clear()
            sealer = Sealer()
        opener.add(slot, generation, key)
        sealer.use(slot, generation, key)
        sealed = sealer.seal(0, 1, 0, 0, b"hello")
        assert sealed is not None
        assert isinstance(opener.open(0, 1, sealed), OpenedFrame)
        assert opener.newest == generation


def test_a_member_that_says_all_the_time_that_it_lacks_everything_is_answered_twice_a_second():
    table = Table()
    ada, mallory = table.person("Ada"), table.person("Mallory")
    table.opens(ada, lobby=False)
    table.knocks(mallory, ada)
    table.run(5)
    assert ada.meeting is not None
    channel = next(c for c, (other, _) in ada.channels.items() if other is mallory)
    lost = Sync(
        eid=bytes(32), epoch=0, term=0, acks=0, keys=0, reveals=0, digest=bytes(32)
    ).encode()

    def answers(at: float) -> int:
        assert ada.meeting is not None
        effects = ada.meeting.step(Received(channel, lost), at)
        return sum(isinstance(effect, Send) for effect in effects)

    assert answers(table.now) > 0
    assert sum(answers(table.now + 0.002 * n) for n in range(100)) == 0
    assert answers(table.now + 0.6) > 0


def test_a_guests_name_in_foreign_letters_does_not_end_a_meeting_on_an_old_terminal(
    monkeypatch: pytest.MonkeyPatch,
):
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding="latin-1"))
    with pytest.raises(SystemExit):
        main(["--version"])
    print("2 people here: Ada, 花子", flush=True)
    assert b"Ada, \\u82b1" in shown.getvalue()


def test_a_host_that_invents_people_by_the_thousand_cannot_fill_the_vault():
    out: list[Effect] = []
    trust = Trust(Contacts({}), Notices(), out)
    host, *crowd = people("Ada", *(f"Nobody {number}" for number in range(MOST_MET + 20)))
    roster = Roster.from_genesis(host.genesis())
    roster = roster.propose([Add(host.request(roster.call_id).encode())], 10**13, host.sign)[1]
    mine = roster.members[host.dev]
    members = [
        trust.introduce(
            replace(mine, dev=one.dev, request=one.request(roster.call_id)), mine, False
        )
        for one in crowd
    ]
    for member in members:
        trust.met(member)
    assert len([effect for effect in out if isinstance(effect, Remember)]) == MOST_MET
    trust.verified(members[-1], Verified.CODE)
    assert out[-1] == Remember(members[-1].device_key, members[-1].name, Verified.CODE)


def test_a_second_click_on_enter_does_not_end_the_meeting_that_the_first_one_opened():
    async def story() -> None:
        screens: list[Screen] = []
        choice = Choice(camera=NONE, microphone=NONE, speaker=NONE)
        ways = Ways(choice=choice, listen=Address("127.0.0.1", 0), look_around=False)
        session = Session(PassingMemory(), ways, screens.append, random_bytes)
        running = asyncio.create_task(session.run())

        async def until(kind: type[Screen]) -> None:
            async with asyncio.timeout(20):
                while not isinstance(session.screen, kind):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)

        session.handle(StartMeeting("Tea", "Ada", visible=False, lobby=False))
        await until(Preview)
        session.handle(Enter("Ada"))
        await until(InMeeting)
        conductor = session.conductor
        session.handle(Enter("Ada"))
        await asyncio.sleep(0.2)
        assert session.conductor is conductor
        assert session.studio is not None
        assert session.studio.sealer.generation is not None, "what is said is still sealed"
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())


class Recording:
    """Stands for anything that a conductor touches, and notes what it is told."""

    def __init__(self, **answers: object) -> None:
        self.told: list[tuple[object, ...]] = []
        self._answers = answers

    def __getattr__(self, name: str) -> object:
        def note(*arguments: object, **named: object) -> object:
            self.told.append((name, *arguments, *named.values()))
            return self._answers.get(name)

        return note


def test_after_an_alarm_nothing_that_waits_or_is_asked_for_again_leaves():
    call = Recording()
    sealer = Sealer()
    sealer.use(1, 1, bytes(32))
    meeting = Recording(step=[StopSealing()])
    conductor = Conductor(meeting, call, sealer, Recording(), lambda: 0.0)  # type: ignore[arg-type]
    conductor.happened(Tick())
    assert sealer.generation is None
    assert ("keys_switched", True) in call.told


def test_a_recording_that_fails_does_not_write_the_users_folders_into_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    pictures: Slot[Picture] = Slot()
    recorder = Recorder(tmp_path / "gone" / "ada.mkv", pictures)
    pictures.put(Picture(16, 16, 64, memoryview(bytes(64 * 16)), 0.0))
    recorder._thread.join(20)
    recorder.close()
    assert "could not be kept" in caplog.text
    assert str(tmp_path) not in caplog.text


def test_a_reader_that_goes_away_after_the_invitation_does_not_shut_the_door_on_everybody():
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as pipe:
        _print("conclave:join#...", pipe)
        os.close(reading)  # as in: conclave host --headless | head -1
        _print("2 people here: Ada, Ben", pipe)
        os.dup2(os.open(os.devnull, os.O_WRONLY), pipe.fileno())  # so that closing has no error
