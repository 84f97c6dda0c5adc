"""What is shown of each peer, and so what each is asked for. Pure.

A larger picture is asked for at once, a smaller one only when it stays so: tiles change their
size in steps while people come and go.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from media.path.wants import Want

SIZES = (180, 360, 720, 1088)  # lines that are asked for; a sender gives the size it has for them
DEFAULT_LINES = 720  # where nobody says how large somebody is shown
TALLER = 1.1  # times a size's lines: a tile that is just larger is not worth the next size
SMALLER_AFTER = 0.5  # seconds that a tile is smaller before less is asked for
FULL_FPS = 30
ALIKE = 0.8  # of the largest tile's area: looked at as much
LOOKED_AT = 2  # tiles of the largest size; where more are as large, none is looked at above others
CROWD = 9  # things shown; where there are more, those that are not looked at are small
CROWD_FPS = 15  # pictures a second of each of those
GRID_FPS = 5  # pictures a second of each of those, however slow the computer


@dataclass(slots=True)
class _Tile:
    width: int = 0
    height: int = 0
    visible: bool = True
    here: bool = False  # whether somebody is there whose pictures it shows
    asked: Want | None = None
    guessed: bool = False  # whether that was before it was known how large it is shown
    less_since: float | None = None


Shown = TypeVar("Shown", bound=Hashable)


class Looking(Generic[Shown]):
    """Everything that may be shown, by whose it is and what.

    What is not `near`, which is what people look at, is asked for at most `far_fps` times a second,
    with 0 not at all, and in a crowd half as often as usual; where nothing is named, the largest is
    near.
    """

    def __init__(self) -> None:
        self.far_fps = FULL_FPS
        self.near: frozenset[Shown] = frozenset()
        self._tiles: dict[Shown, _Tile] = {}

    def add(self, shown: Shown, visible: bool = True) -> None:
        """Something can be shown from now on; what was said of it before still counts."""
        tile = self._tiles.setdefault(shown, _Tile(visible=visible))
        tile.here, tile.asked = True, None

    def place(self, shown: Shown, width: int, height: int, visible: bool) -> None:
        """Say how large (device pixels) something is shown; 0 leaves the size as it was."""
        tile = self._tiles.setdefault(shown, _Tile())
        if width > 0 and height > 0:
            tile.width, tile.height = width, height
        tile.visible = visible

    def placed(self, shown: Shown) -> tuple[int, int, bool]:
        """Return the last width, height (0: not known yet), and whether it is visible."""
        tile = self._tiles[shown]
        return tile.width, tile.height, tile.visible

    def rest(self, shown: Shown) -> None:
        """It is gone; how large it was shown is remembered in case it comes back."""
        if shown in self._tiles:
            tile = self._tiles[shown]
            tile.here, tile.asked = False, None

    def forget(self, shown: Shown) -> None:
        """It is gone for good."""
        self._tiles.pop(shown, None)

    def asks(self, shown: Shown, now: float, *, at_once: bool = False) -> Want | None:
        """Return what to ask for from `now` (seconds) on, None if that has been said.

        `at_once` if less, too, shall be asked for without waiting whether it stays so.
        """
        tile = self._tiles[shown]
        want = self._want(shown, tile)
        asked = tile.asked
        if want == asked:
            tile.less_since = None
            return None
        if asked is not None and 0 < want.lines < asked.lines and want.fps == asked.fps:
            if tile.less_since is None:
                tile.less_since = now
            if not (at_once or tile.guessed) and now - tile.less_since < SMALLER_AFTER:
                return None
        tile.asked, tile.guessed, tile.less_since = want, not tile.height, None
        return want

    def weight(self, shown: Shown) -> int:
        """Return how large something is shown, in device pixels; 0 for what is not."""
        tile = self._tiles.get(shown)
        return tile.width * tile.height if tile is not None and tile.visible else 0

    def _want(self, shown: Shown, tile: _Tile) -> Want:
        if not tile.visible:
            return Want(0, 0)
        lines = DEFAULT_LINES
        if tile.height:
            lines = next((size for size in SIZES if tile.height <= TALLER * size), SIZES[-1])
        return Want(lines, min(FULL_FPS, self._fps(shown, tile)))

    def _fps(self, shown: Shown, tile: _Tile) -> int:
        there = [other for other in self._tiles.values() if other.here and other.visible]
        areas = [other.width * other.height for other in there]
        far = min(self.far_fps, CROWD_FPS) if len(areas) > CROWD else self.far_fps
        if self.near:
            return FULL_FPS if shown in self.near else far
        largest = max(areas)
        if sum(area >= ALIKE * largest for area in areas) > LOOKED_AT:
            return max(GRID_FPS, far)
        return FULL_FPS if tile.width * tile.height >= ALIKE * largest else far
