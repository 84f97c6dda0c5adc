"""What strangers and members throw at a socket costs little and changes nothing for the others.

Costs are processor time of this thread for so many datagrams, and the bars are wide: a second of
the flood that is named must cost less than half a second.
"""

import asyncio
import contextlib
import math
import random
import struct
import time
from collections.abc import Callable, Iterable

import aioice.stun
import pytest
from aiortc import RTCCertificate
from aiortc.rtcsctptransport import InitChunk, serialize_packet
from fakes.media_calls import Member, calling
from fakes.media_links import connect, connected_pair, until
from OpenSSL import SSL

from media.path import rtcp
from media.path.datagram_guard import MAX_TAKEN_PER_SECOND
from media.path.rtp_packet import CAMERA, MICROPHONE, PADDING, REPAIR, REPEAT, build
from media.path.sockets import MAX_DTLS_PER_SECOND
from media.path.transport import PeerTransport
from media.peer_link import MAX_REPORTS_PER_SECOND, PeerLink

FLOOD = 3600  # datagrams a second
PATIENT = 20.0  # seconds, on a busy computer
STRANGER = ("192.0.2.66", 6666)
COOKIE = 0x2112A442


def cost_of(throw: Callable[[], object]) -> float:
    """Return the processor time that something takes in this thread."""
    began = time.thread_time()
    throw()
    return time.thread_time() - began


def socket_of(transport: PeerTransport) -> Callable[[bytes, tuple[str, int]], None]:
    """Return where the datagrams for the path in use arrive."""
    return transport._connection._nominated[1].protocol.datagram_received


def address_of(transport: PeerTransport) -> tuple[str, int]:
    """Return the address that the path in use leaves from."""
    local = transport._connection._nominated[1].local_candidate
    return local.host, local.port


def flood(transport: PeerTransport, datagrams: Iterable[bytes], source: tuple[str, int]) -> float:
    """Throw datagrams at a transport as if they came from an address; return what it cost."""
    arrive = socket_of(transport)
    return cost_of(lambda: [arrive(datagram, source) for datagram in datagrams])


def stun(kind: int, attributes: bytes, number: bytes = bytes(12)) -> bytes:
    return struct.pack("!HHI12s", kind, len(attributes), COOKIE, number) + attributes


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def request(transport: PeerTransport, password: str, chance: random.Random) -> bytes:
    """Return a check of a path as the peer makes it, signed with some password."""
    connection = transport._connection
    message = aioice.stun.Message(
        message_method=aioice.stun.Method.BINDING,
        message_class=aioice.stun.Class.REQUEST,
        transaction_id=chance.randbytes(12),
    )
    message.attributes["USERNAME"] = f"{connection.local_username}:{connection.remote_username}"
    message.attributes["PRIORITY"] = 1
    message.attributes["ICE-CONTROLLED"] = 1
    message.add_message_integrity(password.encode())
    return bytes(message)


def stun_junk(transport: PeerTransport) -> dict[str, list[bytes]]:
    chance = random.Random(1)
    name = attribute(6, transport._connection.local_username.encode() + b":abcd")
    return {
        "priority of one byte": [stun(1, attribute(0x24, b"\1") + attribute(6, b"a:b"))],
        "priority of one byte, our name": [stun(1, name + struct.pack("!HHI", 0x24, 1, 0))],
        "attributes cut off": [stun(1, name + b"\0\x24\0\4")],
        "an attribute longer than the message": [stun(1, name + b"\0\x08\xff\xff" + bytes(20))],
        "an address of no family": [stun(0x101, attribute(0x20, b"\0\7" + bytes(6)))],
        "an answer to nothing": [stun(0x101, b"", chance.randbytes(12)) for _ in range(20)],
        "an error without a code": [stun(0x111, attribute(9, b""))],
        "wrong integrity": [request(transport, "p" * 22, chance) for _ in range(20)],
        "no name of ours": [stun(1, attribute(6, b"abcd:efgh") + attribute(8, bytes(20)))],
        "noise": [stun(1, chance.randbytes(4 * n)) for n in range(1, 40)],
    }


