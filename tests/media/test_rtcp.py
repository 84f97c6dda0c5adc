"""RTCP parts: what is packed is read back; what is not ours harms nothing."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from media.path import rtcp
from media.path.rtcp import (
    MAX_ARRIVALS,
    ArrivalReport,
    HeartbeatReport,
    Nack,
    PictureLoss,
    WantReport,
)

U16 = st.integers(0, 2**16 - 1)
U32 = st.integers(0, 2**32 - 1)
U64 = st.integers(0, 2**64 - 1)


@given(U64, U64, U64)
def test_a_heartbeat_survives(sent, echo, held):
    report = HeartbeatReport(sent, echo, held)
    assert rtcp.parse(rtcp.heartbeat(report)) == [report]


@given(U32, U16, U32, U32, st.lists(U16, max_size=40))
def test_arrival_times_survive(reference, first, packets, octets, offsets):
    report = ArrivalReport(reference, first, packets, octets, tuple(offsets))
    assert rtcp.parse(rtcp.arrivals(report)) == [report]


def test_the_longest_report_of_arrivals_fits_a_datagram():
    packed = rtcp.arrivals(ArrivalReport(0, 0, 0, 0, (0,) * 1000))
    assert len(packed) + 20 <= 1200  # SRTCP adds an index and its tag
    assert len(rtcp.parse(packed)[0].offsets) == MAX_ARRIVALS
    assert rtcp.parse(packed[:12] + b"\0\0\0\0\0\0\2\1" + packed[20:]) is None


@given(st.integers(0, 255), U16, st.integers(0, 255), U16)
def test_a_wish_survives(context, lines, fps, number):
    report = WantReport(context, lines, fps, number)
    assert rtcp.parse(rtcp.want(report)) == [report]


@given(U32, st.lists(U16, unique=True, max_size=100))
def test_a_request_for_packets_survives(ssrc, sequences):
    found = rtcp.parse(rtcp.nack(ssrc, sorted(sequences)))
    assert len(found) == 1
    assert sorted(found[0].sequences) == sorted(sequences)


def test_a_request_across_the_wrap_takes_one_entry():
    packed = rtcp.nack(2, [65_535, 0, 5, 15])
    assert len(packed) == 16
    assert rtcp.parse(packed) == [Nack(2, (65_535, 0, 5, 15))]


def test_reports_travel_together():
    beat = HeartbeatReport(1, 2, 3)
    packed = rtcp.heartbeat(beat) + rtcp.picture_loss(2)
    assert rtcp.parse(packed) == [beat, PictureLoss(2)]


def test_what_others_send_is_passed_over():
    sender_report = struct.pack("!BBHI", 0x80, 200, 6, 9) + bytes(20)
    receiver_report = struct.pack("!BBHI", 0x81, 201, 7, 9) + bytes(24)
    other = struct.pack("!BBHI", 0x81, 204, 2, 9) + b"abcd"
    assert rtcp.parse(sender_report + receiver_report + other) == []


@given(st.binary(max_size=200))
def test_no_bytes_make_the_parser_raise(data):
    rtcp.parse(data)


@given(st.binary(min_size=8, max_size=8), st.integers(0, 200))
def test_cut_off_and_altered_parts_are_refused_or_read(noise, place):
    packed = rtcp.heartbeat(HeartbeatReport(1, 2, 3)) + rtcp.nack(1, [1, 2, 3])
    assert rtcp.parse(packed[:-1]) is None
    place %= len(packed) - 8
    rtcp.parse(packed[:place] + noise + packed[place + 8 :])
