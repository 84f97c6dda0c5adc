"""Taking part without a window: for meeting-room computers, scripts, diagnosis and tests."""

import asyncio
import contextlib
import signal
import sys
import time
from getpass import getpass
from typing import TextIO, assert_never

from app import texts
from app.contacts_command import contact_named
from app.exit_codes import ExitCode
from app.guest import start_guest
from app.i18n import _
from app.intents import (
    AnswerCall,
    Enter,
    Intent,
    JoinLink,
    JoinNearby,
    StartMeeting,
    TryConclave,
)
from app.keeping import Memory
from app.meeting.view import FileState, MeetingView, Presence, Tie
from app.meeting.wishes import (
    AcceptFile,
    AddContact,
    Admit,
    Leave,
    NewInvitation,
    OfferFile,
    Ring,
    SetCamera,
    SetMicrophone,
)
from app.net.binding import open_sockets
from app.options import (
    ByAddress,
    ByCall,
    ByLink,
    ByNearby,
    HostOptions,
    JoinOptions,
    TryOptions,
)
from app.recorder import Recorder, file_for
from app.rules import FREE, Function, Rules
from app.screens import Farewell, Home, InMeeting, Preview, Screen, Waiting
from app.session import Session
from app.settings import Settings
from app.spoken import Spoken
from app.statistics import Statistics
from app.studio import NONE
from app.terminal_chat import TerminalChat, read_lines
from app.trial import report_on
from app.ways import keeps_sound, ways_for
from crypto.sodium import random_bytes

STATISTICS_EVERY = 1.0  # seconds
NEARBY_TIME = 20.0  # seconds to find a visible meeting
GOODBYE = 0.3  # seconds for the last words to leave
TRY_TIME = 8.0  # seconds that `try` looks at the test guest

EXIT_CODES = {
    "left": ExitCode.OK,
    "you_ended": ExitCode.OK,
    "ended": ExitCode.ENDED,
    "meeting_over": ExitCode.ENDED,
    "removed": ExitCode.REMOVED,
    "refused": ExitCode.DENIED,
    "locked": ExitCode.DENIED,
    "full": ExitCode.DENIED,
    "invite_used": ExitCode.LINK,
    "invite_expired": ExitCode.LINK,
    "invite_unknown": ExitCode.LINK,
    "link_malformed": ExitCode.LINK,
    "link_expired": ExitCode.LINK,
    "address_malformed": ExitCode.USAGE,
    "unreachable": ExitCode.UNREACHABLE,
    "gone": ExitCode.UNREACHABLE,
    "elsewhere": ExitCode.UNREACHABLE,
    "contact_unknown": ExitCode.DENIED,
    "password_needed": ExitCode.PASSWORD,
    "password_wrong": ExitCode.PASSWORD,
    "password_blocked": ExitCode.PASSWORD,
    "host_lost": ExitCode.LOST,
    "left_behind": ExitCode.LOST,
    "port_busy": ExitCode.PORT_BUSY,
    "switched_off": ExitCode.NOT_ALLOWED,
    "password_required": ExitCode.NOT_ALLOWED,
}
"""By the reason of a farewell or of a home notice; every other reason is NOT_SECURE."""

Options = HostOptions | JoinOptions | TryOptions


