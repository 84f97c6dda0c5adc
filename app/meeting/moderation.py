"""What one person may do to others: ask a member's program, or have the leader write it down."""

from collections.abc import Iterable

from app.meeting.assembly import Assembly
from app.meeting.chat import Allowance
from app.meeting.leading import Lead
from app.meeting.member import Member
from crypto import rights
from crypto.errors import ForgedError
from crypto.messages import Ask, Favour, Order
from crypto.operations import Ordered, Remove, RemoveReason, Role, SetChat, SetPolicy
from crypto.policy import Policy, PolicyFlag
from crypto.requests import Orderable
from crypto.rights import Right
from crypto.roster import Member as Seat

NEEDS = {
    Favour.MUTE: Right.MUTE,
    Favour.STOP_SHARING: Right.STOP_SHARING,
    Favour.LOWER_HAND: Right.LOWER_HAND,
    Favour.ASK_TO_UNMUTE: Right.ASK_TO_UNMUTE,
}
"""The right that it takes to ask for each favour."""


NOTHING = PolicyFlag(0)
ORDERS = 30  # of one co-host at once: as many as there are people in any meeting ...
PACE = 1.0  # ... and a second after that: each is a new key for everybody
QUESTIONS = 3  # to one person, whoever asks them to unmute, that are shown at once ...
ASKED_AGAIN = 1 / 20  # ... and a second after that: a no is an answer


class Moderation:
    """Sends requests and obeys them; who has no right to ask changes nothing.

    No request switches anything on: the most that one can be asked for is to do so oneself.
    """

    def __init__(self, table: Assembly, lead: Lead, firm: PolicyFlag = NOTHING) -> None:
        """`firm` are rules that nobody switches off while this device leads."""
        self._table = table
        self._lead = lead
        self._firm = firm
        self._last_order = 0
        self.asked_by = ""  # the name of who asks this person to switch the microphone on
        self._paces: dict[bytes, Allowance] = {}  # by call key, for orders
        self._patience = Allowance(QUESTIONS, ASKED_AGAIN)  # of the person who is asked to unmute
        self.refused = 0  # requests of members who may not ask, or ask too often

    # -- favours: between two programs, not in the log -----------------------------------------

    def ask(self, what: Favour, devs: Iterable[bytes]) -> None:
        """Ask some members' programs for a favour; of those who need not do it, for nothing."""
        mine = self._mine
        for dev in devs:
            theirs = self._table.roster.members.get(dev)
            if theirs is not None and rights.may_to(mine.role, NEEDS[what], theirs.role):
                self._table.paths.send(dev, Ask(what=what).encode())

    def hear(self, member: Member, ask: Ask, now: float) -> None:
        """Do what a member asks for, if the member may, and say who asked."""
        table, talk = self._table, self._table.talk
        asker = table.roster.members[member.dev]
        if not rights.may_to(asker.role, NEEDS[ask.what], self._mine.role):
            self.refused += 1
            return
        match ask.what:
            case Favour.MUTE if talk.microphone_on:
                talk.use_devices(False, talk.camera_on)
                table.notices.add("muted_by", by=member.name)
            case Favour.STOP_SHARING if talk.sharing:
                talk.share(False)
                table.notices.add("share_stopped_by", by=member.name)
            case Favour.LOWER_HAND if talk.hand_since:
                talk.raise_hand(False)
                table.notices.add("hand_lowered_by", by=member.name)
            case Favour.ASK_TO_UNMUTE if not talk.microphone_on and not self.asked_by:
                if not self._patience.take(now):
                    self.refused += 1
                    return
                self.asked_by = member.name
                table.notices.add("asked_to_unmute", by=member.name)
            case _:
                pass  # it is so already

    def answer(self, accept: bool) -> None:
        """Switch one's own microphone on because somebody asked for it, or not."""
        talk = self._table.talk
        if self.asked_by and accept:
            talk.use_devices(True, talk.camera_on)
        self.asked_by = ""

    # -- orders: in the log, by the leader or on a co-host's word -------------------------------

    def remove(self, dev: bytes) -> None:
        """Put somebody out for the rest of the meeting."""
        seat = self._table.roster.members.get(dev)
        if seat and rights.may_to(self._mine.role, Right.REMOVE, seat.role):
            self._command(Remove(dev, RemoveReason.BY_HOST))

    def set_chat(self, dev: bytes, allowed: bool) -> None:
        """Let somebody write chat lines, or not."""
        seat = self._table.roster.members.get(dev)
        if seat is None or seat.chat_allowed == allowed:
            return
        if rights.may_to(self._mine.role, Right.SET_CHAT, seat.role):
            self._command(SetChat(dev, allowed))

    def set_policy(self, flag: PolicyFlag, on: bool) -> None:
        """Let another rule hold for the whole meeting."""
        before = self._table.roster.policy
        after = Policy(before.flags | flag if on else before.flags & ~flag, before.most_people)
        if self.is_firm(flag) and not on:
            return
        if after != before and rights.may_change(self._mine.role, before, after):
            self._command(SetPolicy(after))

    def is_firm(self, flag: PolicyFlag) -> bool:
        """Tell whether a rule stays on as long as this device leads."""
        return bool(self._table.leads and self._firm & flag)

    def obey(self, member: Member, order: Order, data: bytes, now: float) -> None:
        """As the leader: write down what a co-host orders; ForgedError for another's order."""
        if order.dev != member.dev:
            raise ForgedError("an order is by somebody else")
        if self._table.roster.members[member.dev].role is not Role.CO_HOST:
            self.refused += 1  # the rules would say so, too, but only after some work
            return
        if isinstance(order.operation, SetPolicy) and self._loosens(order.operation.policy):
            self.refused += 1
            return
        order.verify(member.call_key, self._table.roster.call_id)
        pace = self._paces.setdefault(member.call_key, Allowance(ORDERS, PACE, at=now))
        if not pace.take(now):
            self.refused += 1
            return
        self._lead.order(Ordered(data))  # the rules of the log judge it

    def _loosens(self, after: Policy) -> bool:
        """Tell whether a rule that stays on would be switched off."""
        return bool(self._table.roster.policy.flags & self._firm & ~after.flags)

    def _command(self, operation: Orderable) -> None:
        table = self._table
        if table.leads:
            self._lead.order(operation)
            return
        self._last_order = max(self._last_order, self._mine.last_order) + 1
        order = Order(dev=table.me.dev, number=self._last_order, operation=operation)
        signed = order.signed(table.roster.call_id, table.me.sign)
        table.paths.send(table.roster.leader, signed.encode())

    @property
    def _mine(self) -> Seat:
        return self._table.roster.members[self._table.me.dev]
