"""Somebody who connects to a copy and knows nothing: what it gets back, as far as anybody can see.

Plain blocking sockets; every connection may come from an address of its own, and says what a list
of steps tells it to.
"""

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from cryptography import x509
from OpenSSL import SSL

from crypto.channel import Channel, ChannelError
from crypto.handshake import Caller
from crypto.sodium import random_bytes

CLASSES = {"at once": 0.0, "half a second": 0.5, "ten seconds": 10.0}
"""The delays that the protocol knows; whatever happens belongs to the nearest one."""

PATIENCE = 13.0  # seconds until an outsider hangs up; the longest delay is ten
APPLICATION_DATA = 23  # TLS record type (RFC 8446, section 5.1)


@dataclass(frozen=True)
class Answer:
    """What came back on one connection; what is random by construction is left out.

    `records` are the TLS records on the wire as (type, length); `messages` what they said, with
    when; `certificate` all of it but the key and the signature; `end` how and when it was over.
    """

    records: tuple[tuple[int, int], ...]
    messages: tuple[tuple[str, bytes], ...]
    certificate: tuple[object, ...]
    group: str
    end: tuple[str, str]


@dataclass
class Wire:
    """One connection of an outsider, and everything that came over it."""

    sock: socket.socket
    began: float
    raw: bytearray = field(default_factory=bytearray)
    tls: SSL.Connection | None = None
    channel: Channel | None = None
    established: float = 0.0
    messages: list[tuple[float, bytes]] = field(default_factory=list)
    end: str = ""

    def say(self, data: bytes) -> None:
        """Send bytes as they are."""
        with contextlib.suppress(OSError):
            self.sock.sendall(data)

    def listen(self, until: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Take in what comes until something is so, the other side hangs up, or time is over."""
        deadline = time.monotonic() + patience
        while not self.end and not until():
            self.sock.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                data = self.sock.recv(65_536)
            except TimeoutError:
                self.end = "still open"
            except OSError:
                self.end = "over"
            else:
                self.raw += data
                self.end = "" if data else "over"
                if self.channel is not None:
                    self._decrypt(data)

    def _decrypt(self, data: bytes) -> None:
        assert self.channel is not None
        with contextlib.suppress(ChannelError):
            said = self.channel.receive(data)
            self.messages += [(time.monotonic(), message) for message in said]
        self.say(self.channel.outgoing())
        if self.channel.established and not self.established:
            self.established = time.monotonic()


Step = Callable[[Wire], None]
Steps = Sequence[Step]


# ---- what an outsider may do


def send(data: bytes) -> Step:
    """Return the step of sending bytes."""
    return lambda wire: wire.say(data)


def hang_up(wire: Wire) -> None:
    """Close one's own half."""
    with contextlib.suppress(OSError):
        wire.sock.shutdown(socket.SHUT_WR)


def open_tls(name: str = "", protocols: Sequence[bytes] = ()) -> Step:
    """Return the step of a TLS handshake as Conclave makes it, with a server name and ALPN."""

    def step(wire: Wire) -> None:
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_verify(SSL.VERIFY_NONE)
        if protocols:
            context.set_alpn_protos(list(protocols))
        wire.tls = SSL.Connection(context, None)
        if name:
            wire.tls.set_tlsext_host_name(name.encode())
        wire.tls.set_connect_state()
        wire.channel = Channel(wire.tls)
        wire.say(wire.channel.outgoing())
        wire.listen(lambda: bool(wire.established))

    return step


def old_tls(version: ssl.TLSVersion) -> Step:
    """Return the step of a TLS handshake without the hybrid group, in one version of TLS."""

    def step(wire: Wire) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = context.maximum_version = version
        inwards, outwards = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(inwards, outwards)
        while not wire.end:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                wire.say(outwards.read())
                before = len(wire.raw)
                wire.listen(lambda so_far=before: len(wire.raw) > so_far)  # type: ignore[misc]
                inwards.write(bytes(wire.raw[before:]))
            except ssl.SSLError:
                return
            else:
                wire.say(outwards.read())
                return

    return step


def say_hello(secret: bytes) -> Step:
    """Return the step of claiming to know a secret."""

    def step(wire: Wire) -> None:
        if wire.channel is not None and wire.channel.established:
            caller = Caller(secret, wire.channel.exporter, random_bytes)
            wire.channel.send(caller.hello())
            wire.say(wire.channel.outgoing())

    return step


def say(message: bytes) -> Step:
    """Return the step of saying something in the channel."""

    def step(wire: Wire) -> None:
        if wire.channel is not None and wire.channel.established:
            wire.channel.send(message)
            wire.say(wire.channel.outgoing())

    return step


# ---- doing it


def ask(target: tuple[str, int], steps: Steps, source: str = "") -> Answer:
    """Connect, take every step, wait for the end; return what came back."""
    with socket.create_connection(
        target, timeout=PATIENCE, source_address=(source, 0) if source else None
    ) as sock:
        wire = Wire(sock, time.monotonic())
        for step in steps:
            step(wire)
        wire.listen(lambda: False)
        over = time.monotonic()
    since = wire.established or wire.began
    return Answer(
        records=tuple(records_in(bytes(wire.raw))),
        messages=tuple((class_of(when - since), message) for when, message in wire.messages),
        certificate=shape_of(wire.tls.get_peer_certificate(as_cryptography=True))
        if wire.tls is not None
        else (),
        group=(wire.tls.get_group_name() or "") if wire.tls is not None else "",
        end=(wire.end, class_of(over - since)),
    )


def ask_all(questions: Sequence[tuple[tuple[str, int], Steps, str]]) -> list[Answer]:
    """Ask many things at once, each from its own address; return the answers in order."""
    with ThreadPoolExecutor(max_workers=len(questions)) as pool:
        return list(pool.map(lambda question: ask(*question), questions))


def class_of(seconds: float) -> str:
    """Return the documented delay that lies next to a time."""
    return min(CLASSES, key=lambda name: abs(CLASSES[name] - seconds))


def records_in(raw: bytes) -> list[tuple[int, int]]:
    """Return (type, length) of each TLS record; bytes that are none count as type -1."""
    found = []
    at = 0
    while at + 5 <= len(raw):
        length = int.from_bytes(raw[at + 3 : at + 5], "big")
        found.append((raw[at], length))
        at += 5 + length
    return found if at == len(raw) else [*found, (-1, len(raw) - at)]


def shape_of(certificate: x509.Certificate | None) -> tuple[object, ...]:
    """Return everything that a certificate says but its key and its signature."""
    if certificate is None:
        return ()
    return (
        certificate.version,
        certificate.serial_number,
        certificate.issuer.rfc4514_string(),
        certificate.subject.rfc4514_string(),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        certificate.signature_algorithm_oid.dotted_string,
        type(certificate.public_key()).__name__,
        tuple(str(extension) for extension in certificate.extensions),
        len(certificate.tbs_certificate_bytes),
    )
