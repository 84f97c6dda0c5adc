"""The sheet in which a person chooses what of the screen the others shall see."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.i18n import _
from app.intents import LookForScreens, ShareScreen
from app.screens import InMeeting, Source, SourceKind
from app.ui import theme
from app.ui.context import Context
from app.ui.widgets.answers import foot
from app.ui.widgets.avatar import Sign
from app.ui.widgets.buttons import Button
from app.ui.widgets.choice import Choice
from app.ui.widgets.flow import Flow
from app.ui.widgets.part_chooser import PartChooser
from app.ui.widgets.scroll import Scroll
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.source_card import source_words
from app.ui.widgets.source_cards import SourceCards
from app.ui.widgets.text import label, set_text
from media.video.picture import Picture

_WIDTH, _HEIGHT = 820, 640  # pixels
_SHARP, _FLUENT = "sharp", "fluent"


class ShareSheet(Sheet):
    """A window first, because it shows the least; then a part of a screen; then all of it."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context.ground,
            _("Share your screen"),
            name="share_sheet",
            width=_WIDTH,
            height=_HEIGHT,
            on_close=lambda: context.submit(LookForScreens(False)),
        )
        self._context = context
        self._sources: tuple[Source, ...] | None = None
        if self._scroll is not None:
            self._scroll.bound = True  # the cards scroll, not the whole sheet
        self.pages = QStackedWidget()
        self.pages.setObjectName("share_pages")
        self._tabs = QButtonGroup(self)
        self._ways = QWidget()
        self._ways.setObjectName("share_ways")
        tabs = Flow(self._ways, gap=4)
        self.windows = SourceCards(self.share)
        self.screens = SourceCards(self.share)
        self.part = PartChooser()
        self.screen_choice = Choice(_("Which screen"), self._choose_screen, name="share_screen")
        self.tabs = {
            "window": self._tab("window", _("A window"), "app-window", self._window_page()),
            "part": self._tab("part", _("A part of the screen"), "crop", self._part_page()),
            "screen": self._tab("screen", _("The whole screen"), "monitor", self._screen_page()),
        }
        for tab in self.tabs.values():
            tabs.addWidget(tab)
        self.message = label(kind="lead", name="share_message", wrap=True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing = self.pages.addWidget(self.message)
        self.content.addWidget(self._ways)
        self.content.addWidget(self.pages, 1)
        self._add_foot()
        self.windows.on_choice(self._show)
        self.screens.on_choice(self._show)
        self.tabs["window"].setChecked(True)
        self.first_stop = self.tabs["window"]
        context.submit(LookForScreens(True))
        self._show()

    # -- how it is built ------------------------------------------------------------------------

    def _tab(self, name: str, words: str, icon_name: str, page: QWidget) -> Button:
        number = self.pages.addWidget(page)
        button = Button(
            words,
            lambda: self._open(name),
            name=f"share_{name}_tab",
            role="row",
            icon_name=icon_name,
        )
        button.setCheckable(True)
        button.setProperty("page", number)
        bold = QFontMetrics(theme.font(theme.BODY, bold=True)).horizontalAdvance(words)
        plain = QFontMetrics(theme.font(theme.BODY)).horizontalAdvance(words)
        button.setMinimumWidth(button.sizeHint().width() + bold - plain)  # chosen, it is bold
        self._tabs.addButton(button)
        return button

    def _window_page(self) -> QWidget:
        page, column = _page(
            "share_windows",
            _note(
                _(
                    "Only this window is seen, also where others cover it, and nothing else of "
                    "yours."
                ),
                "shield-check", "safe", "share_window_note",
            ),
        )  # fmt: skip
        self.no_window = label(kind="muted", name="share_no_window", wrap=True)
        column.addWidget(self.no_window)
        column.addWidget(Scroll(self.windows, name="share_windows_scroll"), 1)
        return page

    def _part_page(self) -> QWidget:
        page, column = _page(
            "share_part",
            _note(
                _(
                    "Whatever comes into this frame is seen, also messages that pop up there. "
                    "Drag on the picture to mark another part."
                ),
                "info", "muted", "share_part_note",
            ),
        )  # fmt: skip
        column.addWidget(self.screen_choice)
        column.addWidget(self.part, 1)
        return page

    def _screen_page(self) -> QWidget:
        page, column = _page(
            "share_screens",
            _note(
                _(
                    "The others see everything on it: messages that pop up, other windows, what "
                    "you type. A window shows less."
                ),
                "triangle-alert", "warn", "share_screen_note",
            ),
        )  # fmt: skip
        column.addWidget(Scroll(self.screens, name="share_screens_scroll"), 1)
        return page

    def _add_foot(self) -> None:
        self.quality = Choice(_("How it is shown"), lambda _key: None, name="share_quality")
        self.quality.show_choices(
            [(_SHARP, _("Sharp text")), (_FLUENT, _("Smooth motion, for films (no sound)"))], _SHARP
        )
        caption = label(_("How it is shown"), "small", name="share_quality_caption")
        caption.setBuddy(self.quality)
        self.cancel = Button(_("Cancel"), self.close_sheet, name="share_cancel")
        self.go = Button(_("Share"), self.share, name="share_go", role="primary")
        how = QHBoxLayout()
        how.setSpacing(12)
        how.addWidget(caption)
        how.addWidget(self.quality, 1)
        self.content.addLayout(how)
        self.content.addLayout(foot(self.cancel, self.go))

    # -- what is shown --------------------------------------------------------------------------

    def show_screen(self, screen: InMeeting) -> None:
        """Show what there is now; previews change while the sheet is open."""
        sharing = screen.sharing
        if sharing.sources is self._sources and not sharing.problem:
            return
        self._sources = sharing.sources
        found = sharing.sources or ()
        windows = [one for one in found if one.kind is SourceKind.WINDOW and not one.own]
        screens = [one for one in found if one.kind is SourceKind.SCREEN]
        asked = any(one.kind is SourceKind.ASKED for one in found)
        self.windows.show_sources(windows)
        self.screens.show_sources(screens)
        for cards in (self.screens, self.windows):
            cards.follow(self.tabs["screen"])
        self.screen_choice.show_choices(
            [(one.key, source_words(one, n)) for n, one in enumerate(screens, start=1)],
            self._screen_key(screens),
        )
        self.screen_choice.setVisible(len(screens) > 1)
        self.part.show_picture(self._screen_picture(screens))
        set_text(
            self.no_window,
            ""
            if windows or sharing.sources is None
            else _("No window is open that could be shared. Minimised ones are not listed."),
        )
        self.no_window.setVisible(bool(self.no_window.text()))
        if sharing.problem:
            set_text(self.message, sharing.problem)
        elif asked:
            set_text(self.message, _("Your system asks you in a window of its own what to share."))
        else:
            set_text(self.message, _("Looking at your windows"))
        self._show()

    def _open(self, name: str) -> None:
        """Go to one of the ways; Tab goes on from there."""
        self.tabs[name].setFocus(Qt.FocusReason.OtherFocusReason)
        self._show()

    def _show(self) -> None:
        """Bring page and button in line with what is chosen."""
        plain = self._has(SourceKind.WINDOW, SourceKind.SCREEN)
        self._ways.setVisible(plain)
        tab = self._tabs.checkedButton()
        number = tab.property("page") if plain and tab is not None else self._nothing
        self.pages.setCurrentIndex(number)
        words = {
            "window": _("Share this window"),
            "part": _("Share this part"),
            "screen": _("Share the whole screen"),
        }
        asked = self._has(SourceKind.ASKED)
        self.go.set_words(_("Choose what to share") if asked else words[self._way])
        self.go.setEnabled(self._wanted() is not None)

    @property
    def _way(self) -> str:
        return next((name for name, tab in self.tabs.items() if tab.isChecked()), "window")

    def _has(self, *kinds: SourceKind) -> bool:
        return any(one.kind in kinds for one in self._sources or ())

    def _screen_key(self, screens: Sequence[Source]) -> str:
        keys = [one.key for one in screens]
        chosen = str(self.screen_choice.currentData() or "")
        return chosen if chosen in keys else keys[0] if keys else ""

    def _screen_picture(self, screens: Sequence[Source]) -> Picture | None:
        key = self._screen_key(screens)
        return next((one.preview for one in screens if one.key == key), None)

    def _choose_screen(self, _key: str) -> None:
        screens = [one for one in self._sources or () if one.kind is SourceKind.SCREEN]
        self.part.show_picture(self._screen_picture(screens))

    # -- what is chosen -------------------------------------------------------------------------

    def _wanted(self) -> ShareScreen | None:
        """Return what would be shared now."""
        fluent = self.quality.currentData() == _FLUENT
        for one in self._sources or ():
            if one.kind is SourceKind.ASKED:
                return ShareScreen(one.key, motion=fluent)
        match self._way:
            case "window":
                key, part = self.windows.chosen, None
            case "part":
                key, part = str(self.screen_choice.currentData() or ""), self.part.part
            case _:
                key, part = self.screens.chosen, None
        return ShareScreen(key, part, fluent) if key else None

    def share(self) -> None:
        """Show the others what is chosen."""
        wanted = self._wanted()
        if wanted is not None:
            self._context.submit(wanted)
            self.close_sheet()


def _page(name: str, note: QWidget) -> tuple[QWidget, QVBoxLayout]:
    """Return a page under what is to be known of it, and the column that the rest goes into."""
    page = QWidget()
    page.setObjectName(f"{name}_page")
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(12)
    column.addWidget(note)
    return page, column


def _note(words: str, icon_name: str, kind: str, name: str) -> QWidget:
    """Return a sign and a sentence."""
    note = QWidget()
    note.setObjectName(f"{name}_row")
    row = QHBoxLayout(note)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    row.addWidget(Sign(icon_name, kind, 18, name=f"{name}_sign"), 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(label(words, name=name, wrap=True), 1)
    return note
