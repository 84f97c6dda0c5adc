"""Whole sessions over loopback: what people press, what they see, what is left afterwards."""

import asyncio
import gc
import socket
import threading
import time
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import segno
from fakes.callers import announced, befriend
from fakes.company import (
    PATIENT,
    Copy,
    Farewell,
    Footprint,
    Home,
    InMeeting,
    Preview,
    Waiting,
    company,
    gather_in,
)

from app import studio as studio_module
from app import texts
from app.evidence import load
from app.goal import GoalError, from_text
from app.intents import (
    AnswerCall,
    CallContact,
    ChooseCamera,
    DeclineCall,
    Enter,
    ForgetContact,
    GoHome,
    JoinLink,
    JoinNearby,
    LookAtQuality,
    Retry,
    SaveProof,
    ScanCode,
    StartMeeting,
)
from app.meeting import paths
from app.meeting.effects import Finish, KeepProof
from app.meeting.entrance import DENIALS
from app.meeting.invitations import LIFE
from app.meeting.view import Badge
from app.meeting.view import Verified as VerifiedBy
from app.meeting.wishes import (
    AllowPasswords,
    CodesMatch,
    Deny,
    End,
    Leave,
    Remove,
    Ring,
    Say,
    SetCamera,
    SetMicrophone,
    SetPassword,
    StopRinging,
)
from app.net.signalling import Address
from app.screens import Progress
from crypto.invite import Invite, InviteFlag
from crypto.sodium import random_bytes
from crypto.vault_content import Verified


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 90))


@pytest.fixture(autouse=True)
def _nothing_is_left_running() -> Any:
    before = {thread.ident for thread in threading.enumerate()}
    yield
    gc.collect()
    left = [t.name for t in threading.enumerate() if t.ident not in before]
    assert left == []


