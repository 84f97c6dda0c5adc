"""A call that moves its path at any sequence number can be decrypted there, whatever gets lost."""

import pylibsrtp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylibsrtp import Policy, Session

from media.path.rtp_packet import MICROPHONE, TAG_BYTES, build
from media.path.rtp_receiver import MAX_MISSING
from media.path.rtp_sender import NEAR_WRAP, RtpSender


class Path:
    """One path's SRTP: keys and counts of its own on both sides."""

    def __init__(self, key: int) -> None:
        self.ours, self.theirs = (
            Session(Policy(bytes([key]) * 44, kind, Policy.SRTP_PROFILE_AEAD_AES_256_GCM))
            for kind in (Policy.SSRC_ANY_OUTBOUND, Policy.SSRC_ANY_INBOUND)
        )


class Moving:
    """A stream whose packets leave over a path, which may lose some."""

    def __init__(self, sequence: int) -> None:
        self.path = Path(1)
        self.lose = 0
        self.opened: list[int] = []
        self.refused = 0
        self.sender = RtpSender(MICROPHONE, self, sequence, 0)

    def send(self, *fields):
        protected = self.path.ours.protect(build(*fields))
        if self.lose:
            self.lose -= 1
        else:
            try:
                packet = self.path.theirs.unprotect(protected)
                self.opened.append(int.from_bytes(packet[2:4], "big"))
            except pylibsrtp.Error:
                self.refused += 1
        return len(protected) + TAG_BYTES

    def speak(self, packets: int) -> None:
        for _ in range(packets):
            self.sender.send_frame([b"sound"], 0, 0.0)

    def move(self, *, told: bool = True) -> None:
        self.path = Path(2)
        if told:
            self.sender.begin_path()


@given(st.integers(0, 65_535) | st.integers(65_000, 65_535), st.integers(0, NEAR_WRAP - 1))
@settings(max_examples=100, deadline=None)
def test_wherever_the_numbers_stand_what_comes_on_the_new_path_is_decrypted(sequence, lost):
    call = Moving(sequence)
    call.speak(3)
    call.move()
    call.lose = lost
    call.speak(lost + 300)
    assert call.refused == 0
    assert len(call.opened) == 3 + 300


def test_without_a_new_beginning_a_loss_at_the_wrap_would_end_the_stream():
    call = Moving(65_530)
    call.speak(3)
    call.move(told=False)
    call.lose = 10
    call.speak(100)
    assert call.refused == 90


@pytest.mark.parametrize("before", [1, NEAR_WRAP - 1])
def test_a_new_beginning_leaves_no_larger_gap_than_a_receiver_waits_for(before):
    call = Moving(65_536 - before)
    assert call.sender.begin_path()
    call.speak(1)
    assert call.opened == [0]
    assert before <= MAX_MISSING


def test_far_from_the_wrap_the_numbers_go_on():
    call = Moving(40_000)
    assert not call.sender.begin_path()
    call.speak(1)
    assert call.opened == [40_000]
