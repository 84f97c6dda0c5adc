"""Who stands where on the stage: in the grid, large, in the strip, in a corner, on which page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from math import ceil
from typing import NamedTuple

from app.meeting.view import Person
from app.ui.layout import SHAPE, Box, Corner, floating, grid, page_size, spotlight


class View(Enum):
    """How people are shown."""

    GRID = "grid"  # everybody alike
    SPEAKER = "speaker"  # who speaks is large, the others stand in a strip


class SelfView(Enum):
    """Where one's own picture stands."""

    GRID = "grid"  # among the others
    CORNER = "corner"  # floating over them
    HIDDEN = "hidden"


class Seat(NamedTuple):
    """A tile on the stage: that of a person, or that of the screen they share."""

    dev: bytes
    screen: bool = False


@dataclass(frozen=True)
class Seating:
    """What is shown, before it has its place."""

    large: Seat | None  # None: everybody is as large as everybody else
    rest: tuple[Seat, ...]
    floating: Seat | None = None


@dataclass(frozen=True)
class Places:
    """Where every tile that can be seen stands."""

    boxes: Mapping[Seat, Box]
    page: int = 0
    pages: int = 1


def seating(
    people: Sequence[Person],
    *,
    view: View,
    own: SelfView,
    pinned: Seat | None,
    screens: Sequence[bytes],
    speaker: bytes,
) -> Seating:
    """Return who is shown: what is pinned is large, else the newest screen, else who speaks.

    `screens` are the people whose screens are shown, in the order in which they began.
    """
    others = [person for person in people if not person.is_me]
    me = [Seat(person.dev) for person in people if person.is_me]
    alone = not others
    among = own is SelfView.GRID or (alone and own is SelfView.CORNER)
    shown = [Seat(dev, screen=True) for dev in screens]
    shown += [Seat(person.dev) for person in people if among or not person.is_me]
    large: Seat | None = None
    if pinned in shown:
        large = pinned
    elif screens:
        large = Seat(screens[-1], screen=True)
    elif view is View.SPEAKER and not alone:
        large = Seat(speaker)
    return Seating(
        large,
        tuple(seat for seat in shown if seat != large),
        me[0] if me and own is SelfView.CORNER and not alone else None,
    )


def places(
    of: Seating,
    width: int,
    height: int,
    *,
    page: int = 0,
    corner: Corner = Corner.BOTTOM_RIGHT,
    shape: float = SHAPE,
    below: int = 0,
) -> Places:
    """Return the boxes of a space; a page that is not there becomes the last one.

    `shape` is that of what is large, `below` how many pixels the turning of pages takes where
    there are several.
    """
    found = _in(of, width, height, page, shape)
    if found.pages > 1:
        found = _in(of, width, height - below, page, shape)
    boxes = dict(found.boxes)
    if of.floating is not None and boxes:
        boxes[of.floating] = floating(corner, width, height)
    return Places(boxes, found.page, found.pages)


def _in(of: Seating, width: int, height: int, page: int, shape: float) -> Places:
    if of.large is None:
        size = page_size(len(of.rest), width, height)
        here, page, pages = _page(of.rest, size, page)
        return Places(dict(zip(here, grid(len(here), width, height), strict=False)), page, pages)
    found = spotlight(len(of.rest), width, height, shape=shape)
    if found is None:
        return Places({})
    here, page, pages = _page(of.rest, len(found.strip), page)
    boxes = {of.large: found.large, **dict(zip(here, found.strip, strict=False))}
    return Places(boxes, page, pages)


def _page(seats: tuple[Seat, ...], size: int, page: int) -> tuple[tuple[Seat, ...], int, int]:
    """Return who stands on a page, which it is, and how many there are."""
    if not seats or not size:
        return (), 0, 1
    pages = ceil(len(seats) / size)
    page = min(max(page, 0), pages - 1)
    return seats[page * size : (page + 1) * size], page, pages
