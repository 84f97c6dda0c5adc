"""What bytes from outside reach in `media`: packets on a link, and how a link is told about."""

import struct
from collections import Counter
from collections.abc import Iterable
from functools import cache

import numpy as np
from aioice import stun
from aiortc.rtcsctptransport import parse_packet
from fuzz.target import KIB, Run, joined, parted, prepared, refused, target
from google_crc32c import value as crc32c

from media.errors import LinkError
from media.path import parity_packet, redundancy, rtcp, rtp_packet
from media.path import stun as relay_stun
from media.path.congestion import MAX_KBPS, MIN_KBPS, Estimator
from media.path.data_channel import SCTP_FAULTS
from media.path.datagram_guard import DatagramGuard
from media.path.fec import MAX_PACKETS as MAX_COVERED
from media.path.frame_buffer import MAX_HELD
from media.path.heartbeat import Heartbeat
from media.path.held_parity import MAX_BLOCKS
from media.path.incoming_packets import IncomingPackets
from media.path.link_parameters import MAX_CANDIDATES, LinkParameters
from media.path.path_meter import PathMeter
from media.path.relay import Allocation
from media.path.rtp_packet import CAMERA, MAX_PACKETS, MICROPHONE, REPAIR, REPEAT, LinkStream
from media.path.rtp_receiver import (
    MAX_ASKED_AT_ONCE,
    MAX_MISSING,
    RtpReceiver,
)
from media.path.sctp_packets import is_harmless
from media.sound import opus
from media.sound.playout import Playout
from media.sound.samples import BLOCK
from media.video import vp8

SOURCE = ("192.0.2.7", 5000)


def _rtp() -> list[bytes]:
    picture = b"\x10\1" + bytes(30)
    return [
        rtp_packet.build(CAMERA, 7, 90_000, True, picture),
        rtp_packet.build(MICROPHONE, 7, 960, True, b"sound", 513),
        rtp_packet.build(REPEAT, 8, 90_000, True, rtp_packet.repetition(CAMERA, 7, picture)),
    ]


@target(_rtp)
def rtp(data: bytes) -> None:
    """A packet of sound or pictures."""
    packet = rtp_packet.parse(data)
    if packet is None:
        return
    stream = LinkStream(packet.ssrc, data[1] & 0x7F)
    _, sequence, timestamp, marker, payload, number = packet
    assert rtp_packet.build(stream, sequence, timestamp, marker, payload, number) == data
    once_more = rtp_packet.original(packet)
    if once_more is not None:
        repeated = rtp_packet.STREAMS[once_more.ssrc]
        again = rtp_packet.repetition(repeated, once_more.sequence, once_more.payload)
        assert again == packet.payload


def _streams() -> list[bytes]:
    def piece(number: int, flags: int, marker: bool, text: bytes) -> bytes:
        return struct.pack("!HB", number, marker) + bytes([flags]) + text

    whole = [piece(0, 0x10, False, b"\1ab"), piece(1, 0, True, b"cd"), piece(2, 0x10, True, b"\0x")]
    return [joined(whole), joined([whole[1], whole[0], whole[2]]), joined([whole[0], whole[2]])]


@prepared(_streams, calls=60_000, memory=1024 * KIB, milliseconds=50)
def rtp_stream() -> Run:
    """Pieces of pictures in any order: each part is sequence u16, marker u8, payload."""
    receiver = RtpReceiver(CAMERA)

    def run(data: bytes) -> None:
        for number, part in enumerate(parted(data, most=400)):
            if len(part) < 4:
                continue
            (sequence,) = struct.unpack_from("!H", part)
            packet = rtp_packet.RtpPacket(CAMERA.ssrc, sequence, 0, bool(part[2]), part[3:])
            now = number * 0.01
            frames = receiver.receive(packet, now)
            frames += receiver.ask(now, 0.1)[1]
            sequences = [frame.sequence for frame in frames]
            assert sequences == sorted(set(sequences))
            assert all(len(frame.sealed) <= MAX_PACKETS * 1200 for frame in frames)
        assert len(receiver._buffer.held) <= MAX_HELD
        assert len(receiver._missing) <= MAX_MISSING

    return run


