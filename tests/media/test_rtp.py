"""Packets and frames: cutting, putting together, repairing, giving up. No network, no clock."""

import itertools
import math
import random
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.path import parity_packet
from media.path.fec import MAX_PACKETS as MAX_COVERED
from media.path.held_parity import MAX_BLOCKS
from media.path.parity_packet import ParityPacket
from media.path.repair import RepairPlan
from media.path.rtp_packet import (
    CAMERA,
    HEADER_BYTES,
    MAX_DATAGRAM,
    MAX_PACKETS,
    MAX_PAYLOAD,
    MICROPHONE,
    MORE,
    PADDING,
    REPAIR,
    REPAIR_HEAD,
    REPEAT,
    SCREEN,
    START,
    STREAMS,
    TAG_BYTES,
    RtpPacket,
    build,
    cut,
    original,
    parse,
    repetition,
)
from media.path.rtp_receiver import (
    DEADLINE,
    MAX_ASKS,
    SOUND_IN_TIME,
    TAIL_WAIT,
    RtpReceiver,
)
from media.path.rtp_sender import HISTORY_AGE, HISTORY_BYTES, REPAIR_BURST, RtpSender, overhead
from media.sealing import FLAG_KEY, frame_flags


def sealed(size: int, key: bool = False, number: int = 0) -> bytes:
    return bytes([FLAG_KEY if key else 0]) + random.Random(number).randbytes(size - 1)


class Wire:
    """A sender whose packets lie in a list, and a receiver they can be fed to."""

    def __init__(self, stream=CAMERA, sequence=0):
        self.sent = []
        self.sender = RtpSender(stream, self, sequence, 12345)
        self.receiver = RtpReceiver(stream)
        self.frames = []

    def send(self, *fields):
        self.sent.append(build(*fields))
        return len(self.sent[-1]) + TAG_BYTES

    def send_beside(self, stream, timestamp, marker, payload):
        return self.send(stream, len(self.sent) & 0xFFFF, timestamp, marker, payload)

    def send_frame(self, frame, now=0.0, ts=0):
        start = len(self.sent)
        payloads = cut(frame) if self.sender._stream.packetised else [frame]
        self.sender.send_frame(payloads, ts, now)
        return self.sent[start:]

    def send_with_parity(self, frame, rows, now=0.0, ts=0):
        """Send a frame; return its packets and its rows of parity."""
        self.sender.plan = Rows(loss=0.1, given=rows)
        packets = self.send_frame(frame, now, ts)
        self.sender.plan = RepairPlan()
        return packets[:-rows], packets[-rows:]

    def feed(self, packets, now=0.0):
        for packet in map(parse, packets):
            if packet.ssrc == REPAIR.ssrc:
                frames = self.receiver.repair(parity_packet.unpack(packet), now)
            elif packet.ssrc == REPEAT.ssrc:
                frames = self.receiver.receive(original(packet), now, repeated=True)
            else:
                frames = self.receiver.receive(packet, now)
            self.frames += [f.sealed for f in frames]

    def wait(self, end):
        """Look at what is missing whenever it is due, up to a time."""
        while self.receiver.due < end:
            self.ask(self.receiver.due)

    def ask(self, now, round_trip=0.02):
        wanted, frames = self.receiver.ask(now, round_trip)
        self.frames += [f.sealed for f in frames]
        return wanted


@dataclass(frozen=True)
class Rows(RepairPlan):
    """A plan of so many rows for every frame."""

    given: int = 0

    def rows(self, packets, layer, key):
        return self.given


@given(st.integers(1, 60_000))
def test_a_frame_survives_cutting_and_no_datagram_is_too_large(size):
    frame = random.Random(size).randbytes(size)
    payloads = cut(frame)
    assert b"".join(payload[1:] for payload in payloads) == frame
    more = [min(MORE, after) for after in reversed(range(len(payloads)))]
    assert [payload[0] for payload in payloads] == [START | more[0], *more[1:]]
    for payload in payloads:
        longest = max(
            payload, repetition(CAMERA, 0, payload), bytes(REPAIR_HEAD) + payload, key=len
        )
        assert len(build(CAMERA, 0, 0, False, longest)) + TAG_BYTES <= MAX_DATAGRAM


