"""What an organisation's rules do to real sessions: the engine keeps them, whoever asks."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, get_args

import pytest
from fakes.company import (
    LOOPBACK,
    NO_DEVICES,
    Copy,
    Farewell,
    Home,
    InMeeting,
    Notebook,
    Preview,
    company,
)

from app import studio
from app.intents import (
    AnswerCall,
    CallContact,
    ChooseCamera,
    ChooseMicrophone,
    Enter,
    Intent,
    JoinLink,
    JoinNearby,
    LookForScreens,
    OpenRouter,
    SaveChat,
    ScanCode,
    ShareScreen,
    StartMeeting,
    TryConclave,
)
from app.meeting.wishes import (
    AcceptFile,
    AddContact,
    LookAtFile,
    OfferFile,
    SaveFile,
    Say,
    SetCamera,
    SetLobby,
    SetPassword,
    Write,
)
from app.net.router.doorman import Phase
from app.permission import NEEDS, NotPermittedError, permitted, shown
from app.rules import FREE, NOWHERE, STRICTEST, Function, Rules
from app.ui.samples import CALLS, meeting
from app.ways import Ways
from crypto.invite import Invite, InviteFlag


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 60))


def bound(rules: Rules) -> Copy:
    """Return a copy that an organisation binds."""
    ways = Ways(name="Ada", choice=NO_DEVICES, listen=LOOPBACK, look_around=False, rules=rules)
    return Copy("Ada", Notebook(), ways=ways)


def alone(rules: Rules, story: Any) -> None:
    async def whole() -> None:
        copy = bound(rules)
        running = asyncio.create_task(copy.session.run())
        try:
            await asyncio.sleep(0)
            await story(copy)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    run(whole())


def off(*functions: Function) -> Rules:
    return Rules(off=frozenset(functions))


def test_every_meeting_opened_here_has_a_lobby_and_keeps_it():
    async def story(ada: Copy) -> None:
        await ada.hosts(lobby=False)
        assert ada.view.lobby
        ada.asks(SetLobby(False))
        await asyncio.sleep(0.3)
        assert ada.view.lobby

    alone(Rules(lobby=True), story)


def test_no_meeting_is_opened_without_a_password_and_none_loses_it():
    async def story(ada: Copy) -> None:
        ada.asks(StartMeeting("Tea", "Ada", visible=False))
        await asyncio.sleep(0.1)
        home = await ada.sees(Home)
        assert home.notice == "password_required"
        await ada.hosts(password="leaf")
        ada.asks(SetPassword(""))
        await asyncio.sleep(0.3)
        assert ada.view.has_password
        ada.asks(SetPassword("other leaf"))
        await asyncio.sleep(0.3)
        assert ada.view.has_password

    alone(Rules(password=True), story)


def test_every_meeting_stays_on_the_local_network_where_the_organisation_says_so():
    async def story(ada: Copy) -> None:
        ada.asks(StartMeeting("Tea", "Ada", visible=False, open_router=True))
        assert (await ada.sees(Preview)).lan_only
        ada.asks(Enter("Ada"))
        view = (await ada.sees(InMeeting)).view
        assert view.lan_only
        assert InviteFlag.LAN_ONLY in Invite.parse(view.invitation).flags
        ada.asks(OpenRouter(True))
        await asyncio.sleep(0.3)
        assert ada.session._attendance.room.door.phase is Phase.CLOSED

    alone(Rules(lan_only=True), story)


def test_a_meeting_is_shown_to_nobody_where_nobody_may_see_it():
    async def story(ada: Copy) -> None:
        ada.asks(StartMeeting("Tea", "Ada", visible=True))
        await ada.sees(Preview)
        ada.asks(Enter("Ada"))
        await ada.sees(InMeeting)
        assert not ada.view.visible

    alone(off(Function.NEARBY), story)


def test_the_camera_stays_closed_even_for_the_test_guest(monkeypatch: pytest.MonkeyPatch):
    opened: list[str] = []
    monkeypatch.setattr(studio, "open_camera", opened.append)

    async def story(ada: Copy) -> None:
        ada.asks(StartMeeting("Tea", "Ada", visible=False))
        await ada.sees(Preview)
        ada.asks(SetCamera(True))
        ada.asks(Enter("Ada"))
        await ada.sees(InMeeting)
        ada.asks(SetCamera(True), ScanCode(True))
        await asyncio.sleep(0.3)
        assert not ada.view.camera_on
        ada.asks(TryConclave("Ada"))
        await asyncio.sleep(0.5)
        assert opened == []

    alone(off(Function.CAMERA), story)


def test_chat_is_neither_sent_nor_shown_where_it_is_switched_off():
    async def story() -> None:
        async with company("Ben") as (ben,):
            ada = bound(off(Function.CHAT))
            running = asyncio.create_task(ada.session.run())
            try:
                link = await ben.hosts(lobby=False)
                await ada.knocks(link)
                await ada.sees(InMeeting)
                await ben.until(lambda: len(ben.view.people) == 2)
                ada.asks(Say("from the one who may not"))
                ben.asks(Say("from the one who may"))
                await ben.until(lambda: ben.view.chat)
                await asyncio.sleep(0.5)
                assert [line.text for line in ben.view.chat] == ["from the one who may"]
                assert ada.view.chat == ()
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

    run(story())


@pytest.mark.parametrize("rules", [FREE, off(Function.SCREEN_SHARING)], ids=["free", "forbidden"])
def test_what_the_command_line_shares_is_shared_only_where_that_is_allowed(rules: Rules):
    async def story(ada: Copy) -> None:
        ada.session.adopt(replace(ada.session.ways, share="test"))
        await ada.hosts(lobby=False)
        if rules == FREE:
            await ada.until(lambda: ada.screen.sharing.own is not None)
        else:
            await asyncio.sleep(0.3)
            assert ada.screen.sharing.own is None

    alone(rules, story)


def test_nobody_outside_the_networks_is_dialled():
    async def story(ada: Copy) -> None:
        ada.asks(JoinLink("192.0.2.7:47100", "Ada"))
        farewell = await ada.sees(Farewell, 30)
        assert farewell.reason == "unreachable"

    alone(Rules(networks=NOWHERE), story)


@pytest.mark.parametrize(
    ("intent", "function"),
    [
        (CallContact(bytes(16), "Ada"), Function.CONTACTS),
        (AddContact(bytes(16)), Function.CONTACTS),
        (AnswerCall("c1", "Ada"), Function.CONTACTS),
        (JoinNearby("", "Ada"), Function.NEARBY),
        (LookForScreens(True), Function.SCREEN_SHARING),
        (Say("tea"), Function.CHAT),
        (Write("te"), Function.CHAT),
        (SaveChat("/tmp/chat.txt"), Function.SAVE_CHAT),
        (ShareScreen("screen:1"), Function.SCREEN_SHARING),
        (OfferFile("/tmp/plan.pdf"), Function.FILES),
        (AcceptFile(bytes(16)), Function.FILES),
        (LookAtFile(bytes(16)), Function.FILES),
        (SaveFile(bytes(16)), Function.FILES),
        (SetCamera(True), Function.CAMERA),
        (ScanCode(True), Function.CAMERA),
    ],
)
def test_what_is_switched_off_cannot_be_asked_for(intent: Intent, function: Function):
    assert permitted(intent, FREE) is intent
    assert permitted(intent, Rules(off=frozenset(Function) - {function})) is intent
    with pytest.raises(NotPermittedError):
        permitted(intent, off(function))


def test_without_contacts_nobody_is_seen_to_call():
    for screen in (Home("Ada", calls=CALLS), replace(meeting(), calls=CALLS)):
        assert shown(screen, off(Function.CONTACTS)).calls == ()
        assert shown(screen, off(Function.CHAT)).calls == CALLS


def test_a_device_that_the_organisation_decides_is_not_chosen_by_hand():
    async def story(ada: Copy) -> None:
        ada.asks(StartMeeting("Tea", "Ada", visible=False))
        preview = await ada.sees(Preview)
        before = preview.devices.camera
        ada.asks(ChooseCamera("test2"), ChooseMicrophone("test"))
        await ada.until(lambda: ada.screen.devices.microphone == "test")
        assert ada.screen.devices.camera == before

    alone(Rules(decided=frozenset({"camera"})), story)


def test_what_is_on_can_be_ended_under_any_rules():
    for intent in (SetCamera(False), ScanCode(False)):
        assert permitted(intent, STRICTEST) is intent


def test_under_the_strictest_rules_conclave_can_still_be_tried():
    assert permitted(TryConclave("Ada"), STRICTEST) == TryConclave("Ada")


ALWAYS_THERE = """
    StartMeeting JoinLink TryConclave Enter DeclineCall ForgetContact SaveProof GoHome Retry
    ChooseCamera ChooseMicrophone ChooseSpeaker RefreshDevices UseOffered TrySpeaker TryMicrophone
    LookAtLevel HoldMicrophone SetVolume SetTile LookAt SetScreenTile EndSharing LookAtQuality
    SetSetting KeepTeamSecret GivePassphrase Admit Deny Remove React SetMicrophone SetLobby
    SetLocked CodesMatch
    CodesDiffer NumberMatches Scanned Trust Distrust NewInvitation Revoke SetPassword
    AllowPasswords SetRole HandOver Mute MuteAll AskToUnmute AnswerAsk StopSharing LowerHand
    RaiseHand SpeakBySigns SetChat SetSharingForAll IgnoreContact StopRinging DeclineFile HoldFile
    CancelFile Leave End SetScreen ScanCode ScanInvitation SetCamera JoinRecent ForgetRecent
"""


def test_for_every_wish_it_is_decided_whether_an_organisation_can_forbid_it():
    """A new wish is named here, or in the table of what needs a function."""
    wishes = {kind.__name__ for kind in get_args(Intent)}
    forbidden = {kind.__name__ for kind in NEEDS}
    assert wishes - forbidden - set(ALWAYS_THERE.split()) == set()
    assert forbidden & set(ALWAYS_THERE.split()) == set()
