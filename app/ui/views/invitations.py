"""The sheet of invitations: the link for many, labelled ones, and contacts to call."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import texts
from app.i18n import _
from app.meeting.view import Invitation, MeetingView, Power
from app.meeting.wishes import NewInvitation, Revoke, Ring
from app.screens import ContactCard, InMeeting
from app.ui.context import Context
from app.ui.views.contacts import ContactList
from app.ui.views.invitation_row import InvitationRow
from app.ui.views.invite import InviteContent, WaysOut
from app.ui.views.new_invitation import NewInvitationForm
from app.ui.views.router_door import RouterDoor
from app.ui.views.share_link import LargeCodeSheet, MailSheet
from app.ui.widgets.buttons import Button
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.text import hairline, label, set_text

_CODE = 200  # pixels of a QR code in this sheet


class InvitationsSheet(Sheet):
    """Paints the links that were given out; making and revoking them goes to the meeting."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.ground, _("Invite somebody"), name="invite_sheet", width=560)
        self._context = context
        self._known: tuple[Invitation, ...] = ()
        self._awaited = False
        self.rows: dict[int, InvitationRow] = {}
        ways_out = WaysOut(large=self._show_large, mail=self._mail)
        self.invite = InviteContent(name="invite", size=_CODE, beside=True, ways_out=ways_out)
        self._title = ""
        self.content.addWidget(self.invite)
        self.replace = Button(
            _("Replace this link"), self._replace, name="invite_replace", role="link"
        )
        self.replace.setToolTip(_("The old one then opens nothing any more."))
        self.content.addWidget(self.replace, 0, Qt.AlignmentFlag.AlignLeft)
        self.place = label(kind="muted", name="invite_place", wrap=True)
        self.place.hide()
        self.content.addWidget(self.place)
        self.door = RouterDoor(context)
        self.content.addWidget(self.door)
        self.content.addWidget(self._build_more())
        self.content.addWidget(self._build_contacts())

    def _build_more(self) -> QWidget:
        self._more = QWidget()
        self._more.setObjectName("invitations_more")
        column = QVBoxLayout(self._more)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(hairline())
        column.addSpacing(4)
        column.addWidget(label(_("More links"), "heading", name="invitations_title"))
        column.addWidget(
            label(
                _(
                    "With a label, so that you see who comes with which. One that works once is "
                    "of no use to anybody it is passed on to."
                ),
                "muted",
                name="invitations_line",
                wrap=True,
            )
        )
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        column.addLayout(self._rows)
        self.new = Button(
            _("New link"),
            self._open_form,
            name="invitation_new",
            icon_name="plus",
            small=True,
        )
        column.addWidget(self.new, 0, Qt.AlignmentFlag.AlignLeft)
        self.form = NewInvitationForm(self._make, self._close_form)
        self.form.hide()
        column.addWidget(self.form)
        return self._more

    def _build_contacts(self) -> QWidget:
        self._call = QWidget()
        self._call.setObjectName("invitations_contacts")
        column = QVBoxLayout(self._call)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(hairline())
        column.addSpacing(4)
        column.addWidget(label(_("Call a contact"), "heading", name="invitations_call_title"))
        self.contacts = ContactList(
            lambda dev: self._context.submit(Ring(dev)), name="invitations_contact_rows"
        )
        column.addWidget(self.contacts)
        return self._call

    def _show_large(self, link: str) -> None:
        sheet = LargeCodeSheet(self._context.ground, link)
        sheet.open_sheet(sheet.close_button)

    def _mail(self, link: str) -> None:
        sheet = MailSheet(self._context, link, self._title)
        sheet.open_sheet(sheet.keep)

    @property
    def first_stop(self) -> QWidget:
        """Where the keyboard stands at first."""
        return self.invite.copy

    def _show_place(self, words: str) -> bool:
        if words == self.place.text():
            return False
        set_text(self.place, words)
        self.place.setVisible(bool(words))
        return True

    # What is shown --------------------------------------------------------------------------

    def show_screen(self, screen: InMeeting) -> None:
        """Show this state."""
        view = screen.view
        self._title = view.title
        self.invite.show_link(view.invitation)
        may = Power.INVITE in view.powers
        changed = self._more.isHidden() == may
        self._more.setVisible(may)
        self.replace.setVisible(may and bool(view.invitations))
        changed = self._show_links(view.invitations) or changed
        changed = self._show_place(texts.place(screen.place)) or changed
        changed = self.door.show_door(screen.door) or changed
        absent = _absent(screen.contacts, view) if may else ()
        changed = self.contacts.show_contacts(absent) or changed
        self._call.setVisible(bool(absent))
        if changed and self.isVisible():
            self.relayout()

    def _show_links(self, invitations: Sequence[Invitation]) -> bool:
        """Show the labelled links, the newest first; the first of all is the one for many."""
        if tuple(invitations) == self._known:
            return False
        self._known = tuple(invitations)
        wanted = {one.number: one for one in invitations[1:]}
        for number in [number for number in self.rows if number not in wanted]:
            row = self.rows.pop(number)
            row.hide()
            self._rows.removeWidget(row)
            row.deleteLater()
        for number, one in wanted.items():
            new = number not in self.rows
            if new:
                self.rows[number] = InvitationRow(
                    lambda number=number: self._context.submit(Revoke(number)),  # type: ignore[misc]
                    self.relayout,
                )
                self._rows.insertWidget(0, self.rows[number])
            self.rows[number].show_invitation(one)
            if new:
                self.rows[number].show()
                if self._awaited:
                    self._awaited = False
                    self.rows[number].copy.setFocus(Qt.FocusReason.OtherFocusReason)
        before: QWidget = self.replace
        for row in reversed(self.rows.values()):  # the keyboard goes as the eyes do
            for stop in row.findChildren(Button):
                QWidget.setTabOrder(before, stop)
                before = stop
        QWidget.setTabOrder(before, self.new)
        return True

    # What is asked for ----------------------------------------------------------------------

    def _replace(self) -> None:
        if self._known:
            self._context.submit(Revoke(self._known[0].number))

    def _open_form(self) -> None:
        self.new.hide()
        self.form.begin()
        self.form.show()
        self.relayout()
        self.reveal(self.form)
        self.form.whom.setFocus(Qt.FocusReason.OtherFocusReason)

    def _close_form(self) -> None:
        self.form.hide()
        self.new.show()
        self.relayout()
        self.new.setFocus(Qt.FocusReason.OtherFocusReason)

    def _make(self, wish: NewInvitation) -> None:
        self._awaited = True
        self._close_form()
        self._context.submit(wish)


def _absent(contacts: Sequence[ContactCard], view: MeetingView) -> tuple[ContactCard, ...]:
    """Return the contacts who are neither here nor being called."""
    there = {person.dev for person in view.people} | {one.dev for one in view.ringing}
    return tuple(contact for contact in contacts if contact.dev not in there)
