"""What the organisation's rules leave of a person's wish: all of it, a stricter one, or nothing."""

from collections.abc import Mapping
from dataclasses import replace

from app.intents import (
    AnswerCall,
    CallContact,
    Intent,
    JoinNearby,
    LookForScreens,
    OpenRouter,
    SaveChat,
    ScanCode,
    ScanInvitation,
    ShareScreen,
    StartMeeting,
)
from app.meeting.view import MeetingView, Power
from app.meeting.wishes import (
    AcceptFile,
    AddContact,
    LookAtFile,
    OfferFile,
    Ring,
    SaveFile,
    Say,
    SetCamera,
    SetChatForAll,
    SetLobby,
    Write,
)
from app.rules import Function, Rules
from app.screens import Home, InMeeting, Screen

NEEDS: Mapping[type, Function] = {
    AcceptFile: Function.FILES,
    AddContact: Function.CONTACTS,
    AnswerCall: Function.CONTACTS,
    CallContact: Function.CONTACTS,
    JoinNearby: Function.NEARBY,
    LookAtFile: Function.FILES,
    LookForScreens: Function.SCREEN_SHARING,
    OfferFile: Function.FILES,
    OpenRouter: Function.OPEN_ROUTER,
    Ring: Function.CONTACTS,
    SaveChat: Function.SAVE_CHAT,
    SaveFile: Function.FILES,
    Say: Function.CHAT,
    SetChatForAll: Function.CHAT,
    ShareScreen: Function.SCREEN_SHARING,
    Write: Function.CHAT,
}
"""Which function has to be there for a wish; what is not named is always there."""


class NotPermittedError(Exception):
    """The organisation does not allow it; `notice` is a key of the home texts."""

    def __init__(self, notice: str) -> None:
        super().__init__(notice)
        self.notice = notice


def shown(screen: Screen, rules: Rules) -> Screen:
    """Return what is to be seen where functions are switched off."""
    match screen:
        case Home() if rules.off:
            return replace(
                screen,
                nearby=screen.nearby if rules.allow(Function.NEARBY) else (),
                contacts=screen.contacts if rules.allow(Function.CONTACTS) else (),
                calls=screen.calls if rules.allow(Function.CONTACTS) else (),
            )
        case InMeeting(view=view) if rules.off:
            screen = replace(screen, view=_view(view, rules))
            if not rules.allow(Function.CONTACTS):
                screen = replace(screen, contacts=(), calls=())
            return screen
    return screen


def _view(view: MeetingView, rules: Rules) -> MeetingView:
    if not rules.allow(Function.CHAT):
        powers = view.powers - {Power.CHAT, Power.SET_CHAT}
        view = replace(view, chat=(), live_texts=(), powers=powers)
    if not rules.allow(Function.FILES):
        view = replace(view, files=())
    if not rules.allow(Function.SCREEN_SHARING):
        view = replace(view, powers=view.powers - {Power.SHARE})
    return view


def permitted(intent: Intent, rules: Rules) -> Intent:
    """Return what may be done of an intent; raises NotPermittedError."""
    needed = NEEDS.get(type(intent))
    if needed is not None and not rules.allow(needed):
        raise NotPermittedError("switched_off")
    match intent:
        case SetCamera(on=True) | ScanCode(on=True) | ScanInvitation(on=True):
            if not rules.allow(Function.CAMERA):
                raise NotPermittedError("switched_off")
        case SetLobby(on=False) if rules.lobby:
            raise NotPermittedError("switched_off")
        case CallContact() if rules.password:
            raise NotPermittedError("password_required")
        case StartMeeting(lobby=lobby, visible=visible, password=password, lan_only=lan_only):
            if rules.password and not password:
                raise NotPermittedError("password_required")
            return replace(
                intent,
                lobby=lobby or rules.lobby,
                visible=visible and rules.allow(Function.NEARBY),
                lan_only=lan_only or rules.lan_only,
                open_router=intent.open_router and rules.allow(Function.OPEN_ROUTER),
            )
    return intent
