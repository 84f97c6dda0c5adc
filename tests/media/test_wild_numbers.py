"""Numbers that a stream never had cost the one that tells them little, and not for long."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.path.parity_packet import ParityPacket
from media.path.probation import MAX_DROPOUT, MAX_MISORDER, QUIET
from media.path.rtp_packet import CAMERA, MICROPHONE, START, RtpPacket
from media.path.rtp_receiver import DEADLINE, MAX_MISSING, RtpReceiver

STEP = 0.033  # seconds from one frame to the next
FRAME = bytes([START]) + bytes(9)
SOUND = bytes([0]) + bytes(9)


class Told:
    """A receiver of frames of one packet each, what it gave out, and what time it is."""

    def __init__(self, stream=CAMERA, first=65_000):
        self.stream = stream
        self.receiver = RtpReceiver(stream)
        self.first = self.next = first
        self.now = 1.0
        self.given = []
        self.stamps = []

    def tell(self, frames):
        if self.stream.packetised:  # sound is put in order by its player
            assert all(frame.sequence > self.given[-1] for frame in frames if self.given)
        self.given += [frame.sequence for frame in frames]
        self.stamps += [frame.timestamp for frame in frames]

    def packet(self, sequence, payload=None):
        payload = payload or (FRAME if self.stream.packetised else SOUND)
        return RtpPacket(self.stream.ssrc, sequence & 0xFFFF, sequence & 0xFFFFFFFF, True, payload)

    def goes_on(self, frames=1):
        """The stream goes on by so many frames; return which of them were given out."""
        before = len(self.stamps)
        for _ in range(frames):
            self.tell(self.receiver.receive(self.packet(self.next), self.now))
            self.next += 1
            self.passes(STEP)
        return self.stamps[before:]

    def lies(self, sequence, *, repeated=False):
        """A packet comes that the stream never sent."""
        self.tell(self.receiver.receive(self.packet(sequence), self.now, repeated=repeated))

    def lies_in_parity(self, first, packets=3):
        row = ParityPacket(CAMERA.ssrc, first & 0xFFFF, packets, 0, 5, True, bytes(20))
        self.tell(self.receiver.repair(row, self.now))

    def passes(self, seconds):
        """Time passes, and what is missing is looked at when it is due."""
        end = self.now + seconds
        while self.receiver.due <= end:
            self.now = max(self.now, self.receiver.due)
            self.tell(self.receiver.ask(self.now, 0.02)[1])
        self.now = end


@pytest.mark.parametrize("ahead", [MAX_DROPOUT + 1, 20_000, -20_000, -MAX_MISORDER - 1])
def test_one_wild_number_costs_nothing(ahead):
    told = Told()
    told.goes_on(5)
    told.lies(told.next - 1 + ahead)
    assert len(told.goes_on(50)) == 50
    assert told.receiver.counters["refused"] == 1
    assert told.receiver.lost == 0


def test_parity_over_packets_that_follow_a_second_later_costs_none_of_them():
    told = Told()
    told.goes_on(5)
    told.lies_in_parity(told.next + 20)
    told.passes(1.0)
    assert told.receiver.counters["given_up"] > 0
    assert len(told.goes_on(60)) == 60
    assert told.receiver.lost == 0


def test_parity_far_ahead_of_what_came_is_refused_and_does_not_add_up():
    told = Told()
    told.goes_on(5)
    told.lies_in_parity(told.next + MAX_MISSING)
    assert told.receiver.counters["parity_refused"] == 1
    for ahead in range(0, 20_000, 60):
        told.lies_in_parity(told.next + ahead, 60)
    told.passes(1.0)
    assert len(told.goes_on(60)) == 60


@pytest.mark.parametrize("stream", [CAMERA, MICROPHONE], ids=["camera", "microphone"])
@pytest.mark.parametrize("jump", [30_000, 40_000, MAX_DROPOUT + 5, -MAX_MISORDER - 50])
def test_a_stream_that_goes_on_elsewhere_is_followed_and_no_number_goes_back(stream, jump):
    told = Told(stream)
    told.goes_on(20)
    told.next += jump
    told.passes(QUIET)
    assert len(told.goes_on(10)) == 9, "the first one is on probation"
    assert told.given == sorted(set(told.given))
    assert told.receiver.lost == 0
    assert told.receiver.counters["restarted"] == 1


def test_what_a_path_that_was_left_still_brings_leads_nobody_back():
    told = Told()
    told.goes_on(3 * MAX_MISORDER)
    straggler = itertools.count(told.first)
    for _ in range(MAX_MISORDER):
        for _ in range(3):  # in order, and many at once
            told.lies(next(straggler) - 1000)
        assert len(told.goes_on()) == 1
    assert told.receiver.counters["restarted"] == 0


def test_sound_goes_on_after_a_number_that_leapt_ahead():
    told = Told(MICROPHONE)
    told.goes_on(10)
    told.lies(told.next + MAX_DROPOUT - 1)
    given = told.goes_on(30)
    assert len(given) >= 30 - QUIET / STEP - 2
    assert given[-1] == told.next - 1


LIES = st.one_of(
    st.tuples(st.just("packet"), st.integers(0, 65_535)),
    st.tuples(st.just("near"), st.integers(-300, 300)),
    st.tuples(st.just("again"), st.integers(0, 65_535)),
    st.tuples(st.just("parity"), st.integers(0, 65_535)),
    st.tuples(st.just("near parity"), st.integers(-100, 300)),
    st.tuples(st.just("honest"), st.integers(1, 3)),
    st.tuples(st.just("time"), st.sampled_from([1, 10])),
)


@given(st.sampled_from([CAMERA, MICROPHONE]), st.lists(LIES, max_size=40))
@settings(max_examples=100, deadline=None)
def test_whatever_was_told_before_an_honest_stream_is_soon_given_out_whole(stream, lies):
    told = Told(stream)
    told.goes_on(3)
    for lie, number in lies:
        match lie:
            case "packet":
                told.lies(number)
            case "near":
                told.lies(told.next + number)
            case "again":
                told.lies(number, repeated=True)
            case "parity" if stream is CAMERA:
                told.lies_in_parity(number)
            case "near parity" if stream is CAMERA:
                told.lies_in_parity(told.next + number, 20)
            case "honest":
                told.goes_on(number)
            case "time":
                told.passes(number * STEP)
        assert len(told.receiver._missing) <= MAX_MISSING
    told.goes_on(MAX_MISORDER + round((QUIET + DEADLINE) / STEP) + 3)
    assert len(told.goes_on(20)) == 20
