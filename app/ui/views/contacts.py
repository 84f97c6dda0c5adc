"""The people who can be called without a link."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from app.i18n import _
from app.names import shown
from app.screens import ContactCard
from app.texts import filled
from app.ui.widgets.avatar import Avatar
from app.ui.widgets.badge import BadgeChip
from app.ui.widgets.buttons import Button
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.scroll import Scroll
from app.ui.widgets.text import label

MOST = 0.5  # of the space beside it that the list of contacts may take before it scrolls


class ContactRow(QWidget):
    """Initials, name, badge; the button that calls, and what else can be done."""

    def __init__(
        self,
        contact: ContactCard,
        on_call: Callable[[bytes], None],
        on_forget: Callable[[ContactCard], None] | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("contact_row")
        name = shown(contact.name, contact.badge)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 6, 0, 6)
        row.setSpacing(12)
        avatar = Avatar(36, name="contact_avatar")
        avatar.show_name(contact.name, contact.dev)
        row.addWidget(avatar)
        words = QVBoxLayout()
        words.setSpacing(2)
        who = ElidedLabel("strong", name="contact_name")
        who.show_text(name)
        words.addWidget(who)
        badge = BadgeChip(name="contact_badge")
        badge.show_badge(contact.badge)
        words.addWidget(badge, 0, Qt.AlignmentFlag.AlignLeft)
        row.addLayout(words, 1)
        self.call = Button(
            _("Call"),
            lambda: on_call(contact.dev),
            name="contact_call",
            icon_name="phone",
            small=True,
            accessible=filled(_("Call {name}"), name=name),
        )
        row.addWidget(self.call)
        if on_forget is not None:
            more = filled(_("More about {name}"), name=name)
            self._forget = on_forget
            self._contact = contact
            self.more = Button(
                more, self._open_menu, name="contact_more", role="icon", icon_name="ellipsis"
            )
            row.addWidget(self.more)

    def menu(self) -> QMenu:
        """Return what else can be done about this contact."""
        menu = QMenu(self)
        menu.setObjectName("contact_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(_("Forget this contact…"), lambda: self._forget(self._contact))
        return menu

    def _open_menu(self) -> None:
        self.menu().popup(self.more.mapToGlobal(QPoint(0, self.more.height() + 4)))


class ContactList(QWidget):
    """The rows of contacts, made anew only when somebody comes or goes or changes."""

    def __init__(
        self,
        on_call: Callable[[bytes], None],
        on_forget: Callable[[ContactCard], None] | None = None,
        *,
        name: str,
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self._on_call, self._on_forget = on_call, on_forget
        self._shown: tuple[ContactCard, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def show_contacts(self, contacts: Sequence[ContactCard]) -> bool:
        """Show these; tell whether anything changed."""
        if tuple(contacts) == self._shown:
            return False
        self._shown = tuple(contacts)
        while self._column.count():
            item = self._column.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for contact in contacts:
            row = ContactRow(contact, self._on_call, self._on_forget)
            self._column.addWidget(row)
            row.show()  # counts in the layout at once, not only when Qt comes to it
        self._column.activate()
        self.updateGeometry()
        return True


class ContactsCard(QFrame):
    """The contacts on the home screen; it is not there while there are none."""

    def __init__(
        self, on_call: Callable[[bytes], None], on_forget: Callable[[ContactCard], None]
    ) -> None:
        super().__init__()
        self.setObjectName("contacts")
        self.setProperty("kind", "card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 12, 14)
        column.setSpacing(8)
        self._title = label(_("Contacts"), "title", name="contacts_title")
        column.addWidget(self._title)
        self.list = ContactList(on_call, on_forget, name="contact_rows")
        inside = QWidget()
        inside.setObjectName("contacts_inside")
        held = QVBoxLayout(inside)
        held.setContentsMargins(0, 0, 12, 0)
        held.addWidget(self.list)
        held.addStretch(1)
        self._scroll = Scroll(inside, name="contacts_scroll")
        column.addWidget(self._scroll, 1)
        self.hide()

    def show_contacts(self, contacts: Sequence[ContactCard]) -> None:
        """Show these."""
        if self.list.show_contacts(contacts):
            self.updateGeometry()
        self.setVisible(bool(contacts))

    def fit(self, room: int) -> None:
        """Take as much of a height as the rows need, but leave half of it to others."""
        margins = self._column.contentsMargins()
        rows = self._scroll.height_for(self.width() - margins.left() - margins.right())
        title = self._title.sizeHint().height() + self._column.spacing()
        wanted = rows + title + margins.top() + margins.bottom() + 2
        self.setFixedHeight(min(wanted, round(room * MOST)))
