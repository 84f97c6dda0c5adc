"""Taking part without a window: for meeting-room computers, scripts, diagnosis and tests."""

import asyncio
import contextlib
import signal
import sys
import time
from dataclasses import dataclass
from typing import TextIO, assert_never

from app import texts
from app.exit_codes import ExitCode
from app.guest import start_guest
from app.i18n import _, ngettext
from app.intents import Enter, Intent, JoinLink, JoinNearby, StartMeeting, TryConclave
from app.meeting.view import MeetingView
from app.meeting.wishes import Admit, Leave, SetCamera, SetMicrophone
from app.net.binding import open_sockets
from app.options import ByAddress, ByLink, ByNearby, HostOptions, JoinOptions, TryOptions
from app.recorder import Recorder, file_for
from app.screens import Farewell, Home, InMeeting, Preview, Screen, Waiting
from app.session import Memory, Session
from app.settings import Settings
from app.statistics import Statistics
from app.studio import NONE
from app.ways import ways_for
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
    "host_lost": ExitCode.LOST,
    "port_busy": ExitCode.PORT_BUSY,
}
"""By the reason of a farewell or of a home notice; every other reason is NOT_SECURE."""

Options = HostOptions | JoinOptions | TryOptions


@dataclass
class _Seen:
    """What was already printed."""

    notices: int = 0
    code: str = ""
    people: tuple[str, ...] = ()
    waiting: str = ""
    problems: frozenset[str] = frozenset()


class Headless:
    """Drives a Session from the command line: answers its screens, prints what happens."""

    def __init__(self, options: Options, memory: Memory, settings: Settings, began: float) -> None:
        self._options = options
        self._part = options.part
        self._began = began
        ways = ways_for(settings, options.part)
        self._name, self._choice = ways.name, ways.choice
        self._session = Session(memory, ways, self._show, random_bytes, guest=start_guest)
        self._seen = _Seen()
        self._entered: float | None = None
        self._previewed = False
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
            if self._statistics is not None:
                self._statistics.close()
        return code

    # -- what to do ---------------------------------------------------------------------------

    def _first_intent(self) -> Intent:
        match self._options:
            case HostOptions(title=title, visible=visible, lobby=lobby):
                wanted = title or _("{name}'s meeting").format(name=self._name)
                return StartMeeting(wanted, self._name, visible, lobby)
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
            case Home(nearby=nearby, notice=notice):
                self._at_home(bool(nearby), nearby[0].key if nearby else "", notice)
            case Preview() if not self._previewed:
                self._previewed = True
                self._session.handle(SetCamera(self._choice.camera != NONE))
                self._session.handle(SetMicrophone(self._choice.microphone != NONE))
                self._session.handle(Enter(self._name))
            case Waiting(host_name=host, progress=progress):
                if progress.value != self._seen.waiting:
                    self._seen.waiting = progress.value
                    self._say(texts.progress(progress, host)[0])
            case InMeeting():
                self._in_meeting(screen)
            case Farewell(reason=reason) if not self._over.done():
                self._end(
                    texts.farewell(reason).heading, EXIT_CODES.get(reason, ExitCode.NOT_SECURE)
                )
            case _:
                pass

    def _at_home(self, found: bool, key: str, notice: str) -> None:
        looking = isinstance(self._options, JoinOptions) and isinstance(
            self._options.target, ByNearby
        )
        if looking and found and not self._previewed:
            self._session.handle(JoinNearby(key, self._name))
        elif notice and not looking:
            self._end(texts.home_notice(notice), EXIT_CODES.get(notice, ExitCode.LINK))

    def _in_meeting(self, screen: InMeeting) -> None:
        view = screen.view
        if self._entered is None:
            self._entered = time.monotonic()
            if isinstance(self._options, HostOptions):
                _print(view.invitation, sys.stdout)
        self._last_view = view
        if isinstance(self._options, HostOptions) and self._options.admit_all:
            for knock in view.knocks:
                self._session.handle(Admit(knock.join_id))
        self._tell_people(view)
        self._tell_problems(screen)
        if self._part.save_video is not None:
            self._record(view)

    def _tell_people(self, view: MeetingView) -> None:
        people = tuple(person.name for person in view.people)
        if people != self._seen.people:
            self._seen.people = people
            count = len(people)
            words = ngettext("{count} person here: {names}", "{count} people here: {names}", count)
            self._say(words.format(count=count, names=", ".join(people)))
        if view.code is not None and view.code.digits != self._seen.code and len(people) > 1:
            self._seen.code = view.code.digits
            self._say(_("Code to compare: {code}").format(code=view.code.digits))
        for notice in view.notices:
            if notice.number > self._seen.notices and notice.kind == "knocks":
                self._say(texts.notice(notice))
            self._seen.notices = max(self._seen.notices, notice.number)

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
            studio, view = self._session.studio, self._last_view
            if self._statistics and studio and view and self._session.conductor:
                with contextlib.suppress(BrokenPipeError):
                    self._statistics.write(view, studio.call.stats().peers)
            since = self._entered if self._entered is not None else self._began
            if limit is not None and time.monotonic() - since >= limit:
                self._time_is_over()
            looking = isinstance(self._session.screen, Home)
            if looking and time.monotonic() - self._began > NEARBY_TIME:
                self._end(_("No visible meeting was found on this network."), ExitCode.UNREACHABLE)

    def _time_is_over(self) -> None:
        if isinstance(self._options, TryOptions):
            self._finish(self._report_on_the_guest())
        elif self._entered is None:
            self._end(_("Nobody let us in before the time was over."), ExitCode.DENIED)
        else:
            self._finish(ExitCode.OK)

    def _report_on_the_guest(self) -> ExitCode:
        """Say in plain words whether the call with the test guest worked."""
        studio, view = self._session.studio, self._last_view
        peers = studio.call.stats().peers if studio is not None else {}
        guest = next(iter(peers.values()), None)
        if view is None or guest is None:
            self._say(_("The test guest did not come. “conclave doctor” may know why."))
            return ExitCode.PROBLEM
        picture, sound = guest.video.frames > 0, guest.audio.packets > 0
        if self._session.studio is not None and self._session.studio.standing_in:
            self._say(
                _("No camera or no microphone was found: a test picture and a tone stood in.")
            )
        self._say(
            _("Picture from the guest: {width} × {height}, {fps:.0f} pictures a second.").format(
                width=guest.video.width, height=guest.video.height, fps=guest.video.fps
            )
            if picture
            else _("No picture came from the guest.")
        )
        self._say(
            _("Sound from the guest: {packets} packets, {lost} lost.").format(
                packets=guest.audio.packets, lost=guest.audio.lost
            )
            if sound
            else _("No sound came from the guest.")
        )
        self._say(
            _(
                "Encrypted end to end: {sealed} frames sealed, {opened} opened, {refused} refused."
            ).format(
                sealed=guest.frames.sealed,
                opened=guest.frames.opened,
                refused=guest.frames.refused,
            )
        )
        if picture and sound:
            self._say(_("Conclave works on this computer."))
            return ExitCode.OK
        return ExitCode.PROBLEM

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


def _print(words: str, to: TextIO) -> None:
    """Print a line; that nobody reads on, as after `| head -1`, is no reason to end a meeting."""
    with contextlib.suppress(BrokenPipeError):
        print(words, file=to, flush=True)
