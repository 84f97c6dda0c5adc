"""Reactions and raised hands: what everybody sees, for how long, and how often."""

import contextlib

import pytest
from fakes.table import Seat, Table, table_of
from hypothesis import given
from hypothesis import strategies as st

from app.meeting import reactions
from app.meeting.chat import MediaState
from app.meeting.events import DataFrom
from app.meeting.reactions import BURST, LASTS, RATE, Reactions
from app.meeting.view import Person, Reaction, Shown
from app.meeting.wishes import LowerHand, RaiseHand, React, SetCamera, SpeakBySigns
from crypto.errors import MalformedError
from crypto.frames import Context

BEN = b"b" * 16


def person(table: Table, seat: Seat, of: Seat) -> Person:
    return next(p for p in table.view(seat).people if p.dev == of.dev)


def hands(table: Table, seat: Seat) -> list[str]:
    """Return who has a hand up, in the order that somebody sees."""
    up = [p for p in table.view(seat).people if p.hand_since]
    return [p.name for p in sorted(up, key=lambda p: p.hand_since)]


# Reactions


@pytest.mark.parametrize("reaction", list(Reaction))
def test_a_reaction_arrives_as_it_was_shown(reaction: Reaction):
    assert reactions.parse(reactions.encode(reaction)) is reaction


@given(st.binary(max_size=6))
def test_any_bytes_are_a_reaction_or_malformed(noise: bytes):
    for data in (noise, b"\5" + noise):
        with contextlib.suppress(MalformedError):
            assert reactions.encode(reactions.parse(data)) == data


def test_everybody_sees_a_reaction_for_some_seconds():
    table, seats = table_of("Ada", "Ben", "Cleo")
    table.wish(seats[0], React(Reaction.APPLAUSE))
    table.run(0.5)
    for seat in seats:
        shown = person(table, seat, seats[0]).reaction
        assert shown is not None
        assert shown.reaction is Reaction.APPLAUSE
        assert person(table, seat, seats[1]).reaction is None
    table.run(LASTS)
    assert all(person(table, seat, seats[0]).reaction is None for seat in seats)


def test_a_reaction_that_is_shown_again_is_told_from_the_one_before():
    table, (ada, ben) = table_of("Ada", "Ben")
    table.wish(ada, React(Reaction.HEART))
    table.run(1)
    first = person(table, ben, ada).reaction
    table.wish(ada, React(Reaction.HEART))
    table.run(1)
    second = person(table, ben, ada).reaction
    assert first is not None
    assert second is not None
    assert first.until < second.until


def test_who_shows_too_many_is_not_seen_and_not_even_sent():
    table, (ada, ben) = table_of("Ada", "Ben")
    ben.heard.clear()
    for _ in range(50):
        table.wish(ada, React(Reaction.CHEER))
    table.run(0.5)
    assert sum(payload[:1] == b"\5" for _, _, payload in ben.heard) == BURST
    for _ in range(50):
        table.event(ada, DataFrom(ben.dev, Context.CONTROL, reactions.encode(Reaction.LAUGH)))
    assert ada.meeting._talk._reactions.dropped >= 50 - BURST - 1


def test_honest_reactions_that_come_closer_together_on_the_way_are_all_seen():
    here, there = Reactions(), Reactions()
    for number in range(10):
        now = number / RATE
        assert here.show(BEN, Reaction.AGREE, now, mine=True)
        assert there.show(BEN, Reaction.AGREE, now + (0.4 if number % 2 else 0.9))


def test_an_unknown_reaction_is_no_reaction():
    table, (ada, ben) = table_of("Ada", "Ben")
    for payload in (b"\5\0", b"\5\7", b"\5\xff", b"\5", b"\5\1\1"):
        table.event(ada, DataFrom(ben.dev, Context.CONTROL, payload))
    assert person(table, ada, ben).reaction is None


def test_a_reaction_is_gone_with_who_showed_it():
    shown = Reactions()
    shown.show(BEN, Reaction.AGREE, 1.0)
    assert shown.of(BEN, 1.0) == Shown(Reaction.AGREE, 1.0 + LASTS)
    shown.forget(BEN)
    assert shown.of(BEN, 1.0) is None


# Hands


@given(st.booleans(), st.booleans(), st.integers(0, 2**32 - 1))
def test_a_state_tells_for_how_long_the_hand_is_up(camera: bool, up: bool, passed: int):
    state = MediaState(False, camera, up, False, passed if up else 0)
    assert MediaState.parse(state.encode()) == state
    assert len(state.encode()) == (6 if up else 2)


def test_everybody_sees_the_same_order_also_who_came_later():
    table, (ada, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    for seat in (cleo, ada, ben):
        table.wish(seat, RaiseHand(True))
        table.run(1.5)
    dora = table.person("Dora")
    table.knocks(dora, ada)
    table.run(5)
    for seat in (ada, ben, cleo, dora):
        assert hands(table, seat) == ["Cleo", "Ada", "Ben"]
    table.wish(ada, LowerHand(cleo.dev))
    table.run(1)
    table.wish(cleo, RaiseHand(True))
    table.run(1)
    for seat in (ada, ben, cleo, dora):
        assert hands(table, seat) == ["Ada", "Ben", "Cleo"]


def test_who_claims_to_have_waited_for_long_is_not_believed_by_those_who_were_there():
    table, (ada, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    table.wish(cleo, RaiseHand(True))
    table.run(0.5)
    state = MediaState(hand_up=True, hand_for=2**32 - 1)
    table.event(ada, DataFrom(ben.dev, Context.CONTROL, state.encode()))
    assert table.wall() - person(table, ada, ben).hand_since < 3


# Signs


def signs(table: Table, seat: Seat) -> dict[str, tuple[bool, bool]]:
    people = table.view(seat).people
    return {person.name: (person.signing, person.speaking) for person in people}


def test_who_speaks_by_signs_is_seen_to_speak_by_all_and_by_who_comes_later():
    table, (ada, ben) = table_of("Ada", "Ben")
    table.wish(ben, SetCamera(True))
    table.wish(ben, SpeakBySigns(True))
    table.run(0.5)
    cleo = table.person("Cleo")
    table.knocks(cleo, ada)
    table.run(5)
    for seat in (ada, ben, cleo):
        assert signs(table, seat)["Ben"] == (True, True)
        assert signs(table, seat)["Ada"] == (False, False)
    table.wish(ben, SpeakBySigns(False))
    table.run(0.5)
    assert signs(table, ada)["Ben"] == (False, False)


def test_nobody_speaks_by_signs_unseen():
    table, (ada, ben) = table_of("Ada", "Ben")
    table.wish(ben, SpeakBySigns(True))
    table.run(0.5)
    assert signs(table, ben)["Ben"] == (False, False)
    table.wish(ben, SetCamera(True))
    table.wish(ben, SpeakBySigns(True))
    table.wish(ben, SetCamera(False))
    table.run(3)
    assert signs(table, ben)["Ben"] == signs(table, ada)["Ben"] == (False, False)
    frame = table._seal(ben, Context.CONTROL, MediaState(signing=True).encode())
    table.inject(ben, Context.CONTROL, frame.sealed)
    table.run(0.1)
    assert signs(table, ada)["Ben"] == (False, False)