@pytest.fixture(autouse=True)
def _ghosts_go_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who gives up between being admitted and sitting down keeps the seat for a second here."""
    monkeypatch.setattr(paths, "NEWCOMER_GRACE", 1.0)


# -- before the meeting ----------------------------------------------------------------------------


def test_a_preview_opens_no_device_until_somebody_switches_one_on(
    monkeypatch: pytest.MonkeyPatch,
):
    opened: list[str] = []
    for name in ("open_camera", "open_microphone", "open_speaker"):
        real = getattr(studio_module, name)

        def watched(*args: Any, name: str = name, real: Any = real) -> Any:
            opened.append(name)
            return real(*args)

        monkeypatch.setattr(studio_module, name, watched)

    async def story() -> None:
        async with company("Ada") as (ada,):
            before = Footprint.now()
            ada.asks(StartMeeting("Tea", "Ada", visible=False))
            preview = await ada.sees(Preview)
            await asyncio.sleep(0.3)
            assert (preview.microphone_on, preview.camera_on) == (False, False)
            studio = ada.session.studio
            assert studio is not None
            assert (studio.sound.microphone_state, studio.sound.speaker_state) == ("off", "off")
            assert Footprint.now().threads == before.threads
            assert opened == []
            ada.asks(SetMicrophone(True))
            await ada.until(lambda: isinstance(ada.screen, Preview) and ada.screen.level_db > -90)
            assert opened == ["open_microphone"]
            ada.asks(SetCamera(True))
            await ada.until(lambda: isinstance(ada.screen, Preview) and ada.screen.camera_on)
            assert opened == ["open_microphone", "open_camera"]

    run(story())


def test_what_was_switched_on_in_the_preview_is_on_in_the_meeting_and_nothing_else():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            link = await ada.hosts()
            await ben.previews(link)
            ben.asks(SetCamera(True))
            ben.asks(Enter("Ben"))
            await ada.admits()
            await ben.until(lambda: ben.is_settled(2))
            assert (ben.view.microphone_on, ben.view.camera_on) == (False, True)
            assert (ada.view.microphone_on, ada.view.camera_on) == (False, False)
            await ada.until(lambda: ada.view.people[1].camera_on)
            assert not ada.view.people[1].microphone_on

    run(story())


def expired_link() -> str:
    invite = Invite.create(
        bytes(20), flags=InviteFlag(0), expiry=int(time.time() - 2 * LIFE),
        random=random_bytes, addresses=(),
    )  # fmt: skip
    return invite.link()


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("conclave:join#nonsense", "link_malformed"),
        ("conclave:", "link_malformed"),
        ("CONCLAVE:JOIN#", "link_malformed"),
        pytest.param(expired_link(), "link_expired", id="expired"),
        pytest.param(expired_link()[:-4], "link_malformed", id="cut off"),
        ("", "address_malformed"),
        ("not an address", "address_malformed"),
        ("http://192.0.2.1/", "address_malformed"),
        ("conclave:" + "A" * 100_000, "link_malformed"),
    ],
)
def test_what_is_no_invitation_stays_at_home_and_says_so(text: str, notice: str):
    async def story() -> None:
        async with company("Ben") as (ben,):
            ben.asks(JoinLink(text, "Ben"))
            home = await ben.sees(Home)
            assert home.notice == notice
            assert texts.home_notice(notice)
            assert ben.session.studio is None

    run(story())
    with pytest.raises(GoalError):
        from_text(text)


def test_a_meeting_of_the_list_that_is_gone_is_said():
    async def story() -> None:
        async with company("Ben") as (ben,):
            ben.asks(JoinNearby("0011", "Ben"))
            assert (await ben.sees(Home)).notice == "gone"

    run(story())


def test_every_reason_to_be_turned_down_has_words():
    for reason in [*DENIALS.values(), "unreachable", "too_old", "not_host", "host_lost",
                   "equivocation", "left", "you_ended", "ended", "removed"]:  # fmt: skip
        assert texts.farewell(reason).heading


# -- coming in -------------------------------------------------------------------------------------


def test_two_people_meet_and_see_the_same_code():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            link = await ada.hosts()
            preview = await ben.previews(link)
            assert (preview.title, preview.host_name, preview.hosting) == ("Tea", "Ada", False)
            ben.asks(Enter("Ben"))
            await ben.until(
                lambda: isinstance(ben.screen, Waiting) and ben.screen.progress is Progress.WAITING
            )
            await ada.until(lambda: ada.view.knocks)
            assert (ada.view.knocks[0].name, ada.view.knocks[0].badge) == ("Ben", Badge.NEW)
            await ada.admits()
            for copy in (ada, ben):
                await copy.until(lambda c=copy: c.is_settled(2))
            assert ada.view.code == ben.view.code
            assert ben.view.invitation == ""
            ben.asks(Say("hello"))
            await ada.until(lambda: ada.view.chat)
            assert [(line.name, line.text) for line in ada.view.chat] == [("Ben", "hello")]

    run(story())


def test_who_is_turned_away_hears_it_and_may_knock_again():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            link = await ada.hosts()
            await ben.knocks(link)
            await ada.until(lambda: ada.view.knocks)
            ada.asks(Deny(ada.view.knocks[0].join_id))
            await ada.until(lambda: not ada.view.knocks)
            farewell = await ben.sees(Farewell)
            assert (farewell.reason, farewell.title, farewell.can_retry) == ("refused", "Tea", True)
            ben.asks(Retry())
            await ben.sees(Preview)
            ben.asks(Enter("Ben"))
            await ada.admits()
            await ben.until(lambda: ben.is_settled(2))

    run(story())


def test_a_link_to_a_meeting_that_is_over_says_that_it_cannot_be_reached_or_is_unknown():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            old = await ada.hosts()
            ada.asks(GoHome())
            await ada.sees(Home)
            again = await ada.hosts(title="Another")
            moved = Invite.parse(again).addresses
            dead = Invite.parse(old)
            link = Invite.create(
                dead.host_fingerprint, flags=dead.flags, expiry=dead.expiry,
                random=random_bytes, addresses=moved,
            ).link()  # fmt: skip
            ben.asks(JoinLink(link, "Ben"))
            assert (await ben.sees(Farewell)).reason == "invite_unknown"

    run(story())


def test_another_device_at_the_hosts_address_is_not_the_host():
    async def story() -> None:
        async with company("Mallory", "Ben") as (mallory, ben):
            real = Invite.parse(await mallory.hosts())
            # Mallory has learnt the secret of the link, but is not the device that made it.
            link = _with_fingerprint(real, bytes(20))
            ben.asks(JoinLink(link, "Ben"))
            assert (await ben.sees(Farewell)).reason == "not_host"

    run(story())


def _with_fingerprint(invite: Invite, fingerprint: bytes) -> str:
    return replace(invite, host_fingerprint=fingerprint).link()


def test_three_people_meet_in_a_full_mesh_and_see_and_hear_each_other():
    async def story() -> None:
        async with company("Ada", "Ben", "Cleo") as copies:
            ada, ben, cleo = copies
            await gather_in(ada, ben, cleo)
            assert len({copy.view.code for copy in copies}) == 1
            for copy in copies:
                copy.asks(SetCamera(True), SetMicrophone(True))
            for copy in copies:
                for other in copies:
                    if other is not copy:
                        slot = copy.session.pictures(other.dev)
                        await copy.until(lambda s=slot: s.take() is not None)
            for copy in copies:
                studio = copy.session.studio
                assert studio is not None
                await copy.until(
                    lambda s=studio: all(p.audio.packets > 5 for p in s.call.stats().peers.values())
                )
            ada.asks(CodesMatch(ada.view.eid))
            await ada.until(lambda: ada.view.unverified == 0)
            assert {verified for _, verified in ada.memory.kept.values()} == {True}
            assert {name for name, _ in ben.memory.kept.values()} == {"Ada", "Cleo"}

    run(story())


def test_the_figures_of_a_call_are_told_each_second_while_somebody_looks_at_them():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            await gather_in(ada, ben)
            screen = await ada.sees(InMeeting)
            assert [one.dev for one in screen.quality.people] == [ben.dev]
            assert screen.quality.figures is None
            ada.asks(LookAtQuality(True))
            await ada.until(lambda: figures(ada) is not None and ben.dev in figures(ada).peers, 15)
            assert figures(ada).computer.loop.late_ms >= 0.0
            assert figures(ben) is None
            ada.asks(LookAtQuality(False))
            await ada.until(lambda: figures(ada) is None)
            await ada.until(lambda: ada.screen.quality.measured, 15)

    def figures(copy: Copy) -> Any:
        return copy.screen.quality.figures

    run(story())


# -- going -----------------------------------------------------------------------------------------


def test_who_leaves_is_gone_for_the_others_at_once():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            await gather_in(ada, ben)
            ben.asks(Leave())
            assert (await ben.sees(Farewell)).reason == "left"
            await ada.until(lambda: len(ada.view.people) == 1, 2)

    run(story())


def test_going_home_from_a_meeting_says_goodbye_too():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            await gather_in(ada, ben)
            ben.asks(GoHome())
            await ben.sees(Home)
            await ada.until(lambda: len(ada.view.people) == 1, 2)

    run(story())


def test_a_host_whose_window_closes_hands_over_and_alone_ends_the_meeting():
    async def story() -> None:
        async with company("Ben", "Cleo") as (ben, cleo):
            async with company("Ada") as (ada,):
                await gather_in(ada, ben, cleo)
            await ben.until(lambda: ben.view.i_am_host)
            await cleo.until(lambda: cleo.is_settled(2))
            assert [p.name for p in cleo.view.people if p.is_host] == ["Ben"]
            cleo.asks(Leave())
            await ben.until(lambda: len(ben.view.people) == 1)
            ben.asks(Leave())
            assert (await ben.sees(Farewell)).reason == "you_ended"

    run(story())


def test_who_becomes_the_host_has_a_link_of_their_own_that_lets_people_in():
    async def story() -> None:
        async with company("Ada", "Ben", "Cleo") as (ada, ben, cleo):
            old = await gather_in(ada, ben)
            assert ben.view.invitation == ""
            ada.asks(Leave(ben.dev))
            assert (await ada.sees(Farewell)).reason == "left"
            await ben.until(lambda: ben.view.i_am_host and ben.view.invitation)
            assert ben.view.invitation != old
            await cleo.knocks(ben.view.invitation)
            await cleo.until(lambda: cleo.is_settled(2))
            assert {p.name for p in cleo.view.people} == {"Ben", "Cleo"}

    run(story())


# -- the password ----------------------------------------------------------------------------------


async def asked(copy: Copy, link: str) -> Preview:
    """Follow a link as far as the preview that asks for a password."""
    copy.asks(JoinLink(link, copy.name))
    await copy.until(lambda: isinstance(copy.screen, Preview) and copy.screen.password_needed)
    return await copy.sees(Preview)


def test_the_right_password_lets_people_to_the_door_and_a_wrong_one_is_asked_again():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            link = await ada.hosts(lobby=False, password="blue heron")
            preview = await asked(ben, link)
            assert (preview.tries_left, preview.title) == (-1, ""), "nothing is told before it"
            ben.asks(Enter("Ben", "red heron"))
            await ben.until(lambda: isinstance(ben.screen, Preview) and ben.screen.tries_left == 4)
            await ada.until(lambda: "password_wrong" in {n.kind for n in ada.view.notices})
            ben.asks(Enter("Ben", " blue heron "))
            await ben.until(lambda: ben.is_settled(2))
            assert ada.view.has_password

    run(story())


def test_after_five_wrong_passwords_none_is_taken_until_the_host_allows_it():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            link = await ada.hosts(lobby=False, password="blue heron")
            await asked(ben, link)
            for left in (4, 3, 2, 1, 0):
                ben.asks(Enter("Ben", f"guess {left}"))
                await ben.until(
                    lambda n=left: isinstance(ben.screen, Preview) and ben.screen.tries_left == n
                )
            ben.asks(Enter("Ben", "blue heron"))
            await asyncio.sleep(0.2)
            await ben.until(lambda: isinstance(ben.screen, Preview) and not ben.screen.tries_left)
            assert ada.view.password_blocked
            ada.asks(AllowPasswords())
            ben.asks(Enter("Ben", "blue heron"))
            await ben.until(lambda: ben.is_settled(2))

    run(story())


def test_a_password_that_was_chosen_after_the_link_was_given_is_asked_for_at_the_door():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            link = await ada.hosts(lobby=False)
            ada.asks(SetPassword("blue heron"))
            await ada.until(lambda: ada.view.has_password)
            await asked(ben, link)
            ben.asks(Enter("Ben", "blue heron"))
            await ben.until(lambda: ben.is_settled(2))

    run(story())


def test_a_password_without_end_is_refused_before_the_meeting_opens():
    async def story() -> None:
        async with company("Ada") as (ada,):
            ada.asks(StartMeeting("Tea", "Ada", visible=False, password="x" * 129))
            await ada.until(lambda: isinstance(ada.screen, Home) and ada.screen.notice)
            assert (await ada.sees(Home)).notice == "password_long"

    run(story())


# -- contacts and calls ----------------------------------------------------------------------------


def test_contacts_stand_on_the_first_screen_and_can_be_forgotten():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            await befriend(ada, ben)
            assert ada.memory.befriended[ben.dev] == ben.memory.befriended[ada.dev]
            (card,) = (await ada.sees(Home)).contacts
            assert (card.dev, card.name, card.badge) == (ben.dev, "Ben", Badge.KNOWN)
            ada.asks(ForgetContact(ben.dev))
            await ada.until(lambda: isinstance(ada.screen, Home) and not ada.screen.contacts)
            assert ben.dev not in ada.memory.kept
            ada.asks(CallContact(ben.dev, "Ada"))
            await ada.until(lambda: isinstance(ada.screen, Home) and ada.screen.notice)
            assert (await ada.sees(Home)).notice == "contact_gone"

    run(story())


def test_a_contact_is_called_and_answers_without_any_link():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            ben.session._around.calls._allow_loopback = True
            await befriend(ada, ben)
            ada.asks(CallContact(ben.dev, "Ada"))
            preview = await ada.sees(Preview)
            assert (preview.calling, preview.hosting) == ("Ben", True)
            ada.asks(Enter("Ada"))
            await ada.until(lambda: isinstance(ada.screen, InMeeting) and ada.view.ringing)
            ben.session._around._found((announced(ada),))
            await ben.until(lambda: isinstance(ben.screen, Home) and ben.screen.calls)
            (call,) = (await ben.sees(Home)).calls
            assert (call.name, call.badge) == ("Ada", Badge.KNOWN)
            ben.asks(AnswerCall(call.key, "Ben"))
            preview = await ben.sees(Preview)
            assert (preview.host_name, preview.password_needed) == ("Ada", False)
            ben.asks(Enter("Ben"))
            await ben.until(lambda: ben.is_settled(2))
            await ada.until(lambda: not ada.view.ringing)
            assert ada.view.knocks == ()

    run(story())


def test_a_call_that_is_over_is_said_wherever_somebody_stands():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            ben.session._around.calls._allow_loopback = True
            await befriend(ada, ben)
            await ada.hosts()
            ada.asks(Ring(ben.dev))
            ben.session._around._found((announced(ada),))
            await ben.until(lambda: isinstance(ben.screen, Home) and ben.screen.calls)
            (call,) = (await ben.sees(Home)).calls
            ben.asks(AnswerCall(call.key, "Ben"))
            await ben.sees(Preview)
            ada.asks(StopRinging(ben.dev))
            ben.asks(Enter("Ben"))
            assert (await ben.sees(Farewell)).reason == "contact_unknown"
            ben.asks(GoHome())
            await ben.sees(Home)
            ben.session._around._found(())
            await ben.until(lambda: isinstance(ben.screen, Home) and not ben.screen.calls)
            ben.asks(AnswerCall(call.key, "Ben"))
            await ben.until(lambda: isinstance(ben.screen, Home) and ben.screen.notice)
            assert (await ben.sees(Home)).notice == "call_over"

    run(story())


def test_a_declined_call_is_gone_here_and_goes_on_there():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            ben.session._around.calls._allow_loopback = True
            await befriend(ada, ben)
            await ada.hosts()
            ada.asks(Ring(ben.dev))
            ben.session._around._found((announced(ada),))
            await ben.until(lambda: isinstance(ben.screen, Home) and ben.screen.calls)
            ben.asks(DeclineCall((await ben.sees(Home)).calls[0].key))
            await ben.until(lambda: isinstance(ben.screen, Home) and not ben.screen.calls)
            assert ada.view.ringing

    run(story())


# -- codes on screens, and proofs ------------------------------------------------------------------


def a_screen_that_shows(text: str, path: Path) -> Path:
    """Write a video of somebody's screen with a code on it."""
    code = np.array(list(segno.make(text, error="m").matrix), np.uint8)
    code = np.kron(np.pad(1 - code, 4, constant_values=1) * 255, np.ones((6, 6), np.uint8))
    picture = np.full((480, 640, 3), 90, np.uint8)
    picture[60 : 60 + code.shape[0], 120 : 120 + code.shape[1]] = code[:, :, None]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame.reformat(format="yuvj420p")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("camera_on", [False, True])
