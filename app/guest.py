"""The test guest: a second process on this computer that sends back your sound, and a picture."""

import asyncio
import os
import subprocess
import threading
from collections import deque
from collections.abc import Callable

from app.i18n import _
from app.intents import Enter, JoinLink
from app.meeting.contacts import Contacts
from app.meeting.wishes import Leave, SetCamera, SetMicrophone
from app.options import GuestOptions
from app.program import PLACE, own_process
from app.screens import Farewell, InMeeting, Preview, Screen
from app.session import Session
from app.studio import NONE, TEST, Choice
from app.ways import Ways
from crypto.identity import Identity
from crypto.sodium import SEED_BYTES, random_bytes
from crypto.vault_content import OpenInvite, Proof, Verified
from media.sound.ends import Heard
from media.sound.samples import Samples

ECHO_DELAY = 1.0  # seconds; long enough to tell one's own voice from its echo
BLOCK = 0.01  # seconds in one block of samples
MAX_LINK = 1024  # bytes of an invitation
END_TIME = 3.0  # seconds a guest may take to go


class EchoLine:
    """What is played comes in again one second later: a speaker and a microphone in one."""

    name = "echo"
    live = False
    overflows = underruns = 0
    latency = 0.0

    def __init__(self, clock: Callable[[], float], delay: float = ECHO_DELAY) -> None:
        self._clock = clock
        self._delay = delay
        self._line: deque[tuple[float, Samples]] = deque(maxlen=int(4 * delay / BLOCK))
        self._lock = threading.Lock()
        self._due = 0.0

    def open(self) -> None:
        """Start; both ends are opened, each by its own worker."""
        self._due = self._clock()

    def close(self) -> None:
        """Stop; what is in the line is lost."""
        with self._lock:
            self._line.clear()

    def wants(self) -> int:
        """Return 480 samples each 10 ms, as a speaker would want them."""
        return 480 if self._clock() >= self._due else 0

    def write(self, samples: Samples) -> None:
        """Take 10 ms that were played."""
        now = self._clock()
        self._due = max(self._due + BLOCK, now - 0.1)
        with self._lock:
            self._line.append((now + self._delay, samples.copy()))

    def read(self) -> Heard | None:
        """Return 10 ms once their second is over."""
        with self._lock:
            if not self._line or self._line[0][0] > self._clock():
                return None
            due, samples = self._line.popleft()
        return Heard(samples, due)

    def wait(self) -> float:
        """Return how long to wait before asking again."""
        return BLOCK / 2


class PassingMemory:
    """The guest's memory: an identity of its own, and nothing kept."""

    def __init__(self) -> None:
        self._seed = random_bytes(SEED_BYTES)

    def identity(self) -> Identity:
        """Return the identity of this one visit."""
        return Identity(self._seed)

    def contacts(self) -> Contacts:
        """Nobody is known."""
        return Contacts({})

    def remember(self, public_key: bytes, name: str, verified: Verified) -> None:
        """A guest remembers nobody."""

    def keep_contact(self, public_key: bytes, name: str, secret: bytes) -> None:
        """A guest is nobody's contact."""

    def proofs(self) -> tuple[Proof, ...]:
        """A guest has no proof of anything."""
        return ()

    def keep_proof(self, voucher: bytes, first: bytes, second: bytes) -> None:
        """A guest accuses nobody."""

    def invitations(self) -> tuple[OpenInvite, ...]:
        """A guest never held a meeting."""
        return ()

    def keep_invitations(self, links: tuple[OpenInvite, ...]) -> None:
        """A guest gives out no links that matter later."""

    def forget(self, dev: bytes) -> None:
        """There is nobody to forget."""


def start_guest(link: str) -> Callable[[], None]:
    """Start the guest's process with an invitation; call what is returned to end it.

    The invitation goes through a pipe: a command line could be read by others on this computer.
    """
    command = own_process("guest", "--stdin")
    process = subprocess.Popen(command, cwd=PLACE, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(link.encode("ascii") + b"\n")
    process.stdin.flush()

    def end() -> None:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(END_TIME)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    return end


async def be_the_guest(options: GuestOptions) -> None:
    """Join the meeting whose invitation comes through the descriptor; stay until its end."""
    loop = asyncio.get_running_loop()
    link = (await loop.run_in_executor(None, os.read, options.link_descriptor, MAX_LINK)).decode(
        "ascii", "replace"
    )
    line = EchoLine(loop.time)
    over = asyncio.Event()
    entered = False

    def show(screen: Screen) -> None:
        nonlocal entered
        match screen:
            case Preview() if not entered:
                entered = True
                session.handle(SetCamera(True))
                session.handle(SetMicrophone(True))
                session.handle(Enter(_("Test guest")))
            case Farewell():
                over.set()
            case InMeeting():
                pass

    ways = Ways(
        name=_("Test guest"),
        choice=Choice(camera=TEST, microphone=NONE, speaker=NONE),
        look_around=False,
        sound_source=line,
        sound_sink=line,
    )
    session = Session(PassingMemory(), ways, show, random_bytes)
    running = asyncio.create_task(session.run())
    threading.Thread(
        target=_wait_for_the_end, args=(options.link_descriptor, loop, over), daemon=True
    ).start()
    session.handle(JoinLink(link, _("Test guest")))
    await over.wait()
    session.handle(Leave())
    await asyncio.sleep(0.1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def _wait_for_the_end(
    descriptor: int, loop: asyncio.AbstractEventLoop, over: asyncio.Event
) -> None:
    """End the guest when the process that started it lets go of the pipe, or is gone."""
    while os.read(descriptor, MAX_LINK):
        continue
    if not loop.is_closed():
        loop.call_soon_threadsafe(over.set)
