"""The hinge between media and keys: what seals our frames, what opens the frames of others."""

from typing import Literal, Protocol

MICROPHONE = 0
CAMERA = 1
SCREEN = 2
SCREEN_SOUND = 3
CHAT = 8
CONTROL = 9
"""Contexts: what a frame belongs to. The numbers are those of the key id."""

CODEC_DATA = 0
CODEC_OPUS = 1
CODEC_VP8 = 2
"""Codecs, authenticated with each frame and never sent: the context's payload type implies them."""

FLAG_KEY = 0x01  # a key frame: decodable without any other
LAYER_SHIFT = 1  # bits 1 and 2: the temporal layer, 0 to 2
LAYER_MASK = 0x03
FLAG_NEEDS_LAYER_1 = 0x08  # a layer 2 frame that also refers to the layer 1 frame before it
FLAGS_KNOWN = FLAG_KEY | LAYER_MASK << LAYER_SHIFT | FLAG_NEEDS_LAYER_1


def frame_flags(key: bool, layer: int, needs_layer_1: bool = False) -> int:
    """Return the flag byte of a video frame: the one byte a relay may read."""
    return (FLAG_KEY if key else 0) | layer << LAYER_SHIFT | needs_layer_1 * FLAG_NEEDS_LAYER_1


def flags_layer(flags: int) -> int:
    """Return the temporal layer that a flag byte names."""
    return flags >> LAYER_SHIFT & LAYER_MASK


Refusal = Literal["unknown_key", "forged", "replayed", "malformed"]


class OpenedFrame(Protocol):
    """A frame that was authentic: its time of capture, its flags, its bytes."""

    @property
    def media_ts(self) -> int:
        """Capture time by the sender: 1/90000 s (pictures), 1/48000 s (sound), mod 2**32."""

    @property
    def flags(self) -> int:
        """The flag byte, see `frame_flags`."""

    @property
    def frame(self) -> bytes:
        """What the sender sealed."""


class Sealer(Protocol):
    """Seals what this device sends; used on the engine's thread only."""

    def seal(
        self, context: int, codec: int, flags: int, media_ts: int, frame: bytes
    ) -> bytes | None:
        """Return the sealed frame, or None while there is no key to seal with."""


class Opener(Protocol):
    """Opens what one remote device sent; used on the engine's thread only."""

    def open(self, context: int, codec: int, sealed: bytes) -> OpenedFrame | Refusal:
        """Return the frame, or why it was refused. Foreign bytes never raise."""
