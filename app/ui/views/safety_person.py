"""One person in the sheet of safety: badge, since when known, and how and when verified."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import _
from app.meeting.view import Badge, Person, Presence, Verified
from app.names import shown
from app.path_words import way_to
from app.person_words import BADGES_AT_LENGTH, imitation
from app.texts import filled
from app.ui import times
from app.ui.widgets.avatar import Avatar
from app.ui.widgets.badge import BadgeChip
from app.ui.widgets.buttons import Button
from app.ui.widgets.text import label


class KnownRow(QWidget):
    """What is known of a person's device, and the button to verify it."""

    def __init__(self, person: Person, on_verify: Callable[[bytes], None]) -> None:
        super().__init__()
        self.setObjectName("safety_person")
        self.dev = person.dev
        name = shown(person.name, person.badge)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        avatar = Avatar(36, name="safety_avatar")
        avatar.show_name(person.name, person.dev)
        row.addWidget(avatar, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(label(name, "strong", name="safety_name"))
        badge = BadgeChip(name="safety_badge")
        badge.show_badge(person.badge)
        head.addWidget(badge)
        head.addStretch(1)
        words.addLayout(head)
        words.addWidget(label(known(person), "muted", name="safety_since", wrap=True))
        if way := way_to(person):
            words.addWidget(label(way, "small", name="safety_way", wrap=True))
        if person.imitates:
            words.addWidget(label(imitation(person), "warn", name="safety_imitates", wrap=True))
        row.addLayout(words, 1)
        verified = person.badge is Badge.VERIFIED
        self.verify = Button(
            _("Compare again") if verified else _("Verify"),
            lambda: on_verify(person.dev),
            name="safety_verify",
            small=True,
            accessible=filled(_("Verify {name}"), name=name),
        )
        able = bool(person.safety_number or person.show_code)
        self.verify.setVisible(able and person.presence is not Presence.HELD)
        row.addWidget(self.verify, 0, Qt.AlignmentFlag.AlignTop)


def known(person: Person) -> str:
    """Return how well a device is known: how and when verified, and when first met."""
    words = [_verified(person) if person.badge is Badge.VERIFIED else ""]
    words[0] = words[0] or _(BADGES_AT_LENGTH[person.badge])
    if person.known_since > 0:
        words.append(filled(_("First met on {date}."), date=times.day_of(person.known_since)))
    return " ".join(words)


def _verified(person: Person) -> str:
    date = times.day_of(person.verified_when) if person.verified_when > 0 else ""
    match person.verified_by:
        case Verified.CODE:
            if date:
                return filled(_("You compared the code of a meeting on {date}."), date=date)
            return _("You compared the code of this meeting.")
        case Verified.NUMBER:
            if date:
                words = _("You compared the safety number, or scanned their screen, on {date}.")
                return filled(words, date=date)
            return _("You compared the safety number, or scanned their screen.")
        case Verified.NOT_YET:
            return ""