@pytest.mark.parametrize("where", ["a stranger", "the peer's own address, forged"])
def test_hostile_stun_is_never_taken_apart_for_long_and_the_link_goes_on(where):
    async def scenario():
        failures = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: failures.append(context)
        )
        async with connected_pair() as (one, two):
            source = STRANGER if where == "a stranger" else address_of(one)
            for what, datagrams in stun_junk(two).items():
                many = (datagrams * FLOOD)[:FLOOD]
                assert flood(two, many, source) < 0.5, what
            assert failures == []
            assert two.counters["stun_malformed"] + two.counters["stun_silenced"] >= 9 * FLOOD
            await asyncio.sleep(1.1)  # the budget is one second's
            assert await one._ask_for_consent()
            assert await two._ask_for_consent()

    asyncio.run(scenario())


def test_who_does_not_know_our_name_gets_no_answer_at_all():
    async def scenario():
        async with connected_pair() as (_, two):
            sent = []
            protocol = two._connection._nominated[1].protocol
            protocol.send_stun = lambda message, address: sent.append(address)
            name = two._connection.local_username.encode()
            for datagrams in stun_junk(two).values():
                flood(two, [junk for junk in datagrams if name not in junk], STRANGER)
            assert sent == []

    asyncio.run(scenario())


def test_a_member_that_asks_for_checks_without_end_is_answered_within_bounds():
    async def scenario():
        async with connected_pair() as (one, two):
            chance = random.Random(2)
            password = two._connection.local_password
            valid = [request(two, password, chance) for _ in range(FLOOD)]
            assert flood(two, valid, address_of(one)) < 0.5
            assert two.counters["stun_silenced"] >= FLOOD - MAX_TAKEN_PER_SECOND - 50
            forged = [("10.1.2.3", 1024 + number) for number in range(500)]
            arrive = socket_of(two)
            for datagram, source in zip(valid, forged, strict=False):
                arrive(datagram, source)
            assert len(two._connection._remote_candidates) <= 40

    asyncio.run(scenario())


def test_udp_junk_of_any_kind_is_counted_and_costs_next_to_nothing():
    async def scenario():
        async with connected_pair() as (one, two):
            chance = random.Random(3)
            junk = [chance.randbytes(chance.randint(1, 1100)) for _ in range(FLOOD)]
            assert flood(two, junk, STRANGER) < 0.5
            assert flood(two, junk, address_of(one)) < 0.5
            got = []
            two.on_rtcp = got.append
            one.send_rtcp(rtcp.picture_loss(2))
            await until(lambda: got, PATIENT)

    asyncio.run(scenario())


# -- DTLS ------------------------------------------------------------------------------------------


def client_hello(fragment: int, length: int, chance: random.Random, sequence: int = 0) -> bytes:
    """Return a record with a piece of a ClientHello that claims to be so long."""
    body = chance.randbytes(min(200, length))
    handshake = (
        bytes([1]) + length.to_bytes(3, "big") + bytes(2)
        + fragment.to_bytes(3, "big") + len(body).to_bytes(3, "big") + body
    )  # fmt: skip
    head = struct.pack("!BHHQ", 22, 0xFEFF, 0, sequence)[:5] + sequence.to_bytes(6, "big")
    return head + struct.pack("!H", len(handshake)) + handshake


async def dtls_flood(two: PeerTransport, datagrams: list[bytes], source: tuple[str, int]) -> float:
    """Throw datagrams at the DTLS of a link, and let it take in what it wants."""
    began = time.thread_time()
    for start in range(0, len(datagrams), 100):
        flood(two, datagrams[start : start + 100], source)
        for _ in range(120):
            await asyncio.sleep(0)
    return time.thread_time() - began


@pytest.mark.parametrize("what", ["hellos", "pieces of hellos", "absurd lengths", "noise"])
def test_a_flood_of_handshakes_ends_nothing_and_has_a_budget(what):
    async def scenario():
        async with connected_pair() as (one, two):
            chance = random.Random(4)
            make = {
                "hellos": lambda n: client_hello(0, 150, chance, n),
                "pieces of hellos": lambda n: client_hello(n % 7 * 150, 1200, chance, n),
                "absurd lengths": lambda n: client_hello(0xFFFF00 + n % 200, 0xFFFFFF, chance, n),
                "noise": lambda n: bytes([20 + n % 44]) + chance.randbytes(n % 1000),
            }[what]
            datagrams = [make(number) for number in range(FLOOD)]
            began = time.monotonic()
            assert await dtls_flood(two, datagrams, address_of(one)) < 2.0
            seconds = math.ceil(time.monotonic() - began) + 1
            assert two._connection._queue.qsize() <= 256
            assert two.counters["dtls_overflow"] >= FLOOD - seconds * MAX_DTLS_PER_SECOND
            await asyncio.sleep(1.1)
            got = []
            two.on_data = got.append
            assert one.send_data(b"still here")
            await until(lambda: got, PATIENT)

    asyncio.run(scenario())