class Headless:
    """Drives a Session from the command line: answers its screens, prints what happens."""

    def __init__(
        self,
        options: Options,
        memory: Memory,
        settings: Settings,
        began: float,
        password: str = "",
        *,
        rules: Rules = FREE,
        secret: str = "",
    ) -> None:
        """`password` is the meeting's, `secret` the relays'; UsageError for who is no contact."""
        self._options = options
        self._password = password
        self._calls = _called(options, memory)
        self._part = options.part
        self._began = began
        ways = ways_for(settings, options.part, rules, secret)
        keeps = self._part.save_video is not None or keeps_sound(self._part.speaker or "")
        self._may_keep = rules.allow(Function.RECORDING) or not keeps
        self._name, self._choice = ways.name, ways.choice
        self._opens_router = settings.open_router
        self._session = Session(memory, ways, self._show, random_bytes, guest=start_guest)
        self._spoken = Spoken(self._say)
        self._chat = TerminalChat(self._say, self._session.handle) if options.part.chat else None
        self._entered: float | None = None
        self._previewed = False
        self._attempt: tuple[bool, int] | None = None  # what the preview asked for last
        self._asking: asyncio.Task[None] | None = None
        self._offered: set[bytes] = set()
        self._given: set[bytes] = set()  # who was offered the files that are to be sent
        self._over: asyncio.Future[ExitCode]
        self._recorders: dict[bytes, Recorder] = {}
        self._statistics = (
            Statistics(self._part.stats, began) if self._part.stats is not None else None
        )
        self._last_view: MeetingView | None = None

    async def run(self) -> ExitCode:
        """Take part until the time is over, the meeting is, or somebody interrupts.

        Raises ListenError at once if others cannot be let in at the address asked for.
        """
        if not self._may_keep:
            _print(f"conclave: {texts.home_notice('switched_off')}", sys.stderr)
            return ExitCode.NOT_ALLOWED
        if self._part.listen is not None:
            for sock in open_sockets(self._part.listen):
                sock.close()
        loop = asyncio.get_running_loop()
        self._over = loop.create_future()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows: KeyboardInterrupt instead
                loop.add_signal_handler(number, self._interrupted, number)
        running = loop.create_task(self._session.run())
        running.add_done_callback(self._session_ended)
        watching = loop.create_task(self._watch())
        self._session.handle(self._first_intent())
        try:
            code = await self._over
        finally:
            watching.cancel()
            if self._session.conductor is not None:
                self._session.handle(Leave())
                await asyncio.sleep(GOODBYE)
            for recorder in self._recorders.values():
                await loop.run_in_executor(None, recorder.close)
            running.cancel()
            await asyncio.gather(running, watching, return_exceptions=True)
            self._close_statistics()
        return code

    # -- what to do ---------------------------------------------------------------------------

    def _first_intent(self) -> Intent:
        match self._options:
            case HostOptions(title=title, visible=visible, lobby=lobby) as host:
                wanted = title or _("{name}'s meeting").format(name=self._name)
                return StartMeeting(
                    wanted,
                    self._name,
                    visible,
                    lobby,
                    self._password,
                    lan_only=self._session.ways.lan_only,
                    reopen=host.reopen,
                    open_router=host.open_router or self._opens_router,
                )
            case JoinOptions(target=ByLink(link)):
                return JoinLink(link, self._name)
            case JoinOptions(target=ByAddress(address)):
                return JoinLink(str(address), self._name)
            case JoinOptions():
                return JoinNearby("", self._name)  # nothing is known yet: stay at home, look around
            case TryOptions():
                return TryConclave(self._name)
            case _:
                assert_never(self._options)

    def _show(self, screen: Screen) -> None:
        match screen:
            case Home():
                self._at_home(screen)
            case Preview():
                self._at_the_preview(screen)
            case Waiting():
                self._attempt = None
                self._spoken.waiting(screen)
            case InMeeting():
                self._in_meeting(screen)
            case Farewell(reason=reason) if not self._over.done():
                self._part_with(reason)
            case _:
                pass

    def _at_home(self, home: Home) -> None:
        """Take the first meeting or the call that was asked for; end where neither can come."""
        target = self._options.target if isinstance(self._options, JoinOptions) else None
        match target:
            case ByNearby():
                if home.nearby and not self._previewed:
                    self._session.handle(JoinNearby(home.nearby[0].key, self._name))
            case ByCall():
                for call in home.calls:
                    if call.key == self._calls[0].hex() and not self._previewed:
                        self._session.handle(AnswerCall(call.key, self._name))
            case _:
                if home.notice:
                    code = EXIT_CODES.get(home.notice, ExitCode.LINK)
                    self._end(texts.home_notice(home.notice), code)

    def _at_the_preview(self, preview: Preview) -> None:
        """Switch the devices on once, and go in; with the password where one is asked for."""
        if not self._previewed:
            self._previewed = True
            self._session.handle(SetCamera(self._choice.camera != NONE))
            self._session.handle(SetMicrophone(self._choice.microphone != NONE))
        attempt = preview.password_needed, preview.tries_left
        if attempt == self._attempt:
            return
        self._attempt = attempt
        if preview.tries_left == 0:
            self._part_with("password_blocked")
        elif preview.tries_left > 0 and not sys.stdin.isatty():
            self._part_with("password_wrong")
        elif not preview.password_needed or (self._password and preview.tries_left < 0):
            self._session.handle(Enter(self._name, self._password))
        elif sys.stdin.isatty():
            self._asking = asyncio.create_task(self._ask_password(preview.tries_left))
        else:
            self._part_with("password_needed")

    async def _ask_password(self, tries_left: int) -> None:
        """Ask who sits at the terminal; nobody else on the computer sees the answer."""
        if tries_left > 0:
            self._say(texts.farewell("password_wrong").heading)
        loop = asyncio.get_running_loop()
        words = _("Password of the meeting: ")
        self._password = await loop.run_in_executor(None, getpass, words)
        self._session.handle(Enter(self._name, self._password))

    def _part_with(self, reason: str) -> None:
        self._end(texts.farewell(reason).heading, EXIT_CODES.get(reason, ExitCode.NOT_SECURE))

    def _in_meeting(self, screen: InMeeting) -> None:
        view = screen.view
        if self._entered is None:
            self._entered = time.monotonic()
            if self._chat is not None:
                read_lines(sys.stdin, self._chat.typed)
            if isinstance(self._options, HostOptions):
                _print(view.invitation, sys.stdout)
                for name in self._options.invites:
                    self._session.handle(NewInvitation(name))
                for dev in self._calls:
                    self._session.handle(Ring(dev))
        self._last_view = view
        if isinstance(self._options, HostOptions) and self._options.admit_all:
            for knock in view.knocks:
                self._session.handle(Admit(knock.join_id))
        if self._part.add_contacts:
            self._offer_contacts(view)
        self._exchange_files(view)
        self._spoken.meeting(view)
        self._spoken.calls(screen.calls)
        self._spoken.links(view)
        if self._chat is not None:
            self._chat.show(view)
        self._spoken.files(view)
        self._spoken.quality(screen.quality)
        self._spoken.door(screen.door)
        self._spoken.place(screen.place)
        self._tell_problems(screen)
        if self._part.save_video is not None:
            self._record(view)
        self._look_who_answered(view)

    def _offer_contacts(self, view: MeetingView) -> None:
        """Offer to everybody, once, that we call each other without a link."""
        for person in view.people:
            if person.dev in self._offered or person.presence is not Presence.CONNECTED:
                continue
            if person.tie in (Tie.NONE, Tie.WANTED):
                self._offered.add(person.dev)
                self._session.handle(AddContact(person.dev))

    def _exchange_files(self, view: MeetingView) -> None:
        """Offer what is to be sent to everybody who is there, once; take what is to be taken."""
        for person in view.people:
            if person.presence is Presence.CONNECTED and person.dev not in self._given:
                self._given.add(person.dev)
                for path in self._part.send_files:
                    self._session.handle(OfferFile(str(path), person.dev))
        if (folder := self._part.accept_files) is not None:
            for file in view.files:
                if not file.mine and file.legs[0].state is FileState.OFFERED:
                    self._session.handle(AcceptFile(file.key, str(folder)))

    def _look_who_answered(self, view: MeetingView) -> None:
        """Give up where everybody who was called did not come, and nobody else is here."""
        unanswered = [n for n in view.notices if n.kind == "ring_unanswered"]
        calls = isinstance(self._options, HostOptions) and self._calls
        if calls and unanswered and not view.ringing and len(view.people) == 1:
            self._end(texts.notice(unanswered[-1]), ExitCode.UNREACHABLE)

    def _tell_problems(self, screen: InMeeting) -> None:
        problems = {
            (screen.camera_problem, self._part.camera),
            (screen.microphone_problem, self._part.microphone),
        }
        for text, wanted in problems:
            if text and wanted not in (None, NONE):
                self._end(text, ExitCode.DEVICE)

    def _record(self, view: MeetingView) -> None:
        assert self._part.save_video is not None
        studio = self._session.studio
        for person in view.people:
            if not person.is_me and person.dev not in self._recorders and studio is not None:
                path = file_for(self._part.save_video, person.dev)
                self._recorders[person.dev] = Recorder(path, studio.call.picture_slot(person.dev))

    # -- time ---------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Write statistics each second; notice when the time is over."""
        limit = self._part.duration
        if isinstance(self._options, TryOptions):
            limit = limit or TRY_TIME
        while True:
            await asyncio.sleep(STATISTICS_EVERY)
            self._write_statistics()
            since = self._entered if self._entered is not None else self._began
            if limit is not None and time.monotonic() - since >= limit:
                self._time_is_over()
            looking = isinstance(self._session.screen, Home) and not self._waits_for_a_call
            if looking and time.monotonic() - self._began > NEARBY_TIME:
                self._end(_("No visible meeting was found on this network."), ExitCode.UNREACHABLE)

    def _write_statistics(self) -> None:
        """Write a line, if there is something to tell; where the disk is full, say so once."""
        studio, view = self._session.studio, self._last_view
        if not (self._statistics and studio and view and self._session.conductor):
            return
        try:
            self._statistics.write(view, studio.call.stats())
        except BrokenPipeError:
            pass  # nobody reads them any more
        except OSError as problem:
            self._close_statistics()
            text = _("“{path}” cannot be written: {cause}.")
            words = text.format(path=self._part.stats, cause=problem.strerror or problem)
            _print(f"conclave: {words}", sys.stderr)

    def _close_statistics(self) -> None:
        if self._statistics is not None:
            with contextlib.suppress(OSError):  # it was told when the line was written
                self._statistics.close()
            self._statistics = None

    @property
    def _waits_for_a_call(self) -> bool:
        options = self._options
        return isinstance(options, JoinOptions) and isinstance(options.target, ByCall)

    def _time_is_over(self) -> None:
        if isinstance(self._options, TryOptions):
            self._finish(self._report_on_the_guest())
        elif self._waits_for_a_call and not self._previewed:
            self._end(_("Nobody called before the time was over."), ExitCode.UNREACHABLE)
        elif self._entered is None:
            self._end(_("Nobody let us in before the time was over."), ExitCode.DENIED)
        else:
            self._finish(ExitCode.OK)

    def _report_on_the_guest(self) -> ExitCode:
        studio = self._session.studio
        peers = studio.call.stats().peers if studio is not None else {}
        standing_in = studio is not None and studio.standing_in
        guest = next(iter(peers.values()), None) if self._last_view is not None else None
        return report_on(guest, standing_in, self._say)

    # -- the end ------------------------------------------------------------------------------

    def _interrupted(self, number: int) -> None:
        self._finish(ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.OK)

    def _session_ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and not self._over.done():
            error = task.exception()
            self._over.set_exception(error or RuntimeError("the session ended by itself"))

    def _finish(self, code: ExitCode) -> None:
        if not self._over.done():
            self._over.set_result(code)

    def _end(self, words: str, code: ExitCode) -> None:
        """Say why it is over; a failure is one line on standard error."""
        if code is ExitCode.OK:
            self._say(words)
        elif not self._over.done():
            _print(f"conclave: {words}", sys.stderr)
        self._finish(code)

    def _say(self, words: str) -> None:
        """Tell people what happens; with `--stats -` standard output belongs to the figures."""
        _print(words, sys.stderr if self._part.stats == "-" else sys.stdout)


def _called(options: Options, memory: Memory) -> tuple[bytes, ...]:
    """Return the devices of the contacts that are to be called, or whose call is awaited."""
    match options:
        case HostOptions(calls=names):
            return tuple(contact_named(memory.contacts(), name) for name in names)
        case JoinOptions(target=ByCall(name)):
            return (contact_named(memory.contacts(), name),)
        case _:
            return ()


def _print(words: str, to: TextIO) -> None:
    """Print a line; that nobody reads on, as after `| head -1`, is no reason to end a meeting."""
    with contextlib.suppress(BrokenPipeError):
        print(words, file=to, flush=True)
