"""Every message there is, said by anybody to anybody at any time: it counts where it belongs.

All that was said in two meetings, this one and another, is said again: to whoever hosts, takes
part, waits at the door, has left; by a stranger, by who waits, by a member; each of it twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pytest
from fakes.table import Seat, Table

from app.meeting.effects import OpenLink, OpenWith, SealWith, SendData, UseDevices
from app.meeting.serving import OwnServers
from app.meeting.view import Role
from app.meeting.wishes import (
    AddContact,
    Admit,
    AskToUnmute,
    Deny,
    Leave,
    Mute,
    RaiseHand,
    Remove,
    Say,
    SetLobby,
    SetLocked,
    SetMicrophone,
    SetRole,
)
from crypto import blocks, messages, proofs
from crypto.identity import Identity
from crypto.messages import Server, ServerUse

STUN = Server(ServerUse.STUN, "203.0.113.101", 3478)
OF_EVERY_KIND = {kind for kind in messages._BY_KIND if kind != messages.Gossip.kind} | {
    blocks.Block.kind,
    proofs.HELLO,
    proofs.HELLO_ACK,
}
EACH, TWICE = 3, 2
RARE = {messages.Evidence.kind}  # is said about liars only: tests/meeting/test_evidence.py
PASSWORDS = {proofs.PASSWORD_SHARE, proofs.PASSWORD_PROOF}


Said = dict[int, list[bytes]]


class Loud(Table):
    """A table at which people have the devices they always have; a few of all words are kept."""

    def __init__(self, seed: int) -> None:
        self.kept: Said = {}
        super().__init__(seed)

    def person(self, name: str, knows: dict[str, tuple[bytes, bool]] | None = None) -> Seat:
        seat = super().person(name, knows)
        seat.identity = Identity(name.encode().ljust(32))
        return seat

    def carry(self, seat: Seat, channel: int, message: bytes) -> None:
        kept = self.kept.setdefault(message[0], [])
        if len(kept) < EACH and message not in kept:
            kept.append(message)
        super().carry(seat, channel, message)


def lively(seed: int) -> tuple[Loud, list[Seat]]:
    """Return a meeting of host, co-host and members, in which nearly all there is was said."""
    table = Loud(seed)
    ada, ben, cleo, dan = seats = [table.person(name) for name in ("Ada", "Ben", "Cleo", "Dan")]
    table.opens(ada, lobby=False)
    assert ada.meeting is not None
    ada.meeting.serving.use(OwnServers((STUN,)))
    for seat in seats[1:]:
        table.knocks(seat, ada)
    table.run(3)
    table.wish(ada, SetRole(ben.dev, Role.CO_HOST))
    table.run(1)
    for wish in (SetLobby(True), Mute(cleo.dev), AskToUnmute(cleo.dev), AddContact(cleo.dev)):
        table.wish(ada, wish)
    table.wish(cleo, AddContact(ada.dev))
    table.wish(cleo, RaiseHand(True))
    table.run(1)
    table.wish(ben, SetLocked(True))
    table.run(1)
    table.wish(ben, SetLocked(False))
    table.run(1)
    for name in ("Eve", "Fay"):
        table.knocks(table.person(name), ada)
    table.run(1)
    eve, fay = (knock.join_id for knock in table.view(ben).knocks)
    table.wish(ben, Admit(eve))
    table.wish(ada, Remove(dan.dev))
    table.wish(cleo, Say("a line"))
    table.run(2)
    assert fay
    return table, [*seats[:3], table.seats["Eve"], dan]


@cache
def elsewhere() -> Said:
    """Return what is said in another meeting, which loses its host and elects another."""
    table, (ada, ben, cleo, *_) = lively(seed=2)
    table.wish(ben, Deny(table.view(ben).knocks[0].join_id))
    table.run(1)
    table.kill(ada)
    table.run(20)
    table.wish(cleo, Leave())
    table.run(2)
    assert table.view(ben).i_am_host
    return table.kept


def test_nearly_every_kind_of_message_was_said():
    assert OF_EVERY_KIND - set(elsewhere()) <= RARE | PASSWORDS | {
        messages.MemberBody.kind,
        messages.HostBody.kind,
        messages.About.kind,
        messages.JoinRequest.kind,
    }


@dataclass
class Scene:
    """Who says everything, to whom, and how the meeting stands."""

    table: Table
    speaker: Seat
    hearer: Seat
    seats: list[Seat]

    def channel(self) -> int:
        """Return a channel from the one to the other; a stranger gets a new one."""
        for number, (other, _) in self.speaker.channels.items():
            if other is self.hearer:
                return number
        return self.table.reach_out(self.speaker, self.hearer)[0]

    def standing(self) -> tuple[object, ...]:
        """Return what no message may change: who is in, what is on, who can be heard."""
        found: list[object] = []
        for seat in self.seats:
            if not seat.sits:
                found.append((seat.name, seat.ended))
                continue
            view = self.table.view(seat)
            people = tuple((person.dev, person.role) for person in view.people)
            found.append((seat.name, people, view.microphone_on, view.camera_on, view.alarm))
            found.append((view.locked, view.lobby, view.i_am_host))
            members = {person.dev for person in view.people}
            assert set(seat.links) <= members
            assert {key[0] for key in seat.keys} <= members
        return tuple(found)


def scene(who: str, to: str) -> tuple[Scene, Said]:
    """Build a meeting; return it with what was said in it so far."""
    table, (ada, ben, cleo, eve, dan) = lively(seed=1)
    table.wish(cleo, SetMicrophone(False))
    table.run(1)
    people = {
        "the host": ada, "a co-host": ben, "a member": cleo, "a newcomer": eve,
        "somebody removed": dan, "somebody at the door": table.seats["Fay"],
        "a stranger": table.stranger("Mallory"),
    }  # fmt: skip
    seats = [ada, ben, cleo, eve]
    own = {kind: list(kept) for kind, kept in table.kept.items()}
    return Scene(table, people[who], people[to], seats), own


HEARERS = ["the host", "a co-host", "a member", "a newcomer"]
SPEAKERS = ["a stranger", "somebody removed", "somebody at the door"]


@pytest.mark.parametrize("to", HEARERS)
@pytest.mark.parametrize("who", SPEAKERS)
def test_who_is_not_in_changes_nothing_whatever_they_say(who: str, to: str):
    scene_, own = scene(who, to)
    before = scene_.standing()
    for said in (own, elsewhere()):
        for kept in said.values():
            for message in kept * TWICE:
                scene_.table.carry(scene_.speaker, scene_.channel(), message)
            scene_.table.run(0.2)
            assert scene_.standing() == before
    scene_.table.run(20)
    assert scene_.standing() == before


@pytest.mark.parametrize("to", HEARERS)
def test_what_was_said_in_another_meeting_counts_in_none_though_a_member_says_it(to: str):
    scene_, _ = scene("a newcomer" if to != "a newcomer" else "a member", to)
    before = scene_.standing()
    for kind, kept in elsewhere().items():
        if kind in {messages.Ask.kind, messages.Verdict.kind}:
            continue  # is unsigned, and the member's own word: its rights are what counts
        for message in kept * TWICE:
            scene_.table.carry(scene_.speaker, scene_.channel(), message)
        scene_.table.run(1.5)  # a channel that was lost for it stands again
        assert scene_.standing() == before, messages._BY_KIND.get(kind)
    scene_.table.run(20)
    assert scene_.standing() == before


@pytest.mark.parametrize("to", HEARERS)
def test_what_was_said_before_counts_once_whoever_repeats_it(to: str):
    scene_, own = scene("a newcomer" if to != "a newcomer" else "a member", to)
    before = scene_.standing()
    for kept in own.values():
        for message in kept * TWICE:
            scene_.table.carry(scene_.speaker, scene_.channel(), message)
        scene_.table.run(1.5)
        assert scene_.standing() == before
    scene_.table.run(20)
    assert scene_.standing() == before


@pytest.mark.parametrize("said", ["in this meeting", "in another"])
def test_who_waits_at_the_door_gets_no_key_no_link_and_opens_no_device(said: str):
    scene_, own = scene("the host", "somebody at the door")
    for kind, kept in (own if said == "in this meeting" else elsewhere()).items():
        if kind == messages.Denied.kind:
            continue  # that is an answer
        waiting = scene_.table.person(f"waits for {kind}")
        scene_.table.knocks(waiting, scene_.speaker)
        scene_.table.run(0.5)
        theirs = next(n for n, (o, _) in scene_.speaker.channels.items() if o is waiting)
        for message in kept * TWICE:
            if theirs in scene_.speaker.channels:
                scene_.table.carry(scene_.speaker, theirs, message)
        scene_.table.run(0.3)
        assert waiting.meeting is None
        taken = (OpenLink, OpenWith, SealWith, SendData, UseDevices)
        assert not [order for order in waiting.orders if isinstance(order, taken)]
        assert waiting.keys == waiting.hoard == set()


@pytest.mark.parametrize("ends", [lambda t, s: t.wish(s, Leave()), lambda t, s: t.kill(s)])
def test_who_has_left_is_not_brought_back_by_anything(ends: Callable[[Table, Seat], None]):
    scene_, own = scene("a member", "a newcomer")
    channel = scene_.channel()
    ends(scene_.table, scene_.hearer)
    for kept in (*own.values(), *elsewhere().values()):
        for message in kept * TWICE:
            if channel in scene_.speaker.channels:
                scene_.table.carry(scene_.speaker, channel, message)
    scene_.table.run(5)
    assert not scene_.hearer.sits
    assert scene_.hearer.sealer.seal(0, 0, 0, 0, b"x") is None or scene_.hearer.dead