def test_a_camera_that_reads_the_code_of_a_screen_verifies_whose_it_is(
    tmp_path: Path, camera_on: bool
):
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            await gather_in(ada, ben)
            shown = next(p for p in ben.view.people if p.dev == ada.dev).show_code
            ada.asks(ChooseCamera(str(a_screen_that_shows(shown, tmp_path / "ben.mkv"))))
            ada.asks(SetCamera(camera_on), ScanCode(True))
            await ada.until(lambda: ada.view.scanned == "scanned_ok")
            assert any(isinstance(one, InMeeting) and one.scanning for one in ada.screens)
            await ada.until(lambda: not ada.screen.scanning)
            (person,) = [p for p in ada.view.people if not p.is_me]
            assert (person.badge, person.verified_by) == (Badge.VERIFIED, VerifiedBy.NUMBER)
            assert ada.memory.kept[ben.dev] == ("Ben", Verified.NUMBER)
            assert ada.view.camera_on is camera_on
            await asyncio.sleep(0.3)
            assert ben.view.people[0].camera_on is camera_on, "a scan is nobody else's picture"

    run(story())


def test_a_scan_without_a_camera_says_so_and_ends():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            await gather_in(ada, ben)
            ada.asks(ChooseCamera(""), ScanCode(True))
            await ada.until(lambda: ada.screen.camera_problem and not ada.screen.scanning)

    run(story())


