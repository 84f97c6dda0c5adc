"""Media frames and small data sealed for a meeting: which key, what is covered, what is padded."""

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal, get_args

from crypto.errors import ForgedError, MalformedError, ReplayedError
from crypto.kdf import DOMAIN
from crypto.sframe import (
    KEY_BYTES,
    MAX_HEADER_BYTES,
    TAG_BYTES,
    Aead,
    OpeningKey,
    SealingKey,
    decode_header,
    default_aead,
)


class Context(IntEnum):
    """What a stream of frames carries; each has keys and counters of its own."""

    MICROPHONE = 0
    CAMERA = 1
    SCREEN = 2
    SCREEN_SOUND = 3
    LAYER_0 = 4
    LAYER_1 = 5
    LAYER_2 = 6
    LAYER_3 = 7
    CHAT = 8
    CONTROL = 9
    FILES = 10


Refusal = Literal["unknown_key", "forged", "replayed", "malformed"]
"""Why a frame was not opened.

`unknown_key`: no key of that generation is here (yet). `forged`: it does not authenticate, or
names a place or a stream that is not its sender's. `replayed`: seen before, or too old to tell.
`malformed`: too short, too long, or not in the form that a sender writes.
"""

SLOTS: Final = 64  # places in a meeting; six bits of the KID
GENERATIONS_KEPT: Final = 3  # the one before, the current one, the one to come
MAX_SEALED: Final = 2**20  # bytes of one sealed frame; ten times a large key frame at 1280x720
PADDING_STEP: Final = 32  # bytes; hides the rhythm of variable-rate speech (RFC 6562)
PREFIX_BYTES: Final = 7  # media_ts u32, frame_len u24
MAX_FRAME: Final = MAX_SEALED - 1 - MAX_HEADER_BYTES - PREFIX_BYTES - PADDING_STEP - TAG_BYTES
"""The longest frame that can be sealed, in bytes."""

_PADDED: Final = frozenset(
    {Context.MICROPHONE, Context.SCREEN_SOUND, Context.CHAT, Context.CONTROL}
)
_CONTEXTS: Final = frozenset(int(context) for context in Context)
_REFUSALS: Final[tuple[Refusal, ...]] = get_args(Refusal)


@dataclass(frozen=True, slots=True)
class OpenedFrame:
    """A frame that is authentic and new; `media_ts` is the sender's capture time, modulo 2**32."""

    media_ts: int
    flags: int
    frame: bytes


def key_id(context: int, slot: int, generation: int) -> int:
    """Return the KID: context (6 bits), slot (6 bits), generation modulo 16 (4 bits)."""
    return context << 10 | slot << 4 | generation & 15


def peek(sealed: bytes) -> tuple[int, int, int] | None:
    """Return (context, slot, generation modulo 16) as a sealed frame claims them, unauthenticated.

    None if the bytes cannot be a sealed frame.
    """
    try:
        kid, _, _ = decode_header(sealed[1 : 2 + MAX_HEADER_BYTES])
    except MalformedError:
        return None
    if kid >> 10 not in _CONTEXTS:
        return None
    return kid >> 10, kid >> 4 & 63, kid & 15


class Sealer:
    """Seals everything that this device sends; one owner, one thread.

    `sealed` counts the frames. Within one Sealer no (key, counter) is ever used twice.
    """

    def __init__(self, aead: Aead | None = None) -> None:
        self._aead = aead or default_aead()
        self._base_key: bytes | None = None
        self._slot = 0
        self._generation = -1
        self._keys: dict[int, SealingKey] = {}
        self.sealed = 0

    def __repr__(self) -> str:
        return f"<Sealer generation {self.generation}>"

    @property
    def generation(self) -> int | None:
        """The generation that seals now; None before the first and after stop()."""
        return None if self._base_key is None else self._generation

    def use(self, slot: int, generation: int, base_key: bytes) -> None:
        """Seal with this key from the next frame on.

        Raises ValueError unless the generation is higher than any used before: going back would
        count from 0 again under a key that has already sealed.
        """
        if not 0 <= slot < SLOTS or len(base_key) != KEY_BYTES:
            raise ValueError("slot or base key is out of range")
        if generation <= self._generation:
            raise ValueError(f"generation {generation} comes after {self._generation}")
        self._slot = slot
        self._generation = generation
        self._base_key = base_key
        self._keys = {}

    def stop(self) -> None:
        """Forget every key; nothing is sealed until the next use()."""
        self._base_key = None
        self._keys = {}

    def seal(
        self, context: int, codec: int, flags: int, media_ts: int, frame: bytes
    ) -> bytes | None:
        """Return `flags u8 | SFrame` of a frame, or None while there is no key.

        `codec` and `flags` are one byte each, `media_ts` counts modulo 2**32, the frame has at
        most MAX_FRAME bytes (else ValueError). Sound, chat and control are padded to steps of 32
        bytes. Raises KeyExhaustedError after 2**32 frames of one context and generation.
        """
        key = self._keys.get(context) or self._key_for(context)
        if key is None:
            return None
        size = len(frame)
        if size > MAX_FRAME:
            raise ValueError(f"a frame has at most {MAX_FRAME} bytes, got {size}")
        plaintext = ((media_ts & 0xFFFFFFFF) << 24 | size).to_bytes(PREFIX_BYTES, "big") + frame
        if context in _PADDED:
            plaintext += bytes(-len(plaintext) % PADDING_STEP)
        aad = DOMAIN + bytes((context, codec, flags))
        sealed = aad[-1:] + key.seal(plaintext, aad)
        self.sealed += 1
        return sealed

    def _key_for(self, context: int) -> SealingKey | None:
        if self._base_key is None:
            return None
        kid = key_id(Context(context), self._slot, self._generation)
        key = self._keys[context] = SealingKey(self._base_key, kid, self._aead)
        return key


