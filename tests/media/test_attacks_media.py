"""What a member of a meeting can send over a media link to stop, bloat or crash another copy."""

import asyncio
import struct
import time

import pytest
from aiortc.rtcsctptransport import (
    AbortChunk,
    Chunk,
    CookieEchoChunk,
    DataChunk,
    ForwardTsnChunk,
    HeartbeatChunk,
    InitChunk,
    SackChunk,
    serialize_packet,
)
from fakes.media_links import connected_pair, reread, until
from hypothesis import given
from hypothesis import strategies as st

from media.path.rtp_packet import CAMERA, START, RtpPacket
from media.path.rtp_receiver import RtpReceiver
from media.path.sctp_packets import MAX_AHEAD, is_harmless
from media.path.transport import PeerTransport
from media.sealing import FLAG_KEY

BROKEN_PARAMETER = bytes(4)  # a parameter that is 0 bytes long: aiortc looks at it for ever


class RawChunk(Chunk):
    """A chunk of any kind and content."""

    def __init__(self, kind: int, body: bytes) -> None:
        super().__init__(0, body)
        self.type = kind


def packet(chunk: Chunk, tag: int = 0) -> bytes:
    return serialize_packet(5000, 5000, tag, chunk)


def piece(tsn: int, data: bytes = b"x", stream: int = 0, flags: int = 3, sequence: int = 0):
    return DataChunk(flags, struct.pack("!LHHL", tsn, stream, sequence, 53) + data)


def sack(*gaps: tuple[int, int]) -> SackChunk:
    chunk = SackChunk()
    chunk.gaps = list(gaps)
    return chunk


async def send_to(one, chunk: Chunk) -> None:
    """Send a chunk as the member would whose program is not Conclave; let it arrive."""
    await one._dtls._send_data(packet(chunk, one._data.sctp._remote_verification_tag))
    await asyncio.sleep(0.0005)


@pytest.mark.parametrize("kind", [1, 2, 4, 5, 6, 9, 130])
def test_a_parameter_that_is_no_byte_long_does_not_hold_the_engine_for_ever(kind):
    fixed = bytes(16) if kind in (1, 2) else b""
    hostile = packet(RawChunk(kind, fixed + BROKEN_PARAMETER))
    assert not is_harmless(hostile)


def test_one_packet_cannot_make_the_engine_count_two_hundred_million_gaps():
    assert not is_harmless(packet(sack(*[(0, 65535)] * 280)))
    assert not is_harmless(packet(sack((1, MAX_AHEAD + 1))))
    assert not is_harmless(packet(sack((5, 9), (9, 12))))
    assert not is_harmless(packet(sack((9, 5))))
    assert is_harmless(packet(sack((2, 2), (4, 9))))


def test_a_member_cannot_open_channels_or_streams_of_its_own():
    open_channel = bytes((3, 0, 0, 0)) + bytes(8)
    assert not is_harmless(packet(DataChunk(3, struct.pack("!LHHL", 1, 7, 0, 50) + open_channel)))
    skip = ForwardTsnChunk()
    skip.streams = [(number, 0) for number in range(200)]
    assert not is_harmless(packet(skip))
    assert not is_harmless(packet(HeartbeatChunk()))
    assert not is_harmless(packet(piece(1, b"")))


def test_a_packet_holds_one_chunk():
    two = packet(piece(1)) + bytes(piece(2))
    assert is_harmless(packet(piece(1)))
    assert not is_harmless(two)


@given(st.binary(max_size=1500))
def test_any_bytes_are_judged_without_an_error(data):
    is_harmless(data)


def test_what_our_own_side_sends_is_taken():
    start, echo = InitChunk(), CookieEchoChunk()
    start.params = [(49152, b""), (32776, bytes((192, 130)))]
    echo.body = bytes(24)
    for chunk in (start, echo, AbortChunk(), sack(), piece(1, bytes(1160))):
        assert is_harmless(packet(chunk)), chunk


def test_hostile_packets_in_a_real_link_cost_themselves_only():
    async def scenario():
        async with connected_pair() as (one, two):
            got = []
            two.on_data = got.append
            assert one.send_data(b"before")
            await until(lambda: got)
            began = time.monotonic()
            for kind in (1, 2, 4, 5, 6, 9, 130):
                fixed = bytes(16) if kind in (1, 2) else b""
                await send_to(one, RawChunk(kind, fixed + BROKEN_PARAMETER))
            await send_to(one, sack(*[(0, 65535)] * 200))
            await until(lambda: two.counters["sctp_refused"] == 8)
            assert one.send_data(b"after")
            await until(lambda: len(got) == 2)
            assert time.monotonic() - began < 5.0

    asyncio.run(scenario())


def test_a_member_that_leaves_thousands_of_messages_unfinished_loses_its_link():
    async def scenario():
        async with connected_pair() as (one, two):
            await until(lambda: two._data.channel.readyState == "open")
            first = one._data.sctp._local_tsn
            for ahead in range(2, 2 * MAX_AHEAD):
                await send_to(one, piece(first + ahead & 0xFFFFFFFF))
                if two.state == "failed":
                    break
            await until(lambda: two.state == "failed")
            assert len(two._data.sctp._sack_misordered) <= MAX_AHEAD + 1

    asyncio.run(scenario())


def test_a_member_that_sends_messages_out_of_turn_loses_its_link():
    async def scenario():
        async with connected_pair() as (one, two):
            await until(lambda: two._data.channel.readyState == "open")
            first = one._data.sctp._local_tsn
            for number in range(2 * MAX_AHEAD):
                await send_to(one, piece(first + number & 0xFFFFFFFF, sequence=9))
                if two.state == "failed":
                    break
            await until(lambda: two.state == "failed")

    asyncio.run(scenario())


class CountingDict(dict):
    """A dictionary that counts how often it is asked."""

    asked = 0

    def get(self, key, default=None):
        self.asked += 1
        return super().get(key, default)


def test_key_frames_that_never_end_do_not_make_each_packet_cost_more_than_the_one_before():
    receiver = RtpReceiver(CAMERA)
    receiver._buffer.held = held = CountingDict()
    begins = bytes((START, FLAG_KEY)) + b"sealed"
    receiver.receive(RtpPacket(CAMERA.ssrc, 0, 0, True, begins), 0.0)
    for sequence in range(2, 500):  # packet 1 never comes
        payload = begins if sequence < 10 else bytes(8)
        receiver.receive(RtpPacket(CAMERA.ssrc, sequence, 1, False, payload), 0.0)
    assert held.asked < 25 * 500
    end = RtpPacket(CAMERA.ssrc, 500, 1, True, bytes(8))
    assert len(receiver.receive(end, 0.0)) == 1, "the newest key frame is whole now"
    assert receiver.counters["jumped"] == 1


def test_what_was_sealed_before_a_removal_does_not_leave_when_a_link_comes_up_after_it():
    async def scenario():
        one = PeerTransport(True, allow_loopback=True)
        two = PeerTransport(False, allow_loopback=True)
        got = []
        two.on_data = got.append
        first, second = await asyncio.gather(one.gather(), two.gather())
        connecting = asyncio.gather(one.connect(reread(second)), two.connect(reread(first)))
        await until(lambda: one.state == "connecting")
        assert one.send_data(b"under the key that the removed one has")
        one.forget_early()
        assert one.send_data(b"under the next")
        await connecting
        await until(lambda: got)
        assert got == [b"under the next"]
        await asyncio.gather(one.close(), two.close())

    asyncio.run(scenario())
