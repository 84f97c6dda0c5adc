"""The panel of people: who is here, who knocks, and what the host can do."""

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from app.i18n import _, ngettext
from app.intents import SetVolume
from app.meeting.view import MeetingView, Person, Presence
from app.meeting.wishes import Distrust, SetLobby, SetLocked, Trust
from app.names import isolated, shown
from app.person_words import imitation, presence
from app.texts import filled
from app.ui.context import Context
from app.ui.views.knocks import KnockStack
from app.ui.views.panel import Panel
from app.ui.widgets.avatar import Avatar, Sign
from app.ui.widgets.badge import BadgeChip
from app.ui.widgets.buttons import Button
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.scroll import Scroll
from app.ui.widgets.switch import SwitchRow
from app.ui.widgets.text import hairline, label, set_text


class PersonRow(QWidget):
    """One person: initials, name, badge, devices, and a fold with what can be done."""

    def __init__(self, dev: bytes, context: Context, on_remove: Callable[[bytes], None]) -> None:
        super().__init__()
        self.setObjectName("person")
        self._dev, self._context = dev, context
        self._person: Person | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 8)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(10)
        self._avatar = Avatar(36, name="person_avatar")
        row.addWidget(self._avatar, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        self._name = ElidedLabel("strong", name="person_name")
        words.addWidget(self._name)
        second = QHBoxLayout()
        second.setSpacing(8)
        self._badge = BadgeChip(name="person_badge")
        self._role = label(kind="muted", name="person_role")
        second.addWidget(self._badge)
        second.addWidget(self._role)
        second.addStretch(1)
        words.addLayout(second)
        self._state = label(kind="small", name="person_state", wrap=True)
        words.addWidget(self._state)
        row.addLayout(words, 1)
        self._microphone = Sign("mic", "muted", 18, name="person_microphone")
        self._camera = Sign("video", "muted", 18, name="person_camera")
        self.menu = Button("", self._toggle, name="person_menu", role="icon", icon_name="ellipsis")
        keeps_place = self.menu.sizePolicy()
        keeps_place.setRetainSizeWhenHidden(True)
        self.menu.setSizePolicy(keeps_place)
        tail = QWidget()
        tail.setObjectName("person_tail")
        tail.setFixedHeight(self._avatar.height())
        signs = QHBoxLayout(tail)
        signs.setContentsMargins(0, 0, 0, 0)
        signs.setSpacing(10)
        for part in (self._microphone, self._camera, self.menu):
            signs.addWidget(part)
        row.addWidget(tail, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(row)
        column.addWidget(self._build_fold(dev, context, on_remove))

    def _build_fold(
        self, dev: bytes, context: Context, on_remove: Callable[[bytes], None]
    ) -> QWidget:
        self._fold = QWidget()
        self._fold.setObjectName("person_fold")
        self._fold.hide()
        fold = QVBoxLayout(self._fold)
        fold.setContentsMargins(46, 0, 0, 4)
        fold.setSpacing(8)
        self.volume = QSlider(Qt.Orientation.Horizontal)
        self.volume.setObjectName("person_volume")
        self.volume.setRange(0, 200)
        self.volume.setPageStep(25)
        self.volume.setSingleStep(5)
        self.volume.setValue(100)
        self.volume.valueChanged.connect(lambda value: context.submit(SetVolume(dev, value / 100)))
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(Sign("volume-2", "muted", 18, name="person_volume_sign"))
        line.addWidget(self.volume, 1)
        fold.addLayout(line)
        self.decide = QWidget()
        self.decide.setObjectName("person_decide")
        answers = QHBoxLayout(self.decide)
        answers.setContentsMargins(0, 0, 0, 0)
        answers.setSpacing(8)
        answers.addWidget(
            Button(_("Accept"), lambda: context.submit(Trust(dev)), name="person_trust", small=True)
        )
        answers.addWidget(
            Button(
                _("Keep out"),
                lambda: context.submit(Distrust(dev)),
                name="person_distrust",
                small=True,
            )
        )
        answers.addStretch(1)
        fold.addWidget(self.decide)
        self.remove = Button(
            _("Remove"),
            lambda: on_remove(dev),
            name="person_remove",
            icon_name="user-x",
            small=True,
        )
        fold.addWidget(self.remove, 0, Qt.AlignmentFlag.AlignLeft)
        return self._fold

    def show_person(self, person: Person, *, i_am_host: bool) -> None:
        """Show this state."""
        name = isolated(person.name) if person.is_me else shown(person.name, person.badge)
        self.remove.setVisible(i_am_host and not person.is_me)
        if person == self._person:
            return
        self._person = person
        self._avatar.show_name(person.name, person.dev)
        self._name.show_text(name)
        self._badge.setVisible(not person.is_me)
        self._badge.show_badge(person.badge)
        role = [_("You")] if person.is_me else []
        role += [_("Host")] if person.is_host else []
        set_text(self._role, " · ".join(role))
        self._role.setVisible(bool(role))
        state = imitation(person) or presence(person)
        set_text(self._state, state)
        self._state.setVisible(bool(state))
        self._microphone.show_icon(
            "mic" if person.microphone_on else "mic-off",
            "accent" if person.speaking else "muted",
        )
        self._microphone.setToolTip(_("Microphone on") if person.microphone_on else _("Muted"))
        self._camera.show_icon("video" if person.camera_on else "video-off", "muted")
        self._camera.setToolTip(_("Camera on") if person.camera_on else _("Camera off"))
        self.menu.setVisible(not person.is_me)
        self.menu.set_words(filled(_("More about {name}"), name=name))
        self.volume.setAccessibleName(filled(_("Loudness of {name}"), name=name))
        self.remove.set_words(filled(_("Remove {name}"), name=name))
        self.decide.setVisible(person.presence is Presence.HELD)

    def open_fold(self) -> None:
        """Show what can be done about this person."""
        self._fold.show()
        self.volume.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_volume(self, value: int) -> None:
        """Show a loudness in percent without asking for it."""
        with QSignalBlocker(self.volume):
            self.volume.setValue(value)

    def _toggle(self) -> None:
        if self._fold.isVisible():
            self._fold.hide()
        else:
            self.open_fold()


class PeoplePanel(Panel):
    """Paints the people of a meeting."""

    def __init__(
        self,
        context: Context,
        on_close: Callable[[], None],
        on_remove: Callable[[bytes], None],
    ) -> None:
        super().__init__(_("People"), on_close, name="people")
        self._context, self._on_remove = context, on_remove
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
        self._host = QWidget()
        self._host.setObjectName("people_host")
        host = QVBoxLayout(self._host)
        host.setContentsMargins(16, 0, 16, 16)
        host.setSpacing(12)
        host.addWidget(hairline())
        self.lobby = SwitchRow(
            _("People knock first"),
            _("You let each one in."),
            lambda on: context.submit(SetLobby(on)),
            name="people_lobby",
        )
        self.locked = SwitchRow(
            _("Lock the meeting"),
            _("Nobody can knock any more."),
            lambda on: context.submit(SetLocked(on)),
            name="people_locked",
        )
        host.addWidget(self.lobby)
        host.addWidget(self.locked)
        self.column.addWidget(self._host)

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
        for number, (dev, person) in enumerate(wanted.items()):
            if dev not in self.rows:
                self.rows[dev] = PersonRow(dev, self._context, self._on_remove)
            row = self.rows[dev]
            row.show_person(person, i_am_host=view.i_am_host)
            if self._list.indexOf(row) != number:
                self._list.insertWidget(number, row)
                row.show()
        self._host.setVisible(view.i_am_host)
        self.lobby.show_state(view.lobby)
        self.locked.show_state(view.locked)
