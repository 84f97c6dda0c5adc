"""How a router is spoken to: datagrams that are repeated, and single HTTP requests; all bounded."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from app.net.router.http_answer import MAX_BYTES, Answer, HttpError, is_complete, parse_answer
from app.net.router.igd import Url
from app.net.router.terms import RouterError, Why

REPEATS: Final = (0.25, 0.5, 0.75)  # seconds of waiting after each time the question is sent
HTTP_TIME: Final = 2.0  # seconds for one request and its answer
MOST_ANSWERS: Final = 64  # datagrams looked at for one question

T = TypeVar("T")


async def ask(
    target: tuple[str, int], question: bytes, understand: Callable[[bytes], T | None]
) -> T:
    """Send a datagram until `understand` makes something of an answer from exactly there.

    Raises RouterError: Why.SILENT, or what `understand` raises.
    """
    with contextlib.closing(_datagrams()) as sock:
        try:
            sock.connect(target)  # the system drops what comes from anywhere else
        except OSError as error:
            raise RouterError(Why.SILENT, "no way to the router") from error
        return await _repeat(sock, [(question, None)], lambda data, _: understand(data))


async def search(
    targets: Sequence[tuple[str, int]],
    local: str,
    question: bytes,
    understand: Callable[[bytes, str], T | None],
) -> T:
    """Send a datagram to several targets from one interface; answers may come from anywhere.

    Raises RouterError: Why.SILENT, or what `understand` raises.
    """
    with contextlib.closing(_datagrams()) as sock:
        try:
            sock.bind((local, 0))
            own = socket.inet_aton(local)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, own)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        except OSError as error:
            raise RouterError(Why.SILENT, "the address is gone") from error
        return await _repeat(sock, [(question, target) for target in targets], understand)


async def fetch(url: Url, request: bytes) -> Answer:
    """Send one HTTP request to the router and return the answer; raises RouterError."""
    try:
        async with asyncio.timeout(HTTP_TIME):
            return parse_answer(await _transfer(url, request))
    except (OSError, TimeoutError) as error:
        raise RouterError(Why.SILENT, "its web service does not answer") from error
    except HttpError as error:
        raise RouterError(Why.NONSENSE, "HTTP that is not understood") from error


async def _transfer(url: Url, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(url.host, url.port, limit=MAX_BYTES)
    try:
        writer.write(request)
        data = b""
        while len(data) <= MAX_BYTES and not is_complete(data):
            piece = await reader.read(4_096)
            if not piece:
                break
            data += piece
        return data
    finally:
        writer.transport.abort()


def _datagrams() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    return sock


async def _repeat(
    sock: socket.socket,
    questions: Sequence[tuple[bytes, tuple[str, int] | None]],
    understand: Callable[[bytes, str], T | None],
) -> T:
    loop = asyncio.get_running_loop()
    looked_at = 0
    for patience in REPEATS:
        for question, target in questions:
            with contextlib.suppress(OSError):  # refused, unreachable: others may answer yet
                sock.send(question) if target is None else sock.sendto(question, target)
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(patience):
                while looked_at < MOST_ANSWERS:
                    data, source = await loop.sock_recvfrom(sock, 2_048)
                    looked_at += 1
                    answer = understand(data, source[0] if source else "")
                    if answer is not None:
                        return answer
    raise RouterError(Why.SILENT)
