"""Somebody knocks: a card that stands until it is answered, both answers equal in weight."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import _, ngettext
from app.intents import Intent
from app.meeting.view import Knock
from app.meeting.wishes import Admit, Deny
from app.names import clean, isolated, shown
from app.texts import filled
from app.ui.widgets.badge import BadgeChip
from app.ui.widgets.buttons import Button
from app.ui.widgets.text import label, set_text
from app.ui.widgets.toast import announce

AT_ONCE = 2  # cards that stand on the stage; all are in the list of people


class KnockCard(QFrame):
    """Who knocks, how well they are known, and the two answers."""

    def __init__(self, join_id: bytes, submit: Callable[[Intent], None]) -> None:
        super().__init__()
        self.setObjectName("float")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(6)
        self.heading = label(kind="strong", name="knock_heading", wrap=True)
        column.addWidget(self.heading)
        self.badge = BadgeChip(name="knock_badge")
        column.addWidget(self.badge)
        self.link = label(kind="muted", name="knock_link", wrap=True)
        self.link.hide()
        column.addWidget(self.link)
        self.warning = label(kind="warn", name="knock_warning", wrap=True)
        self.warning.hide()
        column.addWidget(self.warning)
        column.addSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.deny = Button(
            _("Turn away"), lambda: submit(Deny(join_id)), name="knock_deny", small=True
        )
        self.admit = Button(
            _("Let in"), lambda: submit(Admit(join_id)), name="knock_admit", small=True
        )
        row.addWidget(self.deny, 1)
        row.addWidget(self.admit, 1)
        column.addLayout(row)

    def show_knock(self, knock: Knock) -> None:
        """Show this person."""
        name = shown(knock.name, knock.badge)
        set_text(self.heading, filled(_("{name} knocks."), name=name))
        self.badge.show_badge(knock.badge)
        self.deny.setAccessibleName(filled(_("Turn {name} away"), name=name))
        self.admit.setAccessibleName(filled(_("Let {name} in"), name=name))
        came = filled(_("With the link “{label}”."), label=isolated(knock.invitation))
        set_text(self.link, came if clean(knock.invitation) else "")
        self.link.setVisible(bool(self.link.text()))
        warnings = []
        if knock.imitates:
            warnings.append(
                filled(
                    _("Careful: this is not the {name} you know. The name only looks alike."),
                    name=isolated(knock.imitates),
                )
            )
        if knock.second_device:
            warnings.append(
                _(
                    "Another device used this link first. It may be their second device, or "
                    "somebody whom the link was passed on to."
                )
            )
        set_text(self.warning, "\n".join(warnings))
        self.warning.setVisible(bool(warnings))


class KnockStack(QWidget):
    """The cards of those who knock, in order; who waits longest stands first."""

    def __init__(
        self, submit: Callable[[Intent], None], *, name: str, at_once: int = AT_ONCE
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self._submit, self._at_once = submit, at_once
        self.cards: dict[bytes, KnockCard] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self.more = label(kind="muted", name=f"{name}_more")
        self.more.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.more.hide()
        self._column.addWidget(self.more)
        self.hide()

    def height_for(self, width: int) -> int:
        """Return how tall the cards are at a width, in pixels."""
        self._column.activate()
        return max(0, self._column.totalHeightForWidth(width))

    def show_knocks(self, knocks: Sequence[Knock], *, say: bool) -> bool:
        """Show who knocks; tell whether the stack changed its size."""
        wanted = {knock.join_id: knock for knock in knocks[: self._at_once]}
        changed = list(wanted) != list(self.cards)
        for join_id in [join_id for join_id in self.cards if join_id not in wanted]:
            card = self.cards.pop(join_id)
            card.hide()
            self._column.removeWidget(card)
            card.deleteLater()
        for number, (join_id, knock) in enumerate(wanted.items()):
            if join_id not in self.cards:
                card = KnockCard(join_id, self._submit)
                self.cards[join_id] = card
                self._column.insertWidget(number, card)
                card.show_knock(knock)
                card.show()
                if say:
                    announce(card, card.heading.text())
            else:
                self.cards[join_id].show_knock(knock)
        rest = len(knocks) - len(wanted)
        set_text(
            self.more,
            filled(ngettext("{count} more knocks", "{count} more knock", rest), count=str(rest)),
        )
        self.more.setVisible(rest > 0)
        self.setVisible(bool(knocks))
        return changed
