"""Somebody with an invitation who tries passwords, as many as possible at once.

    python -m fakes.attacks.guesser LINK ADDRESS,.. PASSWORD..

Each password is tried on a connection of its own, from the ADDRESSES in turn, all at the same time.
Tells what became of each.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

from fakes.attacker import tell
from fakes.attacks.sockets import Line

from crypto.cpace import prepared
from crypto.errors import CryptoError, WrongPasswordError
from crypto.handshake import Caller
from crypto.invite import Invite
from crypto.sodium import random_bytes


def guess(invite: Invite, source: str, password: str) -> str:
    """Try one password; return "right", "wrong", "blocked", or what else came of it."""
    try:
        line = Line.dial(invite.addresses[0], source)
        caller = Caller(invite.secret, line.exporter, random_bytes)
        line.send(caller.hello())
        line.send(caller.prove_password(line.read(), prepared(password)))
        caller.read_verdict(line.read())
    except WrongPasswordError as error:
        return "wrong" if error.left else "blocked"
    except (OSError, CryptoError) as error:
        return str(error)
    return "right"


def main(link: str, addresses: str, *passwords: str) -> None:
    """Try them all."""
    invite = Invite.parse(link)
    sources = addresses.split(",")
    tell("ready")
    with ThreadPoolExecutor(max_workers=len(passwords)) as pool:
        found = pool.map(
            lambda numbered: guess(invite, sources[numbered[0] % len(sources)], numbered[1]),
            enumerate(passwords),
        )
        tell("result", guesses=dict(zip(passwords, found, strict=True)))


if __name__ == "__main__":
    main(*sys.argv[1:])
