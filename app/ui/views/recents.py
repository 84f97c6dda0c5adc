"""The meetings that were visited lately, with the way back that is open now."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import _
from app.intents import ForgetRecent
from app.names import clean, isolated
from app.screens import RecentMeeting, WayBack
from app.texts import filled
from app.ui import times
from app.ui.context import Context
from app.ui.widgets.buttons import Button
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.text import hairline, label

Back = Callable[[RecentMeeting], None]


class RecentRow(QWidget):
    """What it was called, who held it and when; back there, or forget it."""

    def __init__(self, meeting: RecentMeeting, on_back: Back, on_forget: Back) -> None:
        super().__init__()
        self.setObjectName("recent_row")
        title = isolated(meeting.title) if clean(meeting.title) else _("Meeting")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 8, 0, 8)
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(title, "strong", name="recent_title", wrap=True))
        words.addWidget(label(_facts(meeting), "small", name="recent_facts", wrap=True))
        row.addLayout(words, 1)
        said = _WAYS[meeting.way]()
        if said:
            row.addWidget(
                Button(
                    said,
                    lambda: on_back(meeting),
                    name="recent_back",
                    small=True,
                    accessible=filled(_("{what}: {title}"), what=said, title=title),
                )
            )
        row.addWidget(
            Button(
                filled(_("Forget {title}"), title=title),
                lambda: on_forget(meeting),
                name="recent_forget",
                role="icon",
                icon_name="trash-2",
            )
        )


_WAYS: dict[WayBack, Callable[[], str]] = {
    WayBack.NEARBY: lambda: _("Join"),
    WayBack.LINK: lambda: _("Join"),
    WayBack.CALL: lambda: _("Call"),
    WayBack.START: lambda: _("Start again"),
    WayBack.NONE: lambda: "",
}


def _facts(meeting: RecentMeeting) -> str:
    if meeting.way is WayBack.START:
        who = _("You were the host")
    else:
        who = filled(_("Host: {name}"), name=isolated(meeting.host_name))
    facts = [who, times.moment(meeting.when)]
    if meeting.way is WayBack.NONE:
        facts.append(_("its link has expired"))
    return " · ".join(facts)


class RecentsSheet(Sheet):
    """All of them, the newest first."""

    def __init__(self, context: Context, on_back: Back, on_close: Callable[[], None]) -> None:
        super().__init__(
            context.ground, _("Recent meetings"), name="recents_sheet", on_close=on_close
        )
        self._context, self._on_back = context, on_back
        self._shown: tuple[RecentMeeting, ...] = ()
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        self.content.addLayout(self._rows)
        self.content.addWidget(hairline())
        foot = QHBoxLayout()
        foot.setSpacing(16)
        foot.addWidget(
            label(
                _("Sealed on this computer, because you wished to keep them."),
                "small",
                name="recents_why",
                wrap=True,
            ),
            1,
        )
        self.forget_all = Button(
            _("Forget all"), self._forget_all, name="recents_forget_all", small=True
        )
        foot.addWidget(self.forget_all, 0, Qt.AlignmentFlag.AlignTop)
        self.content.addLayout(foot)

    def show_recents(self, recents: Sequence[RecentMeeting]) -> None:
        """Show these; with none there is nothing to see any more."""
        if not recents:
            self.close_sheet()
            return
        if tuple(recents) == self._shown:
            return
        self._shown = tuple(recents)
        while self._rows.count():
            item = self._rows.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for number, meeting in enumerate(recents):
            if number:
                self._rows.addWidget(hairline())
            row = RecentRow(meeting, self._back, self._forget)
            self._rows.addWidget(row)
            row.show()
        self.relayout()

    def _back(self, meeting: RecentMeeting) -> None:
        self.close_sheet()
        self._on_back(meeting)

    def _forget(self, meeting: RecentMeeting) -> None:
        self._context.submit(ForgetRecent(meeting.key))
        self.close_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _forget_all(self) -> None:
        self._context.submit(ForgetRecent())
        self.close_sheet()