def test_dtls_is_taken_only_from_where_an_authentic_check_of_the_path_came():
    async def scenario():
        async with connected_pair() as (one, two):
            hello = client_hello(0, 150, random.Random(5))
            before = two.counters["foreign_dtls"]
            socket_of(two)(hello, STRANGER)
            socket_of(two)(request(two, "p" * 22, random.Random(6)), STRANGER)
            socket_of(two)(hello, STRANGER)
            assert two.counters["foreign_dtls"] == before + 2
            socket_of(two)(request(two, two._connection.local_password, random.Random(6)), STRANGER)
            socket_of(two)(hello, STRANGER)
            assert two.counters["foreign_dtls"] == before + 2
            assert address_of(one) in two._sockets.checked

    asyncio.run(scenario())


@pytest.mark.parametrize("asker", ["client", "server"])
def test_nobody_shakes_hands_twice(asker):
    async def scenario():
        server = PeerTransport(True, allow_loopback=True)
        client = PeerTransport(False, allow_loopback=True)
        hostile, victim = (client, server) if asker == "client" else (server, client)
        # who is not Conclave has no scruples
        hostile._dtls._RTCDtlsTransport__local_certificate = RTCCertificate.generateCertificate()
        await connect(server, client)
        asking = hostile._dtls._ssl
        for _ in range(20):
            with contextlib.suppress(SSL.Error):
                asking.renegotiate()
                asking.do_handshake()
            with contextlib.suppress(SSL.Error):
                await hostile._dtls._write_ssl()
            await asyncio.sleep(0.02)
        assert victim._dtls._ssl.total_renegotiations() == 0
        await asyncio.gather(server.close(), client.close())

    asyncio.run(scenario())


# -- what a member sends inside SRTP ---------------------------------------------------------------


def links_of(one: Member, two: Member) -> tuple[PeerLink, PeerLink]:
    return one.call._links[two.dev], two.call._links[one.dev]


def rtp(ssrc: int, payload: bytes, number: int, sequence: int, payload_type: int) -> bytes:
    head = struct.pack("!BBHII", 0x90, payload_type, sequence & 0xFFFF, 0, ssrc)
    return head + struct.pack("!HHBHx", 0xBEDE, 1, 0x11, number & 0xFFFF) + payload


def shapes() -> dict[str, list[bytes]]:
    """Return RTP packets that none of our senders builds."""
    good = build(CAMERA, 1, 1, True, b"\x10" + bytes(50), 1)
    head = struct.pack("!BBHII", 0x80, 96, 1, 1, 2)
    return {
        "padding of 255": [b"\xb0" + good[1:-1] + b"\xff"],
        "15 sources": [b"\x9f" + good[1:12] + bytes(60) + good[12:]],
        "sources that are not there": [b"\x9f" + good[1:]],
        "an extension of 256 kB": [b"\x90" + head[1:] + b"\xbe\xde\xff\xff" + bytes(600)],
        "extensions without end": [b"\x90" + head[1:] + b"\xbe\xde\0\x40" + b"\x10\0" * 128],
        "an extension of the other form": [b"\x90" + head[1:] + b"\x10\0\0\1\1\2\0\0" + bytes(9)],
        "no extension": [head + bytes(50)],
        "payload types of nobody": [bytes([good[0], kind]) + good[2:] for kind in range(128)],
        "streams of nobody": [good[:8] + struct.pack("!I", n) + good[12:] for n in range(9, 15)],
        "an old version": [bytes([good[0] & 0x3F]) + good[1:]],
        "nothing inside": [good[: 12 + 8]],
    }


def inside(payloads: Iterable[bytes], stream: object) -> list[bytes]:
    """Return payloads in packets of a stream, numbered."""
    return [
        build(stream, number & 0xFFFF, 0, True, payload, number & 0xFFFF)  # type: ignore[arg-type]
        for number, payload in enumerate(payloads)
    ]


@pytest.mark.parametrize("what", shapes())
def test_packets_of_another_shape_are_dropped_and_cost_nothing(what):
    async def scenario():
        async with calling("ab", camera="a") as (a, b):
            await b.picture_from(a, PATIENT)
            _, there = links_of(a, b)
            before = there.counters["rtp_malformed"]
            packets = (shapes()[what] * FLOOD)[:FLOOD]
            assert cost_of(lambda: [there._rtp(packet) for packet in packets]) < 0.5
            assert there.counters["rtp_malformed"] - before >= FLOOD * 0.9
            b.call.picture_slot(a.dev).take()
            await b.picture_from(a, PATIENT)

    asyncio.run(scenario())