def test_somebody_who_switches_the_camera_on_during_a_scan_ends_the_scan_first():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            await gather_in(ada, ben)
            ada.asks(ScanCode(True))
            await ada.until(lambda: ada.screen.scanning)
            ada.asks(SetCamera(True))
            await ada.until(lambda: not ada.screen.scanning and ada.view.camera_on)
            await ben.until(lambda: ben.view.people[0].camera_on)

    run(story())


def test_the_proof_of_a_lie_can_be_saved_from_the_farewell(tmp_path: Path):
    async def story() -> None:
        async with company("Ada") as (ada,):
            await ada.hosts()
            conductor = ada.session.conductor
            assert conductor is not None
            for effect in (KeepProof(b"voucher", b"one", b"other"), Finish("equivocation")):
                conductor._perform(effect)
            farewell = await ada.sees(Farewell)
            assert (farewell.proof, farewell.proof_saved) == (True, None)
            ada.asks(SaveProof(str(tmp_path / "nowhere" / "proof.json")))
            await ada.until(lambda: ada.screen.proof_saved is False)
            ada.asks(SaveProof(str(tmp_path / "proof.json")))
            await ada.until(lambda: ada.screen.proof_saved)
            (proof,) = load(tmp_path / "proof.json")
            assert (proof.voucher, proof.first, proof.second) == (b"voucher", b"one", b"other")

    run(story())