def test_a_frame_that_is_too_large_is_refused():
    with pytest.raises(ValueError, match="got 0"):
        cut(b"")
    with pytest.raises(ValueError, match="bytes, got"):
        cut(bytes(MAX_PACKETS * MAX_PAYLOAD))


@given(st.binary(max_size=80))
def test_no_bytes_make_the_packet_parser_raise(data):
    packet = parse(data)
    assert packet is None or packet.ssrc in {*STREAMS, REPEAT.ssrc, REPAIR.ssrc, PADDING.ssrc}
    if packet is not None:
        assert len(packet.payload) == len(data) - HEADER_BYTES > 0
        original(packet)


@given(
    st.sampled_from([MICROPHONE, CAMERA, SCREEN]), st.integers(0, 65_535), st.integers(0, 65_535)
)
def test_a_packet_carries_its_number_and_a_repetition_what_it_repeats(stream, sequence, number):
    packet = RtpPacket(stream.ssrc, sequence, 77, True, b"payload", number)
    assert parse(build(stream, sequence, 77, True, b"payload", number)) == packet
    again = build(REPEAT, 1, 77, True, repetition(stream, sequence, b"payload"), number)
    assert original(parse(again)) == packet


@pytest.mark.parametrize("payload", [b"\2\0\1", b"\5\0\1x", b"\6\0\1x", b"\x0f\0\1x"])
def test_a_repetition_of_nothing_or_of_what_is_no_media_is_refused(payload):
    assert original(parse(build(REPEAT, 1, 2, False, payload))) is None


def test_padding_other_extensions_sources_and_foreign_types_are_refused():
    good = build(CAMERA, 5, 6, True, b"x", 7)
    assert parse(good) == RtpPacket(CAMERA.ssrc, 5, 6, True, b"x", 7)
    for first in (0x00, 0x40, 0x80, 0x91, 0x9F, 0xB0, 0xD0):
        assert parse(bytes([first]) + good[1:]) is None
    for place in (12, 13, 14, 15, 16, 19):
        altered = bytearray(good)
        altered[place] ^= 0x21
        assert parse(bytes(altered)) is None
    assert parse(good[:1] + build(SCREEN, 5, 6, True, b"x", 7)[1:2] + good[2:]) is None
    assert parse(good[:HEADER_BYTES]) is None


def test_a_frame_is_complete_with_its_marker_not_with_the_next_frame():
    wire = Wire(sequence=65_534)
    for number in range(6):
        frame = sealed(4000, number == 0, number)
        packets = wire.send_frame(frame, ts=number * 3000)
        wire.feed(packets[:-1])
        assert len(wire.frames) == number
        wire.feed(packets[-1:])
        assert wire.frames[-1] == frame
    assert wire.receiver._highest == 65_534 + 6 * 4 - 1


def test_reordered_packets_within_and_across_frames_are_sorted():
    wire = Wire()
    frames = [sealed(5000, n == 0, n) for n in range(20)]
    packets = [p for n, frame in enumerate(frames) for p in wire.send_frame(frame, ts=n)]
    wire.feed(packets[:1])
    rest = packets[1:]
    mixed = sorted(range(len(rest)), key=lambda i: i + random.Random(i).uniform(0, 6))
    wire.feed([rest[i] for i in mixed])
    assert wire.frames == frames
    assert wire.receiver.lost == 0


def test_duplicates_are_counted_and_change_nothing():
    wire = Wire()
    packets = wire.send_frame(sealed(3000, True))
    wire.feed(packets + packets)
    assert len(wire.frames) == 1
    assert wire.receiver.counters["late"] == 3
    assert wire.receiver.packets == 3


