"""No secret stands in a log, a repr, an error, a line of statistics, or what a crash leaves."""

import asyncio
import base64
import contextlib
import faulthandler
import functools
import gc
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, is_dataclass
from pathlib import Path

import pytest
from fakes.company import Copy, company, gather_in
from fakes.known_secrets import KnownSecrets, Leak, after, is_ours
from fakes.running_copy import PASSPHRASE, RunningCopy, all_together

from app.log import start_log
from app.meeting.contacts import Contacts
from app.meeting.effects import Effect
from app.meeting.entrance import Door
from app.meeting.events import Event, Received
from app.meeting.wishes import AddContact, NewInvitation, Remove, Say, SetPassword
from app.net.signalling import Address
from app.statistics import Statistics
from app.visit import Visit, VisitError
from crypto.errors import CryptoError
from crypto.hpke import KemPair
from crypto.invite import Invite
from crypto.sodium import random_bytes

ASYNCIO = (asyncio.Handle, asyncio.Future, functools.partial)
LOGGERS = (b"app.", b"aiortc.", b"aioice.")
RESULTS = ("log", "stdout", "stderr", "stats.jsonl")
MOST_TEXTS = 3000  # of one type
PASSWORD = "four quick foxes by the lamp"


class Everything(logging.Handler):
    """Keeps every record as the most talkative handler would print it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def every_logger_at_debug() -> Iterator[Everything]:
    """Let all loggers of all libraries say everything they have to say."""
    root, handler = logging.getLogger(), Everything()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


class Introductions:
    """How every object of ours introduces itself: right after it was made, and while it lives."""

    def __init__(self) -> None:
        self.texts: dict[str, set[str]] = {}
        gc.unfreeze()  # a running copy takes what is there out of the collector's sight
        self._earlier = [thing for thing in gc.get_objects() if takes_in_nothing(type(thing))]
        self._innocent = set(map(id, self._earlier))

    def add(self, thing: object) -> None:
        kind = type(thing)
        texts = self.texts.setdefault(f"{kind.__module__}.{kind.__qualname__}", set())
        if len(texts) < MOST_TEXTS:
            texts.add(repr(thing))

    def of_the_living(self) -> None:
        """Ask all objects that are alive now, and those that asyncio waits with."""
        gc.unfreeze()
        for thing in gc.get_objects():
            ours = is_ours(type(thing).__module__) and not isinstance(thing, type)
            if (ours and id(thing) not in self._innocent) or isinstance(thing, ASYNCIO):
                self.add(thing)

    @contextmanager
    def of_all_values(self) -> Iterator[None]:
        """Ask every value (dataclass) when it is made: many live for a moment only."""
        undo: list[Callable[[], None]] = []
        for name, module in list(sys.modules.items()):
            for kind in list(vars(module).values()) if is_ours(name) else ():
                if is_dataclass(kind) and isinstance(kind, type) and kind.__module__ == name:
                    after(undo, kind, "__init__", self.add)
        try:
            yield
        finally:
            for step in undo:
                step()


def takes_in_nothing(kind: type) -> bool:
    """Tell whether what is of this kind and was there before the call hears nothing of it.

    A frozen value stays as it was made, and this call has no window: what is of one is another's.
    """
    parameters = getattr(kind, "__dataclass_params__", None)
    is_frozen = parameters is not None and bool(parameters.frozen)
    return is_frozen or str(kind.__module__).startswith("app.ui.")


@dataclass
class Told:
    """Everything that a call left where somebody could read it, and its secrets."""

    secrets: KnownSecrets
    log: str
    reprs: dict[str, str]
    statistics: str

    @functools.cached_property
    def leaks(self) -> list[Leak]:
        found = self.secrets.leaks("the log", self.log)
        found += self.secrets.leaks("the statistics", self.statistics)
        found += self.secrets.leaks("an error", "\n".join(self.secrets.errors))
        for name, text in self.reprs.items():
            found += self.secrets.leaks(f"the repr of {name}", text)
        return found


async def a_call(introductions: Introductions, folder: Path) -> str:
    """Let people meet, talk, become contacts, remove one, ask for a password; return statistics."""
    async with company("Ada", "Ben", "Cid") as (ada, ben, cid):
        link = await gather_in(ada, ben, cid)
        introductions.of_the_living()
        ada.asks(Say("seven bridges"), AddContact(ben.dev), NewInvitation("Dora"))
        ben.asks(AddContact(ada.dev))
        await ben.until(lambda: ben.memory.befriended)
        ada.asks(Remove(cid.dev), SetPassword(PASSWORD))
        await ben.until(lambda: len(ben.view.people) == 2 and ben.view.code)
        await knock_with_passwords(Invite.parse(link))
        introductions.of_the_living()
        statistics = statistics_of(ada, folder)
        await break_down(ben, ada)
        return statistics


async def break_down(copy: Copy, other: Copy) -> None:
    """Let an error of our own happen in the middle of a meeting, with a message in hand."""
    assert copy.session.conductor is not None
    meeting = copy.session.conductor.meeting
    sound, broke = meeting.step, asyncio.Event()

    def step(event: Event, now: float) -> list[Effect]:
        if isinstance(event, Received) and not broke.is_set():
            broke.set()
            raise RuntimeError(f"broken on purpose at {now:.0f}")
        return sound(event, now)

    meeting.step = step  # type: ignore[method-assign]
    other.asks(SetPassword(""))
    await broke.wait()
    await asyncio.sleep(0.1)  # until the channel is closed over it


async def knock_with_passwords(invite: Invite) -> None:
    """Come to the door with no secret, with a wrong password, and with the right one."""
    addresses = [Address(*address) for address in invite.addresses]
    for secret, password in (
        (random_bytes(16), ""),
        (invite.secret, ""),
        (invite.secret, "nine slow herons"),
        (invite.secret, PASSWORD),
    ):
        door = Door(secret, invite.host_fingerprint)
        with contextlib.suppress(VisitError):
            visit = await Visit.begin(
                addresses, door, Contacts({}), random_bytes, allow_loopback=True, password=password
            )
            visit.close()


def statistics_of(copy: Copy, folder: Path) -> str:
    assert copy.session.studio is not None
    statistics = Statistics(str(folder / "stats"), 0.0)
    statistics.write(copy.view, copy.session.studio.call.stats())
    statistics.close()
    return (folder / "stats").read_text()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Hold a whole call with every logger at DEBUG, noting every secret."""
    secrets = KnownSecrets()
    secrets.note("password", PASSWORD)
    introductions = Introductions()
    folder = tmp_path_factory.mktemp("call")
    with secrets.watched(), every_logger_at_debug() as log, introductions.of_all_values():
        statistics = asyncio.run(a_call(introductions, folder))
    reprs = {name: "\n".join(texts) for name, texts in introductions.texts.items()}
    return Told(secrets, "\n".join(log.lines), reprs, statistics)


