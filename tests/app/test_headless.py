"""Taking part without a window: what is printed, and an exit code for each cause."""

import asyncio
import json
import os
import socket
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.company import Copy, Footprint, Notebook, company

from app import around, headless, texts
from app.argument_checks import UsageError
from app.exit_codes import ExitCode
from app.headless import EXIT_CODES, Headless
from app.intents import Enter, JoinLink
from app.meeting import calling
from app.meeting.contacts import Contact, Contacts
from app.meeting.entrance import DENIALS
from app.meeting.view import Tie
from app.meeting.wishes import AddContact, Deny, End, Leave, Remove
from app.net.signalling import Address, ListenError
from app.options import (
    ByAddress,
    ByCall,
    ByLink,
    ByNearby,
    HostOptions,
    JoinOptions,
    Participation,
    ProfileChoice,
)
from app.rules import Function, Rules
from app.screens import Preview
from app.settings import DEFAULTS
from crypto.invite import Invite, InviteFlag

PART = Participation(
    ProfileChoice(), headless=True, name="Robot", camera="test", microphone="test",
    speaker="none", listen=Address("127.0.0.1", 0),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _no_network_around(monkeypatch: pytest.MonkeyPatch) -> None:
    real = headless.ways_for
    monkeypatch.setattr(headless, "ways_for", lambda *args: replace(real(*args), look_around=False))
    monkeypatch.setattr(around, "FIND_TIME", 0.5)


def taking_part(
    options: HostOptions | JoinOptions, password: str = "", contacts: Contacts | None = None
) -> Headless:
    began = asyncio.get_running_loop().time()
    return Headless(options, Notebook(contacts), DEFAULTS, began, password)


def joining(link: str, **changes: Any) -> Headless:
    return taking_part(JoinOptions(replace(PART, **changes), ByLink(link)))


def run(story: Callable[[Copy], Coroutine[Any, Any, None]]) -> None:
    """Tell a story in which somebody named Ada holds a meeting."""

    async def go() -> None:
        async with company("Ada") as (ada,):
            await story(ada)

    asyncio.run(asyncio.wait_for(go(), 60))


async def robot_is_in(ada: Copy) -> bytes:
    await ada.until(lambda: ada.is_settled(2))
    return ada.view.people[1].dev


# -- exit codes ----------------------------------------------------------------------------------


def test_the_time_asked_for_is_over_that_is_no_failure():
    async def story(ada: Copy) -> None:
        link = await ada.hosts(lobby=False)
        assert await joining(link, duration=1.0).run() is ExitCode.OK
        await ada.until(lambda: len(ada.view.people) == 1, 2)

    run(story)


@pytest.mark.parametrize("kept", [{"save_video": Path("seen.mkv")}, {"speaker": "heard.wav"}])
def test_where_the_organisation_allows_no_recording_none_is_begun(kept, capsys):
    async def story() -> ExitCode:
        rules = Rules(off=frozenset({Function.RECORDING}))
        options = JoinOptions(replace(PART, **kept), ByNearby())
        return await Headless(options, Notebook(), DEFAULTS, 0.0, rules=rules).run()

    assert asyncio.run(story()) is ExitCode.NOT_ALLOWED
    assert capsys.readouterr().err == "conclave: Your organisation has switched this off.\n"


def test_the_host_ends_the_meeting():
    async def story(ada: Copy) -> None:
        robot = asyncio.create_task(joining(await ada.hosts(lobby=False)).run())
        await robot_is_in(ada)
        ada.asks(End())
        assert await robot is ExitCode.ENDED

    run(story)


def test_the_host_removes_the_robot():
    async def story(ada: Copy) -> None:
        robot = asyncio.create_task(joining(await ada.hosts(lobby=False)).run())
        ada.asks(Remove(await robot_is_in(ada)))
        assert await robot is ExitCode.REMOVED

    run(story)


def test_the_host_turns_the_robot_away():
    async def story(ada: Copy) -> None:
        robot = asyncio.create_task(joining(await ada.hosts()).run())
        await ada.until(lambda: ada.view.knocks)
        ada.asks(Deny(ada.view.knocks[0].join_id))
        assert await robot is ExitCode.DENIED

    run(story)


def test_nobody_opens_before_the_time_is_over():
    async def story(ada: Copy) -> None:
        assert await joining(await ada.hosts(), duration=0.5).run() is ExitCode.DENIED
        await ada.until(lambda: not ada.view.knocks)

    run(story)


def test_a_link_that_is_none_and_one_that_nobody_knows():
    async def story(ada: Copy) -> None:
        link = await ada.hosts()
        assert await joining("conclave:join#cut").run() is ExitCode.LINK
        unknown = replace(Invite.parse(link), secret=bytes(16)).link()
        assert await joining(unknown).run() is ExitCode.LINK

    run(story)


def test_another_host_than_the_one_of_the_link():
    async def story(ada: Copy) -> None:
        link = replace(Invite.parse(await ada.hosts()), host_fingerprint=bytes(20)).link()
        assert await joining(link).run() is ExitCode.NOT_SECURE

    run(story)


def test_nobody_at_the_address(capsys: pytest.CaptureFixture[str]):
    async def story(ada: Copy) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        target = ByAddress(Address("127.0.0.1", port))
        assert await taking_part(JoinOptions(PART, target)).run() is ExitCode.UNREACHABLE

    run(story)
    error = capsys.readouterr().err.strip()
    assert error.count("\n") == 0
    assert error == f"conclave: {texts.farewell('unreachable').heading}"


def test_a_busy_port_is_raised_before_anything_begins():
    async def story(ada: Copy) -> None:
        with socket.socket() as busy:
            busy.bind(("127.0.0.1", 0))
            busy.listen()
            listen = Address("127.0.0.1", busy.getsockname()[1])
            with pytest.raises(ListenError):
                await taking_part(HostOptions(replace(PART, listen=listen))).run()

    run(story)


def test_a_camera_that_cannot_be_used(tmp_path: Path):
    async def story(ada: Copy) -> None:
        missing = str(tmp_path / "no such film.mp4")
        link = await ada.hosts(lobby=False)
        assert await joining(link, camera=missing).run() is ExitCode.DEVICE

    run(story)


def test_each_reason_has_a_code_and_the_unsafe_ones_are_not_secure():
    safe = {
        *DENIALS.values(),
        "unreachable",
        "host_lost",
        "left",
        "you_ended",
        "ended",
        "removed",
    } - {"version"}
    assert safe <= set(EXIT_CODES)
    for reason in ("not_host", "too_old", "version", "equivocation", "codes_differ"):
        assert EXIT_CODES.get(reason, ExitCode.NOT_SECURE) is ExitCode.NOT_SECURE
    assert len({int(code) for code in ExitCode}) == len(ExitCode)


# -- passwords -----------------------------------------------------------------------------------


def with_password(link: str, password: str) -> Headless:
    return taking_part(JoinOptions(replace(PART, duration=5.0), ByLink(link)), password)


def test_the_right_password_opens_a_wrong_or_missing_one_has_its_own_code(
    capsys: pytest.CaptureFixture[str],
):
    async def story(ada: Copy) -> None:
        link = await ada.hosts(lobby=False, password="blue heron")
        for password, words in (("", "asks for a password"), ("red heron", "password is wrong")):
            capsys.readouterr()
            assert await with_password(link, password).run() is ExitCode.PASSWORD
            (line,) = capsys.readouterr().err.splitlines()
            assert words in line
        right = replace(PART, duration=1.0)
        robot = taking_part(JoinOptions(right, ByLink(link)), "blue heron")
        assert await robot.run() is ExitCode.OK

    run(story)


def test_after_too_many_wrong_passwords_that_is_said(capsys: pytest.CaptureFixture[str]):
    async def story(ada: Copy) -> None:
        link = await ada.hosts(lobby=False, password="blue heron")
        for _ in range(5):
            assert await with_password(link, "red heron").run() is ExitCode.PASSWORD
        capsys.readouterr()
        assert await with_password(link, "blue heron").run() is ExitCode.PASSWORD
        assert "Too many wrong passwords" in capsys.readouterr().err

    run(story)


def test_who_sits_at_the_terminal_is_asked_and_may_try_again(monkeypatch: pytest.MonkeyPatch):
    typed = iter(["red heron", "blue heron"])
    monkeypatch.setattr(headless.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(headless, "getpass", lambda _: next(typed))

    async def story(ada: Copy) -> None:
        link = await ada.hosts(lobby=False, password="blue heron")
        robot = asyncio.create_task(joining(link, duration=5.0).run())
        await robot_is_in(ada)
        ada.asks(End())
        assert await robot is ExitCode.ENDED

    run(story)


def test_a_robot_that_hosts_asks_for_the_password_it_was_given(
    capsys: pytest.CaptureFixture[str],
):
    async def story(ada: Copy) -> None:
        host = taking_part(HostOptions(PART, lobby=False), "blue heron")
        hosting = asyncio.create_task(host.run())
        link = await first_line(ada, capsys)
        ada.asks(JoinLink(link, "Ada"))
        await ada.until(lambda: isinstance(ada.screen, Preview) and ada.screen.password_needed)
        ada.asks(Enter("Ada", "blue heron"))
        await ada.until(lambda: ada.is_settled(2))
        host._interrupted(15)
        assert await hosting is ExitCode.OK

    run(story)


async def first_line(ada: Copy, capsys: pytest.CaptureFixture[str]) -> str:
    printed: list[str] = []
    await ada.until(lambda: printed.append(capsys.readouterr().out) or "\n" in "".join(printed))
    return "".join(printed).splitlines()[0]


# -- contacts and calls --------------------------------------------------------------------------


def test_a_robot_offers_everybody_to_be_a_contact_if_told_to():
    async def story(ada: Copy) -> None:
        link = await ada.hosts(lobby=False)
        robot = joining(link, add_contacts=True)
        running = asyncio.create_task(robot.run())
        dev = await robot_is_in(ada)
        await ada.until(lambda: ada.view.people[1].tie is Tie.WANTED)
        ada.asks(AddContact(dev))
        await ada.until(lambda: ada.view.people[1].tie is Tie.CONTACT)
        memory = robot._session._memory
        await ada.until(lambda: memory.befriended == {ada.dev: ada.memory.befriended[dev]})
        ada.asks(End())
        await running

    run(story)


def test_a_contact_who_does_not_come_ends_the_call(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(calling, "RING_TIME", 0.5)

    async def story(ada: Copy) -> None:
        contact = Contact(ada.memory.identity().public, "Ada", secret=bytes(32))
        robot = taking_part(HostOptions(PART, calls=("ada",)), "", Contacts({ada.dev: contact}))
        assert await robot.run() is ExitCode.UNREACHABLE
        assert "did not answer" in capsys.readouterr().err

    run(story)


def test_nobody_who_calls_in_time_is_said(capsys: pytest.CaptureFixture[str]):
    async def story(ada: Copy) -> None:
        contact = Contact(ada.memory.identity().public, "Ada", secret=bytes(32))
        options = JoinOptions(replace(PART, duration=1.0), ByCall("Ada"))
        robot = taking_part(options, "", Contacts({ada.dev: contact}))
        assert await robot.run() is ExitCode.UNREACHABLE
        assert "Nobody called" in capsys.readouterr().err

    run(story)


@pytest.mark.parametrize(
    "options", [HostOptions(PART, calls=("X",)), JoinOptions(PART, ByCall("X"))]
)
def test_who_is_no_contact_is_said_before_anything_begins(options: HostOptions | JoinOptions):
    async def story(ada: Copy) -> None:
        with pytest.raises(UsageError, match="contacts"):
            taking_part(options)

    run(story)


# -- another host --------------------------------------------------------------------------------


def test_a_robot_that_becomes_the_host_says_so_and_prints_a_new_invitation(
    capsys: pytest.CaptureFixture[str],
):
    async def story(ada: Copy) -> None:
        link = await ada.hosts(lobby=False)
        robot = joining(link)
        running = asyncio.create_task(robot.run())
        dev = await robot_is_in(ada)
        await asyncio.sleep(0.3)
        capsys.readouterr()
        ada.asks(Leave(dev))
        printed: list[str] = []
        await ada.until(
            lambda: printed.append(capsys.readouterr().out) or "invitation" in "".join(printed)
        )
        lines = "".join(printed).splitlines()
        new = lines[lines.index("You host this meeting now. This is its invitation:") + 1]
        assert Invite.parse(new).link() != link
        robot._interrupted(15)
        assert await running is ExitCode.OK

    run(story)


# -- what is printed -----------------------------------------------------------------------------


def test_a_host_prints_the_invitation_first_and_admits_everybody_if_told_to(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    async def go() -> None:
        part = replace(PART, stats=str(tmp_path / "stats"))
        host = taking_part(HostOptions(part, title="Tea", admit_all=True))
        hosting = asyncio.create_task(host.run())
        async with company("Ben") as (ben,):
            printed: list[str] = []
            await ben.until(lambda: printed.append(capsys.readouterr().out) or any(printed))
            link = "".join(printed).splitlines()[0]
            Invite.parse(link)
            await ben.knocks(link)
            await ben.until(lambda: ben.is_settled(2))
            await ben.until(lambda: _lines(tmp_path / "stats"))
            host._interrupted(15)
            assert await hosting is ExitCode.OK
            await ben.until(lambda: not ben.is_settled(2))
        assert any("Ben" in line["members"] for line in _lines(tmp_path / "stats"))

    asyncio.run(asyncio.wait_for(go(), 60))


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if len(line["members"]) == 2]


def test_links_for_single_people_are_printed_with_their_names(
    capsys: pytest.CaptureFixture[str],
):
    async def story(ada: Copy) -> None:
        host = taking_part(HostOptions(PART, invites=("Ben", "Cleo")))
        hosting = asyncio.create_task(host.run())
        printed: list[str] = []
        await ada.until(
            lambda: printed.append(capsys.readouterr().out) or "Cleo: " in "".join(printed)
        )
        links = dict(line.split(": ") for line in "".join(printed).splitlines() if ": c" in line)
        assert set(links) == {"Ben", "Cleo"}
        assert all(InviteFlag.SINGLE_USE in Invite.parse(link).flags for link in links.values())
        host._interrupted(15)
        assert await hosting is ExitCode.OK

    run(story)


def test_with_statistics_on_standard_output_nothing_else_is_there(
    capsys: pytest.CaptureFixture[str],
):
    async def story(ada: Copy) -> None:
        link = await ada.hosts(lobby=False)
        capsys.readouterr()
        assert await joining(link, stats="-", duration=2.2).run() is ExitCode.OK

    run(story)
    lines = capsys.readouterr().out.splitlines()
    assert lines
    for line in lines:
        assert json.loads(line)["epoch"] > 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
def test_a_full_disk_ends_the_statistics_and_nothing_else(capsys: pytest.CaptureFixture[str]):
    async def story(ada: Copy) -> None:
        link = await ada.hosts(lobby=False)
        robot = asyncio.create_task(joining(link, duration=3.0, stats="/dev/full").run())
        await robot_is_in(ada)
        assert await robot is ExitCode.OK

    run(story)
    said = capsys.readouterr().err
    assert said.count("conclave: “/dev/full” cannot be written: No space left on device.\n") == 1


def test_pictures_are_kept_in_a_file_for_each_person(tmp_path: Path):
    async def story(ada: Copy) -> None:
        import cv2

        from app.meeting.wishes import SetCamera

        link = await ada.hosts(lobby=False)
        ada.asks(SetCamera(True))
        path = tmp_path / "seen.mkv"
        assert await joining(link, save_video=path, duration=2.5).run() is ExitCode.OK
        kept = tmp_path / f"seen-{ada.dev.hex()[:8]}.mkv"
        assert os.listdir(tmp_path) == [kept.name]
        capture = cv2.VideoCapture(str(kept))
        assert capture.read()[0]
        capture.release()

    run(story)


def test_a_robot_that_was_interrupted_leaves_nothing_running():
    async def story(ada: Copy) -> None:
        link = await ada.hosts(lobby=False)
        await asyncio.sleep(0.2)
        before = Footprint.now()
        robot = joining(link)
        running = asyncio.create_task(robot.run())
        await robot_is_in(ada)
        robot._interrupted(2)
        assert await running is ExitCode.INTERRUPTED
        await ada.until(lambda: len(ada.view.people) == 1, 3)
        await ada.until(before.is_back)

    run(story)
