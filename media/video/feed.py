"""What one peer gets of a stream, frame by frame: its size and its layers. Pure."""

from media.video.layers import CHOKED, LAYER_SHARES, Share
from media.video.vp8 import Continuity, VideoFrame

NO_LAYER_2 = 0.100  # seconds of backlog above which layer 2 is left out
NO_LAYER_1 = 0.150  # and layer 1
EASED = 0.050  # seconds of backlog below which all layers go again
KEY_FRAME_PAUSE = 0.5  # seconds between two key frames of one size, whoever asks
UNDER_WAY = 0.050  # seconds on top of the round trip in which a key frame is not asked for again
PATIENCE = 5.0  # seconds without asking after which a peer's asking is forgotten
TROUBLED = 3  # key frames asked for in a row: a smaller size has fewer packets to lose
STILL_EVERY = 4.0  # seconds between two pictures for who gets stills
LONGEST_PAUSE = 4.0  # seconds between two key frames for who asks on and on


class Feed:
    """One stream to one peer. `size` is what goes to it now, None before the first key frame.

    Another size begins with its key frame; until that is there the old one goes on.
    """

    def __init__(self) -> None:
        self.share: Share | None = None
        self.size: int | None = None
        self.layers = 0  # how many go now: what the share says, less while packets pile up
        self.left_out = 0  # frames of layers that the path did not bear
        self._bearable = len(LAYER_SHARES)
        self._continuity = Continuity()
        self._asked = False
        self._asks = 0
        self._asked_at = float("-inf")
        self._key_at = float("-inf")

    def aim(self, share: Share | None) -> None:
        """Give this from now on, nothing if None."""
        if share is None or not share.layers:
            self._continuity.lose()
        if share is None:
            self.size = None
        self.share = share
        self._count_layers()

    def ask(self, now: float, round_trip: float) -> None:
        """The peer cannot go on without a key frame."""
        if now - self._key_at < round_trip + UNDER_WAY:
            return  # one is under way
        if not self._asked:
            self._asks = self._asks + 1 if now - self._asked_at < PATIENCE else 1
        self._asked_at = now
        self._asked = True

    def restart(self) -> None:
        """Begin again with a key frame: what was sent so far is of no use to the peer."""
        self._asked = True

    @property
    def troubled(self) -> bool:
        """Whether the peer asks for one key frame after the other."""
        return self._asks >= TROUBLED

    def needs_key_frame(self, now: float, backlog: float) -> int | None:
        """Return the size of which this peer needs a key frame now, None if of none."""
        share = self.share
        if share is None:
            return None
        if self.size is not None and share.size >= self.size and backlog > EASED:
            return None  # what is under way first; a larger picture would only make it worse
        if share.size != self.size:
            return share.size
        if not share.layers:
            return share.size if now - self._key_at >= STILL_EVERY else None
        if not (self._asked or self._continuity.needs_key_frame):
            return None
        pause = min(LONGEST_PAUSE, KEY_FRAME_PAUSE * 2.0 ** max(0, self._asks - TROUBLED))
        return share.size if now - self._key_at >= pause else None

    def takes(self, frame: VideoFrame, backlog: float, now: float) -> bool:
        """Return whether this frame goes to the peer whose pictures wait `backlog` seconds."""
        share = self.share
        if share is None:
            return False
        if frame.key and frame.size == share.size:
            return self._takes_key_frame(frame, backlog, now)
        if frame.size != self.size:
            return False
        self._note_backlog(backlog)
        if backlog > CHOKED:
            self._continuity.lose()
        elif frame.layer < self.layers:
            return self._continuity.admit(frame)
        self.left_out += 1
        return False

    def _takes_key_frame(self, frame: VideoFrame, backlog: float, now: float) -> bool:
        still = self.share == Share(frame.size, 0) and self.size == frame.size
        if still and now - self._key_at < STILL_EVERY:
            return False
        smaller = self.size is not None and frame.size < self.size
        if backlog > CHOKED and not smaller:
            self._continuity.lose()
            self.left_out += 1
            return False
        if frame.size != self.size:
            self.size = frame.size
            self._asks = 0
        self._asked = False
        self._key_at = now
        return self._continuity.admit(frame)

    def _note_backlog(self, backlog: float) -> None:
        if backlog > NO_LAYER_1:
            self._bearable = 1
        elif backlog > NO_LAYER_2:
            self._bearable = min(self._bearable, 2)
        elif backlog < EASED:
            self._bearable = len(LAYER_SHARES)
        self._count_layers()

    def _count_layers(self) -> None:
        self.layers = min(self.share.layers, self._bearable) if self.share is not None else 0