class Opener:
    """Opens what one remote device sends.

    `opened` counts what was opened, `refused` what was not, by reason; `opened_in` and
    `refused_in` count the same by context.
    """

    def __init__(self, aead: Aead | None = None) -> None:
        self._aead = aead or default_aead()
        self._slot: int | None = None
        self._lowest = 0  # generations below were here and are gone: they never come back
        self._base_keys: dict[int, bytes] = {}
        self._keys: dict[int, OpeningKey] = {}
        self._last_kid = -1
        self.newest = -1
        """The highest generation of which a frame was opened; -1 before the first."""
        self.opened = 0
        self.opened_in: Counter[int] = Counter()
        self.refused_in: Counter[int] = Counter()
        self.refused: dict[Refusal, int] = dict.fromkeys(_REFUSALS, 0)

    def __repr__(self) -> str:
        return f"<Opener slot {self._slot} generations {self.generations}>"

    @property
    def generations(self) -> tuple[int, ...]:
        """The generations that can be opened, lowest first."""
        return tuple(sorted(self._base_keys))

    def add(self, slot: int, generation: int, base_key: bytes) -> bool:
        """Accept frames of this generation from now on, beside at most two others.

        Another slot than before clears what was there. Returns False, and changes nothing, if the
        generation is already here or was forgotten: its replay window must not start anew.
        """
        if not 0 <= slot < SLOTS or generation < 0 or len(base_key) != KEY_BYTES:
            raise ValueError("slot, generation or base key is out of range")
        if slot != self._slot:
            self.clear()
            self._slot = slot
        if generation < self._lowest or generation in self._base_keys:
            return False
        self._base_keys[generation] = base_key
        for held in self.generations[:-GENERATIONS_KEPT]:
            self.forget(held)
        for held in self.generations:  # the KID says the generation modulo 16 only
            if held <= self.generations[-1] - 16:
                self.forget(held)
        return generation in self._base_keys

    def forget(self, generation: int) -> None:
        """Drop the key of a generation, and the right to any lower one that is not here."""
        if self._base_keys.pop(generation, None) is not None:
            self._lowest = max(self._lowest, generation + 1)
            self._keys = {k: key for k, key in self._keys.items() if k & 15 != generation & 15}

    def clear(self) -> None:
        """Drop every key and all memory: the device has left, and may come back as a new one.

        Afterwards only keys that were never here may be added.
        """
        self._slot = None
        self._lowest = 0
        self._base_keys = {}
        self._keys = {}
        self._last_kid = self.newest = -1

    def open(self, context: int, codec: int, sealed: bytes) -> OpenedFrame | Refusal:
        """Return the frame, or why it is refused; never raises, whatever the bytes are.

        `context` and `codec` come from the transport that delivered the frame: a frame that was
        sealed as anything else does not open. The KID selects exactly one key.
        """
        opened = self._open(context, codec, sealed)
        if isinstance(opened, OpenedFrame):
            self.opened += 1
            self.opened_in[context] += 1
        else:
            self.refused[opened] += 1
            self.refused_in[context] += 1
        return opened

    def _open(self, context: int, codec: int, sealed: bytes) -> OpenedFrame | Refusal:
        if len(sealed) > MAX_SEALED:
            return "malformed"
        try:
            kid, ctr, size = decode_header(sealed[1 : 1 + MAX_HEADER_BYTES])
            key = self._keys.get(kid)
            if key is None or kid >> 10 != context:
                found = self._find(context, kid)
                if not isinstance(found, OpeningKey):
                    return found
                key = found
            aad = DOMAIN + bytes((context, codec, sealed[0]))
            plaintext = key.open_parsed(sealed[1 : 1 + size], ctr, sealed[1 + size :], aad)
        except ForgedError:
            return "forged"
        except ReplayedError:
            return "replayed"
        except MalformedError:
            return "malformed"
        if len(plaintext) < PREFIX_BYTES:
            return "malformed"
        end = PREFIX_BYTES + int.from_bytes(plaintext[4:PREFIX_BYTES], "big")
        padding = len(plaintext) - end
        if padding and plaintext.count(0, end) != padding:  # true for every negative padding
            return "malformed"
        if kid != self._last_kid:
            self._last_kid = kid
            self.newest = max(self.newest, *(g for g in self._base_keys if g & 15 == kid & 15))
        return OpenedFrame(
            int.from_bytes(plaintext[:4], "big"), sealed[0], plaintext[PREFIX_BYTES:end]
        )

    def _find(self, context: int, kid: int) -> OpeningKey | Refusal:
        """Derive the key that a KID names, if it is one that this sender may use here."""
        if kid >= 1 << 16 or context not in _CONTEXTS:
            return "malformed"
        if kid >> 10 != context:
            return "forged"
        if not self._base_keys:
            return "unknown_key"
        if kid >> 4 & 63 != self._slot:
            return "forged"
        for generation, base_key in self._base_keys.items():
            if generation & 15 == kid & 15:
                key = self._keys[kid] = OpeningKey(base_key, kid, self._aead)
                return key
        return "unknown_key"
