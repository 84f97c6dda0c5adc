"""Every secret that a running Conclave makes or derives, noted as it comes to be, and found again.

Keys are noted where they come from: everything that goes into HKDF or comes out of it, seeds,
scalars, the keys of vaults, TLS channels, DTLS and SRTP, the passwords of ICE and of people. What
the protocol shows to everybody is left out.
"""

import ast
import base64
import binascii
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from crypto.handshake import PUBLIC_PASSWORD_SECRET, PUBLIC_SECRET
from crypto.kdf import DOMAIN

WINDOW = 9  # bytes in a row that are no coincidence: 72 bits
SHOWN = (b"room id", b"safety number digits")  # what HKDF makes for everybody to see
OURS = ("app", "crypto", "media")

_HEX = re.compile(r"(?:[0-9a-fA-F]{2}[:\s]?){9,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}")
_LITERAL = re.compile(r"""b'(?:[^'\\]|\\.)*'|b"(?:[^"\\]|\\.)*\"""")
_NUMBERS = re.compile(r"\d{1,3}(?:, ?\d{1,3}){8,}")
_INTEGER = re.compile(r"\d{20,}")


@dataclass(frozen=True)
class Leak:
    """A secret that stands somewhere."""

    where: str
    what: str  # which kind of secret
    near: str

    def __str__(self) -> str:
        return f"{self.what} in {self.where}: {self.near}"


