"""One person's session: what they ask for goes to who does it, what they see comes back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.around import Around
from app.attendance import Attendance
from app.board import Board
from app.conductor import Conductor
from app.equipment import Equipment
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
    KeepTeamSecret,
    LookAtQuality,
    LookForScreens,
    OpenRouter,
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
from app.journey import Journey
from app.keeping import Memory
from app.meeting.wishes import Scanned
from app.permission import NotPermittedError, permitted, shown
from app.recents import Recents
from app.screens import Home, InMeeting, Screen
from app.studio import Studio
from app.tasks import Tasks, to_the_end
from app.team_secret import NAME as TEAM_SECRET
from app.ways import Ways
from crypto.sodium import Random
from crypto.vault_content import Proof
from media.slot import Slot
from media.video.picture import Picture


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
        self._setting = setting
        self._recents = recents
        self._contacts = memory.contacts()
        self._tasks = Tasks()
        self._board = Board(Home(ways.name), publish, lambda screen: shown(screen, self.ways.rules))
        mark = self._board.mark
        self._around = Around(self._contacts, random, mark, ways.look_around, ways.rules)
        self._equipment = Equipment(
            memory.identity().dev,
            ways,
            self._tasks,
            changed=mark,
            wish=self._wish,
            scanned=self._scanned,
            kept=setting,
        )
        self._attendance = Attendance(
            memory,
            self._around,
            self._equipment,
            self._tasks,
            changed=self.changed,
            mark=mark,
            over=self.finished,
        )
        self._journey = Journey(
            memory,
            self._contacts,
            random,
            board=self._board,
            around=self._around,
            equipment=self._equipment,
            attendance=self._attendance,
            tasks=self._tasks,
            guest=guest,
            recents=recents,
        )

    # -- running ------------------------------------------------------------------------------

    async def run(self) -> None:
        """Look around, and show what changes, until cancelled."""
        self._board.begin()
        try:
            await self._around.start()
            self._board.mark()
            await self._board.follow(self._journey.go_on)
        finally:
            await to_the_end(self._end())

    def adopt(self, ways: Ways) -> None:
        """Take part in other ways from now on; sound and picture change at once."""
        self._equipment.adopt(ways)

    async def _end(self) -> None:
        self._attendance.say_goodbye()
        await self._tasks.close()
        await self._journey.end()
        await self._around.close()

    @property
    def ways(self) -> Ways:
        """How this copy takes part now."""
        return self._equipment.ways

    @property
    def screen(self) -> Screen:
        """What is shown now."""
        return self._board.screen

    @property
    def studio(self) -> Studio | None:
        """The devices, while a screen uses them."""
        return self._equipment.studio

    @property
    def conductor(self) -> Conductor | None:
        """Who runs the meeting, while there is one."""
        return self._attendance.conductor

    def pictures(self, dev: bytes) -> Slot[Picture]:
        """Return the mailbox of somebody's pictures; b"" is the own camera. From any thread."""
        return self._equipment.pictures(dev)

    def screens(self, dev: bytes) -> Slot[Picture]:
        """Return the mailbox of the pictures of somebody's screen. From any thread."""
        return self._equipment.screens(dev)

    @property
    def _is_home(self) -> bool:
        return isinstance(self._board.screen, Home)

    # -- what a person asks for ---------------------------------------------------------------

    def handle(self, intent: Intent) -> None:
        """Do what a person asked for, as far as the organisation allows it."""
        try:
            intent = permitted(intent, self.ways.rules)
        except NotPermittedError as error:
            if self._is_home:
                self._journey.show_home(error.notice)
            return
        match intent:
            case StartMeeting() | JoinLink() | JoinNearby() | CallContact() | AnswerCall():
                self._journey.set_out(intent)
            case JoinRecent(key, name):
                self._join_again(key, name)
            case TryConclave(name):
                self._journey.set_out_alone(name)
            case Enter(name, password):
                self._journey.enter(name, password)
            case Retry():
                self._journey.set_out_again()
            case GoHome():
                self._journey.go_home()
            case ScanInvitation(on, name):
                self._journey.scan_invitation(on, name)
            case TrySpeaker() | TryMicrophone() | RefreshDevices() if self._is_home:
                self._journey.use_devices(intent)
            case _:
                self._handle_in_place(intent)

    def _join_again(self, key: str, name: str) -> None:
        """Go back to a meeting that was visited lately, if a way leads there."""
        recents, nearby = self._recents, self._around.nearby
        back = recents.departure(key, name, nearby, self._contacts) if recents else None
        if back is not None:
            self.handle(back)
        else:
            self._journey.show_home("gone")

    def _handle_in_place(self, intent: Intent) -> None:
        """Do what leads to no other screen."""
        stay = self._attendance.stay
        match intent:
            case SetSetting(name, value):
                if self._setting:
                    self._setting(name, value)
            case KeepTeamSecret(secret):
                if self._setting:
                    self._setting(TEAM_SECRET, secret)
            case ForgetRecent(key):
                if self._recents is not None:
                    self._recents.forget(key)
                self._board.mark()
            case DeclineCall(key):
                self._around.calls.decline(key)
            case ForgetContact(dev):
                self._contacts.forget(dev)
                self._memory.forget(dev)
                self._board.mark()
            case ScanCode(on):
                if self._equipment.scanning is not None and self.conductor is not None:
                    self._equipment.scanning.look(on)
            case LookAtQuality(on):
                if stay is not None:
                    stay.watch.figures_wanted = on
            case LookForScreens() | ShareScreen() | EndSharing():
                if stay is not None:
                    stay.sharer.handle(intent)
            case OpenRouter(on):
                self._attendance.open_router(on)
            case SaveChat(path):
                if stay is not None:
                    self._tasks.start(stay.save_chat(Path(path)))
            case SaveProof(path):
                self._tasks.start(self._journey.save_proof(Path(path)))
            case GivePassphrase():
                pass  # the identity is open already
            case _:
                if self.studio is None or not self.studio.handle(intent):
                    self._wish(intent)

    def _wish(self, wish: Any) -> None:
        """Give the meeting a wish; before there is one, switches are the devices' own."""
        conductor = self.conductor
        if conductor is not None and self._equipment.carried is None:
            conductor.happened(wish)
        else:
            self._equipment.switch(wish)

    # -- during the meeting -------------------------------------------------------------------

    def changed(self) -> None:
        """The meeting looks different now; who is in is shown before anything is sent to them."""
        conductor, screen = self.conductor, self._board.screen
        shown_eid = screen.view.eid if isinstance(screen, InMeeting) else None
        if conductor and shown_eid != conductor.meeting.roster.eid:
            self._journey.show_meeting()
        self._board.mark()

    def finished(self, reason: str, proof: Proof | None) -> None:
        """The meeting is over for this device."""
        self._journey.finished(reason, proof)

    def _scanned(self, text: str) -> bool:
        """Give the meeting what the camera read; tell whether somebody is verified by it."""
        self._wish(Scanned(text))
        self._journey.show_meeting()
        screen = self._board.screen
        return isinstance(screen, InMeeting) and screen.view.scanned == "scanned_ok"