def _link_packets() -> Iterable[bytes]:
    def part(ssrc: int, sequence: int, marker: bool, payload: bytes) -> bytes:
        return struct.pack("!BHB", ssrc, sequence, marker) + payload

    frame = rtp_packet.cut(b"\0" + bytes(3000))
    key = part(CAMERA.ssrc, 0, True, b"\x10\1key")
    pieces = [part(CAMERA.ssrc, n, n == len(frame), piece) for n, piece in enumerate(frame, 1)]
    block = frame.blocks[0]
    rows = [
        part(REPAIR.ssrc, row, True, parity_packet.pack(CAMERA, 1, 3, row, block.parity(row)))
        for row in range(2)
    ]
    again = part(REPEAT.ssrc, 0, False, rtp_packet.repetition(CAMERA, 2, frame[1]))
    sound = [
        part(MICROPHONE.ssrc, n, True, redundancy.pack(b"new", [(1, b"old")], 99))
        for n in (0, 2, 5)
    ]
    yield joined([key, pieces[0], *rows])
    yield joined([key, pieces[0], pieces[2], again])
    yield joined([*sound, key, rows[0]])


@prepared(_link_packets, calls=60_000, memory=1024 * KIB, milliseconds=50)
def link_packets() -> Run:
    """All packets of a link: each part is SSRC u8, sequence u16, marker u8, payload."""
    packets = IncomingPackets()

    def run(data: bytes) -> None:
        for number, part in enumerate(parted(data, most=400)):
            if len(part) < 5:
                continue
            ssrc, sequence, marker = struct.unpack_from("!BHB", part)
            now = number * 0.01
            packet = rtp_packet.RtpPacket(ssrc, sequence, 0, bool(marker), part[4:])
            packets.take(packet, now)
            for _, wanted, _frames in packets.ask(now, 0.1):
                assert len(wanted) <= MAX_ASKED_AT_ONCE
        for stream in packets.streams.values():
            assert len(stream._parity.blocks) <= MAX_BLOCKS
            assert len(stream._buffer.held) <= MAX_HELD + MAX_COVERED
            assert len(stream._missing) <= MAX_MISSING

    return run


def _reports() -> list[bytes]:
    found = [
        rtcp.nack(2, [5, 6, 9, 40, 65_535, 0]),
        rtcp.picture_loss(2),
        rtcp.heartbeat(rtcp.HeartbeatReport(1_000_000, 2_000_000, 3)),
        rtcp.arrivals(rtcp.ArrivalReport(2, 9, 8, 7, (1, 65_535, 4))),
        rtcp.want(rtcp.WantReport(1, 360, 30, 7)),
    ]
    return [*found, b"".join(found)]


@prepared(_reports, calls=6000)
def rtcp_reports() -> Run:
    """What the other side says about our packets, and what we make of it."""
    heartbeat = Heartbeat(lambda: 1.0)

    def run(data: bytes) -> None:
        reports = rtcp.parse(data)
        for report in reports or ():
            match report:
                case rtcp.HeartbeatReport():
                    heartbeat.incoming(report)
                    assert rtcp.parse(rtcp.heartbeat(report)) == [report]
                case rtcp.Nack():
                    assert len(report.sequences) <= rtcp.MAX_NACKED
                case rtcp.ArrivalReport():
                    assert rtcp.parse(rtcp.arrivals(report)) == [report]
                case rtcp.WantReport():
                    assert rtcp.parse(rtcp.want(report)) == [report]
        assert reports is None or len(reports) <= rtcp.MAX_PARTS
        assert heartbeat.round_trip is None or 0 <= heartbeat.round_trip <= 10

    return run


@cache
def usual_parameters() -> list[bytes]:
    """Return parameters of links as members send them."""
    four = b"\4" + bytes([192, 0, 2, 7]) + struct.pack("!HI", 5000, 9)
    six = b"\x10" + bytes.fromhex("20010db8") + bytes(11) + b"\7" + struct.pack("!HI", 5001, 8)
    head = b"\1" + bytes(range(32)) + b"\4abcd" + b"\x16" + b"p" * 22
    return [head + b"\0", head + b"\1" + four, head + b"\2" + four + six]


@target(usual_parameters)
def link_parameters(data: bytes) -> None:
    """How a member says that its end of a link can be reached."""
    for allowed in ({}, {"allow_loopback": True}, {"link_local": True}):
        with refused(LinkError, codes=("malformed",)):
            parameters = LinkParameters.parse(data, **allowed)
            assert parameters.encode() == data
            assert len(parameters.candidates) <= MAX_CANDIDATES