def test_a_missing_packet_is_asked_for_and_repaired():
    wire = Wire()
    wire.feed(wire.send_frame(sealed(2000, True)))
    first = wire.send_frame(sealed(2000, number=1), now=1.0)
    second = wire.send_frame(sealed(2000, number=2), now=1.0)
    wire.feed([first[0], *second], now=1.0)
    assert len(wire.frames) == 1
    assert wire.ask(1.001) == []  # perhaps it is only late
    assert wire.ask(1.010) == [3]
    assert wire.ask(1.020) == []
    assert wire.sender.repeat([3], 1.02) == 1
    once_more = parse(wire.sent[-1])
    assert once_more.ssrc == REPEAT.ssrc
    assert original(once_more) == parse(first[1])
    wire.feed(wire.sent[-1:], now=1.03)
    assert len(wire.frames) == 3
    assert wire.receiver.due == math.inf
    assert wire.receiver.counters["repaired"] == 1


def test_asking_is_repeated_a_few_times_and_no_faster_than_the_round_trip():
    wire = Wire()
    wire.feed(wire.send_frame(sealed(2000, True)))
    wire.feed(wire.send_frame(sealed(2000, number=1))[1:], now=1.0)
    asked = [ms for ms in range(1, 250) if wire.ask(1.0 + ms / 1000, round_trip=0.030)]
    assert len(asked) <= MAX_ASKS
    assert all(40 <= later - earlier <= 42 for earlier, later in itertools.pairwise(asked))


def test_what_never_comes_holds_the_rest_up_until_the_deadline_only():
    wire = Wire()
    wire.feed(wire.send_frame(sealed(2000, True)))
    wire.feed(wire.send_frame(sealed(2000, number=1))[:1], now=1.0)
    later = [sealed(2000, number=n) for n in (2, 3)]
    for frame in later:
        wire.feed(wire.send_frame(frame), now=1.03)
    assert len(wire.frames) == 1
    wire.wait(1.03 + DEADLINE - 0.001)
    assert len(wire.frames) == 1
    wire.ask(1.03 + DEADLINE)
    assert wire.frames[1:] == later
    assert wire.receiver.lost == 1
    assert wire.receiver.due == math.inf


def test_a_whole_key_frame_behind_a_gap_is_not_kept_waiting():
    wire = Wire()
    wire.feed(wire.send_frame(sealed(2000, True)))
    wire.send_frame(sealed(5000, number=1))
    wire.feed(wire.send_frame(sealed(2000, number=2)), now=1.0)
    key = sealed(5000, True, 3)
    packets = wire.send_frame(key)
    wire.feed(packets[:-1], now=1.0)
    assert len(wire.frames) == 1
    wire.feed(packets[-1:], now=1.0)
    assert wire.frames[1:] == [key]


def test_a_gap_too_long_to_repair_is_passed_over_at_once():
    wire = Wire()
    wire.feed(wire.send_frame(sealed(1000, True)))
    for number in range(400):
        wire.send_frame(sealed(1000, number=number))
    frame = sealed(1000, number=999)
    wire.feed(wire.send_frame(frame), now=1.0)
    assert wire.frames[1:] == [frame]
    assert wire.receiver.due == math.inf
    assert wire.receiver.lost == 400


@pytest.mark.parametrize(("packets", "seconds"), [(40, 0.1), (3, 2.0)])
def test_what_was_lost_in_a_moment_or_after_a_pause_is_asked_for(packets, seconds):
    assert lost_in_an_outage(packets, seconds).receiver.due < math.inf


def test_what_was_lost_in_an_outage_is_of_then_and_is_not_asked_for():
    wire = lost_in_an_outage(40, 0.6)
    assert wire.receiver.due == math.inf
    assert len(wire.frames) == 2  # the one behind goes on at once, and needs a key frame


def lost_in_an_outage(packets, seconds):
    """Return a wire on which so many packets were lost while nothing came for so long."""
    wire = Wire()
    wire.feed(wire.send_frame(sealed(1000, True)), now=1.0)
    for number in range(packets):
        wire.send_frame(sealed(1000, number=number))
    wire.feed(wire.send_frame(sealed(1000, number=999)), now=1.0 + seconds)
    return wire


