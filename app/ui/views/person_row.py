"""One person in the list of people."""

from PySide6.QtCore import QPoint, QSignalBlocker, Qt
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from app.i18n import _
from app.intents import SetVolume
from app.meeting.view import Person, Presence, Tie
from app.meeting.wishes import AddContact, Distrust, IgnoreContact, Trust
from app.names import isolated, shown
from app.person_words import imitation, presence
from app.texts import filled
from app.ui import times
from app.ui.views.person_menu import PersonActions, PersonMenu
from app.ui.widgets.answers import Answers
from app.ui.widgets.avatar import Avatar, Sign
from app.ui.widgets.badge import BadgeChip
from app.ui.widgets.buttons import Button
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.role_mark import RoleMark
from app.ui.widgets.text import label, set_text
from app.ui.widgets.tile import describe


class PersonRow(QWidget):
    """Initials, name, badge, role, devices; what waits for an answer; the menu, the loudness."""

    def __init__(self, dev: bytes, actions: PersonActions) -> None:
        super().__init__()
        self.setObjectName("person")
        self._dev, self._actions = dev, actions
        self._person: Person | None = None
        self._hand = 0
        self._gain = 1.0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 8)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(10)
        self._avatar = Avatar(36, name="person_avatar")
        row.addWidget(self._avatar, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(self._build_words(), 1)
        column.addLayout(row)
        submit = actions.submit
        self.decide = Answers(
            (_("Accept"), lambda: submit(Trust(dev)), "person_trust"),
            (_("Keep out"), lambda: submit(Distrust(dev)), "person_distrust"),
            name="person_decide",
        )
        self.wanted = Answers(
            (_("Not now"), lambda: submit(IgnoreContact(dev)), "person_ignore"),
            (_("Accept"), lambda: submit(AddContact(dev)), "person_befriend"),
            name="person_wanted",
        )
        for answers in (self.decide, self.wanted):
            answers.setContentsMargins(46, 0, 0, 0)
            column.addWidget(answers)
        column.addWidget(self._build_loudness())

    def _build_words(self) -> QVBoxLayout:
        words = QVBoxLayout()
        words.setSpacing(0)
        first = QHBoxLayout()
        first.setSpacing(10)
        self._name = ElidedLabel("strong", name="person_name")
        first.addWidget(self._name, 1)
        first.addWidget(self._build_tail())
        words.addLayout(first)
        second = QHBoxLayout()
        second.setSpacing(12)
        self._badge = BadgeChip(name="person_badge")
        self._me = label(_("You"), kind="muted", name="person_me")
        self.role = RoleMark(name="person_role")
        for part in (self._badge, self._me, self.role):
            second.addWidget(part)
        second.addStretch(1)
        words.addLayout(second)
        self._state = label(kind="small", name="person_state", wrap=True)
        words.addWidget(self._state)
        return words

    def _build_tail(self) -> QWidget:
        """Signs of the hand and the devices, and the button of the menu."""
        tail = QWidget()
        tail.setObjectName("person_tail")
        signs = QHBoxLayout(tail)
        signs.setContentsMargins(0, 0, 0, 0)
        signs.setSpacing(10)
        self.hand = label(kind="strong", name="person_hand")
        self._hand_sign = Sign("hand", "accent", 18, name="person_hand_sign")
        self._sharing = Sign("screen-share", "text", 18, name="person_sharing")
        self._microphone = Sign("mic", "muted", 18, name="person_microphone")
        self._camera = Sign("video", "muted", 18, name="person_camera")
        self.menu_button = Button(
            "", self.open_menu, name="person_menu", role="icon", icon_name="ellipsis"
        )
        keeps_place = self.menu_button.sizePolicy()
        keeps_place.setRetainSizeWhenHidden(True)
        self.menu_button.setSizePolicy(keeps_place)
        for part in (
            self.hand, self._hand_sign, self._sharing, self._microphone, self._camera,
            self.menu_button,
        ):  # fmt: skip
            signs.addWidget(part)
        return tail

    def _build_loudness(self) -> QWidget:
        self._fold = QWidget()
        self._fold.setObjectName("person_fold")
        self._fold.hide()
        line = QHBoxLayout(self._fold)
        line.setContentsMargins(46, 0, 0, 4)
        line.setSpacing(8)
        self.volume = QSlider(Qt.Orientation.Horizontal)
        self.volume.setObjectName("person_volume")
        self.volume.setRange(0, 200)
        self.volume.setPageStep(25)
        self.volume.setSingleStep(5)
        self.volume.setValue(100)
        self.volume.valueChanged.connect(
            lambda value: self._actions.submit(SetVolume(self._dev, value / 100))
        )
        line.addWidget(Sign("volume-2", "muted", 18, name="person_volume_sign"))
        line.addWidget(self.volume, 1)
        return self._fold

    def show_person(self, person: Person, hand: int = 0) -> None:
        """Show this state; `hand` is the place of their raised hand, 0 for none."""
        if (person, hand) == (self._person, self._hand):
            return
        self._person, self._hand = person, hand
        self.setAccessibleName(describe(person, hand))
        name = isolated(person.name) if person.is_me else shown(person.name, person.badge)
        self._avatar.show_name(person.name, person.dev)
        self._name.show_text(name)
        self._badge.setVisible(not person.is_me)
        self._badge.show_badge(person.badge)
        self._me.setVisible(person.is_me)
        self.role.show_role(person.role)
        state = self._say(person, name)
        set_text(self._state, state)
        self._state.setVisible(bool(state))
        self._show_signs(person)
        self.menu_button.setVisible(not person.is_me)
        self.menu_button.set_words(filled(_("More about {name}"), name=name))
        self.volume.setAccessibleName(filled(_("Loudness of {name}"), name=name))
        self.decide.setVisible(person.presence is Presence.HELD)
        self.decide.describe(name)
        self.wanted.setVisible(person.tie is Tie.WANTED)
        self.wanted.describe(name)

    def _say(self, person: Person, name: str) -> str:
        """Return the sentence below the name: what is the matter first, then what they want."""
        trouble = imitation(person) or presence(person)
        if trouble:
            return trouble
        if not self._gain:
            return _("You muted them for yourself.")
        if person.tie is Tie.WANTED:
            return filled(_("{name} would like to be your contact."), name=name)
        if person.signing:
            return _("Signing")
        if person.hand_since:
            return filled(_("Hand raised at {time}"), time=times.time_of(person.hand_since))
        return "" if person.chat_allowed else _("The chat is switched off for them.")

    def _show_signs(self, person: Person) -> None:
        hand = self._hand
        set_text(self.hand, str(hand) if hand else "")
        self.hand.setVisible(bool(hand))
        self.hand.setAccessibleDescription(
            filled(_("Hand raised, number {place}"), place=str(hand)) if hand else ""
        )
        self._hand_sign.setVisible(bool(hand))
        self._hand_sign.setToolTip(_("Hand raised"))
        self._sharing.setVisible(person.sharing)
        self._sharing.setToolTip(_("Shares the screen"))
        self._microphone.show_icon(
            "mic" if person.microphone_on else "mic-off",
            "accent" if person.speaking and person.microphone_on else "muted",
        )
        self._microphone.setToolTip(_("Microphone on") if person.microphone_on else _("Muted"))
        self._camera.show_icon(
            "video" if person.camera_on else "video-off", "accent" if person.signing else "muted"
        )
        self._camera.setToolTip(_("Camera on") if person.camera_on else _("Camera off"))

    # What can be done -----------------------------------------------------------------------

    def menu(self) -> PersonMenu | None:
        """Return the menu of this person as it is now; there is none about oneself."""
        if self._person is None or self._person.is_me:
            return None
        return PersonMenu(self._person, self._actions, self)

    def open_menu(self) -> None:
        """Show the menu below its button."""
        menu = self.menu()
        if menu is not None:
            button = self.menu_button
            corner = button.mapToGlobal(QPoint(button.width(), button.height() + 4))
            menu.popup(corner - QPoint(menu.sizeHint().width(), 0))

    def open_loudness(self) -> None:
        """Show the slider, or put it away again."""
        self._fold.setVisible(self._fold.isHidden())
        if not self._fold.isHidden():
            self.volume.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_volume(self, value: int) -> None:
        """Show a loudness in percent without asking for it."""
        with QSignalBlocker(self.volume):
            self.volume.setValue(value)

    def show_volume(self, gain: float) -> None:
        """Show how loud this person is played here; 0.0 is silent, 1.0 as they are."""
        if gain == self._gain:
            return
        self._gain = gain
        if not self.volume.isSliderDown():
            self.set_volume(round(gain * 100))
        person, self._person = self._person, None
        if person is not None:
            self.show_person(person, self._hand)
