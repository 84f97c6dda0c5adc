"""Everything a call does with media, minus policy: links, fan-out, pictures, sound, statistics."""

import asyncio
import time
from collections.abc import Callable
from typing import Literal, Protocol

from media.link_parameters import LinkParameters
from media.picture import Picture
from media.sealing import Opener, Sealer
from media.slot import Slot
from media.stats import CallStats

LinkState = Literal["connecting", "connected", "weak", "lost", "closed"]


class PeerLink(Protocol):
    """One peer's link as the conductor sees it (engine thread)."""

    dev: bytes
    state: LinkState
    on_state: Callable[[LinkState], None] | None

    async def gather(self) -> LinkParameters:
        """Open sockets and return what the other side must know. LinkError: "no_address"."""

    async def connect(self, remote: LinkParameters) -> None:
        """Connect; LinkError: "no_path", "fingerprint", "timeout", "closed"."""

    async def close(self) -> None:
        """Close for good; safe to call twice."""


class Call(Protocol):
    """All methods on the engine's thread."""

    def __init__(
        self,
        sealer: Sealer,
        loop: asyncio.AbstractEventLoop,
        sound: "object | None",
        clock: Callable[[], float] = time.monotonic,
        *,
        own: bytes = b"",
    ) -> None: ...

    on_data: Callable[[bytes, int, bytes], None] | None

    def add_peer(
        self, dev: bytes, opener: Opener, controlling: bool, *, allow_loopback: bool = False
    ) -> PeerLink:
        """Add a peer; exactly one of the two sides is controlling."""

    def remove_peer(self, dev: bytes) -> None:
        """Take a peer out at once: nothing more is sent to it or taken from it."""

    def set_camera(self, source: "object | None") -> None:
        """Send this camera's picture from now on; None stops and closes the camera."""

    def set_microphone(self, source: "object | None") -> None:
        """Send this microphone's sound from now on; None stops and closes the microphone."""

    def set_tile(self, dev: bytes, width: int, height: int, visible: bool) -> None:
        """Say how large (device pixels) a peer's pictures are shown; hidden: not decoded."""

    def picture_slot(self, dev: bytes) -> Slot[Picture]:
        """Return the mailbox of a peer's pictures; the own device's is the preview."""

    def request_key_frame(self) -> None:
        """Make the next camera frame a key frame, at most one in 500 ms."""

    def broadcast(self, context: int, payload: bytes) -> frozenset[bytes]:
        """Seal once, send to every connected peer; return the peers it could not be sent to."""

    def keys_changed(self, dev: bytes) -> None:
        """Try the frames held for an unknown key again."""

    def keys_switched(self, removal: bool) -> None:
        """The sealer uses a new key from now on: key frame; at a removal old frames go."""

    def stats(self) -> CallStats:
        """Return the numbers of this moment."""

    async def close(self) -> None:
        """Close every link, thread and device."""