@given(st.randoms(use_true_random=False), st.sampled_from([0.02, 0.1, 0.3]))
@settings(max_examples=30)
def test_whatever_is_lost_no_torn_frame_comes_out_and_none_out_of_order(rng, loss):
    wire = Wire(sequence=rng.randrange(65_536))
    frames = [sealed(rng.choice([300, 3000]), n % 30 == 0, n) for n in range(90)]
    now = 0.0
    for number, frame in enumerate(frames):
        now += 0.033
        wire.feed([p for p in wire.send_frame(frame, now, number) if rng.random() > loss], now)
        again = wire.ask(now)
        if again and wire.sender.repeat(again, now):
            repeated = wire.sent[-len(again) :]
            wire.feed([p for p in repeated if rng.random() > loss], now + 0.01)
    positions = [frames.index(frame) for frame in wire.frames]
    assert positions == sorted(positions)
    assert len(set(positions)) == len(positions)
    assert len(wire.receiver._buffer.held) <= 1024
    assert len(wire.receiver._missing) <= 256


def test_sound_is_delivered_at_once_and_numbered_across_the_wrap():
    wire = Wire(MICROPHONE, sequence=65_534)
    packets = [wire.send_frame(b"sound %d" % n, ts=960 * n)[0] for n in range(5)]
    delivered = []
    for index in (0, 1, 3, 4, 2):
        delivered += wire.receiver.receive(parse(packets[index]), 0.0)
    assert [frame.sequence for frame in delivered] == [65_534, 65_535, 65_537, 65_538, 65_536]
    assert delivered[-1].sealed == b"sound 2"


def test_repetition_has_a_budget_an_age_and_a_memory():
    wire = Wire()
    frame = sealed(1000, True)
    kept = HISTORY_BYTES // 1001
    for _ in range(kept + 10):
        wire.send_frame(frame, now=1.0)
    assert wire.sender.repeat([3], 1.0) == 0  # overwritten
    assert wire.sender.repeat([400], 1.0 + HISTORY_AGE + 0.1) == 0
    assert wire.sender.repeat([400, 400], 1.1) == 1  # the same one twice is one request
    many = wire.sender.repeat(range(20, kept), 1.2)
    assert many == pytest.approx(REPAIR_BURST / 1040, abs=3)
    wire.send_frame(frame, now=1.2)
    wire.sender.forget()
    assert wire.sender.repeat([kept + 10], 1.3) == 0
    assert wire.sender.repeats_refused > 400


def test_what_is_asked_for_again_is_sent_twice():
    wire = Wire()
    wire.send_frame(sealed(500))
    assert wire.sender.repeat([0], 0.1) == 1
    assert wire.sender.repeat([0], 0.2) == 2


def test_a_request_made_twice_from_afar_is_answered_once_each_time():
    wire = Wire()
    wire.sender.plan = RepairPlan(loss=0.1, round_trip=0.2)
    wire.send_frame(sealed(500))
    assert wire.sender.repeat([0], 0.10) == 1
    assert wire.sender.repeat([0], 0.14) == 1, "nobody can know yet that the first was lost"
    assert wire.sender.repeat([0], 0.34) == 2


@pytest.mark.parametrize(("round_trip", "times"), [(0.02, 1), (0.2, 2)])
def test_who_is_far_asks_twice_what_else_would_come_too_late(round_trip, times):
    wire = Wire()
    packets = wire.send_frame(sealed(2000, True))
    packets += wire.send_frame(sealed(3000, number=1))
    wire.feed([packets[0], *packets[2:]])
    asked_at = []
    while not asked_at or wire.receiver.due < asked_at[0] + max(round_trip, 0.05) * 0.95:
        now = wire.receiver.due
        asked_at += [now] * len(wire.receiver.ask(now, round_trip)[0])
    early = [at for at in asked_at if at < asked_at[0] + 0.9 * round_trip]
    assert len(early) == times


def test_in_bursts_the_rows_of_what_all_builds_upon_leave_a_frame_later_than_others():
    wire = Wire()
    wire.sender.plan = Rows(loss=0.1, burst=4, given=1)
    counts = []
    for number, layer in enumerate((0, 2, 1, 2)):
        wire.sender.send_frame(cut(sealed(5000, number=number)), number, number / 30, layer=layer)
        counts.append(wire.sender.parity)
    assert counts == [0, 0, 2, 3]


