"""From a goal to a seat in a meeting: one's own is opened, at another's one knocks."""

import time
from collections.abc import Callable

from app.around import Around
from app.goal import Goal
from app.keeping import Memory
from app.meeting.contacts import Contacts
from app.meeting.machine import Meeting
from app.meeting.opening import Applicant, Plan, open_meeting
from app.net.gate import Gate
from app.net.signalling import Address
from app.rules import FREE, Rules
from app.screens import Progress
from app.visit import Admitted
from crypto.invite import Invite
from crypto.policy import PolicyFlag
from crypto.sodium import Random


class WayIn:
    """What a device needs to be let in: its identity, whom it knows, who is around."""

    def __init__(
        self,
        memory: Memory,
        contacts: Contacts,
        around: Around,
        random: Random,
        rules: Rules = FREE,
    ) -> None:
        self._memory = memory
        self._contacts = contacts
        self._around = around
        self._random = random
        self._firm = PolicyFlag(0)
        if rules.lobby:
            self._firm |= PolicyFlag.LOBBY
        if rules.password:
            self._firm |= PolicyFlag.PASSWORD

    def open(self, plan: Plan, name: str, addresses: tuple[Address, ...]) -> tuple[Meeting, Invite]:
        """Open a meeting of one's own; return it and the invitation to it."""
        host = Applicant.create(self._memory.identity(), name, addresses, self._random)
        kept = self._memory.invitations()
        now = time.time()
        seated, invite = open_meeting(plan, host, self._contacts, now, self._random, kept=kept)
        return Meeting(seated, self._random, time.time, self._firm), invite

    async def knock(
        self,
        goal: Goal,
        gate: Gate,
        password: str,
        *,
        name: str,
        addresses: tuple[Address, ...],
        tell: Callable[[Progress], None],
    ) -> tuple[Meeting, Admitted]:
        """Be let in to somebody's meeting, and tell how far it is; raises VisitError."""
        tell(Progress.CONNECTING)
        visit = await self._around.reach(goal, gate, password)
        goal.learn(visit.told)
        goal.tries_left = -1
        if visit.told.lobby and not goal.is_call:
            tell(Progress.WAITING)
        offered = tuple(address for address in addresses if address.host in gate)
        admitted = await visit.knock(self._memory.identity(), name, offered)
        tell(Progress.JOINING)
        return Meeting(admitted.seated, self._random, time.time, self._firm), admitted
