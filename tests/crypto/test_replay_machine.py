"""A sender and a receiver with a network in between that does everything but break the cipher.

What the receiver takes must be exactly what a set of all counters ever taken would allow.
"""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from crypto.errors import ForgedError, MalformedError, ReplayedError
from crypto.sframe import (
    COUNTER_LIMIT,
    OPENSSL,
    WINDOW,
    OpeningKey,
    ReplayWindow,
    SealingKey,
    decode_header,
    encode_header,
)

BASE_KEY, KID, AAD = bytes(range(32)), 0x0431, b"meta"
picks = st.integers(0, 10**6)


class ReplayMachine(RuleBasedStateMachine):
    """Frames under one key; the oracle is a set."""

    window: type[ReplayWindow] = ReplayWindow

    def __init__(self) -> None:
        super().__init__()
        self.sealing = SealingKey(BASE_KEY, KID, OPENSSL)
        self.opening = OpeningKey(BASE_KEY, KID, OPENSSL)
        self.opening._window = self.window()
        self.sent: list[tuple[int, bytes]] = []
        self.underway: list[int] = []  # places in `sent`
        self.taken: set[int] = set()

    @rule(count=st.integers(1, 40))
    def frames_are_sent(self, count: int) -> None:
        for _ in range(count):
            text = len(self.sent).to_bytes(4, "big")
            frame = self.sealing.seal(text, AAD)
            self.underway.append(len(self.sent))
            self.sent.append((decode_header(frame)[1], frame))

    @rule(ahead=st.sampled_from([1, WINDOW - 1, WINDOW, WINDOW + 1, COUNTER_LIMIT]))
    def the_sender_is_far_ahead(self, ahead: int) -> None:
        """As if so many frames had been sent that never came."""
        ctr = self.sealing._ctr
        self.sealing._ctr = max(ctr, min(ctr + ahead, COUNTER_LIMIT - 2000))

    @precondition(lambda self: self.underway)
    @rule(pick=picks, again=st.booleans())
    def a_frame_arrives(self, pick: int, again: bool) -> None:
        place = self.underway[pick % len(self.underway)]
        if not again:
            self.underway.remove(place)
        self._arrive(place)

    @precondition(lambda self: self.sent)
    @rule(pick=picks)
    def an_old_frame_comes_again(self, pick: int) -> None:
        self._arrive(pick % len(self.sent))

    @rule()
    def all_arrive_in_order(self) -> None:
        while self.underway:
            self._arrive(self.underway.pop(0))

    @precondition(lambda self: self.underway)
    @rule(pick=picks)
    def a_frame_is_lost(self, pick: int) -> None:
        self.underway.pop(pick % len(self.underway))

    @precondition(lambda self: self.sent)
    @rule(pick=picks, bit=picks)
    def a_frame_is_damaged(self, pick: int, bit: int) -> None:
        frame = bytearray(self.sent[pick % len(self.sent)][1])
        frame[bit // 8 % len(frame)] ^= 1 << bit % 8
        with pytest.raises((ForgedError, MalformedError, ReplayedError)):
            self.opening.open(bytes(frame), AAD)

    @rule(ctr=st.integers(0, 2**33))
    def a_frame_is_made_up(self, ctr: int) -> None:
        with pytest.raises((ForgedError, MalformedError, ReplayedError)):
            self.opening.open(encode_header(KID, ctr) + bytes(20), AAD)

    def _arrive(self, place: int) -> None:
        ctr, frame = self.sent[place]
        is_new = ctr not in self.taken and ctr > max(self.taken, default=-1) - WINDOW
        try:
            text = self.opening.open(frame, AAD)
        except ReplayedError:
            assert not is_new, f"frame {ctr} is new and was refused"
        else:
            assert is_new, f"frame {ctr} was taken twice"
            assert text == place.to_bytes(4, "big")
            self.taken.add(ctr)

    @invariant()
    def the_window_is_as_small_as_it_was(self) -> None:
        assert self.opening._window._seen.bit_length() <= WINDOW

    @invariant()
    def no_counter_was_used_twice(self) -> None:
        assert len({ctr for ctr, _ in self.sent}) == len(self.sent)


TestReplays = ReplayMachine.TestCase
TestReplays.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


# What the oracle would notice


class Narrower(ReplayWindow):
    def __init__(self) -> None:
        super().__init__(WINDOW - 1)


class Forgetful(ReplayWindow):
    def take(self, ctr: int) -> None:
        if ctr >= self._next:
            super().take(ctr)


class MovedByForgeries(ReplayWindow):
    def accepts(self, ctr: int) -> bool:
        accepted = super().accepts(ctr)
        self.take(ctr)
        return accepted


def tell_the_oracle(window: type[ReplayWindow]) -> None:
    """Play one story in which every rule of the window has its turn."""
    machine = type("Machine", (ReplayMachine,), {"window": window})()
    machine.frames_are_sent(3)
    machine.a_frame_arrives(1, again=True)
    machine.a_frame_is_made_up(10**6)
    machine.all_arrive_in_order()
    machine.the_sender_is_far_ahead(WINDOW - 3)
    machine.frames_are_sent(2)
    machine.a_frame_arrives(0, again=False)
    machine.the_sender_is_far_ahead(WINDOW - 2)
    machine.frames_are_sent(1)
    machine.a_frame_arrives(1, again=False)
    machine.all_arrive_in_order()
    for place in range(len(machine.sent)):
        machine._arrive(place)


def test_the_oracle_is_content_with_our_window():
    tell_the_oracle(ReplayWindow)


@pytest.mark.parametrize("window", [Narrower, Forgetful, MovedByForgeries])
def test_the_oracle_notices_a_window_that_is_wrong(window: type[ReplayWindow]):
    with pytest.raises(AssertionError, match=r"is new and was refused|was taken twice"):
        tell_the_oracle(window)
