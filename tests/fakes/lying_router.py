"""A router that answers whatever it is told to: over PCP and NAT-PMP, SSDP and HTTP."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator

Reply = Callable[[bytes], bytes | None]


@contextlib.contextmanager
def answers_datagrams(sock: socket.socket, reply: Reply) -> Iterator[None]:
    """Answer each datagram to a bound socket with what `reply` makes of it, until the end."""
    sock.settimeout(0.05)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                data, source = sock.recvfrom(2048)
                answer = reply(data)
                if answer is not None:
                    sock.sendto(answer, source)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        sock.close()


@contextlib.asynccontextmanager
async def answers_http(reply: Reply) -> AsyncIterator[int]:
    """Answer each HTTP request on 127.0.0.1 so; gives the port."""

    served = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            answer = reply(await reader.readuntil(b"\r\n\r\n"))
            if answer is None:
                await reader.read()  # until who asked has lost patience
            else:
                writer.write(answer)
                await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*served)