def test_the_share_of_repair_is_measured_and_ends_with_the_stream():
    wire = Wire()
    for number in range(60):
        wire.send_with_parity(sealed(3000, number=number), 1, now=number / 30)
    assert overhead([wire.sender], 2.0) == pytest.approx(1 / 3, abs=0.02)  # of three packets
    assert overhead([wire.sender], 30.0) == 0.0


def test_what_is_old_is_not_kept():
    wire = Wire()
    for number in range(100):
        wire.send_frame(sealed(1000, number=number), now=number / 10)
    assert len(wire.sender._history) <= 10 * HISTORY_AGE + 1


def test_a_frame_is_worked_out_from_its_parity_with_its_time_and_its_end():
    wire = Wire()
    wire.feed(wire.send_frame(sealed(2000, True)))
    frame = sealed(4000, number=1)
    packets, rows = wire.send_with_parity(frame, 2, ts=3000)
    wire.feed([packets[0], packets[1], *rows], now=1.0)  # the end of the frame is missing, too
    assert wire.frames[1:] == [frame]
    following = sealed(1000, number=2)
    wire.feed(wire.send_frame(following, ts=6000), now=1.03)
    assert wire.frames[2:] == [following]
    assert wire.receiver.counters["recovered"] == 2
    assert wire.receiver.due == math.inf
    assert wire.ask(1.1) == []


def test_a_frame_of_which_only_parity_comes_is_worked_out():
    wire = Wire()
    wire.feed(wire.send_frame(sealed(2000, True)))
    frame = sealed(900, number=1)
    _, rows = wire.send_with_parity(frame, 1)
    wire.feed(rows, now=1.0)
    assert wire.frames[1:] == [frame]


def test_a_repetition_and_parity_together_bring_a_frame():
    wire = Wire()
    wire.feed(wire.send_frame(sealed(2000, True)))
    frame = sealed(5000, number=1)
    packets, rows = wire.send_with_parity(frame, 1, now=1.0)
    wire.feed([packets[0], *packets[3:], *rows], now=1.0)
    assert wire.ask(1.02) == [3], "one of the two missing ones is enough"
    wire.sender.repeat([3], 1.02)
    wire.feed(wire.sent[-1:], now=1.03)
    assert wire.frames[1:] == [frame]


def test_parity_of_a_long_frame_covers_it_in_blocks():
    wire = Wire()
    wire.feed(wire.send_frame(sealed(2000, True)))
    frame = sealed(100_000, number=1)
    wire.sender.plan = Rows(loss=0.1, given=2)
    sent = wire.send_frame(frame)
    packets = [p for p in sent if parse(p).ssrc == CAMERA.ssrc]
    assert len(packets) > MAX_COVERED
    lost = {0, 1, len(packets) - 2, len(packets) - 1}
    wire.feed([p for n, p in enumerate(sent) if n not in lost], now=1.0)
    assert wire.frames[1:] == [frame]
    assert parse(sent[-1]).marker
    assert not parse(sent[-3]).marker, "only the last block ends the frame"


def test_forged_parity_is_refused_and_held_in_bounds():
    wire = Wire()
    wire.feed(wire.send_frame(sealed(2000, True)))
    receiver = wire.receiver
    good = ParityPacket(CAMERA.ssrc, 2, 2, 0, 7, False, bytes(50))
    receiver.repair(good, 1.0)
    for other in (
        good._replace(packets=3, row=1),
        good._replace(timestamp=8, row=1),
        good._replace(parity=bytes(51), row=1),
        good._replace(marker=True, row=1),
    ):
        receiver.repair(other, 1.0)
    assert receiver.counters["parity_refused"] == 4
    for first in range(4, 200):
        receiver.repair(good._replace(first=first), 1.0)
    assert len(receiver._parity.blocks) <= MAX_BLOCKS
    assert len(receiver._missing) <= 256
    receiver.repair(good._replace(first=40_000), 1.0)  # "40,000 packets are missing"
    assert len(receiver._missing) <= 256
    frame = sealed(2000, True, 3)
    wire.sender._sequence = receiver._highest + 1
    wire.feed(wire.send_frame(frame), now=1.0)
    assert wire.frames[-1] == frame, "a whole key frame ends the confusion"


