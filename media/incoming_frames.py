"""Opens what one peer sent, or holds it for a key to come, or counts why not."""

from collections import Counter
from collections.abc import Callable

from media.held_frames import Held, HeldFrames
from media.path.rtp_packet import STREAMS
from media.sealing import CODEC_DATA, OpenedFrame, Opener

DATA = 0  # in place of an SSRC, for what came over the data channel: its context is in front

Deliver = Callable[[Held, OpenedFrame], None]


class IncomingFrames:
    """Every frame of one peer goes through here before anything else looks at it.

    `deliver` gets what was authentic, with how it arrived.
    """

    def __init__(self, opener: Opener, deliver: Deliver) -> None:
        self._opener = opener
        self._deliver = deliver
        self._held = HeldFrames()
        self._refused: Counter[str] = Counter()
        self.opened = 0

    @property
    def refused(self) -> Counter[str]:
        """How many were refused, by reason; a held frame counts once its time is over."""
        refused = Counter(self._refused)
        refused["unknown_key"] += self._held.dropped
        return +refused

    def take(self, frame: Held) -> None:
        """Open a frame and deliver it, or hold it for its key."""
        if frame.ssrc == DATA:
            context, codec, sealed = frame.sealed[0], CODEC_DATA, frame.sealed[1:]
        else:
            stream = STREAMS[frame.ssrc]
            context, codec, sealed = stream.context, stream.codec, frame.sealed
        opened = self._opener.open(context, codec, sealed)
        if not isinstance(opened, str):
            self.opened += 1
            self._deliver(frame, opened)
        elif opened == "unknown_key":
            self._held.hold(frame)
        else:
            self._refused[opened] += 1

    def try_held(self, now: float) -> None:
        """A key came: try what was held, oldest first."""
        for frame in self._held.take(now):
            self.take(frame)

    def expire(self, now: float) -> None:
        """Give up on what has been held too long."""
        self._held.expire(now)

    def forget(self) -> None:
        """Drop what is held."""
        self._held = HeldFrames()
