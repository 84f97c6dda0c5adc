"""Where it leads what a person asked for on the first screen."""

from typing import assert_never

from app import goal as goals
from app.around import Around
from app.goal import Goal, GoalError
from app.i18n import _
from app.intents import AnswerCall, CallContact, JoinLink, JoinNearby, StartMeeting
from app.meeting.contacts import Contacts
from app.meeting.opening import Plan
from crypto.cpace import MAX_PASSWORD

Departure = StartMeeting | JoinLink | JoinNearby | CallContact | AnswerCall


class Destinations:
    """Knows what is around and who can be called."""

    def __init__(self, around: Around, contacts: Contacts) -> None:
        self._around = around
        self._contacts = contacts

    def of(self, intent: Departure, *, lan_only: bool = False) -> Goal:
        """Return where an intent leads; raises GoalError.

        `lan_only` is chosen for a meeting about which nobody is asked.
        """
        match intent:
            case StartMeeting(name=name, password=password):
                if len(password.encode("utf-8", "replace")) > MAX_PASSWORD:
                    raise GoalError("password_long")
                plan = Plan(
                    title=intent.title,
                    lobby=intent.lobby,
                    visible=intent.visible,
                    password=password,
                    lan_only=intent.lan_only,
                    reopen=intent.reopen,
                    open_router=intent.open_router,
                )
                return goals.own(plan, name)
            case JoinLink(text):
                return goals.from_text(text)
            case JoinNearby(key):
                found = self._around.nearby.get(key)
                if found is None:
                    raise GoalError("gone" if key else "")
                return goals.from_nearby(found)
            case CallContact(dev, name):
                contact = self._contacts.callable().get(dev)
                if contact is None:
                    raise GoalError("contact_gone")
                plan = Plan(title=_("{name}'s meeting").format(name=name), lan_only=lan_only)
                return goals.to_call(plan, name, dev, contact.name)
            case AnswerCall(key):
                call = self._around.calls.get(key)
                if call is None:
                    raise GoalError("call_over")
                return goals.from_call(call)
            case _:
                assert_never(intent)
