"""From the first screen to a preview, through the door, into the meeting and out of it again."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from app import goal as goals
from app import showing
from app.around import Around
from app.attendance import Attendance
from app.board import REFRESH, Board
from app.crossed_calls import CrossedCalls
from app.destinations import Departure, Destinations
from app.equipment import Equipment, Switches
from app.evidence import save
from app.goal import Goal, GoalError
from app.i18n import _
from app.intents import AnswerCall, RefreshDevices, ShareScreen, TryMicrophone, TrySpeaker
from app.invitation_scan import InvitationScan
from app.keeping import Memory
from app.meeting.contacts import Contacts
from app.meeting.machine import Meeting
from app.meeting.opening import Plan
from app.meeting.wishes import End, Leave, Ring
from app.net.gate import Gate
from app.net.signalling import ListenError
from app.recents import Recents
from app.rules import Function
from app.screens import Farewell, Home, InMeeting, Preview, Progress
from app.studio import Studio
from app.tasks import OneAtATime, Tasks
from app.visit import Admitted, VisitError
from app.way_in import WayIn
from crypto.sodium import Random
from crypto.vault_content import Proof

RETRIABLE = {
    "port_busy",
    "unreachable",
    "elsewhere",
    "refused",
    "locked",
    "full",
    "host_lost",
    "invite_unknown",
}
CALLS_ON = 6.0  # seconds to get in where a contact called whom we called, too
ASKS_PASSWORD = frozenset({"password_needed", "password_wrong", "password_blocked"})

log = logging.getLogger(__name__)


class Journey:
    """Takes one step at a time: a new one gives up the one before, and tidies up after it.

    `guest` starts the test guest with an invitation and returns a function that ends it.
    """

    def __init__(
        self,
        memory: Memory,
        contacts: Contacts,
        random: Random,
        *,
        board: Board,
        around: Around,
        equipment: Equipment,
        attendance: Attendance,
        tasks: Tasks,
        guest: Callable[[str], Callable[[], None]] | None,
        recents: Recents | None,
    ) -> None:
        self._memory = memory
        self._contacts = contacts
        self._dev = memory.identity().dev
        self._board = board
        self._around = around
        self._equipment = equipment
        self._attendance = attendance
        self._tasks = tasks
        self._guest = guest
        self._recents = recents
        self._name = equipment.ways.name
        self._goal: Goal | None = None
        self._gate = Gate.of(equipment.ways.rules)  # of the meeting that this leads to
        self._proof: Proof | None = None
        self._step = OneAtATime(tasks)
        self._invitation = InvitationScan(self._invited, self.go_home, board.mark)
        self._destinations = Destinations(around, contacts)
        self._way_in = WayIn(memory, contacts, around, random, equipment.ways.rules)
        self._crossed = CrossedCalls(self._dev, around.calls)
        self._next: tuple[Goal, Goal | None] | None = None  # after the meeting that is being left

    # -- where a person wants to go -----------------------------------------------------------

    def set_out(self, departure: Departure) -> None:
        """Look at oneself before going where this leads; a place that is not there is told."""
        if isinstance(departure, AnswerCall) and self._attendance.conductor is not None:
            self._answer(departure)
            return
        self._name = departure.name
        ways = self._equipment.ways
        lan_only = ways.lan_only or ways.rules.lan_only
        try:
            self._step.start(self._preview(self._destinations.of(departure, lan_only=lan_only)))
        except GoalError as error:
            self.show_home(error.notice)

    def set_out_again(self) -> None:
        """Try once more what did not succeed."""
        if self._goal is not None:
            self._step.start(self._preview(self._goal))

    def set_out_alone(self, name: str) -> None:
        """Open a meeting with the test guest."""
        self._name = name
        self._step.start(self._try())

    def enter(self, name: str, password: str) -> None:
        """Go in from the preview; not with a second click."""
        if self._goal is not None and self._attendance.conductor is None:
            self._name = name
            self._step.start(self._enter(self._goal, password))

    def go_home(self) -> None:
        """Leave what there is, for the first screen."""
        self._step.start(self._go_home())

    def scan_invitation(self, on: bool, name: str) -> None:
        """Look for an invitation with the camera from the first screen, or stop it."""
        self._name = name or self._name
        if on:
            self._step.start(self._look_for_invitation())
        elif isinstance(self._board.screen, Home):  # not when it has led to a preview
            self.go_home()

    def use_devices(self, intent: TrySpeaker | TryMicrophone | RefreshDevices) -> None:
        """Try speaker or microphone from the first screen, or look for what is plugged in.

        Going anywhere ends it.
        """
        self._step.start(self._use_devices(intent))

    def finished(self, reason: str, proof: Proof | None) -> None:
        """The meeting is over for this device."""
        following, self._next = self._next, None
        if following is None or proof is not None:
            self._step.start(self._farewell(reason, proof))
        else:
            self._step.start(self._change_over(*following))

    async def end(self) -> None:
        """Leave what there is, and let go of every device."""
        await self._attendance.end()
        await self._close_studio()

    # -- before the meeting -------------------------------------------------------------------

    async def _preview(self, goal: Goal) -> None:
        await self._attendance.end()
        self._aim_at(goal)
        await self._open_studio()
        self._show_preview()
        self._tasks.start(self._refresh_level(self._equipment.studio))
        closed = goal.password_needed and not goal.is_open_to_all
        if goal.door is not None and not goal.title and not closed:
            await self._introduce(goal)

    def _aim_at(self, goal: Goal) -> None:
        self._goal = goal
        self._gate = Gate.of(self._equipment.ways.rules, lan_only=goal.lan_only)

    async def _refresh_level(self, studio: Studio | None) -> None:
        """Look at the level of an open microphone as long as this preview is on."""
        while (
            studio is not None
            and self._equipment.studio is studio
            and isinstance(self._board.screen, Preview)
        ):
            if studio.microphone_on:
                self._board.mark()
            await asyncio.sleep(REFRESH)

    async def _introduce(self, goal: Goal) -> None:
        """Learn whose meeting it is while the person looks at the preview."""
        try:
            visit = await self._around.reach(goal, self._gate)
        except VisitError as error:
            if isinstance(self._board.screen, Preview):
                await self._turned_away(goal, error)
            return
        goal.learn(visit.told)
        visit.close()
        if isinstance(self._board.screen, Preview):
            self._show_preview()

    async def _look_for_invitation(self) -> None:
        """Open the camera on the first screen, and nothing else."""
        await self._attendance.end()
        studio = await self._open_studio()
        self.show_home()
        self._invitation.start(studio)

    def _invited(self, goal: Goal) -> None:
        """The camera has read an invitation: look at oneself before going there."""
        self._step.start(self._preview(goal))

    async def _use_devices(self, intent: TrySpeaker | TryMicrophone | RefreshDevices) -> None:
        studio = self._equipment.studio or await self._open_studio()
        studio.handle(intent)

    async def _turned_away(self, goal: Goal, error: VisitError) -> None:
        """Say why we are not let in; ask for the password where that is the reason."""
        reason = error.reason
        if reason in ASKS_PASSWORD and (reason == "password_needed" or error.tries_left >= 0):
            goal.password_needed, goal.tries_left = True, error.tries_left
            await self._attendance.end()
            self._show_preview()
            self._tasks.start(self._refresh_level(self._equipment.studio))
        elif goal.is_call and reason in ("invite_unknown", "unreachable"):
            await self._farewell("contact_unknown")
        else:
            await self._farewell(reason)

    # -- into the meeting ---------------------------------------------------------------------

    async def _enter(self, goal: Goal, password: str = "", back: Goal | None = None) -> None:
        if self._equipment.studio is None:
            await self._open_studio()
        await self._attendance.end()
        self._crossed.begin()
        try:
            room = self._attendance.open_port(self._gate)
        except ListenError:
            await self._farewell("port_busy")
            return
        if goal.plan is not None:
            if goal.plan.open_router:
                await room.open_door()  # so that its address stands in the first invitation
            meeting, invite = self._way_in.open(goal.plan, self._name, room.addresses)
            await self._begin(goal, meeting)
            if goal.ring and (conductor := self._attendance.conductor) is not None:
                conductor.happened(Ring(goal.ring))
            if goal.plan.test_guest and self._guest is not None:
                self._attendance.has_guest(self._guest(invite.link()))
            return
        tell = partial(self._show_waiting, goal)
        try:
            async with asyncio.timeout(CALLS_ON if back is not None else None):
                found = await self._way_in.knock(
                    goal, self._gate, password, name=self._name, addresses=room.addresses, tell=tell
                )
        except (VisitError, TimeoutError) as error:
            if back is not None:
                self._equipment.carry()
                await self._change_over(back, None)
            elif isinstance(error, VisitError):
                await self._turned_away(goal, error)
            return
        if goal.crossed:
            found[0].tell("called_each_other", goal.host_name)
        await self._begin(goal, *found)

    async def _begin(self, goal: Goal, meeting: Meeting, admitted: Admitted | None = None) -> None:
        await self._attendance.begin(meeting, goal, admitted)
        stay, ways = self._attendance.stay, self._equipment.ways
        if stay is not None and ways.share and ways.rules.allow(Function.SCREEN_SHARING):
            stay.sharer.handle(ShareScreen(ways.share))
        self.draw()
        if self._recents is not None and isinstance(self._board.screen, InMeeting):
            self._recents.note(self._board.screen.view, goal.link)

    async def _try(self) -> None:
        await self._attendance.end()
        self._aim_at(goals.own(Plan(_("Try Conclave"), lobby=False, test_guest=True), self._name))
        studio = await self._open_studio()
        studio.stand_in()
        studio.use(microphone=True, camera=True)
        if self._goal is not None:
            await self._enter(self._goal)

    # -- out of one meeting into another ------------------------------------------------------

    def go_on(self) -> None:
        """Follow who calls us while we call them, if that is ours to do; draw what there is."""
        stay = self._attendance.stay
        if stay is not None:
            meeting = stay.conductor.meeting
            lan_only = meeting.roster.policy.lan_only
            call = self._crossed.look(meeting.waits_for, lan_only=lan_only)
            if call is not None:
                self._leave_for(goals.from_call(call, crossed=True), Leave())
        self.draw()

    def _answer(self, departure: AnswerCall) -> None:
        """Leave this meeting for that of a contact who calls; one who has hung up is let be."""
        with contextlib.suppress(GoalError):
            goal = self._destinations.of(departure)
            self._name = departure.name
            self._leave_for(goal, departure.leave)

    def _leave_for(self, goal: Goal, leave: Leave | End) -> None:
        """Leave as asked, or else just go; then `_change_over`, by way of `finished`."""
        conductor, own = self._attendance.conductor, self._goal
        if conductor is None or own is None:
            return
        back = None
        if conductor.meeting.waits_for == goal.caller:
            plan = own.plan or Plan(own.title, lan_only=own.lan_only)
            back = goals.to_call(plan, self._name, goal.caller, goal.host_name)
        self._equipment.carry(Switches() if own.is_test else None)
        self._next = goal, back
        conductor.happened(leave)
        conductor.happened(Leave())
        self._next = None

    async def _change_over(self, goal: Goal, back: Goal | None) -> None:
        """Go straight into another meeting; `back` is where to call on from if that fails."""
        await self._attendance.end()
        self._aim_at(goal)
        await self._equipment.reopen(self._gate)
        await self._enter(goal, back=back)

    # -- out of it ----------------------------------------------------------------------------

    async def _farewell(self, reason: str, proof: Proof | None = None) -> None:
        title = self._goal.title if self._goal else ""
        await self.end()
        self._proof = proof
        retry = reason in RETRIABLE | ASKS_PASSWORD
        self._board.put(Farewell(reason, title, can_retry=retry, proof=proof is not None))

    async def save_proof(self, path: Path) -> None:
        """Write the proof of the meeting that was just left into a file."""
        screen, proof = self._board.screen, self._proof
        if proof is None or not isinstance(screen, Farewell):
            return
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(None, save, (proof,), path)
            saved = True
        except OSError as error:
            log.warning("a proof could not be written: %s", type(error).__name__)
            saved = False
        if self._board.screen == screen:
            self._board.put(replace(screen, proof_saved=saved))

    async def _go_home(self) -> None:
        await self.end()
        self._goal = self._proof = None
        self.show_home()

    async def _open_studio(self) -> Studio:
        await self._invitation.stop()
        return await self._equipment.open(self._gate)

    async def _close_studio(self) -> None:
        await self._invitation.stop()
        await self._equipment.close()

    # -- screens ------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw the screen that is shown anew from how things stand."""
        match self._board.screen:
            case Home(notice=notice):
                self.show_home(notice)
            case Preview():
                self._show_preview()
        self.show_meeting()

    def show_home(self, notice: str = "") -> None:
        """Show the first screen; the notice is a key of its texts."""
        around, contacts = self._around, self._contacts
        reopen = bool(self._memory.invitations())
        recents = self._recents.cards(around.nearby, contacts) if self._recents else ()
        home = showing.home(self._name, notice, around, contacts, reopen, recents=recents)
        self._board.put(showing.with_devices(home, self._invitation, self._equipment.studio))

    def show_meeting(self) -> None:
        """Show the meeting, if there is one."""
        if self._attendance.stay is not None:
            calls = self._crossed.shown(self._around.calls.incoming)
            self._board.put(self._attendance.stay.screen(self._dev, self._contacts, calls))

    def _show_preview(self) -> None:
        if self._goal is not None and self._equipment.studio is not None:
            self._board.put(showing.preview(self._name, self._goal, self._equipment.studio))

    def _show_waiting(self, goal: Goal, progress: Progress) -> None:
        self._board.put(showing.waiting(goal, progress, self._equipment.studio))
