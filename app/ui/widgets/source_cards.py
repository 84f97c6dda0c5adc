"""Cards of windows, or of screens, in rows: how each looks now, and which one is chosen."""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QButtonGroup, QGridLayout, QWidget

from app.screens import Source, SourceKind
from app.ui.widgets.source_card import SourceCard, source_words

_ACROSS = {SourceKind.WINDOW: 3, SourceKind.SCREEN: 2}  # cards in a row


class SourceCards(QWidget):
    """One card for each; who stays keeps its card."""

    def __init__(self, on_use: Callable[[], None]) -> None:
        super().__init__()
        self.setObjectName("share_cards")
        self._on_use = on_use
        self._on_choice: Callable[[], None] = lambda: None
        self.cards: dict[str, SourceCard] = {}
        self._group = QButtonGroup(self)  # one of them; arrows move within it, Tab beyond it
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(2, 2, 2, 2)
        self._grid.setSpacing(12)

    @property
    def chosen(self) -> str:
        """The key of what is chosen, "" for nothing."""
        return next((key for key, card in self.cards.items() if card.isChecked()), "")

    def follow(self, before: QWidget) -> None:
        """Have the keyboard come here from what stands above, and not after all the rest."""
        for card in self.cards.values():
            QWidget.setTabOrder(before, card)
            before = card

    def on_choice(self, do: Callable[[], None]) -> None:
        """Do this whenever something else is chosen."""
        self._on_choice = do

    def show_sources(self, sources: Sequence[Source]) -> None:
        """Show these, and how they look now."""
        order = list(self.cards)
        for key in [key for key in self.cards if key not in {one.key for one in sources}]:
            card = self.cards.pop(key)
            card.hide()
            card.deleteLater()
        for number, source in enumerate(sources, start=1):
            words = source_words(source, number)
            if source.key in self.cards:
                self.cards[source.key].show_source(source, words)
            else:
                card = self.cards[source.key] = SourceCard(source, words, self._on_use)
                self._group.addButton(card)
                card.toggled.connect(lambda _on: self._on_choice())
        if len(self.cards) == 1 and not order:  # of one there is nothing to choose
            next(iter(self.cards.values())).setChecked(True)
        if list(self.cards) != order:
            self._arrange(_ACROSS[sources[0].kind] if sources else 1)

    def _arrange(self, across: int) -> None:
        """Keep the places of those that stay: what is looked at must not move away."""
        while self._grid.takeAt(0) is not None:
            pass
        for place, card in enumerate(self.cards.values()):
            self._grid.addWidget(card, place // across, place % across)
        for column in range(across):
            self._grid.setColumnStretch(column, 1)
        self._grid.setRowStretch(len(self.cards) // across + 1, 1)
