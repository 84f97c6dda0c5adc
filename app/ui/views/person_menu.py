"""The menu of one person: what may be done to them now, and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QActionGroup, QIcon
from PySide6.QtWidgets import QMenu, QWidget

from app.i18n import _
from app.intents import Intent, SetVolume
from app.meeting.view import Act, Person, Presence, Role, Tie
from app.meeting.wishes import (
    AddContact,
    AskToUnmute,
    Distrust,
    IgnoreContact,
    LowerHand,
    Mute,
    SetChat,
    SetRole,
    StopSharing,
    Trust,
)
from app.person_words import ROLES, ROLES_AT_LENGTH
from app.ui import theme
from app.ui.assets import icon

GIVEN = (Role.CO_HOST, Role.PRESENTER, Role.PARTICIPANT, Role.GUEST)
"""The roles that a host gives away; hosting itself is handed over."""


@dataclass(frozen=True)
class PersonActions:
    """What the menu leads to beyond wishes: sheets that ask once more, and the list's slider."""

    submit: Callable[[Intent], None]
    remove: Callable[[bytes], None]
    hand_over: Callable[[bytes], None]
    loudness: Callable[[bytes], None]
    quality: Callable[[], None]
    safety: Callable[[bytes], None]
    pin: Callable[[bytes], None] = lambda _dev: None
    offer: Callable[[bytes], None] = lambda _dev: None
    can_offer: Callable[[], bool] = lambda: False
    is_pinned: Callable[[bytes], bool] = lambda _dev: False
    volume: Callable[[bytes], float] = lambda _dev: 1.0


class PersonMenu(QMenu):
    """Made anew each time it opens, so that it fits what is so now."""

    def __init__(self, person: Person, actions: PersonActions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("person_menu_open")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setToolTipsVisible(True)
        self._person, self._actions = person, actions
        groups = (
            self._add_decision,
            self._add_requests,
            self._add_rights,
            self._add_tie,
            self._add_own,
        )
        for group in groups:
            before = len(self.actions())
            group()
            if len(self.actions()) > before:
                self.addSeparator()
        self._add("user-x", _("Remove…"), "remove", Act.REMOVE, lambda: actions.remove(person.dev))

    def _add_decision(self) -> None:
        """What to do about a key that changed."""
        if self._person.presence is Presence.HELD:
            submit, dev = self._actions.submit, self._person.dev
            self._plain("check", _("Accept the new key"), "trust", lambda: submit(Trust(dev)))
            self._plain("x", _("Keep out"), "distrust", lambda: submit(Distrust(dev)))

    def _add_requests(self) -> None:
        """What they are asked for, and can undo themselves."""
        person, submit, dev = self._person, self._actions.submit, self._person.dev
        if person.microphone_on:
            self._add("mic-off", _("Mute"), "mute", Act.MUTE, lambda: submit(Mute(dev)))
        else:
            self._add(
                "mic",
                _("Ask to unmute"),
                "ask_to_unmute",
                Act.ASK_TO_UNMUTE,
                lambda: submit(AskToUnmute(dev)),
            )
        if self._actions.can_offer() and person.presence is Presence.CONNECTED:
            offer = self._actions.offer
            self._plain("paperclip", _("Offer a file…"), "offer", lambda: offer(dev))
        if person.sharing:
            self._add(
                "screen-share-off",
                _("Stop their sharing"),
                "stop_sharing",
                Act.STOP_SHARING,
                lambda: submit(StopSharing(dev)),
            )
        if person.hand_since:
            self._add(
                "hand",
                _("Lower their hand"),
                "lower_hand",
                Act.LOWER_HAND,
                lambda: submit(LowerHand(dev)),
            )

    def _add_rights(self) -> None:
        """What they may do in this meeting."""
        person, submit, dev = self._person, self._actions.submit, self._person.dev
        self._add(
            "message-square-off" if person.chat_allowed else "message-square",
            _("Switch the chat off for them")
            if person.chat_allowed
            else _("Let them write in the chat"),
            "set_chat",
            Act.SET_CHAT,
            lambda: submit(SetChat(dev, not person.chat_allowed)),
        )
        if Act.SET_ROLE in person.may:
            self._add_roles()
        self._add(
            "crown",
            _("Hand the meeting over…"),
            "hand_over",
            Act.HAND_OVER,
            lambda: self._actions.hand_over(dev),
        )

    def _add_roles(self) -> None:
        roles = self.addMenu(_icon("users"), _("Role"))
        roles.setObjectName("menu_roles")
        roles.setToolTipsVisible(True)
        group = QActionGroup(roles)
        for role in GIVEN:
            action = roles.addAction(_(ROLES[role]))
            action.setObjectName(f"menu_role_{role.value}")
            action.setToolTip(_(ROLES_AT_LENGTH[role]))
            action.setCheckable(True)
            action.setChecked(role is self._person.role)
            action.setActionGroup(group)
            wish = SetRole(self._person.dev, role)
            action.triggered.connect(lambda _on=False, wish=wish: self._actions.submit(wish))

    def _add_tie(self) -> None:
        """Whether they can be called without a link."""
        submit, dev = self._actions.submit, self._person.dev
        match self._person.tie:
            case Tie.NONE:
                self._plain(
                    "phone", _("Add to contacts"), "add_contact", lambda: submit(AddContact(dev))
                )
            case Tie.OFFERED:
                self._plain("clock", _("Contact offered; they have not answered"), "offered", None)
            case Tie.WANTED:
                self._plain(
                    "phone",
                    _("Accept as a contact"),
                    "accept_contact",
                    lambda: submit(AddContact(dev)),
                )
                self._plain(
                    "x",
                    _("No contact for now"),
                    "ignore_contact",
                    lambda: submit(IgnoreContact(dev)),
                )
            case Tie.CONTACT:
                self._plain("check", _("Is a contact"), "contact", None)

    def _add_own(self) -> None:
        """What changes something on this computer only."""
        dev = self._person.dev
        pinned = self._actions.is_pinned(dev)
        self._plain(
            "pin-off" if pinned else "pin",
            _("No longer keep large") if pinned else _("Keep large"),
            "pin",
            lambda: self._actions.pin(dev),
        )
        silent = self._actions.volume(dev) == 0
        self._plain(
            "volume-2" if silent else "volume-x",
            _("Hear them again") if silent else _("Mute for me only"),
            "mute_here",
            lambda: self._actions.submit(SetVolume(dev, 1.0 if silent else 0.0)),
        )
        self._plain("volume-2", _("Loudness"), "loudness", lambda: self._actions.loudness(dev))
        self._plain("signal", _("Call quality"), "quality", self._actions.quality)
        self._plain("shield-check", _("Safety"), "safety", lambda: self._actions.safety(dev))

    def _add(self, icon_name: str, words: str, name: str, act: Act, do: Callable[[], None]) -> None:
        if act in self._person.may:
            self._plain(icon_name, words, name, do)

    def _plain(self, icon_name: str, words: str, name: str, do: Callable[[], None] | None) -> None:
        action = self.addAction(_icon(icon_name), words)
        action.setObjectName(f"menu_{name}")
        action.setEnabled(do is not None)
        if do is not None:
            action.triggered.connect(lambda _on=False: do())


def _icon(name: str) -> QIcon:
    return icon(name, theme.current().text, round(18 * theme.scale()))