def _chunks() -> Iterable[bytes]:
    def chunk(kind: int, body: bytes, flags: int = 0) -> bytes:
        return struct.pack("!BBH", kind, flags, 4 + len(body)) + body + bytes(-len(body) % 4)

    head = struct.pack("!HHII", 5000, 5000, 0, 0)
    yield head + chunk(0, struct.pack("!LHHL", 1, 0, 0, 53) + b"hello", 3)
    yield head + chunk(1, struct.pack("!LLHHL", 1, 1024, 1, 1, 1) + b"\xc0\0\0\4")
    yield head + chunk(3, struct.pack("!LLHH", 1, 1024, 1, 0) + struct.pack("!HH", 2, 4))
    yield head + chunk(6, b"")
    yield head + chunk(7, bytes(4))
    yield head + chunk(10, bytes(24))


@target(_chunks)
def sctp(data: bytes) -> None:
    """A packet under the data channel: what passes our guard is what aiortc can take apart."""
    if not is_harmless(data):
        return
    whole = data[:8] + bytes(4) + data[12:]
    whole = whole[:8] + struct.pack("<I", crc32c(whole)) + whole[12:]
    with refused(*SCTP_FAULTS):
        _, _, _, chunks = parse_packet(whole)
        assert len(chunks) == 1


def _stun() -> Iterable[bytes]:
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, bytes(12))
    request.attributes |= {"USERNAME": "a:b", "PRIORITY": 7, "ICE-CONTROLLING": 9}
    request.add_message_integrity(b"password")
    answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, bytes(12))
    answer.attributes["XOR-MAPPED-ADDRESS"] = SOURCE
    answer.add_message_integrity(b"password")
    failed = stun.Message(stun.Method.BINDING, stun.Class.ERROR, bytes(12))
    failed.attributes["ERROR-CODE"] = (487, "Role Conflict")
    return [bytes(request), bytes(answer), bytes(failed)]


@prepared(_stun, calls=6000)
def stun_message() -> Run:
    """A datagram of anybody who knows our port: our guard, then aioice."""
    counters: Counter[str] = Counter()
    guard = DatagramGuard("a", counters, lambda: 1.0)

    def deliver(data: bytes, source: tuple[str, int]) -> None:
        stun.parse_message(data).check_message_integrity(b"password")

    def run(data: bytes) -> None:
        for known in (False, True):
            guard.stun(data, SOURCE, known, deliver, (bytes(12),))

    return run


@prepared(lambda: [b"\1\1\0\1\1" + b"\x10\2\0\x9d\1\x2a\x40\1\xf0\0", bytes(13)])
def picture() -> Run:
    """An opened frame of the camera, before any decoder sees it: flags, then the frame."""
    continuity = vp8.Continuity()

    def run(data: bytes) -> None:
        frame = vp8.unpack(data[0], data[1:]) if data else None
        if frame is None:
            return
        assert vp8.pack(frame) == data[1:]
        size = vp8.key_frame_size(frame.data)
        assert size is None or max(size) < 1 << 14
        if continuity.admit(frame):
            assert not continuity.needs_key_frame

    return run


@cache
def _sound() -> list[bytes]:
    encoder = opus.Encoder()
    tone = np.sin(np.arange(opus.FRAME) / 20).astype(np.float32)
    return [encoder.encode(tone), encoder.encode(tone * 0)]


@prepared(_sound, longest=1500)
def sound() -> Run:
    """An opened frame of the microphone: what passes our check is what libopus can decode."""
    decoder = opus.Decoder()

    def run(data: bytes) -> None:
        for decode in (decoder.decode, decoder.recover):
            with refused(opus.OpusError):
                assert 0 < len(decode(data)) <= opus.LONGEST

    return run


def _sound_streams() -> Iterable[bytes]:
    def piece(ahead: int, media_ts: int, pause: int, packet: bytes = b"") -> bytes:
        return struct.pack("!hIB", ahead, media_ts, pause) + packet

    usual = [piece(1, 960 * number, 20) for number in range(1, 40)]
    yield joined(usual)
    yield joined([*usual[:20], piece(50, 960 * 70, 20), *usual[20:]])
    yield joined([*usual[:20], piece(1, 2**31, 20), piece(-200, 5, 200), piece(1, 965, 1)])
    yield joined([*usual[:9], piece(1, 2**32 - 1, 255, _sound()[1]), piece(1, 100, 0, b"\xff\xff")])