def test_the_host_removes_one_and_ends_for_the_rest():
    async def story() -> None:
        async with company("Ada", "Ben", "Cleo") as (ada, ben, cleo):
            link = await gather_in(ada, ben, cleo)
            ada.asks(Remove(ben.dev))
            farewell = await ben.sees(Farewell)
            assert (farewell.reason, farewell.can_retry) == ("removed", False)
            await cleo.until(lambda: cleo.is_settled(2))
            ben.asks(GoHome())
            await ben.sees(Home)
            await ben.knocks(link)
            assert (await ben.sees(Farewell)).reason == "removed"
            ada.asks(End())
            assert (await cleo.sees(Farewell)).reason == "ended"
            assert (await ada.sees(Farewell)).reason == "you_ended"

    run(story())


def test_at_the_end_no_screen_shows_anybody_twice_as_oneself():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            await gather_in(ada, ben)
            ada.asks(End())
            await ben.sees(Farewell)
            for screen in (*ada.screens, *ben.screens):
                if isinstance(screen, InMeeting):
                    assert sum(person.is_me for person in screen.view.people) == 1

    run(story())


async def to_preview(ada: Copy, ben: Copy, link: str) -> None:
    ben.asks(JoinLink(link, "Ben"))
    await ben.sees(Preview)