@given(
    st.integers(0, 65_535),
    st.integers(1, 64),
    st.integers(0, 31),
    st.booleans(),
    st.binary(min_size=3, max_size=40),
)
@settings(max_examples=200)
def test_no_parity_makes_the_receiver_raise(first, packets, row, marker, parity):
    wire = Wire()
    wire.feed(wire.send_frame(sealed(60, True))[:1])
    forged = ParityPacket(CAMERA.ssrc, first, packets, row, 5, marker, parity)
    for _ in range(2):
        for frame in wire.receiver.repair(forged, 1.0):
            assert frame.sealed


def test_a_repetition_that_nobody_can_have_asked_for_is_refused():
    wire = Wire()
    wire.feed(wire.send_frame(sealed(1000, True)))
    far = RtpPacket(CAMERA.ssrc, 200, 0, True, bytes([START]) + b"far")
    assert wire.receiver.receive(far, 1.0, repeated=True) == []
    assert wire.receiver._highest == 0
    assert wire.receiver.counters["refused"] == 1


def test_the_end_of_a_frame_is_asked_for_before_the_next_frame_comes():
    wire = Wire()
    wire.feed(wire.send_frame(sealed(2000, True)))
    wire.feed(wire.send_frame(sealed(2000, number=1), now=1.0)[1:], now=1.0)
    wire.ask(1.01)
    wire.sender.repeat([2], 1.01)
    wire.feed(wire.sent[-1:], now=1.02)  # the path loses packets
    for number in range(10):
        wire.feed(wire.send_frame(sealed(3000, number=number), now=1.1), now=1.1)
    begun = wire.send_frame(sealed(3000, number=2), now=2.0)
    wire.feed(begun[:1], now=2.0)
    due = wire.receiver.due
    assert 2.0 + TAIL_WAIT <= due < 2.015
    wire.ask(due)
    asked = wire.ask(due + 0.01)
    assert asked == [parse(packet).sequence for packet in begun[1:]]


def test_the_last_frame_before_a_pause_is_not_lost_unnoticed():
    wire = Wire()
    wire.feed(wire.send_frame(sealed(2000, True)))
    small, large = sealed(300, number=1), sealed(4000, number=2)
    wire.send_frame(small, now=1.0)  # lost
    wire.sender.pause(1.2)
    assert len(wire.sent) == 3, "another frame may follow"
    wire.sender.pause(1.26)
    wire.feed(wire.sent[3:], now=1.26)
    assert wire.frames[1:] == [small]
    wire.send_frame(large, now=2.0)  # lost
    before = len(wire.sent)
    wire.sender.pause(2.26)
    wire.sender.pause(2.6)
    assert len(wire.sent) == before + 1, "once is enough"
    wire.feed(wire.sent[before:], now=2.26)
    wire.sender.repeat(wire.ask(2.28), 2.28)
    wire.feed(wire.sent[before + 1 :], now=2.3)
    assert wire.frames[2:] == [large]


@pytest.mark.parametrize("first", [0, 1, 700])
def test_a_stream_whose_first_packets_are_lost_begins_all_the_same(first):
    wire = Wire(sequence=first)
    frame = sealed(6000, True)
    packets = wire.send_frame(frame, now=1.0)
    wire.feed(packets[2:], now=1.0)
    assert wire.frames == []
    for now in (1.01, 1.03):  # one after the other: nobody knows how many there are
        asked = wire.ask(now)
        assert len(asked) == 1
        wire.sender.repeat(asked, now)
        wire.feed(wire.sent[-1:], now=now + 0.01)
    assert wire.frames == [frame]
    assert wire.receiver.lost == 0
    assert wire.receiver.due == math.inf


def test_the_end_of_a_frame_after_a_pause_is_watched():
    wire = Wire()
    wire.feed(wire.send_frame(sealed(2000, True)))
    packets = wire.send_frame(sealed(2000, number=1), now=5.0)
    wire.feed(packets[:-1], now=5.0)
    due = wire.receiver.due
    assert due < 5.05
    wire.ask(due)
    assert wire.ask(due + 0.01) == [3]


