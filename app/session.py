"""One person's way through the app: home, preview, the door, the meeting, farewell."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from app import goal as goals
from app.around import Around
from app.conductor import Conductor
from app.engine import settle
from app.goal import Goal, GoalError
from app.i18n import _
from app.intents import (
    ChooseCamera,
    ChooseMicrophone,
    ChooseSpeaker,
    Enter,
    GivePassphrase,
    GoHome,
    Intent,
    JoinLink,
    JoinNearby,
    RefreshDevices,
    Retry,
    SetSetting,
    SetTile,
    SetVolume,
    StartMeeting,
    TryConclave,
)
from app.meeting.contacts import Contacts
from app.meeting.machine import Meeting
from app.meeting.opening import Applicant, Plan, open_meeting
from app.meeting.wishes import SetCamera, SetMicrophone
from app.net.room_tags import PUBLIC_DISCOVERY_KEY
from app.net.signalling import Address, ListenError
from app.quality import Watch
from app.room import Room
from app.screens import (
    Farewell,
    Home,
    InMeeting,
    Preview,
    Progress,
    Screen,
    Waiting,
)
from app.studio import Choice, Studio
from app.tasks import Tasks, to_the_end
from app.visit import Admitted, VisitError
from crypto.identity import Identity
from crypto.sodium import Random
from crypto.vault_content import Verified
from media.picture import Picture
from media.processing import EVERYTHING, Cleaning
from media.slot import Slot

REFRESH = 0.1  # seconds between two looks at levels and speakers
RETRIABLE = {"port_busy", "unreachable", "refused", "locked", "full", "host_lost", "invite_unknown"}

log = logging.getLogger(__name__)


class Memory(Protocol):
    """What a device keeps between meetings."""

    def identity(self) -> Identity:
        """Return the identity, grown anew each time so that nobody need keep it."""

    def contacts(self) -> Contacts:
        """Return whom this device knows."""

    def remember(self, public_key: bytes, name: str, verified: Verified) -> None:
        """Keep a person's device, and how it was verified."""

    def keep_contact(self, public_key: bytes, name: str, secret: bytes) -> None:
        """Keep what a person's device and this one call each other by."""

    def forget(self, dev: bytes) -> None:
        """Drop a person's device."""


