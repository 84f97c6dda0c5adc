"""The bar below the pictures: one's devices, the panels, and the way out."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.i18n import _, ngettext
from app.meeting.view import MeetingView, Power
from app.texts import filled
from app.ui import keys
from app.ui.keys import with_keys
from app.ui.widgets.buttons import Button
from app.ui.widgets.device_buttons import camera_button, microphone_button
from app.ui.widgets.painting import paint_over
from app.ui.widgets.round_button import RoundButton
from app.ui.widgets.space_line import SpaceLine

_ANY = 16_777_215  # pixels: what Qt takes for no limit


@dataclass(frozen=True)
class BarActions:
    """What the buttons of the bar do."""

    microphone: Callable[[], None]
    camera: Callable[[], None]
    share: Callable[[], None]
    hand: Callable[[], None]
    react: Callable[[], None]
    chat: Callable[[], None]
    people: Callable[[], None]
    invite: Callable[[], None]
    more: Callable[[], None]
    leave: Callable[[], None]


class Bar(QWidget):
    """Drops words where the window is too narrow for them; names and tool tips stay."""

    def __init__(self, actions: BarActions) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._over = False
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 8, 12, 10)
        self._row.setSpacing(6)
        self.microphone = microphone_button(actions.microphone, on_stage=True)
        self.camera = camera_button(actions.camera, on_stage=True)
        self.share = RoundButton(
            actions.share, name="share", icon_name="screen-share", word=_("Share")
        )
        self.hand = RoundButton(actions.hand, name="hand", icon_name="hand", word=_("Hand"))
        self.react = RoundButton(
            actions.react, name="react", icon_name="smile", word=_("React"),
            accessible=_("Show a reaction"),
        )  # fmt: skip
        self.chat = RoundButton(
            actions.chat, name="chat", icon_name="message-square", word=_("Chat")
        )
        self.people = RoundButton(
            actions.people, name="people", icon_name="users", word=_("People")
        )
        self.invite = RoundButton(
            actions.invite, name="invite", icon_name="user-plus", word=_("Invite")
        )
        self.more = RoundButton(actions.more, name="more", icon_name="ellipsis", word=_("More"))
        self.leave = Button(
            _("Leave"), actions.leave, name="leave", role="leave", icon_name="log-out"
        )
        self._devices = (self.microphone, self.camera)
        self._others = (
            self.share,
            self.hand,
            self.react,
            self.chat,
            self.people,
            self.invite,
            self.more,
        )
        self._invites = self._shares = False
        self._left = self.space = SpaceLine()  # keeps the middle in the middle
        self._right = QWidget()
        self._right.setObjectName("bar_right")
        self._right.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        right = QHBoxLayout(self._right)
        right.setContentsMargins(0, 0, 0, 0)
        right.addStretch(1)
        right.addWidget(self.leave, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addWidget(self._left, 1)
        for button in (*self._devices, *self._others):
            self._row.addWidget(button)
        self._row.addWidget(self._right, 1)

    def show_view(
        self, view: MeetingView, *, unread: int, chat_open: bool, people_open: bool
    ) -> None:
        """Show this state."""
        self.microphone.show_device(view.microphone_on)
        self.camera.show_device(view.camera_on)
        sharing = any(person.is_me and person.sharing for person in view.people)
        self.share.show_state(
            icon_name="screen-share-off" if sharing else "screen-share",
            word=_("Stop sharing") if sharing else _("Share"),
            accessible=with_keys(
                _("You share your screen. Stop sharing") if sharing else _("Share your screen"),
                keys.SHARE,
            ),
            live=sharing,
        )
        self.hand.show_state(
            word=_("Hand up") if view.hand_up else _("Hand"),
            accessible=with_keys(
                _("Hand raised. Take it down") if view.hand_up else _("Raise your hand"), keys.HAND
            ),
            opened=view.hand_up,
        )
        chat = with_keys(_("Chat"), keys.CHAT)
        if unread:
            chat += ". " + filled(
                ngettext("{count} new message", "{count} new messages", unread),
                count=str(unread),
            )
        self.chat.show_state(
            accessible=chat,
            opened=chat_open,
            marked=bool(unread),
            count=str(min(unread, 99)) if unread else "",
        )
        people = with_keys(_("People"), keys.PEOPLE)
        waiting = len(view.knocks)
        if waiting:
            people += ". " + filled(
                ngettext("{count} person knocks", "{count} people knock", waiting),
                count=str(waiting),
            )
        self.people.show_state(
            accessible=people,
            opened=people_open,
            marked=bool(waiting),
            count=str(len(view.people)),
        )
        offered = self.invites(view), sharing or Power.SHARE in view.powers
        if offered != (self._invites, self._shares):
            self._invites, self._shares = offered
            self._fit()

    def invites(self, view: MeetingView) -> bool:
        """Tell whether this person can invite somebody now."""
        return bool(view.invitation) and not view.test_guest

    def float_over(self, on: bool) -> None:
        """Have a ground of its own, because pictures lie behind."""
        self._over = on
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._over:
            paint_over(QPainter(self), self.rect())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Take the most words that fit: all, those of devices and the way out, of devices, none.

        Where not even the circles fit, what is needed least goes first: the menu has it too.
        """
        self.invite.setVisible(self._invites)
        self.share.setVisible(self._shares)
        self.hand.show()
        self.react.show()
        leave_out = {
            "fewer": (self.invite, self.react),
            "few": (self.share,),
            "fewest": (self.hand,),
        }
        for words in ("all", "devices", "live", "none", "fewer", "few", "fewest"):
            for button in leave_out.get(words, ()):
                button.hide()
            shown = [button for button in (*self._devices, *self._others) if not button.isHidden()]
            for button in shown:
                device = button in self._devices
                button.show_word(words == "all" or (device and words in {"devices", "live"}))
            self.leave.setText(_("Leave") if words in {"all", "devices"} else "")
            gap = 6 if words == "all" else 4
            self._row.setSpacing(gap)
            leave = self.leave.sizeHint().width()
            need = sum(button.sizeHint().width() for button in shown)
            need += leave + gap * (len(shown) + 1) + 24
            if need <= self.width():
                break
        # In the middle of the bar while there is room on both sides, else in that of the room
        # beside the way out.
        spare = self.width() - need
        balanced = spare >= leave
        self._left.setMaximumWidth(_ANY if balanced else max(0, spare // 2 - gap))
        self._left.setVisible(balanced or spare > 4 * gap)