class KnownSecrets:
    """What must be found nowhere; `watched` notes while the block runs."""

    def __init__(self) -> None:
        self._names: dict[bytes, str] = {}
        self._windows: dict[bytes, str] = {}
        self.errors: list[str] = []  # the texts of all errors of ours that were made meanwhile

    def __len__(self) -> int:
        return len(self._names)

    @property
    def kinds(self) -> set[str]:
        """Return of which kinds there is at least one."""
        return set(self._names.values())

    def note(self, kind: str, value: bytes | str) -> None:
        """Remember a secret."""
        data = value.encode() if isinstance(value, str) else bytes(value)
        if len(data) < WINDOW or data in self._names:
            return
        self._names[data] = kind
        for start in range(len(data) - WINDOW + 1):
            self._windows[data[start : start + WINDOW]] = kind

    def dump(self) -> list[tuple[str, str]]:
        """Return all of them, as (kind, hex)."""
        return [(kind, data.hex()) for data, kind in self._names.items()]

    def take(self, dumped: Iterable[tuple[str, str]]) -> None:
        """Remember what another process noted."""
        for kind, data in dumped:
            self.note(kind, bytes.fromhex(data))

    # ---- finding

    def leaks(self, where: str, text: str | bytes) -> list[Leak]:
        """Return where secrets stand in a text: plain, in hexadecimal, base64, repr, as numbers."""
        if isinstance(text, bytes):
            found = list(self._in_bytes(where, text, "raw"))
            text = text.decode("latin-1")
        else:
            found = list(self._in_bytes(where, text.encode("utf-8", "replace"), "raw"))
        for meaning, near in meanings(text):
            found += self._in_bytes(where, meaning, near)
        return found

    def _in_bytes(self, where: str, data: bytes, near: str) -> Iterator[Leak]:
        windows = self._windows
        for start in range(len(data) - WINDOW + 1):
            window = data[start : start + WINDOW]
            if window in windows:
                context = near if near != "raw" else repr(data[max(0, start - 60) : start + 30])
                yield Leak(where, windows[window], context[:200])
                return

    # ---- noting

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note every secret that comes to be in this process."""
        undo: list[Callable[[], None]] = []
        try:
            for watch in (self._derivations, self._keys, self._media, self._errors):
                watch(undo)
            yield
        finally:
            for step in reversed(undo):
                step()

    def _derivations(self, undo: list[Callable[[], None]]) -> None:
        from crypto import cpace, kdf, sodium

        public = {PUBLIC_SECRET, PUBLIC_PASSWORD_SECRET}
        shown_by = {kdf.hkdf_extract(b"", secret) for secret in public}

        def extracted(result: bytes, _salt: bytes, ikm: bytes) -> None:
            if ikm not in public:
                self.note("what a key is made of", ikm)

        def expanded(result: bytes, prk: bytes, info: bytes, _length: int) -> None:
            is_shown = any(info.startswith(DOMAIN + b"\0" + name) for name in SHOWN)
            if prk not in shown_by and not is_shown:
                self.note(f"derived key {info[:30]!r}", result)

        wrap(undo, kdf, "hkdf_extract", extracted)
        wrap(undo, kdf, "hkdf_expand", expanded)
        wrap(undo, cpace, "prepared", lambda result, _text: self.note("password", result))
        wrap(undo, cpace, "session_key", lambda result, *_: self.note("CPace key", result))
        wrap(undo, sodium, "x25519", lambda result, scalar, _: self.note("scalar", scalar))
        wrap(undo, sodium, "signing_keypair", lambda _, seed: self.note("signing seed", seed))
        wrap(
            undo,
            sodium,
            "argon2id",
            lambda result, passphrase, *_: (
                self.note("vault key", result),
                self.note("passphrase", passphrase),
            ),
        )

    def _keys(self, undo: list[Callable[[], None]]) -> None:
        from crypto import channel, hpke, invite, vault

        after(undo, hpke.KemPair, "__post_init__", lambda pair: self.note("KEM seed", pair.seed))
        after(undo, vault.VaultKey, "__post_init__", lambda key: self.note("vault key", key.key))

        def invited(link: invite.Invite) -> None:
            self.note("secret of an invitation", link.secret)
            self.note("seed of a room", link.room_seed)

        after(undo, invite.Invite, "__post_init__", invited)

        def shaken(one: channel.Channel) -> None:
            self.note("exporter of a channel", one._exporter)

        after(undo, channel.Channel, "_shake_hands", shaken)

    def _media(self, undo: list[Callable[[], None]]) -> None:
        from aiortc import rtcdtlstransport as dtls

        from media.path.link_parameters import LinkParameters

        def encoded(_result: bytes, parameters: LinkParameters) -> None:
            self.note("ICE password", parameters.password)

        wrap(undo, LinkParameters, "encode", encoded)

        def certified(made: Any) -> None:
            number = made._key.private_numbers().private_value
            self.note("DTLS key", number.to_bytes(32, "big"))

        after(undo, dtls.RTCCertificate, "__init__", certified)
        policy = dtls.Policy

        def noted(*args: Any, key: bytes = b"", **options: Any) -> Any:
            self.note("SRTP key", key)
            return policy(*args, key=key, **options) if key else policy(*args, **options)

        for name in dir(policy):
            if name.isupper():
                setattr(noted, name, getattr(policy, name))
        dtls.Policy = noted
        undo.append(lambda: setattr(dtls, "Policy", policy))

    def _errors(self, undo: list[Callable[[], None]]) -> None:
        from app.visit import VisitError
        from crypto.errors import CryptoError
        from media.errors import LinkError

        def raised(error: Exception) -> None:
            self.errors.append(f"{type(error).__name__}: {error} {error.args}")

        for kind in (CryptoError, VisitError, LinkError):
            after(undo, kind, "__init__", raised)


def wrap(
    undo: list[Callable[[], None]], place: Any, name: str, note: Callable[..., object]
) -> None:
    """Let `note` see every call of a function, wherever it was imported to."""
    original = getattr(place, name)

    def noting(*args: Any, **options: Any) -> Any:
        result = original(*args, **options)
        note(result, *args, **options)
        return result

    places = [place, *(module for key, module in list(sys.modules.items()) if is_ours(key))]
    for where in places:
        if vars(where).get(name) is original or where is place:
            setattr(where, name, noting)
            undo.append(lambda w=where: setattr(w, name, original))  # type: ignore[misc]


def after(
    undo: list[Callable[[], None]], kind: type, name: str, note: Callable[[Any], object]
) -> None:
    """Let `note` see an object after one of its methods ran."""
    original = getattr(kind, name)

    def noting(self: Any, *args: Any, **options: Any) -> Any:
        result = original(self, *args, **options)
        note(self)
        return result

    setattr(kind, name, noting)
    undo.append(lambda: setattr(kind, name, original))


def is_ours(module: object) -> bool:
    """Tell whether a module, by its name, belongs to Conclave."""
    return isinstance(module, str) and module.partition(".")[0] in OURS


def meanings(text: str) -> Iterator[tuple[bytes, str]]:
    """Yield what bytes the parts of a text may stand for, and each part."""
    for found in _HEX.finditer(text):
        digits = re.sub(r"[^0-9a-fA-F]", "", found[0])
        yield bytes.fromhex(digits[: len(digits) & ~1]), found[0]
        yield bytes.fromhex(digits[1:][: len(digits) - 1 & ~1]), found[0]
    for found in _BASE64.finditer(text):
        letters = found[0].replace("-", "+").replace("_", "/")
        for start in range(4):
            part = letters[start:]
            try:
                yield base64.b64decode(part[: len(part) & ~3]), found[0]
            except binascii.Error:
                continue
    for found in _LITERAL.finditer(text):
        try:
            yield ast.literal_eval(found[0]), found[0]
        except (ValueError, SyntaxError):
            continue
    for found in _NUMBERS.finditer(text):
        numbers = [int(number) for number in found[0].split(",")]
        if max(numbers) < 256:
            yield bytes(numbers), found[0]
    for found in _INTEGER.finditer(text[:5_000_000]):
        if len(found[0]) < 200:
            number = int(found[0])
            for order in ("big", "little"):
                size = (number.bit_length() + 7) // 8
                yield number.to_bytes(size, order), found[0]  # type: ignore[arg-type]
