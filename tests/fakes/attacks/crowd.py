"""Connections that want to wear a listener out: a thousand of them, slow ones, heavy ones.

    python -m fakes.attacks.crowd HOST PORT MANY SECONDS SOURCE..

Opens MANY connections as fast as it can, from all SOURCE addresses in turn, each with the first
message of a real handshake, and keeps those that are let in for SECONDS. From the first address, at
the same time, one connection says a byte a second, one sends 100 MB of noise, and one, once its
channel stands, 100 MB of messages. Tells how each of them ended.
"""

import contextlib
import selectors
import socket
import sys
import threading
import time
from typing import Any

from fakes.attacker import tell

from crypto.channel import Channel, ChannelError

HEAVY = 100_000_000  # bytes
PIECE = bytes(65_536)
ONE_BYTE_S = 1.0
GIVE_UP_S = 15.0


def first_flight() -> bytes:
    """Return what a caller sends first."""
    return Channel.initiate().outgoing()


def a_crowd(
    target: tuple[str, int], many: int, seconds: float, sources: list[str]
) -> dict[str, Any]:
    """Open connections; return how many were made, cut off, and answered."""
    hello = first_flight()
    selector = selectors.DefaultSelector()
    cut = answered = failed = 0

    def look(timeout: float) -> None:
        nonlocal cut, answered
        for key, _ in selector.select(timeout):
            sock: Any = key.fileobj
            data = b""
            with contextlib.suppress(OSError):
                data = sock.recv(65_536)
            if data:
                answered += 1
            else:
                cut += 1
                selector.unregister(sock)
                sock.close()

    for number in range(many):
        try:
            source = (sources[number % len(sources)], 0)
            sock = socket.create_connection(target, timeout=2.0, source_address=source)
            sock.sendall(hello)
            sock.setblocking(False)
            selector.register(sock, selectors.EVENT_READ)
        except OSError:
            failed += 1
        look(0.0)
    until = time.monotonic() + seconds
    while selector.get_map() and time.monotonic() < until:
        look(0.1)
    left = len(selector.get_map())
    return {"made": many - failed, "cut": cut, "answered": answered, "left": left}


def a_drip(target: tuple[str, int], source: str) -> dict[str, Any]:
    """Say one byte a second; return after how long that is over."""
    began = time.monotonic()
    with socket.create_connection(target, source_address=(source, 0)) as sock:
        sock.settimeout(ONE_BYTE_S)
        for byte in first_flight():
            try:
                sock.sendall(bytes([byte]))
                if not sock.recv(1000):
                    break
            except TimeoutError:
                pass
            except OSError:
                break
            if time.monotonic() - began > GIVE_UP_S:
                break
    return {"seconds": time.monotonic() - began}


def a_heap_of_noise(target: tuple[str, int], source: str) -> dict[str, Any]:
    """Send 100 MB that are nothing; return how many bytes left before the line was cut."""
    sent = 0
    with socket.create_connection(target, source_address=(source, 0)) as sock:
        sock.settimeout(GIVE_UP_S)
        with contextlib.suppress(OSError):
            while sent < HEAVY:
                sent += sock.send(b"\x16\x03\x01\x40\x00" + PIECE if not sent else PIECE)
    return {"bytes": sent}


def a_heap_of_messages(target: tuple[str, int], source: str) -> dict[str, Any]:
    """Send 100 MB inside a channel without a proof; return how many left before it was cut."""
    channel = Channel.initiate()
    sent = 0
    with socket.create_connection(target, source_address=(source, 0)) as sock:
        sock.settimeout(GIVE_UP_S)
        with contextlib.suppress(OSError, ChannelError):
            sock.sendall(channel.outgoing())
            while not channel.established:
                if not (data := sock.recv(65_536)):
                    return {"bytes": -1}
                channel.receive(data)
                sock.sendall(channel.outgoing())
            while sent < HEAVY:
                channel.send(PIECE[:4000])
                data = channel.outgoing()
                sock.sendall(data)
                sent += len(data)
    return {"bytes": sent}


def main(host: str, port: str, many: str, seconds: str, *sources: str) -> None:
    """Do all of it at once."""
    target = host, int(port)
    first, *others = sources
    ends: dict[str, Any] = {}

    def note(name: str, attack: Any) -> threading.Thread:
        def run() -> None:
            ends[name] = attack(target, first)
            tell("end", of=name, **ends[name])

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    tell("ready")
    attacks = {
        "drip": a_drip,
        "noise": a_heap_of_noise,
        "messages": a_heap_of_messages,
    }
    threads = [note(name, attack) for name, attack in attacks.items()]
    time.sleep(0.3)  # until these three have their places: the crowd takes all the others
    ends["crowd"] = a_crowd(target, int(many), float(seconds), others)
    for thread in threads:
        thread.join()
    tell("result", **ends)


if __name__ == "__main__":
    main(*sys.argv[1:])
