"""How an allocation travels: sockets to relays that lie, fall silent, or are not the pinned one."""

import asyncio
import contextlib
import datetime
import hashlib
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from fakes.media_links import until

from media.path import stun
from media.path.outside_servers import Server, Way
from media.path.relay import Trouble
from media.path.relay_socket import LONGEST_FRAME, RelayError, RelaySocket
from media.path.stun import Attribute, Kind

HERE = "127.0.0.1"
NAME, PASSWORD, REALM = "1893456000:ada", "secret", b"conclave"
KEY = stun.long_term_key(NAME, REALM, PASSWORD)
PEER = ("192.0.2.9", 6000)


def answer(data: bytes, host: str = HERE) -> bytes:
    """Answer as a relay does; the address that it gives out is one of `host`."""
    asked = stun.parse(data)
    if not asked.is_authentic(KEY):
        given = (
            (Attribute.ERROR_CODE, bytes((0, 0, 4, 1))),
            (Attribute.REALM, REALM),
            (Attribute.NONCE, b"nonce"),
        )
        return stun.message(Kind(asked.kind | 0x0110), asked.transaction, given)
    address = (Attribute.RELAYED, stun.xored((host, 50000), asked.transaction))
    mapped = (Attribute.MAPPED, stun.xored((HERE, 4000), asked.transaction))
    lifetime = (Attribute.LIFETIME, (600).to_bytes(4, "big"))
    kind = Kind(asked.kind | 0x0100)
    return stun.message(kind, asked.transaction, (address, mapped, lifetime), KEY)


@contextlib.asynccontextmanager
async def relay(
    says: Callable[[bytes], bytes] = answer, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Run a relay on a stream: its port, and what it was told."""
    told: list[bytes] = []
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with contextlib.suppress(OSError):
            while data := await reader.read(2048):
                told.append(data)
                writer.write(says(data))
        writer.close()

    server = await asyncio.start_server(serve, HERE, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1], told
    finally:
        for writer in writers:
            writer.close()
        server.close()


def server(port: int, way: Way = Way.TCP, pin: bytes = b"") -> Server:
    return Server(HERE, port, way, relays=True, pin=pin, username=NAME, password=PASSWORD)


async def trouble_with(one: Server) -> Trouble:
    relay_socket = RelaySocket(one)
    with pytest.raises(RelayError) as caught:
        await relay_socket.open()
    assert relay_socket.is_closing()
    return caught.value.trouble


def test_an_address_is_given_over_a_stream_and_lost_with_it():
    async def scenario() -> None:
        lost = []
        async with relay() as (port, told):
            one = RelaySocket(server(port))
            one.on_lost = lambda: lost.append(True)
            await one.open()
            assert one.relayed == (HERE, 50000)
            assert one.local_host == HERE
            one.permit(PEER[0])
            await until(lambda: len(told) >= 3)
        await until(lambda: lost)
        assert one.trouble is Trouble.SILENT
        one.sendto(b"late", PEER)

    asyncio.run(scenario())


def test_who_closes_gives_the_address_back_and_blames_nobody():
    async def scenario() -> None:
        async with relay() as (port, told):
            one = RelaySocket(server(port))
            await one.open()
            one.close()
            await until(lambda: stun.parse(told[-1]).kind is Kind.REFRESH)
            assert stun.parse(told[-1]).lifetime == 0
            assert one.trouble is None

    asyncio.run(scenario())


def test_an_address_elsewhere_is_not_taken():
    async def scenario() -> None:
        async with relay(lambda data: answer(data, "198.51.100.7")) as (port, _):
            assert await trouble_with(server(port)) is Trouble.BROKEN

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "noise", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\1\1\xff\xfc" + bytes(60), b"\x40\0\xff\xff1"]
)
def test_what_is_no_relay_is_left_at_once(noise: bytes):
    async def scenario() -> None:
        assert len(noise) <= LONGEST_FRAME
        async with relay(lambda _: noise) as (port, _):
            assert await trouble_with(server(port)) is Trouble.BROKEN

    asyncio.run(scenario())


@pytest.mark.parametrize("way", [Way.UDP, Way.TCP])
def test_where_nothing_listens_that_is_known_at_once(way: Way):
    async def scenario() -> None:
        async with relay() as (port, _):
            pass
        assert await trouble_with(server(port, way)) is Trouble.SILENT

    asyncio.run(scenario())


def test_a_socket_that_is_given_up_while_it_opens_leaves_nothing_open():
    async def scenario() -> None:
        async with relay(lambda _: b"") as (port, told):
            one = RelaySocket(server(port))
            opening = asyncio.create_task(one.open())
            await until(lambda: told)
            opening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await opening
            assert one.is_closing()

    asyncio.run(scenario())


def certificate(folder: Path) -> tuple[ssl.SSLContext, bytes]:
    """Return a server's TLS with a certificate of its own, and the pin of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "both.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + made.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return context, hashlib.sha256(spki).digest()


def test_by_tls_only_the_pinned_key_hears_a_word(tmp_path: Path):
    async def scenario() -> None:
        tls, pin = certificate(tmp_path)
        async with relay(tls=tls) as (port, told):
            another = bytes(32)
            assert await trouble_with(server(port, Way.TLS, another)) is Trouble.CERTIFICATE
            assert told == []
            one = RelaySocket(server(port, Way.TLS, pin))
            await one.open()
            assert one.relayed == (HERE, 50000)
            one.close()

    asyncio.run(scenario())


def test_who_speaks_no_tls_is_not_spoken_to():
    async def scenario() -> None:
        async with relay(lambda _: b"no TLS here") as (port, _):
            found = await trouble_with(server(port, Way.TLS, bytes(32)))
            assert found in (Trouble.CERTIFICATE, Trouble.SILENT)

    asyncio.run(scenario())
