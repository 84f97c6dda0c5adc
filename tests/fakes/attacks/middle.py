"""Somebody between a caller and a host: one channel to each, and every way to join the two.

    python -m fakes.attacks.middle HOST PORT LINK

Listens on one port for each way. "relay" passes on every word. "thief" knows the invitation, proves
it to both, and passes on what the host says and signs. "poser" knows it too and answers with a
meeting of its own, under the host's title and name. "babbler" says what no host says. "old" has
TLS without the hybrid group. Tells what callers said before they hung up.
"""

import socket
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fakes.attacker import tell
from fakes.attacks.sockets import Line

from app.meeting.contacts import Contacts
from app.meeting.opening import Applicant, Plan, open_meeting
from crypto.calling import Answer, Caller
from crypto.channel import _certificate
from crypto.errors import CryptoError
from crypto.handshake import Callee
from crypto.identity import Identity
from crypto.invite import Invite
from crypto.messages import About, AboutFlag, HostBody
from crypto.sodium import random_bytes

Target = tuple[str, int]
Heard = list[bytes]


def relay(victim: Line, host: Target, _link: str, heard: Heard) -> None:
    """Pass on every word in both directions."""
    beyond = Line.dial(host)
    while True:
        if victim.waits(0.05):
            heard.append(victim.read())
            beyond.send(heard[-1])
        if beyond.waits(0.05):
            victim.send(beyond.read())


def thief(victim: Line, host: Target, link: str, heard: Heard) -> None:
    """Prove the invitation to both sides; pass on the host's words and its signature."""
    secret = Invite.parse(link).secret
    answer = answer_of(host, secret)
    callee = Callee(victim.exporter, random_bytes)
    heard.append(victim.read())
    callee.read_hello(heard[-1], {"stolen": secret})
    victim.send(callee.answer(answer.body, lambda _context: answer.signature))
    heard.append(victim.read())


def poser(victim: Line, host: Target, link: str, heard: Heard) -> None:
    """Be the host of another meeting with the same title and name."""
    secret = Invite.parse(link).secret
    true = About.parse(HostBody.parse(answer_of(host, secret).body).about)
    me = Applicant.create(Identity(random_bytes(32)), true.host_name, (), random_bytes)
    seated, _ = open_meeting(Plan(true.title), me, Contacts({}), time.time(), random_bytes)
    about = About(title=true.title, host_name=true.host_name, people=2, flags=AboutFlag(0))
    body = HostBody(genesis=seated.roster.genesis.encode(), about=about.encode()).encode()
    callee = Callee(victim.exporter, random_bytes)
    heard.append(victim.read())
    callee.read_hello(heard[-1], {"stolen": secret})
    victim.send(callee.answer(body, me.call_key.sign))
    heard.append(victim.read())


def babbler(victim: Line, _host: Target, _link: str, heard: Heard) -> None:
    """Answer with noise in the form of an answer."""
    heard.append(victim.read())
    victim.send(b"\x02\x01\x00\x00\x01\x00" + random_bytes(256))
    heard.append(victim.read())


def answer_of(host: Target, secret: bytes) -> Answer:
    """Return what the true host answers to somebody who knows the invitation."""
    line = Line.dial(host)
    caller = Caller(secret, line.exporter, random_bytes)
    line.send(caller.hello())
    return caller.read_answer(line.read())


WAYS: dict[str, Callable[[Line, Target, str, Heard], None]] = {
    "relay": relay,
    "thief": thief,
    "poser": poser,
    "babbler": babbler,
}


def meet(way: str, sock: socket.socket, host: Target, link: str) -> None:
    """Do one caller after the other."""
    while True:
        client, _ = sock.accept()
        heard: Heard = []
        try:
            WAYS[way](Line.answer(client), host, link, heard)
        except (OSError, CryptoError) as error:
            end = str(error)
        else:
            end = "went on"
        tell("met", way=way, heard=[message.hex() for message in heard], end=end)


def meet_with_old_tls(sock: socket.socket) -> None:
    """Offer TLS 1.3 with classical key exchange, to whoever comes."""
    key = Ed25519PrivateKey.generate()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        both = Path(folder) / "both.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        both.write_bytes(secret + _certificate(key).public_bytes(serialization.Encoding.PEM))
        context.load_cert_chain(both)
    while True:
        client, _ = sock.accept()
        heard = b""
        try:
            with context.wrap_socket(client, server_side=True) as tls:
                tls.settimeout(3.0)
                heard = tls.recv(1000)
        except OSError as error:
            tell("met", way="old", heard=[], end=str(error))
        else:
            tell("met", way="old", heard=[heard.hex()] if heard else [], end="hung up")


def main(host: str, port: str, link: str) -> None:
    """Listen, and stay in between until somebody ends it."""
    ports = {}
    for way in (*WAYS, "old"):
        sock = socket.create_server(("", 0))
        ports[way] = sock.getsockname()[1]
        target = (host, int(port))
        if way == "old":
            thread = threading.Thread(target=meet_with_old_tls, args=(sock,))
        else:
            thread = threading.Thread(target=meet, args=(way, sock, target, link))
        thread.start()
    tell("ready", ports=ports)


if __name__ == "__main__":
    main(*sys.argv[1:])
