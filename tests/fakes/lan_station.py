"""A process on a test network: `host` announces and listens, `guest` finds, dials and greets.

Each prints JSON lines. Arguments: role, discovery key in hex, for `call` also an address.
"""

import asyncio
import json
import os
import sys
import time

from app.net.addresses import Address, interface_addresses, parse_address
from app.net.discovery import Discovery
from app.net.room_tags import matches
from app.net.signalling import Connection, DialError, Listener, dial


def tell(what: str, **details: object) -> None:
    print(json.dumps({"what": what, "at": time.time(), **details}), flush=True)


async def host(key: bytes) -> None:
    def arrived(connection: Connection) -> None:
        def heard(message: bytes) -> None:
            connection.authenticated = True
            connection.send(b"welcome " + message)

        connection.start(heard, lambda reason: tell("closed", reason=str(reason)))

    listener = Listener(arrived)
    discovery = Discovery(lambda _candidates: None, random=os.urandom, now=time.time)
    await discovery.start()
    await discovery.advertise(listener.port, [key])
    tell("hosting", port=listener.port, reason=discovery.reason)
    await asyncio.to_thread(sys.stdin.readline)
    await discovery.close()
    await listener.close()
    tell("ended")


async def guest(key: bytes) -> None:
    changed = asyncio.Event()
    discovery = Discovery(lambda _candidates: changed.set(), random=os.urandom, now=time.time)
    await discovery.start()
    tell("looking", reason=discovery.reason, here=len(interface_addresses()))
    known: set[bytes] = set()
    while True:
        await changed.wait()
        changed.clear()
        found = [c for c in discovery.candidates if matches(c, key, time.time())]
        for candidate in found:
            if candidate.instance not in known:
                tell("found", addresses=[str(address) for address in candidate.addresses])
                await greet(candidate.addresses)
        if known and not found:
            tell("gone")
        known = {candidate.instance for candidate in found}


async def greet(addresses: tuple[Address, ...]) -> None:
    answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    began = time.monotonic()
    try:
        connection = await dial(addresses)
    except DialError as error:
        tell("unreachable", cause=str(error.cause))
        return
    connection.start(answered.set_result, lambda _reason: None)
    connection.send(b"guest")
    answer = await asyncio.wait_for(answered, 5)
    tell(
        "greeted",
        answer=answer.decode(),
        over=str(connection.remote),
        seconds=time.monotonic() - began,
    )
    connection.close()
    await connection.wait_gone()


async def main(role: str, key: bytes, *rest: str) -> None:
    match role:
        case "host":
            await host(key)
        case "guest":
            await guest(key)
        case "call":
            await greet((parse_address(rest[0]),))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], bytes.fromhex(sys.argv[2]), *sys.argv[3:]))