async def to_open_devices(ada: Copy, ben: Copy, link: str) -> None:
    await ben.previews(link)
    ben.asks(SetCamera(True), SetMicrophone(True))
    await ben.until(lambda: isinstance(ben.screen, Preview) and ben.screen.level_db > -90)


async def to_knock(ada: Copy, ben: Copy, link: str) -> None:
    await ben.knocks(link)
    await ben.sees(Waiting)


async def to_lobby(ada: Copy, ben: Copy, link: str) -> None:
    await ben.knocks(link)
    await ada.until(lambda: ada.view.knocks)


async def to_admitted(ada: Copy, ben: Copy, link: str) -> None:
    await to_lobby(ada, ben, link)
    await ada.admits()


async def to_meeting(ada: Copy, ben: Copy, link: str) -> None:
    await to_admitted(ada, ben, link)
    await ben.sees(InMeeting)


async def to_media(ada: Copy, ben: Copy, link: str) -> None:
    await to_meeting(ada, ben, link)
    ben.asks(SetCamera(True), SetMicrophone(True))
    await ben.until(lambda: ben.is_settled(2))


@pytest.mark.parametrize(
    "stage",
    [to_preview, to_open_devices, to_knock, to_lobby, to_admitted, to_meeting, to_media],
    ids=lambda stage: stage.__name__,
)
def test_going_home_leaves_no_task_thread_or_socket_whatever_the_stage(stage: Any):
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            link = await ada.hosts()
            await asyncio.sleep(0.2)
            before = Footprint.now()
            await stage(ada, ben, link)
            ben.asks(GoHome())
            home = await ben.sees(Home)
            assert home.notice == ""
            assert ben.session.studio is None
            assert ben.session.conductor is None
            await ada.until(lambda: len(ada.view.people) == 1 and not ada.view.knocks)
            await ada.until(before.is_back)

    run(story())


