"""One peer's link, over real aiortc transports on this computer."""

import asyncio
import dataclasses
import os
import random
import socket
import struct

import pytest
from fakes.media_links import connect, connected_pair, reread, until

from media.errors import LinkError
from media.path.sockets import BURST
from media.path.transport import PeerTransport

RTP = struct.Struct("!BBHII")


def rtp(sequence: int, payload: bytes, ssrc: int = 2) -> bytes:
    return RTP.pack(0x80, 96, sequence, 1000, ssrc) + payload


def test_two_sides_connect_and_media_arrives_decrypted():
    async def scenario():
        async with connected_pair() as (one, two):
            got = []
            two.on_rtp = got.append
            assert one.send_rtp(rtp(7, b"hello")) == 12 + 5 + 16
            await until(lambda: got)
            assert got == [rtp(7, b"hello")]
            assert two.bytes_received == 33

    asyncio.run(scenario())


def test_small_data_arrives_in_order_even_if_sent_at_once():
    async def scenario():
        async with connected_pair() as (one, two):
            got = []
            two.on_data = got.append
            messages = [bytes([number]) * 700 for number in range(20)]
            assert all(one.send_data(message) for message in messages)
            await until(lambda: len(got) == 20)
            assert got == messages

    asyncio.run(scenario())


def test_a_data_queue_that_is_full_says_so():
    async def scenario():
        async with connected_pair() as (one, _):
            results = [one.send_data(bytes(16_000)) for _ in range(100)]
            assert results[0]
            assert not results[-1]
            assert one.counters["data_refused"]
            with pytest.raises(ValueError, match="16384"):
                one.send_data(bytes(20_000))

    asyncio.run(scenario())


def test_only_authenticated_encryption_is_offered():
    async def scenario():
        async with connected_pair() as (one, two):
            for side in (one, two):
                profile = side._dtls._ssl.get_selected_srtp_profile()
                assert profile == b"SRTP_AEAD_AES_256_GCM"

    asyncio.run(scenario())


def test_a_wrong_fingerprint_is_refused_before_any_media():
    async def scenario():
        one = PeerTransport(True, allow_loopback=True)
        two = PeerTransport(False, allow_loopback=True)
        got = []
        one.on_rtp = two.on_rtp = got.append
        first, second = await asyncio.gather(one.gather(), two.gather())
        wrong = dataclasses.replace(second, fingerprint=bytes(32))

        async def connect_one():
            with pytest.raises(LinkError) as refused:
                await one.connect(reread(wrong))
            assert refused.value.code == "fingerprint"
            await one.close()

        async def connect_two():
            await two.connect(reread(first))
            two.send_rtp(rtp(1, b"secret"))

        await asyncio.gather(connect_one(), connect_two(), return_exceptions=False)
        await asyncio.sleep(0.05)
        assert got == []
        assert one.state == "closed"
        await two.close()

    asyncio.run(scenario())


def test_without_an_answer_connecting_ends_with_a_clear_error():
    async def scenario():
        one = PeerTransport(True, allow_loopback=True, timeout=0.3)
        two = PeerTransport(False, allow_loopback=True)
        await one.gather()
        second = await two.gather()
        with pytest.raises(LinkError) as refused:
            await one.connect(reread(second))
        assert refused.value.code == "timeout"
        await asyncio.gather(one.close(), two.close())

    asyncio.run(scenario())


def test_closing_while_connecting_ends_the_wait():
    async def scenario():
        one = PeerTransport(True, allow_loopback=True)
        two = PeerTransport(False, allow_loopback=True)
        await one.gather()
        second = await two.gather()
        connecting = asyncio.create_task(one.connect(reread(second)))
        await asyncio.sleep(0.05)
        await one.close()
        with pytest.raises(LinkError) as refused:
            await connecting
        assert refused.value.code == "closed"
        await two.close()

    asyncio.run(scenario())


def test_the_other_side_learns_of_a_close():
    async def scenario():
        async with connected_pair() as (one, two):
            states = []
            two.on_state = states.append
            await one.close()
            await until(lambda: states)
            assert states == ["failed"]

    asyncio.run(scenario())


def sockets_of(transport: PeerTransport) -> list[tuple[str, int]]:
    return [c.host_port for c in map(_HostPort, transport._connection.local_candidates)]


class _HostPort:
    def __init__(self, candidate):
        self.host_port = candidate.host, candidate.port


