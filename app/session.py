"""One person's way through the app: home, preview, the door, the meeting, farewell."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from app import goal as goals
from app import showing
from app.announcing import Announcing
from app.around import Around
from app.conductor import Conductor
from app.destinations import Destinations
from app.engine import let_go, settle
from app.evidence import save
from app.goal import Goal, GoalError
from app.i18n import _
from app.intents import (
    AnswerCall,
    CallContact,
    DeclineCall,
    EndSharing,
    Enter,
    ForgetContact,
    ForgetRecent,
    GivePassphrase,
    GoHome,
    Intent,
    JoinLink,
    JoinNearby,
    JoinRecent,
    LookAtQuality,
    LookForScreens,
    RefreshDevices,
    Retry,
    SaveChat,
    SaveProof,
    ScanCode,
    ScanInvitation,
    SetSetting,
    ShareScreen,
    StartMeeting,
    TryConclave,
    TryMicrophone,
    TrySpeaker,
)
from app.invitation_scan import InvitationScan
from app.keeping import Keeping, Memory
from app.meeting.machine import Meeting
from app.meeting.opening import Plan
from app.meeting.wishes import Ring, Scanned, SetCamera, SetMicrophone
from app.net.signalling import ListenError
from app.permission import NotPermittedError, permitted, shown
from app.recents import Recents
from app.room import Room
from app.scanning import Scanning
from app.screens import (
    Farewell,
    Home,
    InMeeting,
    Preview,
    Progress,
    Screen,
)
from app.stay import Stay
from app.studio import Studio
from app.tasks import OneAtATime, Tasks, to_the_end
from app.visit import Admitted, VisitError
from app.way_in import WayIn
from app.ways import Ways
from crypto.sodium import Random
from crypto.vault_content import Proof
from media.slot import Slot
from media.video.picture import Picture

LET_GO_AFTER = 1.0  # seconds after a meeting: until then the window has thrown away its view
REFRESH = 0.1  # seconds between two looks at levels and speakers
RETRIABLE = {"port_busy", "unreachable", "refused", "locked", "full", "host_lost", "invite_unknown"}
ASKS_PASSWORD = frozenset({"password_needed", "password_wrong", "password_blocked"})

log = logging.getLogger(__name__)


class Session:
    """Turns intents into screens; everything on the engine's loop.

    `publish` gets every new screen; `guest` starts the test guest with an invitation and returns
    a function that ends it.
    """

    def __init__(
        self,
        memory: Memory,
        ways: Ways,
        publish: Callable[[Screen], None],
        random: Random,
        *,
        guest: Callable[[str], Callable[[], None]] | None = None,
        setting: Callable[[str, object], None] | None = None,
        recents: Recents | None = None,
    ) -> None:
        self._memory = memory
        self.ways = ways
        self._publish = publish
        self._guest = guest
        self._setting = setting
        self._recents = recents
        self._contacts = memory.contacts()
        self._dev = memory.identity().dev
        self._name = ways.name
        self._screen: Screen = Home(self._name)
        self._goal: Goal | None = None
        self._room: Room | None = None
        self._stay: Stay | None = None
        self._proof: Proof | None = None
        self._end_guest: Callable[[], None] | None = None
        self._changed_since = asyncio.Event()
        self._tasks = Tasks()
        self._way = OneAtATime(self._tasks)
        self.studio: Studio | None = None
        self._scanning: Scanning | None = None
        self._invitation = InvitationScan(self._invited, self._scan_over, self._mark)
        self._around = Around(self._contacts, random, self._mark, ways.look_around, ways.rules)
        self._destinations = Destinations(self._around, self._contacts)
        self._announcing = Announcing(self._around, self._tasks)
        self._way_in = WayIn(memory, self._contacts, self._around, random, ways.rules)

    # -- running ------------------------------------------------------------------------------

    async def run(self) -> None:
        """Look around, and show what changes, until cancelled."""
        self._publish(self._screen)
        try:
            await self._around.start()
            self._mark()
            while True:
                await self._changed_since.wait()
                self._changed_since.clear()
                self._show()
                await asyncio.sleep(REFRESH / 2)
        finally:
            await to_the_end(self._end())

    def adopt(self, ways: Ways) -> None:
        """Take part in other ways from now on; sound and picture change at once."""
        self.ways = ways
        if self.studio is not None:
            self.studio.set_cleaning(ways.cleaning)
            self.studio.adopt(ways.habits)
            self.studio.limit_picture(ways.picture_height)

    async def _end(self) -> None:
        if self._room is not None and self._room.conductor is not None:
            self._room.conductor.leave()
        await self._tasks.close()
        await self._leave_room()
        await self._close_studio()
        await self._around.close()

    @property
    def screen(self) -> Screen:
        """What is shown now."""
        return self._screen

    def pictures(self, dev: bytes) -> Slot[Picture]:
        """Return the mailbox of somebody's pictures; b"" is the own camera. From any thread."""
        studio = self.studio
        return studio.call.picture_slot(dev or self._dev) if studio else Slot()

    def screens(self, dev: bytes) -> Slot[Picture]:
        """Return the mailbox of the pictures of somebody's screen. From any thread."""
        studio = self.studio
        return studio.call.screen_slot(dev) if studio else Slot()

    @property
    def conductor(self) -> Conductor | None:
        """Who runs the meeting, while there is one."""
        return self._stay.conductor if self._stay else None

    # -- what a person asks for ---------------------------------------------------------------

    def handle(self, intent: Intent) -> None:
        """Do what a person asked for, as far as the organisation allows it."""
        try:
            intent = permitted(intent, self.ways.rules)
        except NotPermittedError as error:
            if isinstance(self._screen, Home):
                self._show_home(error.notice)
            return
        match intent:
            case StartMeeting() | JoinLink() | JoinNearby() | CallContact() | AnswerCall():
                self._name = intent.name
                try:
                    self._way.start(self._preview(self._destinations.of(intent)))
                except GoalError as error:
                    self._show_home(error.notice)
            case TryConclave(name):
                self._name = name
                self._way.start(self._try())
            case Enter(name, password):
                if self._goal is not None and self.conductor is None:  # not with a second click
                    self._name = name
                    self._way.start(self._enter(self._goal, password))
            case Retry():
                if self._goal is not None:
                    self._way.start(self._preview(self._goal))
            case GoHome():
                self._way.start(self._go_home())
            case JoinRecent(key, name):
                back = self._way_back(key, name)
                if back is not None:
                    self.handle(back)
                else:
                    self._show_home("gone")
            case ScanInvitation(on, name):
                self._name = name or self._name
                if on:
                    self._way.start(self._look_for_invitation())
                elif isinstance(self._screen, Home):  # not when it has led to a preview
                    self._way.start(self._go_home())
            case _:
                self._handle_in_place(intent)

    def _way_back(self, key: str, name: str) -> JoinLink | JoinNearby | CallContact | None:
        """Return what leads back to a meeting that was visited lately."""
        if self._recents is None:
            return None
        return self._recents.departure(key, name, self._around.nearby, self._contacts)

    def _handle_in_place(self, intent: Intent) -> None:
        """Do what leads to no other screen."""
        match intent:
            case SetSetting(name, value):
                if self._setting:
                    self._setting(name, value)
            case ForgetRecent(key):
                if self._recents is not None:
                    self._recents.forget(key)
                self._mark()
            case DeclineCall(key):
                self._around.calls.decline(key)
            case ForgetContact(dev):
                self._contacts.forget(dev)
                self._memory.forget(dev)
                self._mark()
            case ScanCode(on):
                if self._scanning is not None and self.conductor is not None:
                    self._scanning.look(on)
            case LookAtQuality(on):
                if self._stay is not None:
                    self._stay.watch.figures_wanted = on
            case LookForScreens() | ShareScreen() | EndSharing():
                if self._stay is not None:
                    self._stay.sharer.handle(intent)
            case SaveChat(path):
                if self._stay is not None:
                    self._tasks.start(self._stay.save_chat(Path(path)))
            case SaveProof(path):
                self._tasks.start(self._save_proof(Path(path)))
            case TrySpeaker() | TryMicrophone() | RefreshDevices() if self._at_rest:
                self._way.start(self._try_devices(intent))
            case GivePassphrase():
                pass  # the identity is open already
            case _:
                if self.studio is None or not self.studio.handle(intent):
                    self._wish(intent)

    def _wish(self, wish: Any) -> None:
        conductor = self.conductor
        if conductor is not None:
            conductor.happened(wish)
        elif self.studio is not None:
            match wish:
                case SetMicrophone(on):
                    self.studio.use(on, self.studio.camera_on)
                case SetCamera(on):
                    self.studio.use(self.studio.microphone_on, on)

    # -- before the meeting -------------------------------------------------------------------

    async def _preview(self, goal: Goal) -> None:
        await self._leave_room()
        self._goal = goal
        await self._open_studio()
        self._show_preview()
        self._tasks.start(self._refresh_level(self.studio))
        closed = goal.password_needed and not goal.is_open_to_all
        if goal.door is not None and not goal.title and not closed:
            await self._introduce(goal)

    async def _refresh_level(self, studio: Studio | None) -> None:
        """Look at the level of an open microphone as long as this preview is on."""
        while studio is not None and self.studio is studio and isinstance(self._screen, Preview):
            if studio.microphone_on:
                self._mark()
            await asyncio.sleep(REFRESH)

    async def _introduce(self, goal: Goal) -> None:
        """Learn whose meeting it is while the person looks at the preview."""
        try:
            visit = await self._around.reach(goal)
        except VisitError as error:
            if isinstance(self._screen, Preview):
                await self._turned_away(goal, error)
            return
        goal.learn(visit.told)
        visit.close()
        if isinstance(self._screen, Preview):
            self._show_preview()

    async def _look_for_invitation(self) -> None:
        """Open the camera on the first screen, and nothing else."""
        await self._leave_room()
        await self._open_studio()
        assert self.studio is not None
        self._show_home()
        self._invitation.start(self.studio)

    def _scan_over(self) -> None:
        """Nobody held an invitation before the camera, or it cannot look."""
        self._way.start(self._go_home())

    @property
    def _at_rest(self) -> bool:
        return self.studio is None and isinstance(self._screen, Home)

    async def _try_devices(self, intent: Intent) -> None:
        """Try or choose devices from the first screen; going anywhere ends it."""
        if self.studio is None:
            await self._open_studio()
        if self.studio is not None:
            self.studio.handle(intent)

    def _invited(self, goal: Goal) -> None:
        """The camera has read an invitation: look at oneself before going there."""
        self._way.start(self._preview(goal))

    def _show_preview(self) -> None:
        if self._goal is not None and self.studio is not None:
            self._set(showing.preview(self._name, self._goal, self.studio))

    async def _turned_away(self, goal: Goal, error: VisitError) -> None:
        """Say why we are not let in; ask for the password where that is the reason."""
        reason = error.reason
        if reason in ASKS_PASSWORD and (reason == "password_needed" or error.tries_left >= 0):
            goal.password_needed, goal.tries_left = True, error.tries_left
            await self._leave_room()
            self._show_preview()
            self._tasks.start(self._refresh_level(self.studio))
        elif goal.is_call and reason in ("invite_unknown", "unreachable"):
            await self._farewell("contact_unknown")
        else:
            await self._farewell(reason)

    # -- into the meeting ---------------------------------------------------------------------

    async def _enter(self, goal: Goal, password: str = "") -> None:
        if self.studio is None:
            await self._open_studio()
        await self._leave_room()
        self._around.look(False)
        try:
            room = self._room = Room(self.ways.listen, self.ways.rules.networks)
        except ListenError:
            await self._farewell("port_busy")
            return
        if goal.plan is not None:
            await self._open_meeting(room, goal, goal.plan)
        else:
            await self._knock(room, goal, password)

    async def _open_meeting(self, room: Room, goal: Goal, plan: Plan) -> None:
        meeting, invite = self._way_in.open(plan, self._name, room.addresses)
        await self._begin_meeting(room, goal, meeting)
        if goal.ring:
            self._wish(Ring(goal.ring))
        if plan.test_guest and self._guest is not None:
            self._end_guest = self._guest(invite.link())

    async def _knock(self, room: Room, goal: Goal, password: str) -> None:
        name, addresses = self._name, room.addresses
        tell = partial(self._show_waiting, goal)
        try:
            found = await self._way_in.knock(goal, password, name, addresses, tell)
        except VisitError as error:
            await self._turned_away(goal, error)
            return
        await self._begin_meeting(room, goal, *found)

    async def _begin_meeting(
        self, room: Room, goal: Goal, meeting: Meeting, admitted: Admitted | None = None
    ) -> None:
        studio, scanning = self.studio, self._scanning
        assert studio is not None
        assert scanning is not None
        settle()
        keeping = Keeping(self._memory, test=goal.is_test)
        stay = self._stay = Stay(
            meeting,
            room,
            studio,
            scanning,
            keeping,
            ways=self.ways,
            changed=self.changed,
            over=self.finished,
        )
        stay.begin(admitted)
        self._tasks.start(stay.conductor.run())
        self._tasks.start(self._refresh(room, stay.conductor, goal))
        await studio.open_speaker()
        if self.ways.share:
            self.handle(ShareScreen(self.ways.share))
        self._show()
        if self._recents is not None and isinstance(self._screen, InMeeting):
            self._recents.note(self._screen.view, goal.link)

    async def _refresh(self, room: Room, conductor: Conductor, goal: Goal) -> None:
        """Look at levels, quality and signs as long as this meeting is on."""
        while self._room is room:
            if not goal.is_test:
                self._announcing.follow(room.port, conductor.meeting.signs)
            self._mark()
            await asyncio.sleep(REFRESH)

    async def _try(self) -> None:
        await self._leave_room()
        self._goal = goals.own(Plan(_("Try Conclave"), lobby=False, test_guest=True), self._name)
        await self._open_studio()
        assert self.studio is not None
        self.studio.stand_in()
        self.studio.use(microphone=True, camera=True)
        await self._enter(self._goal)

    # -- during the meeting -------------------------------------------------------------------

    def changed(self) -> None:
        """The meeting looks different now; who is in is shown before anything is sent to them."""
        conductor, screen = self.conductor, self._screen
        shown = screen.view.eid if isinstance(screen, InMeeting) else None
        if conductor and shown != conductor.meeting.roster.eid:
            self._show_meeting()
        self._mark()

    def finished(self, reason: str, proof: Proof | None) -> None:
        """The meeting is over for this device."""
        self._way.start(self._farewell(reason, proof))

    def _scanned(self, text: str) -> bool:
        """Give the meeting what the camera read; tell whether somebody is verified by it."""
        self._wish(Scanned(text))
        self._show_meeting()
        return isinstance(self._screen, InMeeting) and self._screen.view.scanned == "scanned_ok"

    # -- screens ------------------------------------------------------------------------------

    def _show(self) -> None:
        match self._screen:
            case Home():
                self._show_home(self._screen.notice)
            case Preview():
                self._show_preview()
        self._show_meeting()

    def _show_home(self, notice: str = "") -> None:
        around, contacts = self._around, self._contacts
        reopen = bool(self._memory.invitations())
        recents = self._recents.cards(around.nearby, contacts) if self._recents else ()
        home = showing.home(self._name, notice, around, contacts, reopen, recents=recents)
        self._set(showing.with_devices(home, self._invitation, self.studio))

    def _show_meeting(self) -> None:
        if self._stay is not None:
            self._set(self._stay.screen(self._dev, self._contacts))

    def _show_waiting(self, goal: Goal, progress: Progress) -> None:
        self._set(showing.waiting(goal, progress, self.studio))

    def _set(self, screen: Screen) -> None:
        screen = shown(screen, self.ways.rules)
        if screen != self._screen:
            self._screen = screen
            self._publish(screen)

    def _mark(self) -> None:
        self._changed_since.set()

    # -- leaving ------------------------------------------------------------------------------

    async def _farewell(self, reason: str, proof: Proof | None = None) -> None:
        title = self._goal.title if self._goal else ""
        await self._leave_room()
        await self._close_studio()
        self._proof = proof
        retry = reason in RETRIABLE | ASKS_PASSWORD
        self._set(Farewell(reason, title, can_retry=retry, proof=proof is not None))

    async def _save_proof(self, path: Path) -> None:
        """Write the proof of the meeting that was just left into a file."""
        screen, proof = self._screen, self._proof
        if proof is None or not isinstance(screen, Farewell):
            return
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(None, save, (proof,), path)
            saved = True
        except OSError as error:
            log.warning("a proof could not be written: %s", type(error).__name__)
            saved = False
        if self._screen == screen:
            self._set(replace(screen, proof_saved=saved))

    async def _go_home(self) -> None:
        await self._leave_room()
        await self._close_studio()
        self._goal = self._proof = None
        self._show_home()

    async def _leave_room(self) -> None:
        await to_the_end(self._close_room())

    async def _close_room(self) -> None:
        room, self._room = self._room, None
        stay, self._stay = self._stay, None
        end_guest, self._end_guest = self._end_guest, None
        try:
            if self._scanning is not None:
                await self._scanning.stop()
            if stay is not None:
                await stay.close()
            if room is not None:
                if room.conductor is not None:
                    room.conductor.leave()
                self._around.look(True)
                await self._announcing.end()
                await room.close()
        finally:
            if stay is not None:
                asyncio.get_running_loop().call_later(LET_GO_AFTER, self._let_go)
            if end_guest is not None:
                await asyncio.get_running_loop().run_in_executor(None, end_guest)

    def _let_go(self) -> None:
        if self._stay is None:  # during a meeting the sound would miss the time
            let_go()

    async def _open_studio(self) -> None:
        await self._close_studio()
        ways = self.ways
        self.studio = Studio(
            self._dev,
            ways.choice,
            ways.cleaning,
            changed=self._mark,
            camera_lost=lambda: self._wish(SetCamera(False)),
            kept=self._setting,
            switch_microphone=lambda on: self._wish(SetMicrophone(on)),
            sound_source=ways.sound_source,
            sound_sink=ways.sound_sink,
            rules=ways.rules,
        )
        self.studio.limit_picture(ways.picture_height)
        self.studio.adopt(ways.habits)
        self._scanning = Scanning(self.studio, self._tasks, self._scanned, self._mark)
        await self.studio.look_for_devices()

    async def _close_studio(self) -> None:
        await self._invitation.stop()
        studio, self.studio, self._scanning = self.studio, None, None
        if studio is not None:
            await to_the_end(studio.close())