def test_changing_ones_mind_quickly_ends_where_one_pressed_last():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            link = await ada.hosts()
            await asyncio.sleep(0.2)
            before = Footprint.now()
            for _ in range(5):
                ben.asks(JoinLink(link, "Ben"), Enter("Ben"), GoHome(), JoinLink(link, "Ben"))
                await asyncio.sleep(0.02)
                ben.asks(StartMeeting("Mine", "Ben", visible=False), Enter("Ben"), GoHome())
                ben.asks(Retry(), Leave(), GoHome())
                await asyncio.sleep(0.01)
            await ben.until(lambda: isinstance(ben.screen, Home) and ben.session.studio is None)
            await ben.until(before.is_back)
            await ben.knocks(link)
            await ada.admits()
            await ben.until(lambda: ben.is_settled(2))

    run(story())


def test_leaving_while_the_goodbye_is_under_way_loses_no_socket():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            link = await ada.hosts(lobby=False)
            await asyncio.sleep(0.2)
            before = Footprint.now()
            for pause in (0.0, 0.001, 0.01, 0.03):
                await ben.knocks(link)
                await ben.sees(InMeeting)
                ben.asks(SetCamera(True), Leave())
                await asyncio.sleep(pause)
                ben.asks(GoHome())
                await asyncio.sleep(pause)
                ben.asks(GoHome())
                await ben.sees(Home)
                await ada.until(lambda: len(ada.view.people) == 1)
            await ben.until(before.is_back)

    run(story())


def test_fast_visits_leave_nothing_behind():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            link = await ada.hosts(lobby=False)
            await asyncio.sleep(0.2)
            before = Footprint.now()
            for visit in range(12):
                await ben.knocks(link)
                await ben.sees(InMeeting)
                if visit % 3 == 0:
                    await ben.until(lambda: ben.is_settled(2))
                ben.asks(GoHome())
                await ben.sees(Home)
            await ada.until(lambda: len(ada.view.people) == 1)
            await ada.until(before.is_back, PATIENT)

    run(story())


def test_somebody_who_comes_back_at_once_is_seen_and_heard_again():
    async def story() -> None:
        async with company("Ada", "Ben", "Cleo") as copies:
            ada, ben, cleo = copies
            link = await gather_in(ada, ben, cleo)
            for _ in range(2):
                ben.asks(GoHome())
                await ben.sees(Home)
                await ben.knocks(link)
                for copy in copies:
                    await copy.until(lambda c=copy: c.is_settled(3))
            ben.asks(SetCamera(True))
            slot = cleo.session.pictures(ben.dev)
            await cleo.until(lambda: slot.take() is not None)

    run(story())


def test_a_port_that_another_program_holds_is_said_and_can_be_tried_again():
    async def story() -> None:
        async with company("Ada") as (ada,):
            with socket.create_server(("127.0.0.1", 0)) as taken:
                listen = Address("127.0.0.1", taken.getsockname()[1])
                ada.session.adopt(replace(ada.session.ways, listen=listen))
                ada.asks(StartMeeting("Tea", "Ada", visible=False))
                await ada.sees(Preview)
                ada.asks(Enter("Ada"))
                farewell = await ada.sees(Farewell)
            assert (farewell.reason, farewell.can_retry) == ("port_busy", True)
            assert texts.farewell("port_busy").help
            assert ada.session._around._asking  # others are still looked for
            ada.asks(Retry())
            await ada.sees(Preview)

    run(story())
