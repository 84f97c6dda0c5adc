"""The panel of people: who is here, who knocks, and what those who lead can do for all."""

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.i18n import _, ngettext
from app.meeting.view import MeetingView, Power
from app.meeting.wishes import MuteAll
from app.texts import filled
from app.ui.context import Context
from app.ui.views.knocks import KnockStack
from app.ui.views.panel import Panel
from app.ui.views.person_menu import PersonActions
from app.ui.views.person_row import PersonRow
from app.ui.views.rules import RULES
from app.ui.widgets.buttons import Button
from app.ui.widgets.grid import hands_of
from app.ui.widgets.scroll import Scroll
from app.ui.widgets.text import hairline


class PeoplePanel(Panel):
    """Paints the people of a meeting."""

    def __init__(
        self,
        context: Context,
        on_close: Callable[[], None],
        actions: PersonActions,
        on_rules: Callable[[], None],
    ) -> None:
        super().__init__(_("People"), on_close, name="people")
        self._actions = actions
        self.rows: dict[bytes, PersonRow] = {}
        self.knocks = KnockStack(context.submit, name="people_knocks", at_once=32)
        inside = QWidget()
        inside.setObjectName("people_inside")
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 4, 12, 8)
        column.setSpacing(0)
        column.addWidget(self.knocks)
        column.addSpacing(4)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        column.addLayout(self._list)
        column.addStretch(1)
        self.column.addWidget(Scroll(inside, name="people_scroll"), 1)
        self._for_all = QWidget()
        self._for_all.setObjectName("people_for_all")
        below = QVBoxLayout(self._for_all)
        below.setContentsMargins(16, 0, 16, 16)
        below.setSpacing(8)
        below.addWidget(hairline())
        below.addSpacing(4)
        self.mute_all = Button(
            _("Mute everybody"),
            lambda: context.submit(MuteAll()),
            name="people_mute_all",
            icon_name="mic-off",
            small=True,
        )
        self.rules = Button(
            _("Meeting settings"),
            on_rules,
            name="people_rules",
            icon_name="sliders-horizontal",
            small=True,
        )
        below.addWidget(self.mute_all)
        below.addWidget(self.rules)
        self.column.addWidget(self._for_all)

    def show_volumes(self, volumes: Mapping[bytes, float]) -> None:
        """Show how loud each person is played here; who is not named, as they are."""
        for dev, row in self.rows.items():
            row.show_volume(volumes.get(dev, 1.0))

    def show_view(self, view: MeetingView) -> None:
        """Show this state."""
        count = len(view.people)
        self.set_title(
            filled(ngettext("{count} person", "{count} people", count), count=str(count))
        )
        self.knocks.show_knocks(view.knocks, say=False)
        wanted = {person.dev: person for person in view.people}
        for dev in [dev for dev in self.rows if dev not in wanted]:
            row = self.rows.pop(dev)
            row.hide()
            row.deleteLater()
        hands = hands_of(view.people)
        for dev, person in wanted.items():
            if dev not in self.rows:
                self.rows[dev] = PersonRow(dev, self._actions)
            self.rows[dev].show_person(person, hands.get(dev, 0))
        first = sorted(hands, key=lambda dev: hands[dev])  # who waits to speak stands above
        for number, dev in enumerate([*first, *(dev for dev in wanted if dev not in hands)]):
            row = self.rows[dev]
            if self._list.indexOf(row) != number:
                self._list.insertWidget(number, row)
                row.show()
        mutes = Power.MUTE_ALL in view.powers and count > 1
        self.mute_all.setVisible(mutes)
        self.rules.setVisible(bool(RULES & view.powers))
        self._for_all.setVisible(mutes or bool(RULES & view.powers))
