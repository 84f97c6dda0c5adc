"""The sections about sealed frames."""

import random
from collections.abc import Iterator
from typing import Any

from vectors.making.cast import Case, case, refused, section, seed

from crypto.frames import Context, OpenedFrame, Opener, Sealer, key_id
from crypto.kdf import DOMAIN, hkdf_expand, hkdf_extract
from crypto.sframe import OPENSSL, ReplayWindow, SealingKey

SLOT = 3
CODECS = {Context.MICROPHONE: 1, Context.SCREEN_SOUND: 1, Context.CHAT: 0, Context.CONTROL: 0}
CODECS |= {Context.FILES: 0}


def sections() -> dict[str, Case]:
    """Return all sections about sealed frames."""
    return {
        "frames": section(
            "Sealed frames of every context. key and salt are the ones of RFC 9605, section 4.4.2; "
            "ctr is SFrame's counter, which begins at 0 for every KID and key.",
            _frames(),
        ),
        "opened_frames": section(
            "What a receiver makes of a frame. context, codec and slot come from the transport "
            "that delivered it and from the roster; keys are all that the receiver has of it.",
            _opened(),
        ),
        "replays": section(
            "Counters of one KID and key as they arrive, all authentic, and which are taken.",
            _replays(),
        ),
    }


def _sealed(given: Case) -> str:
    """Seal as many empty frames as it takes to come to a counter, then the one that is given."""
    sealer = Sealer(OPENSSL)
    sealer.use(given["slot"], given["g"], bytes.fromhex(given["base_key"]))
    about = given["context"], given["codec"], given["flags"]
    for _ in range(given["ctr"]):
        sealer.seal(*about, 0, b"")
    sealed = sealer.seal(*about, given["media_ts"], bytes.fromhex(given["frame"]))
    assert sealed is not None
    return sealed.hex()


def _frames() -> Iterator[Case]:
    for context in Context:
        yield _frame(
            f"context {context.value}", context=context.value, codec=CODECS.get(context, 2)
        )
    plain = {"flags": 0, "g": 17, "base_key": bytes(range(32)).hex(), "media_ts": 0x01020304}
    yield _frame("sound, the first of its key", **plain, codec=1, frame=b"hello".hex(), ctr=0)
    yield _frame("sound that fills its 32 bytes", codec=1, frame=bytes(range(25)).hex())
    yield _frame("sound that is one byte longer", codec=1, frame=bytes(range(26)).hex())
    yield _frame("an empty picture", context=1, codec=2, frame="")
    yield _frame("counter 7, the last one inside the first byte", ctr=7)
    yield _frame("counter 8, the first one with a byte of its own", ctr=8)
    yield _frame("counter 256, in two bytes", ctr=256)
    yield _frame("the first slot, so a short KID", slot=0, g=0)
    yield _frame("the last slot and a generation of 32 bits", slot=63, g=2**32 - 1)


def _frame(what: str, **changes: Any) -> Case:
    given: Case = {
        "context": 0,
        "codec": 1,
        "flags": 5,
        "slot": SLOT,
        "g": 1,
        "base_key": seed("base key").hex(),
        "media_ts": 90_000,
        "ctr": 0,
        "frame": b"a frame".hex(),
    }
    given |= changes
    kid = key_id(given["context"], given["slot"], given["g"])
    secret = hkdf_extract(b"", bytes.fromhex(given["base_key"]))
    where = kid.to_bytes(8, "big") + b"\0\5"
    gives = {
        "KID": kid,
        "key": hkdf_expand(secret, b"SFrame 1.0 Secret key " + where, 32).hex(),
        "salt": hkdf_expand(secret, b"SFrame 1.0 Secret salt " + where, 12).hex(),
        "sealed": _sealed(given),
    }
    return case(what, given, gives)


def _crafted(plaintext: bytes, kid: int = key_id(1, SLOT, 1)) -> str:
    """Return a frame whose plaintext a member with the right key chose freely."""
    key = SealingKey(seed("base key"), kid, OPENSSL)
    return (b"\0" + key.seal(plaintext, DOMAIN + bytes([1, 2, 0]))).hex()


def _opened() -> Iterator[Case]:
    good = _frame("", context=1, codec=2)["gives"]["sealed"]
    yield _opening("a picture", good)
    yield _opening("more zero padding than needed", _crafted(bytes(6) + b"\1x" + bytes(99)))
    yield _opening("another generation's key is not tried", good, keys=[2])
    yield _opening("generations with the same four bits are told apart by the key", good, keys=[17])
    yield _opening("a frame of another context", good, context=2)
    yield _opening("a frame of another codec", good, codec=1)
    yield _opening("a frame from another member's link", good, slot=4)
    changed = bytearray.fromhex(good)
    changed[0] ^= 1
    yield _opening("other flags", changed.hex())
    changed = bytearray.fromhex(good)
    changed[-1] ^= 1
    yield _opening("another tag", changed.hex())
    yield _opening("a counter that is not in its shortest form", good[:2] + "98043101" + good[8:])
    yield _opening("no header", "00")
    yield _opening("no room for a tag", good[:30])
    yield _opening("a context that does not exist", _crafted(b"", 11 << 10), context=11)
    yield _opening("no room for a length", _crafted(bytes(6)))
    yield _opening("a length beyond the end", _crafted(bytes(6) + b"\2x"))
    yield _opening("padding that is not zero", _crafted(bytes(6) + b"\1x\0\1"))


def _opening(what: str, sealed: str, keys: Any = (1,), **changes: Any) -> Case:
    given: Case = {"sealed": sealed, "context": 1, "codec": 2, "slot": SLOT}
    given |= changes
    given["keys"] = [{"g": g, "base_key": seed(_key_words(g)).hex()} for g in keys]
    opener = Opener(OPENSSL)
    for key in given["keys"]:
        opener.add(given["slot"], key["g"], bytes.fromhex(key["base_key"]))
    opened = opener.open(given["context"], given["codec"], bytes.fromhex(sealed))
    if not isinstance(opened, OpenedFrame):
        return refused(what, given, opened)
    gives = {"media_ts": opened.media_ts, "flags": opened.flags, "frame": opened.frame.hex()}
    return case(what, given, gives)


def _key_words(g: int) -> str:
    return "base key" if g == 1 else f"base key {g}"


def _replays() -> Iterator[Case]:
    shaken = random.Random(1).sample(range(300), 300)
    for what, counters in (
        ("in order, then all again", [*range(5), *range(5)]),
        ("a jump to the edge of the window", [0, 128, 1, 0, 2, 129, 1]),
        ("a jump past the window", [5, 2**32 - 1, 5, 6, 2**32 - 2, 2**32 - 129, 2**32 - 128]),
        ("out of order", shaken),
    ):
        window, taken = ReplayWindow(), []
        for ctr in counters:
            taken.append(window.accepts(ctr))
            if taken[-1]:
                window.take(ctr)
        yield case(what, {"counters": counters}, {"taken": taken})