def test_after_a_removal_no_parity_of_before_leaves():
    wire = Wire()
    wire.sender.plan = Rows(loss=0.1, burst=4, given=2)
    wire.send_frame(sealed(2000, True), now=1.0)
    assert len(wire.sent) == 2, "in bursts rows leave later"
    wire.sender.forget()
    wire.sender.pause(1.5)
    assert len(wire.sent) == 2
    wire.send_frame(sealed(500), now=1.6)
    assert len(wire.sent) == 3


def test_sound_carries_sound_of_before_and_only_what_is_missing_is_taken():
    wire = Wire(MICROPHONE)
    wire.sender.plan = RepairPlan(loss=0.1, distances=(1, 3))
    packets = [wire.send_frame(b"sound %d" % n, ts=960 * n)[0] for n in range(6)]
    delivered = []
    for index in (0, 3, 4, 5):
        delivered += wire.receiver.receive(parse(packets[index]), 0.0)
    assert [frame.sequence for frame in delivered] == [0, 2, 3, 1, 4, 5]
    assert [frame.sealed for frame in delivered] == [b"sound %d" % n for n in (0, 2, 3, 1, 4, 5)]
    assert [frame.timestamp - 12345 for frame in delivered] == [0, 1920, 2880, 960, 3840, 4800]
    assert wire.receiver.counters["redundant"] == 2
    assert wire.receiver.due == math.inf


def test_sound_is_asked_for_only_while_it_can_come_in_time():
    def asked(round_trip):
        wire = Wire(MICROPHONE)
        packets = [wire.send_frame(b"x", ts=960 * n)[0] for n in range(3)]
        wire.feed([packets[0], packets[2]], now=1.0)
        times = [ms for ms in range(1, 700) if wire.ask(1.0 + ms / 1000, round_trip)]
        assert wire.receiver.due == math.inf, "nobody waits for it for ever"
        return times

    assert max(asked(0.020)) < 1000 * (SOUND_IN_TIME - 0.019)
    assert len(asked(0.100)) == 1
    assert asked(0.150) == []


def spare_wire():
    """A receiver that has seen two whole groups of layers."""
    wire = Wire()
    for number in range(9):
        wire.feed(wire.send_frame(layered(number), number / 30, number * 3000), number / 30)
    assert len(wire.frames) == 9
    return wire


def layered(number):
    layer = (0, 2, 1, 2)[number % 4]
    flags = frame_flags(number == 0, layer, number % 4 == 3)
    return bytes([flags]) + random.Random(number).randbytes(400)


def test_a_frame_nothing_builds_upon_is_not_waited_for_where_repair_takes_long():
    wire = spare_wire()
    wire.send_frame(layered(9), 0.3, 9 * 3000)  # layer 2, lost
    wire.feed(wire.send_frame(layered(10), 0.333, 10 * 3000), 0.333)
    wire.ask(0.343, round_trip=0.2)
    assert wire.frames[9:] == [layered(10)]
    wire = spare_wire()
    wire.send_frame(layered(9), 0.3, 9 * 3000)
    wire.feed(wire.send_frame(layered(10), 0.333, 10 * 3000), 0.333)
    assert wire.ask(0.343, round_trip=0.02) == [9]
    assert wire.frames[9:] == [], "here it comes soon"


def test_a_frame_others_build_upon_is_waited_for():
    wire = spare_wire()
    for number in (9, 10, 11):
        wire.feed(wire.send_frame(layered(number), number / 30, number * 3000), number / 30)
    wire.send_frame(layered(12), 0.4, 12 * 3000)  # layer 0, lost
    for number in (13, 14, 15, 16):
        wire.feed(wire.send_frame(layered(number), number / 30, number * 3000), number / 30)
        wire.ask(number / 30 + 0.01, round_trip=0.2)
    assert wire.frames[-1] == layered(11)


def test_whole_layers_are_left_out_up_to_the_next_frame_of_layer_0():
    wire = spare_wire()
    for number in (9, 10, 11):
        wire.send_frame(layered(number), number / 30, number * 3000)  # all lost
    wire.feed(wire.send_frame(layered(12), 0.4, 12 * 3000), 0.4)
    wire.ask(0.41, round_trip=0.2)
    assert wire.frames[9:] == [layered(12)]
