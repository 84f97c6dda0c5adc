"""A headset or camera was plugged in: it is offered, never taken by itself."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from app.i18n import _
from app.intents import Intent, UseOffered
from app.names import isolated
from app.screens import Offer
from app.texts import filled
from app.ui.widgets.answers import Answers
from app.ui.widgets.avatar import Sign
from app.ui.widgets.text import label, set_text
from app.ui.widgets.toast import announce


class OfferCard(QFrame):
    """What was plugged in, and two answers of equal weight."""

    def __init__(self, submit: Callable[[Intent], None], *, floats: bool) -> None:
        super().__init__()
        self.setObjectName("float" if floats else "offer_card")
        if not floats:
            self.setProperty("kind", "card")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(10)
        head = QHBoxLayout()
        head.setSpacing(10)
        self._sign = Sign("headphones", "accent", 20, name="offer_sign")
        head.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        self.heading = label(kind="strong", name="offer_heading", wrap=True)
        head.addWidget(self.heading, 1)
        column.addLayout(head)
        self.answers = Answers(
            (_("Not now"), lambda: submit(UseOffered(False)), "offer_not_now"),
            (_("Use it"), lambda: submit(UseOffered(True)), "offer_use"),
            name="offer_answers",
        )
        column.addWidget(self.answers)
        self.hide()

    def show_offer(self, offer: Offer | None) -> bool:
        """Show what is offered, or nothing; tell whether the card came, went or grew."""
        words = offer_words(offer) if offer is not None else ""
        changed = self.isHidden() == bool(words)
        if offer is not None and words != self.heading.text():
            changed = True
            set_text(self.heading, words)
            self._sign.show_icon(_icon(offer), "accent")
            self.answers.describe(isolated(offer.name) or words)
            announce(self, words)
        if not words:
            set_text(self.heading, "")
        self.setVisible(bool(words))
        return changed


def offer_words(offer: Offer) -> str:
    """Return what was plugged in, as a person would call it."""
    if not offer.name:
        words = _("A headset, microphone or speaker was plugged in.")
    elif offer.microphone and offer.speaker:
        words = _("Headset found: {name}")
    elif offer.microphone:
        words = _("Microphone found: {name}")
    elif offer.speaker:
        words = _("Speaker found: {name}")
    else:
        words = _("Camera found: {name}")
    return filled(words, name=isolated(offer.name))


def _icon(offer: Offer) -> str:
    if not offer.name or (offer.microphone and offer.speaker):
        icon_name = "headphones"
    elif offer.microphone:
        icon_name = "mic"
    else:
        icon_name = "volume-2" if offer.speaker else "video"
    return icon_name