@dataclass(frozen=True)
class Ways:
    """How this copy takes part; the same for every meeting of the process."""

    name: str = ""
    choice: Choice = field(default_factory=Choice)
    cleaning: Cleaning = EVERYTHING
    picture_height: int = 720
    listen: Address | None = None
    look_around: bool = True  # browse the network; the test guest does not
    sound_source: Any = None
    sound_sink: Any = None


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
    ) -> None:
        self._memory = memory
        self.ways = ways
        self._publish = publish
        self._random = random
        self._guest = guest
        self._setting = setting
        self._contacts = memory.contacts()
        self._dev = memory.identity().dev
        self._name = ways.name
        self._screen: Screen = Home(self._name)
        self._goal: Goal | None = None
        self._room: Room | None = None
        self._end_guest: Callable[[], None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed_since = asyncio.Event()
        self._tasks = Tasks()
        self._watch = Watch()
        self.studio: Studio | None = None
        self._around = Around(self._contacts, random, self._mark, ways.look_around)

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

    @property
    def conductor(self) -> Conductor | None:
        """Who runs the meeting, while there is one."""
        return self._room.conductor if self._room else None

    def handle(self, intent: Intent) -> None:
        """Do what a person asked for."""
        match intent:
            case StartMeeting(title, name, visible, lobby):
                self._name = name
                plan = Plan(title=title, lobby=lobby, visible=visible)
                self._begin(self._preview(goals.own(plan, name)))
            case JoinLink(text, name):
                self._name = name
                try:
                    self._begin(self._preview(goals.from_text(text)))
                except GoalError as error:
                    self._show_home(error.notice)
            case JoinNearby(key, name):
                self._name = name
                found = self._around.nearby.get(key)
                if found is None:
                    self._show_home("gone" if key else "")
                else:
                    self._begin(self._preview(goals.from_nearby(found)))
            case TryConclave(name):
                self._name = name
                self._begin(self._try())
            case Enter(name):
                if self._goal is not None and self.conductor is None:  # not with a second click
                    self._name = name
                    self._begin(self._enter(self._goal))
            case Retry():
                if self._goal is not None:
                    self._begin(self._preview(self._goal))
            case GoHome():
                self._begin(self._go_home())
            case _:
                self._handle_in_place(intent)

    def _handle_in_place(self, intent: Intent) -> None:
        """Do what leads to no other screen."""
        studio = self.studio
        match intent:
            case SetTile(dev, width, height, visible):
                if studio:
                    studio.call.set_tile(dev, width, height, visible)
            case SetVolume(dev, gain):
                if studio:
                    studio.sound.set_volume(dev, gain)
            case ChooseCamera(key):
                if studio:
                    studio.choose_camera(key)
            case ChooseMicrophone(key):
                if studio:
                    studio.choose_microphone(key)
            case ChooseSpeaker(key):
                if studio:
                    studio.choose_speaker(key)
            case RefreshDevices():
                if studio:
                    self._tasks.start(studio.look_for_devices())
            case SetSetting(name, value):
                if self._setting:
                    self._setting(name, value)
            case GivePassphrase():
                pass  # the identity is open already
            case _:
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
        if goal.door is not None and not goal.title:
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
                await self._farewell(error.reason)
            return
        goal.title, goal.host_name = visit.told.title, visit.told.host_name
        visit.close()
        if isinstance(self._screen, Preview):
            self._show_preview()

    def _show_preview(self) -> None:
        goal, studio = self._goal, self.studio
        if goal is None or studio is None:
            return
        self._set(
            Preview(
                title=goal.title,
                host_name=goal.host_name,
                hosting=goal.plan is not None,
                name=self._name,
                devices=studio.devices,
                microphone_on=studio.microphone_on,
                camera_on=studio.camera_on,
                level_db=studio.sound.own_level if studio.microphone_on else -100.0,
                camera_problem=studio.camera_problem,
                microphone_problem=studio.microphone_problem,
            )
        )

    # -- into the meeting ---------------------------------------------------------------------

    async def _enter(self, goal: Goal) -> None:
        if self.studio is None:
            await self._open_studio()
        await self._leave_room()
        self._around.look(False)
        try:
            room = self._room = Room(self.ways.listen)
        except ListenError:
            await self._farewell("port_busy")
            return
        if goal.plan is not None:
            await self._open_meeting(room, goal.plan)
        else:
            await self._knock(room, goal)

    async def _open_meeting(self, room: Room, plan: Plan) -> None:
        host = Applicant.create(self._memory.identity(), self._name, room.addresses, self._random)
        seated, invite = open_meeting(plan, host, self._contacts, time.time(), self._random)
        await self._begin_meeting(room, Meeting(seated, self._random, time.time))
        keys = [invite.discovery_key]
        if plan.visible:
            keys.append(PUBLIC_DISCOVERY_KEY)
        if not plan.test_guest:
            await self._around.advertise(room.port, keys)
        if plan.test_guest and self._guest is not None:
            self._end_guest = self._guest(invite.link())

    async def _knock(self, room: Room, goal: Goal) -> None:
        self._set(Waiting(goal.title, goal.host_name, Progress.CONNECTING, self._camera_on))
        try:
            visit = await self._around.reach(goal)
            goal.title, goal.host_name = visit.told.title, visit.told.host_name
            progress = Progress.WAITING if visit.told.lobby else Progress.JOINING
            self._set(Waiting(goal.title, goal.host_name, progress, self._camera_on))
            admitted = await visit.knock(self._memory.identity(), self._name, room.addresses)
        except VisitError as error:
            await self._farewell(error.reason)
            return
        meeting = Meeting(admitted.seated, self._random, time.time)
        await self._begin_meeting(room, meeting, admitted)

    async def _begin_meeting(
        self, room: Room, meeting: Meeting, admitted: Admitted | None = None
    ) -> None:
        studio = self.studio
        assert studio is not None
        settle()
        conductor = Conductor(
            meeting,
            studio.call,
            studio.sealer,
            self,
            time.monotonic,
            allow_loopback=room.only_loopback,
        )
        self._watch = Watch()
        room.conductor = conductor  # whoever is in can be shown from the first moment on
        if admitted is not None:
            conductor.begin(admitted.connection, admitted.backlog)
        else:
            conductor.begin()
        room.begin(conductor)
        microphone, camera = studio.microphone_on, studio.camera_on
        conductor.happened(SetMicrophone(microphone))
        conductor.happened(SetCamera(camera))
        self._tasks.start(conductor.run())
        self._tasks.start(self._refresh(room))
        await studio.open_speaker()
        self._show()

    async def _refresh(self, room: Room) -> None:
        """Look at levels and quality as long as this meeting is on."""
        while self._room is room and room.conductor is not None:
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

    # -- surroundings of the meeting ----------------------------------------------------------

    def remember(self, public_key: bytes, name: str, verified: Verified) -> None:
        """Keep a person's device in the vault; the test guest is nobody."""
        if self._goal is None or not self._goal.is_test:
            self._memory.remember(public_key, name, verified)

    def keep_contact(self, public_key: bytes, name: str, secret: bytes) -> None:
        """Keep what a contact calls by in the vault; the test guest is nobody."""
        if self._goal is None or not self._goal.is_test:
            self._memory.keep_contact(public_key, name, secret)

    def forget(self, dev: bytes) -> None:
        """Drop a person's device from the vault."""
        self._memory.forget(dev)

    def use_devices(self, microphone: bool, camera: bool) -> None:
        """Open or close one's own microphone and camera."""
        if self.studio is not None:
            self.studio.use(microphone, camera)

    def changed(self) -> None:
        """The meeting looks different now; who is in is shown before anything is sent to them."""
        conductor, screen = self.conductor, self._screen
        shown = screen.view.epoch if isinstance(screen, InMeeting) else None
        if conductor and shown != conductor.meeting.roster.epoch:
            self._show_meeting()
        self._mark()

    def finished(self, reason: str) -> None:
        """The meeting is over for this device."""
        self._begin(self._farewell(reason))

    # -- screens ------------------------------------------------------------------------------

    def _show(self) -> None:
        match self._screen:
            case Home():
                self._show_home(self._screen.notice)
            case Preview():
                self._show_preview()
        self._show_meeting()

    def _show_home(self, notice: str = "") -> None:
        self._set(
            Home(
                name=self._name,
                nearby=self._around.nearby.meetings,
                searching=self._around.searching,
                notice=notice,
            )
        )

    def _show_meeting(self) -> None:
        conductor, studio = self.conductor, self.studio
        if conductor is None or studio is None:
            return
        speaking, quality = self._watch.look(studio, conductor.meeting.roster.members, self._dev)
        view = conductor.meeting.view(time.monotonic(), speaking, quality)
        self._set(
            InMeeting(
                view=replace(view, camera_on=studio.camera_on),
                devices=studio.devices,
                camera_problem=studio.camera_problem,
                microphone_problem=studio.microphone_problem,
                standing_in=studio.standing_in,
            )
        )

    def _set(self, screen: Screen) -> None:
        if screen != self._screen:
            self._screen = screen
            self._publish(screen)

    def _mark(self) -> None:
        self._changed_since.set()

    # -- leaving ------------------------------------------------------------------------------

    async def _farewell(self, reason: str) -> None:
        title = self._goal.title if self._goal else ""
        await self._leave_room()
        await self._close_studio()
        self._set(Farewell(reason, title, can_retry=reason in RETRIABLE))

    async def _go_home(self) -> None:
        await self._leave_room()
        await self._close_studio()
        self._goal = None
        self._show_home()

    async def _leave_room(self) -> None:
        await to_the_end(self._close_room())

    async def _close_room(self) -> None:
        room, self._room = self._room, None
        end_guest, self._end_guest = self._end_guest, None
        try:
            if room is not None:
                if room.conductor is not None:
                    room.conductor.leave()
                self._around.look(True)
                await self._around.withdraw()
                await room.close()
        finally:
            if end_guest is not None:
                await asyncio.get_running_loop().run_in_executor(None, end_guest)

    async def _open_studio(self) -> None:
        await self._close_studio()
        ways = self.ways
        self.studio = Studio(
            self._dev,
            ways.choice,
            ways.cleaning,
            changed=self._mark,
            camera_lost=lambda: self._wish(SetCamera(False)),
            sound_source=ways.sound_source,
            sound_sink=ways.sound_sink,
        )
        self.studio.limit_picture(ways.picture_height)
        await self.studio.look_for_devices()

    async def _close_studio(self) -> None:
        studio, self.studio = self.studio, None
        if studio is not None:
            await to_the_end(studio.close())

    @property
    def _camera_on(self) -> bool:
        return self.studio is not None and self.studio.camera_on

    # -- tasks --------------------------------------------------------------------------------

    def _begin(self, step: Coroutine[Any, Any, None]) -> None:
        """Go another way: what was on the way before is given up."""
        old, self._task = self._task, None

        async def go() -> None:
            try:
                if old is not None:
                    old.cancel()
                    await asyncio.gather(old, return_exceptions=True)
            except asyncio.CancelledError:
                step.close()  # given up before it began
                raise
            await step

        self._task = self._tasks.start(go())