def test_no_secret_is_told_by_a_log_a_repr_an_error_or_a_line_of_statistics(told: Told):
    assert [str(leak) for leak in told.leaks] == []


def test_what_is_looked_for_and_where_is_not_little(told: Told):
    kinds = {
        "CPace key", "DTLS key", "ICE password", "KEM seed", "SRTP key", "exporter of a channel",
        "password", "scalar", "secret of an invitation", "seed of a room", "signing seed",
        "what a key is made of",
    }  # fmt: skip
    assert kinds <= told.secrets.kinds
    derived = ("auth", "base", "contact", "SFrame 1.0 Secret key", "SFrame 1.0 Secret salt")
    for name in derived:
        assert any(name in kind for kind in told.secrets.kinds), name
    loggers = {line.partition(" ")[0].partition(".")[0] for line in told.log.splitlines()}
    assert {"app", "aiortc", "aioice", "asyncio"} <= loggers
    assert len(told.reprs) > 100
    assert {"crypto.exchange.Ack", "app.meeting.events.Received"} < set(told.reprs)
    assert any("no open secret fits" in error for error in told.secrets.errors)
    assert "broken on purpose" in told.log
    assert '"peers"' in told.statistics


# ---- is anything found at all?

KEY = bytes(range(101, 133))
SPELLINGS = {
    "raw": lambda key: key.decode("latin-1"),
    "hexadecimal": bytes.hex,
    "hexadecimal with colons": lambda key: key.hex(":").upper(),
    "a part of it in hexadecimal": lambda key: key.hex()[7:40],
    "base64": lambda key: base64.b64encode(key).decode(),
    "base64 in the middle of a link": lambda key: base64.urlsafe_b64encode(b"xy" + key).decode(),
    "repr": repr,
    "repr of a part": lambda key: repr(key[3:20]),
    "a list": lambda key: str(list(key)),
    "a number": lambda key: str(int.from_bytes(key, "big")),
    "a number, backwards": lambda key: str(int.from_bytes(key, "little")),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_key_that_somebody_printed_is_found_however_it_is_spelled(spelling: str):
    secrets = KnownSecrets()
    secrets.note("a key", KEY)
    text = f"opened a door with {SPELLINGS[spelling](KEY)} in 3 ms"
    (leak, *_) = secrets.leaks("the log", text)
    assert (leak.where, leak.what) == ("the log", "a key")
    assert secrets.leaks("the log", "opened a door with " + bytes(40).hex()) == []


def test_leaks_in_a_log_a_repr_and_an_error_are_found():
    secrets = KnownSecrets()
    introductions = Introductions()

    @dataclass
    class Careless:
        key: bytes

    with secrets.watched(), every_logger_at_debug() as log:
        pair = KemPair(random_bytes(32))
        logging.getLogger("some.library").debug("made %s", pair.seed.hex())
        introductions.add(Careless(pair.seed))
        CryptoError(f"cannot use {pair.seed!r}")
    told = Told(
        secrets,
        "\n".join(log.lines),
        {name: "\n".join(texts) for name, texts in introductions.texts.items()},
        "",
    )
    assert {leak.where.split()[1] for leak in told.leaks} == {"log", "repr", "error"}


# ---- a crash


def crash(key: bytes) -> None:
    copied = key.hex()
    raise RuntimeError(f"nobody caught this, {len(copied)}")


def test_a_crash_leaves_no_value_of_any_variable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    secrets = KnownSecrets()
    secrets.note("a key", KEY)
    hooks = sys.excepthook, threading.excepthook
    log = start_log(tmp_path, enabled=True)
    try:
        try:
            crash(KEY)
        except RuntimeError:
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        thread = threading.Thread(target=crash, args=(KEY,))
        thread.start()
        thread.join()
        with open(tmp_path / "fault", "w") as file:
            faulthandler.dump_traceback(file)
    finally:
        log.close()
        sys.excepthook, threading.excepthook = hooks
    written = "".join(path.read_text() for path in tmp_path.iterdir())
    left = written + "".join(capsys.readouterr())
    assert left.count("RuntimeError") >= 2
    assert "nobody caught" in left
    assert secrets.leaks("what a crash leaves", left) == []


# ---- whole programs


HEADLESS = ["--headless", "--camera", "test", "--microphone", "test", "--speaker", "none"]
HERE = ["--listen", "127.0.0.1:0"]


@pytest.mark.slow
def test_two_programs_that_say_everything_they_can_tell_no_secret(
    tmp_path_factory: pytest.TempPathFactory,
):
    secrets = KnownSecrets()
    secrets.note("passphrase", PASSPHRASE)
    with contextlib.ExitStack() as stack:

        def loud(name: str, *words: str) -> RunningCopy:
            home = tmp_path_factory.mktemp(name)
            program = ("fakes.loud_copy", str(home / "results"))
            copy = RunningCopy(home, *words, "--name", name, *HEADLESS, *HERE, program=program)
            return stack.enter_context(copy)

        host = loud("Hedda", "host", "--no-lobby")
        link = host.invitation()
        guest = loud("Gustav", "join", link)
        all_together([host, guest])
        copies = [host, guest]
        for copy in reversed(copies):
            copy.interrupt()
    for copy in copies:
        secrets.take(json.loads((copy.home / "results" / "secrets.json").read_text()))
    assert {"passphrase", "vault key", "signing seed", "SRTP key"} <= secrets.kinds
    leaks: list[Leak] = []
    for copy in copies:
        said = {name: (copy.home / "results" / name).read_bytes() for name in RESULTS}
        assert [name for name in LOGGERS if name not in said["log"]] == []
        said["stdout"] = said["stdout"].replace(link.encode(), b"")  # printed for people to pass on
        for name, data in (*said.items(), *((str(p), data) for p, data in copy.files_left())):
            leaks += secrets.leaks(f"{name} of {copy.label}", data)
    assert [str(leak) for leak in leaks] == []