@prepared(_sound_streams, calls=60_000, memory=2048 * KIB, milliseconds=500)
def sound_stream() -> Run:
    """Packets of sound: how far ahead of the last i16, media_ts u32, then 1 ms times u8, packet."""
    playout = Playout()
    usual = _sound()[0]

    def run(data: bytes) -> None:
        sequence, now = 1000, 0.0
        for part in parted(data, most=40):
            if len(part) < 7:
                continue
            ahead, media_ts, pause = struct.unpack_from("!hIB", part)
            sequence += ahead
            playout.push(sequence, media_ts, part[7:] or usual, now)
            for _ in range(1 + pause // 10):
                block = playout.pull(now)
                assert block.shape == (BLOCK,)
                assert bool(np.isfinite(block).all())
                now += 0.01
            stats = playout.stats
            assert stats.buffer_ms <= 1100
            assert 0 <= stats.concealed_ratio <= 1
            assert stats.lost >= 0

    return run


def _path_reports() -> Iterable[bytes]:
    def report(reference: int, first: int, packets: int, octets: int, *offsets: int) -> bytes:
        times = struct.pack(f"!{len(offsets)}H", *offsets)
        return struct.pack("!BIHII", 50, reference, first, packets, octets) + times

    usual = [report(200 * n, 2 * n, 2 * n + 2, 200 * n + 200, 0, 4) for n in range(8)]
    yield joined(usual)
    yield joined([*usual, report(2**32 - 1, 2**16 - 1, 2**31, 0, 65_535, 65_534), *usual])


@prepared(_path_reports, calls=30_000)
def path_reports() -> Run:
    """What the other side says arrived: 1 ms times u8, reference, first, packets, octets, times."""
    meter, estimator = PathMeter(0), Estimator()

    def run(data: bytes) -> None:
        now = 1.0
        for part in parted(data, most=32):
            if len(part) < 15:
                continue
            for _ in range(2):
                meter.left(100, now)
            pause, reference, first, packets, octets = struct.unpack_from("!BIHII", part)
            now += pause / 1000
            offsets = struct.unpack_from(f"!{(len(part) - 15) // 2}H", part, 15)
            path = meter.report(rtcp.ArrivalReport(reference, first, packets, octets, offsets), now)
            if path is not None:
                assert MIN_KBPS <= estimator.report(path, now) <= MAX_KBPS
                assert 0 <= estimator.loss <= 1

    return run


RELAY_KEY = relay_stun.long_term_key("1:ada", b"conclave", "secret")


def _answers() -> list[bytes]:
    kind, attribute = relay_stun.Kind, relay_stun.Attribute
    transaction = bytes(12)
    challenge = (
        (attribute.ERROR_CODE, b"\0\0\4\1"),
        (attribute.REALM, b"conclave"),
        (attribute.NONCE, b"nonce"),
    )
    given = (
        (attribute.RELAYED, relay_stun.xored(("192.0.2.7", 50000), transaction)),
        (attribute.MAPPED, relay_stun.xored(("2001:db8::7", 4000), transaction)),
        (attribute.LIFETIME, b"\0\0\2\x58"),
    )
    data = ((attribute.PEER, given[0][1]), (attribute.DATA, b"hello"))
    return [
        relay_stun.message(kind.ALLOCATE_ERROR, transaction, challenge),
        relay_stun.message(kind.ALLOCATE_SUCCESS, transaction, given, RELAY_KEY),
        relay_stun.message(kind.DATA, transaction, data),
        b"\x40\0\0\5hello",
    ]


@target(_answers, longest=2100)
def relay_answer(data: bytes) -> None:
    """What a relay, or somebody on the way to it, says: after a challenge, and without one."""
    for challenged in (False, True):
        allocation = Allocation("1:ada", "secret", reliable=False, now=0.0, random_bytes=bytes)
        allocation.permit(("192.0.2.7",), 0.0)
        allocation.outgoing(0.0)
        if challenged:
            allocation.take(_answers()[0], 0.0)
        came = allocation.take(data, 0.0)
        assert came is None or len(came[0]) <= len(data)
        assert len(allocation.outgoing(0.0)) <= 4
    with refused(relay_stun.StunError):
        said = relay_stun.parse(data)
        said.is_authentic(RELAY_KEY)
        said.address(relay_stun.Attribute.RELAYED)
