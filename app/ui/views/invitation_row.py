"""One labelled link in the sheet of invitations."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import _
from app.meeting.view import Invitation
from app.names import clean, isolated
from app.texts import filled
from app.ui import times
from app.ui.widgets.buttons import Button
from app.ui.widgets.copy import CopyButton
from app.ui.widgets.qr import QrCode
from app.ui.widgets.text import label, set_text

_CODE = 200  # pixels


class InvitationRow(QWidget):
    """For whom, how it holds, what became of it; copy it, show it as a code, revoke it."""

    def __init__(self, on_revoke: Callable[[], None], on_resize: Callable[[], None]) -> None:
        super().__init__()
        self.setObjectName("invitation")
        self._on_resize = on_resize
        self._shown: Invitation | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 6)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(4)
        words = QVBoxLayout()
        words.setSpacing(2)
        self.whom = label(kind="strong", name="invitation_whom", wrap=True)
        self.facts = label(kind="small", name="invitation_facts", wrap=True)
        self.state = label(name="invitation_state", wrap=True)
        for part in (self.whom, self.facts, self.state):
            words.addWidget(part)
        row.addLayout(words, 1)
        self.copy = CopyButton(_("Copy the link"), name="invitation_copy", role="icon")
        self.show_code = Button(
            _("Show the code to scan"),
            self._toggle_code,
            name="invitation_show_code",
            role="icon",
            icon_name="qr-code",
        )
        self.revoke = Button(
            _("Revoke"), on_revoke, name="invitation_revoke", role="icon", icon_name="trash-2"
        )
        for button in (self.copy, self.show_code, self.revoke):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(row)
        self.code = QrCode(_CODE, name="invitation_code")
        self.code.hide()
        column.addWidget(self.code, 0, Qt.AlignmentFlag.AlignHCenter)

    def show_invitation(self, one: Invitation) -> None:
        """Show this link."""
        if one == self._shown:
            return
        self._shown = one
        number = filled(_("Link {number}"), number=str(one.number))
        whom = isolated(one.label) if clean(one.label) else number
        set_text(self.whom, whom)
        facts = [_("works once") if one.single_use else _("works for many")]
        facts += [_("as a guest")] if one.as_guest else []
        facts.append(filled(_("until {time}"), time=times.moment(one.expiry)))
        set_text(self.facts, " · ".join(facts))
        set_text(self.state, became(one))
        self.copy.set_copied(one.link, filled(_("Copy the link: {whom}"), whom=whom))
        open_still = not one.used
        for button in (self.copy, self.show_code):
            button.setVisible(open_still)
        if not open_still:
            self.code.hide()
        self.code.show_text(one.link)
        for button, name in (
            (self.show_code, _("Show the code to scan: {whom}")),
            (self.revoke, _("Revoke the link: {whom}")),
        ):
            button.setAccessibleName(filled(name, whom=whom))
        self.revoke.setToolTip(_("Revoke: it opens nothing any more"))

    def _toggle_code(self) -> None:
        self.code.setVisible(self.code.isHidden())
        self._on_resize()


def became(one: Invitation) -> str:
    """Return what became of a link so far, in one sentence."""
    holder = isolated(one.holder)
    if one.used:
        return filled(_("{name} came in with it. It lets nobody else in."), name=holder)
    if clean(one.holder):
        return filled(_("{name} knocked with it first and is not in yet."), name=holder)
    return _("Nobody has used it yet.")
