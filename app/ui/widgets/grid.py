"""The stage's tiles: one for each person and each shared screen, never rebuilt while they stay."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from app.i18n import _
from app.intents import Intent, LookAt
from app.meeting.view import Person
from app.names import shown
from app.texts import filled
from app.ui.feed import PictureFeed
from app.ui.layout import SHAPE
from app.ui.seating import Places, Seat, Seating, SelfView, View, places, seating
from app.ui.speaker import Speaker
from app.ui.widgets.cast import Cast, TileActions
from app.ui.widgets.floating import Floating
from app.ui.widgets.glide import Glide
from app.ui.widgets.pager import Pager
from app.ui.widgets.roving import Roving
from app.ui.widgets.screen_tile import ScreenTile
from app.ui.widgets.text import label
from app.ui.widgets.tile import VideoTile
from app.ui.widgets.tile_sizes import Size, TileSizes
from app.ui.widgets.toast import announce


def hands_of(people: Sequence[Person]) -> dict[bytes, int]:
    """Return the place of each raised hand by device, 1 for the one that is up longest."""
    up = sorted((p for p in people if p.hand_since), key=lambda p: p.hand_since)
    return {person.dev: place for place, person in enumerate(up, start=1)}


class TileGrid(QWidget):
    """Shows people and their screens, and tells how large each is, in device pixels."""

    def __init__(
        self,
        submit: Callable[[Intent], None],
        feed: PictureFeed,
        screens: PictureFeed,
        *,
        on_menu: Callable[[Seat, QPoint], None],
        on_quality: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`feed` brings pictures of cameras, `screens` those of shared screens."""
        super().__init__()
        self.setObjectName("grid")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # a place in the order of Tab for the tiles
        self._submit, self._clock = submit, clock
        actions = TileActions(submit, on_menu, on_quality, self.toggle_pin, self._arrange)
        self._cast = Cast(self, feed, screens, actions)
        self._people: Sequence[Person] = ()
        self._whys: Mapping[bytes, str] = {}
        self._view, self._own = View.GRID, SelfView.GRID
        self._pinned: Seat | None = None
        self._seating = Seating(None, ())
        self._places = Places({})
        self._page = 0
        self._speaker = Speaker()
        self._next_speaker = QTimer(self, singleShot=True)
        self._next_speaker.timeout.connect(self._seat)
        self._glide = Glide(self)
        self._floating = Floating(lambda: self._arrange(gently=True), self)
        self._sizes = TileSizes(submit, self._all_sizes, self)
        self._pager = Pager(self.turn, self)
        self._roving = Roving(self)
        self._hidden = label(
            _("Nobody else is here yet, and your own picture is hidden."),
            kind="muted",
            name="own_hidden",
            wrap=True,
        )
        self._hidden.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hidden.setParent(self)
        self._hidden.hide()

    # Who is shown ---------------------------------------------------------------------------

    @property
    def tiles(self) -> dict[bytes, VideoTile]:
        """The tiles of people by device, in the order of the people."""
        return self._cast.tiles

    @property
    def screens(self) -> dict[bytes, ScreenTile]:
        """The tiles of shared screens by whose they are, in the order in which they began."""
        return self._cast.screens

    @property
    def view(self) -> View:
        """How people are shown."""
        return self._view

    @property
    def pinned(self) -> Seat | None:
        """What somebody chose to see large."""
        return self._pinned

    @property
    def large(self) -> Seat | None:
        """What is large now; None while all are alike."""
        return self._seating.large

    @property
    def looked_at(self) -> Seat | None:
        """What one tile alone would show: what is large, else who speaks."""
        if self._seating.large is not None:
            return self._seating.large
        return Seat(self._speaker.shown) if self._speaker.shown in self.tiles else None

    @property
    def page(self) -> int:
        """Which page is shown, counted from 0."""
        return self._places.page

    def show_people(
        self, people: Sequence[Person], whys: Mapping[bytes, str] | None = None
    ) -> None:
        """Show these people, in this order; who stays keeps the tile.

        `whys` says in words what is the matter with a connection, by device.
        """
        self._people, self._whys = people, whys or {}
        self._cast.show(people, self._left)
        self._seat()

    def mirror_self(self, mirrored: bool) -> None:
        """Show oneself as in a mirror, or as others see one."""
        self._cast.mirror_self(mirrored)

    def clear(self) -> None:
        """Show nobody; the meeting is over."""
        self._pinned, self._page = None, 0
        self._speaker.forget()
        self.show_people(())

    # How they are shown ---------------------------------------------------------------------

    def choose(self, *, view: View | None = None, own: SelfView | None = None) -> None:
        """Show people, or oneself, another way."""
        if (view or self._view, own or self._own) != (self._view, self._own):
            self._view, self._own = view or self._view, own or self._own
            self._page = 0
            self._seat()

    def pin(self, seat: Seat | None) -> None:
        """Keep somebody, or a screen, large until this is undone; None undoes it."""
        if seat == self._pinned or (seat is not None and seat not in self._cast.seats):
            return
        self._pinned, self._page = seat, 0
        self._submit(LookAt(seat.dev if seat is not None and not seat.screen else b""))
        self._seat()
        announce(self, self._say_pinned(seat))

    def toggle_pin(self, seat: Seat) -> None:
        """Keep it large, or no more."""
        person = self._person(seat.dev)
        if person is not None and not (person.is_me and not seat.screen):
            self.pin(None if seat == self._pinned else seat)

    def turn(self, pages: int) -> None:
        """Go so many pages on, or back."""
        self._page = min(max(self._places.page + pages, 0), self._places.pages - 1)
        self._arrange()

    def _say_pinned(self, seat: Seat | None) -> str:
        person = self._person(seat.dev) if seat is not None else None
        if person is None:
            return _("Nobody is pinned.")
        return filled(_("{name} stays large."), name=shown(person.name, person.badge))

    def _person(self, dev: bytes) -> Person | None:
        return next((person for person in self._people if person.dev == dev), None)

    def widget(self, seat: Seat) -> VideoTile | ScreenTile:
        """Return the tile of a seat."""
        return self._cast.tile(seat)

    def show_also(self, seat: Seat | None, room: QSize) -> None:
        """Somebody is seen in another window too, so large in device pixels; None: nobody."""
        self._sizes.show_also(seat, room)

    # Where they stand -----------------------------------------------------------------------

    def _left(self, seat: Seat, tile: QWidget) -> None:
        """A tile goes: nothing holds on to it."""
        self._glide.forget(tile)
        self._floating.let_go_of(tile)
        self._sizes.forget(seat)
        if seat == self._pinned:
            self._pinned = None
            self._submit(LookAt(b""))

    def _seat(self) -> None:
        """Find out who is shown how; move tiles only where that changed."""
        now = self._clock()
        speaker = self._speaker.look(self._people, now)
        wait = self._speaker.changes_in(now)
        if wait is not None:
            self._next_speaker.start(round(wait * 1000) + 1)
        found = seating(
            self._people,
            view=self._view,
            own=self._own,
            pinned=self._pinned,
            screens=tuple(self.screens),
            speaker=speaker,
        )
        hands = hands_of(self._people)
        for person in self._people:
            self.tiles[person.dev].show_person(
                person,
                hands.get(person.dev, 0),
                pinned=self._pinned == Seat(person.dev),
                why=self._whys.get(person.dev, ""),
            )
        if found != self._seating:
            self._seating = found
            self._arrange(gently=True)

    def _arrange(self, *, gently: bool = False) -> None:
        below = self._pager.sizeHint().height()
        found = self._places = places(
            self._seating,
            self.width(),
            self.height(),
            page=self._page,
            corner=self._floating.corner,
            shape=self._shape(),
            below=below,
        )
        there = {seat: self.widget(seat) for seat in found.boxes}
        afloat = self._seating.floating
        alone = there.get(afloat) if afloat is not None else None
        self._floating.float(alone)
        self._glide.move(
            {
                there[seat]: QRect(box.x, box.y, box.width, box.height)
                for seat, box in found.boxes.items()
                if not (there[seat] is alone and self._floating.dragging)
            },
            gently=gently,
        )
        for seat in self._cast.seats:
            self.widget(seat).setVisible(seat in there)
        if alone is not None:
            alone.raise_()
        self._pager.show_page(found.page, found.pages)
        self._pager.move((self.width() - self._pager.width()) // 2, self.height() - below)
        self._hidden.setGeometry(self.rect().adjusted(24, 24, -24, -24))
        self._hidden.setVisible(bool(self._people) and not there)
        self._roving.among(list(there.values()), alone=alone)
        self._sizes.changed()

    def _shape(self) -> float:
        """Return the shape of what is large."""
        large = self._seating.large
        return self.screens[large.dev].shape if large is not None and large.screen else SHAPE

    def keyPressEvent(self, event: QKeyEvent) -> None:
        pages = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}.get(Qt.Key(event.key()))
        if pages is not None and self._places.pages > 1:
            self.turn(pages)
        elif not self._roving.key(event):
            super().keyPressEvent(event)

    # How large they are ---------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._sizes.changed()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._sizes.changed()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.DevicePixelRatioChange:  # the window went to another screen
            self._sizes.changed()
        return super().event(event)

    def window_state_changed(self) -> None:
        """Tell again who can be seen: a minimised window shows nobody."""
        self._sizes.changed()

    def _all_sizes(self) -> Iterator[Size]:
        away = self.window().isMinimized()
        for dev, tile in self.tiles.items():
            ratio = tile.devicePixelRatioF()
            wide, tall = round(tile.width() * ratio), round(tile.height() * ratio)
            yield Size(Seat(dev), wide, tall, tile.isVisible() and not away)
        for dev, screen in self.screens.items():
            room = screen.room()
            seen = screen.isVisible() and not away
            yield Size(Seat(dev, screen=True), room.width(), room.height(), seen)