def lies(stream_ssrc: int, chance: random.Random) -> bytes:
    """Return what a liar puts into a repetition, parity or padding."""
    if stream_ssrc == REPAIR.ssrc:
        head = struct.pack(
            "!BHBBI", chance.choice([1, 2, 9]), chance.getrandbits(16),
            chance.getrandbits(8), chance.getrandbits(8), chance.getrandbits(32),
        )  # fmt: skip
        return head + chance.randbytes(chance.randint(0, 1100))
    if stream_ssrc == REPEAT.ssrc:
        return bytes([chance.choice([1, 2, 5, 200])]) + chance.randbytes(chance.randint(1, 1100))
    return chance.randbytes(chance.randint(1, 1100))


@pytest.mark.parametrize("stream", [REPEAT, REPAIR, PADDING, MICROPHONE], ids=lambda s: str(s.ssrc))
def test_lies_about_what_was_lost_stay_in_bounds_and_nothing_of_them_is_shown(stream):
    async def scenario():
        async with calling("abc", camera="c") as (a, b, c):
            await b.picture_from(c, PATIENT)
            _, there = links_of(a, b)
            chance = random.Random(stream.ssrc)
            packets = inside([lies(stream.ssrc, chance) for _ in range(FLOOD)], stream)
            assert cost_of(lambda: [there._rtp(packet) for packet in packets]) < 1.5
            assert b.stats_of(a).frames.opened == 0, "nothing of it was authentic"
            assert len(there.receiving.frames._held) <= 64
            b.call.picture_slot(c.dev).take()
            await b.picture_from(c, PATIENT)

    asyncio.run(scenario())


def absurd_reports(chance: random.Random) -> dict[str, list[bytes]]:
    return {
        "heartbeats from the end of time": [
            rtcp.heartbeat(rtcp.HeartbeatReport(2**63, chance.getrandbits(62), 2**63))
        ],
        "requests for everything": [rtcp.nack(2, range(n, n + 256)) for n in range(20)],
        "requests for key frames": [rtcp.picture_loss(2)],
        "wishes for everything": [
            rtcp.want(rtcp.WantReport(1, 0xFFFF, 255, n)) for n in range(2000)
        ],
        "noise": [bytes([0x80 | n % 32, 200 + n % 8]) + chance.randbytes(62) for n in range(50)],
    }


@pytest.mark.parametrize("what", absurd_reports(random.Random(1)))
def test_a_member_that_floods_with_reports_disturbs_itself_only(what):
    async def scenario():
        async with calling("abc", camera="a") as (a, b, c):
            await asyncio.gather(b.picture_from(a, PATIENT), c.picture_from(a, PATIENT))
            here, _ = links_of(a, b)
            packets = (absurd_reports(random.Random(6))[what] * FLOOD)[:FLOOD]
            assert cost_of(lambda: [here._rtcp(packet) for packet in packets]) < 0.5
            assert here.counters["rtcp_flood"] >= FLOOD - MAX_REPORTS_PER_SECOND - 1
            round_trip = here.round_trip
            assert round_trip is None or 0.0 <= round_trip < 10.0
            assert here.sending.estimator.target_kbps > 0.0
            c.call.picture_slot(a.dev).take()
            await c.picture_from(a, PATIENT)

    asyncio.run(scenario())


# -- SCTP ------------------------------------------------------------------------------------------


def test_a_flood_of_associations_costs_little_and_the_channel_goes_on():
    async def scenario():
        async with connected_pair() as (one, two):
            got = []
            two.on_data = got.append
            assert one.send_data(b"before")
            await until(lambda: got, PATIENT)
            chunk = InitChunk()
            chunk.advertised_rwnd, chunk.outbound_streams = 1 << 20, 1
            chunk.inbound_streams, chunk.initial_tsn = 1, 7
            hello = serialize_packet(5000, 5000, 0, chunk)
            guard = two._dtls._data_receiver
            began = time.thread_time()
            for _ in range(MAX_DTLS_PER_SECOND):
                await guard._handle_data(hello)
            assert time.thread_time() - began < 1.0
            assert one.send_data(b"after")
            await until(lambda: b"after" in got, PATIENT)

    asyncio.run(scenario())