def throw(datagrams: list[bytes], target: tuple[str, int]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as junk:
        junk.bind(("127.0.0.1", 0))
        for datagram in datagrams:
            junk.sendto(datagram, target)


def test_junk_datagrams_are_counted_and_harm_nothing(caplog):
    """Malformed STUN (a PRIORITY of one byte raises inside aioice), noise, empty datagrams."""
    short_priority = struct.pack("!HHI12sHH", 1, 8, 0x2112A442, bytes(12), 0x0024, 1) + bytes(4)
    unknown_method = struct.pack("!HHI12s", 0x2F, 0, 0x2112A442, bytes(12))
    noise = [random.Random(size).randbytes(size) for size in (1, 5, 13, 100, 1400)]
    srtp_like = [bytes([0x80, 96]) + bytes(60), bytes([0x80, 200]) + bytes(60), b"\x80", b""]
    dtls_like = [bytes([22]) + bytes(60)]
    storm = [*noise, *srtp_like, *dtls_like] + [short_priority, unknown_method] * 300

    async def scenario():
        failures = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: failures.append(context)
        )
        async with connected_pair() as (one, two):
            for host, port in sockets_of(two):
                if host == "127.0.0.1":
                    throw(storm, (host, port))
            await until(lambda: two.counters["stun_silenced"] >= 300)
            got = []
            two.on_rtp = got.append
            one.send_rtp(rtp(1, b"still here"))
            await until(lambda: got)
            assert failures == []
            assert two.counters["stun_malformed"] >= 100
            assert two.counters["foreign_media"]
            assert two.counters["foreign_dtls"]

    asyncio.run(scenario())
    assert "Traceback" not in caplog.text


def test_a_stranger_cannot_inject_media_even_from_the_peers_address():
    async def scenario():
        async with connected_pair() as (one, two):
            got = []
            two.on_rtp = two.on_rtcp = got.append
            two._take_media(rtp(1, os.urandom(50)))
            two._take_media(bytes([0x80, 200, 0, 6]) + bytes(4) + os.urandom(40))
            two._take_media(rtp(1, os.urandom(50), ssrc=0xDEADBEEF))
            two._take_media(b"\x80")
            two._take_media(bytes([0x80]) + bytes(5000))
            assert got == []
            assert two.counters["srtp_refused"] == 4
            assert two.counters["foreign_ssrc"] == 1
            one.send_rtp(rtp(1, b"good"))
            await until(lambda: got)

    asyncio.run(scenario())


def test_a_replayed_packet_is_refused():
    async def scenario():
        async with connected_pair() as (one, two):
            got, wire = [], []
            two.on_rtp = got.append
            take = two._take_media
            two._sockets._take_media = lambda datagram: (wire.append(datagram), take(datagram))
            one.send_rtp(rtp(1, b"once"))
            await until(lambda: got)
            take(wire[0])
            assert len(got) == 1
            assert two.counters["srtp_refused"] == 1

    asyncio.run(scenario())


def test_media_that_overtakes_the_handshake_is_kept():
    async def scenario():
        one = PeerTransport(True, allow_loopback=True)
        two = PeerTransport(False, allow_loopback=True)
        got = []
        one.on_rtp = two.on_rtp = got.append
        one.on_state = lambda state: one.send_rtp(rtp(1, b"early")) if state == "connected" else 0
        two.on_state = lambda state: two.send_rtp(rtp(1, b"early")) if state == "connected" else 0
        await connect(one, two)
        await until(lambda: len(got) == 2)
        await asyncio.gather(one.close(), two.close())

    asyncio.run(scenario())


def test_hostile_bytes_on_the_data_channel_cost_the_message_only():
    async def scenario():
        async with connected_pair() as (one, two):
            got = []
            two.on_data = got.append
            assert one.send_data(b"before")
            await until(lambda: got)
            for junk in (b"\0" * 3, os.urandom(40), bytes(1200)):
                await one._dtls._send_data(junk)
            assert one.send_data(b"after")
            await until(lambda: len(got) == 2)

    asyncio.run(scenario())


def test_a_burst_is_read_at_one_turn_of_the_loop_and_others_have_theirs():
    async def scenario():
        async with connected_pair() as (one, two):
            got: list[int] = []
            two.on_rtp = lambda packet: got.append(int.from_bytes(packet[2:4], "big"))
            for number in range(2 * BURST):
                assert one.send_rtp(rtp(number, bytes(500)))
            most = turns = 0
            while len(got) < 2 * BURST:
                before = len(got)
                await asyncio.sleep(0)
                most = max(most, len(got) - before)
                turns += 1
                assert turns < 10_000
            assert got == list(range(2 * BURST))
            assert most == BURST

    asyncio.run(scenario())
