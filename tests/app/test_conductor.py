"""What the meeting orders is done, in its order; what happens outside is told."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from fakes.clock import FakeClock
from fakes.company import company, gather_in

from app.conductor import Conductor
from app.frame_watch import TROUBLE, FrameWatch
from app.meeting.effects import (
    CloseChannel,
    CloseLink,
    ConnectLink,
    Dial,
    Effect,
    Finish,
    Forget,
    ForgetMember,
    KeepContact,
    LetGo,
    OpenLink,
    OpenWith,
    Remember,
    SealWith,
    Send,
    SendData,
    SendKeyFrame,
    StopSealing,
    UseDevices,
    UseMotion,
    UseScreen,
)
from app.meeting.events import (
    ChannelDown,
    DataFrom,
    Event,
    FramesAccepted,
    FramesRefused,
    KeyInUse,
    LinkDown,
    LinkGathered,
    LinkUp,
    LinkWeak,
    NetworkChanged,
    Received,
    Tick,
    Unreachable,
)
from app.meeting.wishes import Leave, Say
from app.net.address_watch import LOOK_EVERY, AddressWatch
from app.net.addresses import InterfaceAddress
from app.net.signalling import Address, CloseReason
from app.screens import InMeeting
from crypto.frames import Context, Opener, Sealer
from crypto.vault_content import OpenInvite, Verified
from media.errors import LinkError
from media.path.link_parameters import LinkParameters

BEN = b"b" * 16
KEY = bytes(range(32))
HALF = LinkParameters("abcd", "p" * 22, bytes(32), ()).encode()


class FakeMeeting:
    """Answers each event with what the test prepared, and writes the events down."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.answers: dict[type, list[Effect]] = {}

    def begin(self, now: float, channel: int | None) -> list[Effect]:
        return self.answers.pop(type(None), [])

    def step(self, event: Event, now: float) -> list[Effect]:
        self.heard.append(event)
        return self.answers.pop(type(event), [])


class FakeConnection:
    def __init__(self, told: list[Any], remote: str = "192.0.2.7", local: str = "192.0.2.8"):
        self.told = told
        self.exporter = bytes(32)
        self.remote, self.local = Address(remote, 1), Address(local, 2)
        self.authenticated = False
        self.is_closed = False

    def start(self, on_message: Any, on_closed: Any) -> None:
        self.on_message, self.on_closed = on_message, on_closed

    def send(self, message: bytes) -> None:
        self.told.append(("sent", message))

    def close(self) -> None:
        self.is_closed = True
        self.told.append("closed")


@dataclass
class FakePeer:
    outcome: Any = None
    on_state: Callable[[str], None] | None = None
    connected: list[Any] = field(default_factory=list)
    number: int = 0
    local_host: str | None = None
    left_from: str = ""
    outside: Any = None
    way: Any = None

    async def gather(self, number: int, link_local: str = "", outside: Any = None) -> Any:
        self.left_from, self.outside = link_local, outside
        if isinstance(self.outcome, LinkError):
            raise self.outcome
        self.number = number
        return SimpleNamespace(encode=lambda: b"our half")

    async def connect(self, remote: Any) -> None:
        self.connected.append(remote)
        if isinstance(self.outcome, LinkError):
            raise self.outcome


class FakeCall:
    def __init__(self, told: list[Any]) -> None:
        self.told = told
        self.peers: dict[bytes, FakePeer] = {}
        self.loopback: dict[bytes, bool] = {}
        self.next_outcome: Any = None
        self.on_data: Any = None

    def add_peer(
        self, dev: bytes, opener: Opener, controlling: bool, *, allow_loopback: bool = False
    ) -> FakePeer:
        self.loopback[dev] = allow_loopback
        self.peers[dev] = FakePeer(self.next_outcome)
        return self.peers[dev]

    def remove_peer(self, dev: bytes) -> None:
        self.told.append(("removed", dev))
        self.peers.pop(dev, None)

    def forget_peer(self, dev: bytes) -> None:
        self.told.append(("forgotten", dev))

    def keys_switched(self, removal: bool) -> None:
        self.told.append(("switched", removal))

    def keys_changed(self, dev: bytes) -> None:
        self.told.append(("keys", dev))

    def broadcast(self, context: int, payload: bytes) -> None:
        self.told.append(("data", payload))

    def request_key_frame(self) -> None:
        self.told.append("key frame")

    def prefer_motion(self, on: bool) -> None:
        self.told.append(("motion", on))


class Stage:
    """A conductor among fakes; `told` is everything that reached the outside, in order."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.meeting = FakeMeeting()
        self.call = FakeCall(self.told)
        self.sealer = Sealer()
        self.clock = FakeClock()
        self.conductor = Conductor(
            self.meeting,
            self.call,
            self.sealer,
            self,
            self.clock,  # type: ignore[arg-type]
        )

    def remember(self, public_key: bytes, name: str, verified: Verified) -> None:
        self.told.append(("remember", name, verified))

    def keep_contact(self, public_key: bytes, name: str, secret: bytes) -> None:
        self.told.append(("contact", name, secret))

    def keep_invitations(self, links: tuple[OpenInvite, ...]) -> None:
        self.told.append(("links", links))

    def forget(self, dev: bytes) -> None:
        self.told.append(("forget", dev))

    def use_devices(self, microphone: bool, camera: bool) -> None:
        self.told.append(("devices", microphone, camera))

    def use_screen(self, on: bool) -> None:
        self.told.append(("screen", on))

    def changed(self) -> None:
        self.told.append("shown")

    def finished(self, reason: str) -> None:
        self.told.append(("finished", reason))

    def does(self, *effects: Effect, on: Event | None = None) -> None:
        event = on or Say("anything")
        self.meeting.answers[type(event)] = list(effects)
        self.conductor.happened(event)

    def lives_at(self, hosts: list[str]) -> None:
        """Let this computer have these addresses, and lose what is taken out of the list."""
        self.conductor._addresses = AddressWatch(
            self.clock(), lambda: [InterfaceAddress("eth0", 2, host, 24) for host in hosts]
        )

    def connect(self, **addresses: str) -> tuple[int, FakeConnection]:
        connection = FakeConnection(self.told, **addresses)
        return self.conductor._adopt(connection), connection  # type: ignore[arg-type]


def run(story: Callable[[Stage], Coroutine[Any, Any, None]]) -> None:
    async def go() -> None:
        await story(Stage())

    asyncio.run(asyncio.wait_for(go(), 20))


async def until(fact: Callable[[], object]) -> None:
    """Let the loop turn until something is so; `run` gives up in the end."""
    turns = asyncio.get_running_loop()
    while not fact():
        again = turns.create_future()
        turns.call_later(0.01, again.set_result, None)
        await again


# -- order ---------------------------------------------------------------------------------------


def test_who_is_in_is_shown_before_anything_is_sent():
    async def story(stage: Stage) -> None:
        channel, _ = stage.connect()
        stage.does(Send(channel, b"block"), SealWith(1, 1, KEY, False), SendData(8, b"hello"))
        assert stage.told == [
            "shown", ("sent", b"block"), ("switched", False), ("data", b"hello"),
        ]  # fmt: skip

    run(story)


def test_the_first_people_are_shown_before_the_first_key_goes_out():
    async def story(stage: Stage) -> None:
        host = FakeConnection(stage.told)
        stage.meeting.answers[type(None)] = [Send(1, b"ack"), SealWith(1, 1, KEY, False)]
        stage.conductor.begin(host, (b"early", b"words"))  # type: ignore[arg-type]
        assert stage.told[:2] == ["shown", ("sent", b"ack")]
        assert stage.meeting.heard == [Received(1, b"early"), Received(1, b"words")]

    run(story)


def test_in_a_real_session_a_screen_with_the_newcomer_comes_before_their_key():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            order: list[str] = []
            publish = ada.session._board._publish

            def watched(screen: Any) -> None:
                if isinstance(screen, InMeeting) and len(screen.view.people) == 2:
                    order.append("shown")
                publish(screen)

            ada.session._board._publish = watched
            await ada.hosts(lobby=False)
            conductor = ada.session.conductor
            assert conductor is not None
            perform = conductor._perform

            def performed(effect: Effect) -> None:
                if len(conductor.meeting.roster.members) == 2:
                    order.append(type(effect).__name__)
                perform(effect)

            conductor._perform = performed  # type: ignore[method-assign]
            await ben.knocks(ada.view.invitation)
            await ada.until(lambda: ada.is_settled(2))
            assert order[0] == "shown"
            assert "SealWith" in order

    asyncio.run(asyncio.wait_for(story(), 40))


def test_nothing_to_do_shows_nothing():
    async def story(stage: Stage) -> None:
        stage.does()
        assert stage.told == []

    run(story)


def test_after_the_end_nothing_is_done_and_nothing_is_heard():
    async def story(stage: Stage) -> None:
        channel, connection = stage.connect()
        stage.does(Finish("ended"))
        assert stage.told[-1] == ("finished", "ended")
        stage.does(Send(channel, b"late"))
        connection.on_closed(CloseReason.LOST)
        assert stage.told[-1] == ("finished", "ended")
        await stage.conductor.close()
        stage.call.on_data = stage.call.on_data or (lambda *_: None)
        assert connection.told[-1] == ("finished", "ended")

    run(story)


def test_leaving_says_goodbye_once_and_does_not_call_the_surroundings():
    async def story(stage: Stage) -> None:
        channel, _ = stage.connect()
        stage.meeting.answers[Leave] = [Send(channel, b"bye"), Finish("left")]
        stage.conductor.leave()
        stage.conductor.leave()
        assert stage.told == [("sent", b"bye")]
        assert stage.meeting.heard == [Leave()]

    run(story)


def test_closing_closes_every_channel_and_link_and_forgets_every_key():
    async def story(stage: Stage) -> None:
        _, connection = stage.connect()
        stage.does(SealWith(1, 1, KEY, False), OpenWith(BEN, 2, 1, KEY), OpenLink(BEN, 1, True, 1))
        await stage.conductor.close()
        assert connection.is_closed
        assert stage.call.peers == {}
        assert stage.sealer.generation is None
        assert stage.conductor._opener(BEN).generations == ()
        assert stage.call.on_data is None

    run(story)


# -- orders --------------------------------------------------------------------------------------


def test_each_order_reaches_whom_it_is_for():
    async def story(stage: Stage) -> None:
        stage.does(
            SendKeyFrame(), UseDevices(True, False), Remember(KEY, "Ben", Verified.CODE),
            KeepContact(KEY, "Ben", bytes(32)), Forget(BEN), UseScreen(True), UseMotion(True),
            OpenWith(BEN, 2, 1, KEY), StopSealing(), ForgetMember(BEN), LetGo(BEN),
        )  # fmt: skip
        assert stage.told[1:] == [
            "key frame", ("devices", True, False), ("remember", "Ben", Verified.CODE),
            ("contact", "Ben", bytes(32)), ("forget", BEN), ("screen", True),
            ("motion", True), ("keys", BEN), ("switched", True), ("forgotten", BEN),
        ]  # fmt: skip
        assert stage.sealer.seal(0, 0, 0, 0, b"anything") is None

    run(story)


def test_orders_for_channels_and_links_that_are_gone_do_nothing():
    async def story(stage: Stage) -> None:
        stage.does(Send(9, b"x"), CloseChannel(9), CloseLink(BEN), ConnectLink(BEN, 3, b"half"))
        assert stage.told == ["shown"]

    run(story)


def test_what_arrives_on_a_channel_is_told_with_its_number_and_its_end_too():
    async def story(stage: Stage) -> None:
        channel, connection = stage.connect()
        connection.on_message(b"hello")
        connection.on_closed(CloseReason.LOST)
        assert stage.meeting.heard == [Received(channel, b"hello"), ChannelDown(channel)]

    run(story)


def test_nobody_who_cannot_be_dialled_stops_anything():
    async def story(stage: Stage) -> None:
        stage.does(Dial(BEN, (("127.0.0.1", 9),)))  # loopback of another computer: not allowed
        await until(lambda: stage.meeting.heard[1:])
        assert stage.meeting.heard[1] == Unreachable(BEN)

    run(story)


# -- links ---------------------------------------------------------------------------------------


def test_a_link_is_told_as_it_gathers_comes_up_weakens_and_falls():
    async def story(stage: Stage) -> None:
        stage.does(OpenLink(BEN, 4, True, 1))
        peer = stage.call.peers[BEN]
        await asyncio.sleep(0.01)
        assert peer.on_state is not None
        for state in ("connecting", "connected", "weak", "connected", "lost"):
            peer.on_state(state)
        assert stage.meeting.heard[1:] == [
            LinkGathered(BEN, 4, b"our half"), LinkUp(BEN, 4), LinkWeak(BEN), LinkUp(BEN, 4),
            LinkDown(BEN, 4),
        ]  # fmt: skip

    run(story)


def test_a_link_that_cannot_be_prepared_or_made_is_down():
    async def story(stage: Stage) -> None:
        stage.call.next_outcome = LinkError("no_address", "no network")
        stage.does(OpenLink(BEN, 4, True, 1))
        await asyncio.sleep(0.01)
        assert stage.meeting.heard[-1] == LinkDown(BEN, 4)

    run(story)


def test_parameters_that_make_no_sense_are_refused_and_the_link_is_down():
    async def story(stage: Stage) -> None:
        stage.does(OpenLink(BEN, 4, True, 1))
        await asyncio.sleep(0.01)
        stage.does(ConnectLink(BEN, 4, b"nonsense"))
        assert stage.meeting.heard[-1] == LinkDown(BEN, 4)
        assert stage.call.peers[BEN].connected == []

    run(story)


def test_a_newer_link_is_made_beside_the_one_in_use():
    async def story(stage: Stage) -> None:
        stage.does(OpenLink(BEN, 4, True, 1))
        peer = stage.call.peers[BEN]
        stage.does(OpenLink(BEN, 5, True, 1))
        await asyncio.sleep(0.01)
        assert stage.call.peers[BEN] is peer
        assert ("removed", BEN) not in stage.told
        assert LinkGathered(BEN, 5, b"our half") in stage.meeting.heard
        stage.meeting.heard.clear()
        stage.does(ConnectLink(BEN, 4, b"nonsense"))
        assert stage.meeting.heard == [Say("anything")], "an older one is of no interest"
        stage.does(ConnectLink(BEN, 5, HALF))
        await asyncio.sleep(0.01)
        assert len(peer.connected) == 1

    run(story)


def test_news_of_a_closed_link_is_not_told():
    async def story(stage: Stage) -> None:
        stage.does(OpenLink(BEN, 4, True, 1))
        old = stage.call.peers[BEN].on_state
        stage.does(CloseLink(BEN))
        stage.does(OpenLink(BEN, 5, True, 1))
        await asyncio.sleep(0.01)
        stage.meeting.heard.clear()
        assert old is not None
        old("lost")
        assert stage.meeting.heard == []

    run(story)


def test_a_peer_that_began_anew_gets_a_link_that_begins_anew():
    async def story(stage: Stage) -> None:
        stage.does(OpenLink(BEN, 4, True, 1))
        await asyncio.sleep(0.01)
        stage.call.peers[BEN].outcome = LinkError("restarted", "another session")
        stage.does(ConnectLink(BEN, 4, HALF))
        await until(lambda: stage.meeting.heard[-1] == LinkDown(BEN, 4))
        assert ("removed", BEN) in stage.told
        stage.does(OpenLink(BEN, 5, True, 1))
        await until(lambda: stage.meeting.heard[-1] == LinkGathered(BEN, 5, b"our half"))

    run(story)


# -- the network of this computer ----------------------------------------------------------------


def test_links_and_channels_from_an_address_that_is_gone_are_told():
    async def story(stage: Stage) -> None:
        hosts = ["192.0.2.8", "192.0.2.9"]
        stage.lives_at(hosts)
        gone, _ = stage.connect(local="192.0.2.8")
        stage.connect(local="192.0.2.9")
        stage.does(OpenLink(BEN, 1, True, gone))
        stage.call.peers[BEN].local_host = "192.0.2.8"
        hosts.remove("192.0.2.8")
        stage.clock.forward(LOOK_EVERY)
        stage.conductor._look_at_the_network()
        assert stage.meeting.heard[-1] == NetworkChanged(frozenset({BEN}), frozenset({gone}))
        stage.clock.forward(LOOK_EVERY)
        stage.conductor._look_at_the_network()
        assert sum(isinstance(event, NetworkChanged) for event in stage.meeting.heard) == 1

    run(story)


def test_waking_up_is_told_though_the_addresses_are_the_same():
    async def story(stage: Stage) -> None:
        stage.lives_at(["192.0.2.8"])
        stage.clock.forward(45.0)
        stage.conductor._look_at_the_network()
        assert stage.meeting.heard == [NetworkChanged(frozenset(), frozenset())]

    run(story)


@pytest.mark.parametrize(
    ("remote", "local", "here"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("::1", "::1", True),
    ],
)
def test_loopback_addresses_are_fair_only_with_somebody_at_this_computer(
    remote: str, local: str, here: bool
):
    async def story(stage: Stage) -> None:
        channel, _ = stage.connect(remote=remote, local=local)
        stage.does(OpenLink(BEN, 1, True, channel))
        assert stage.call.loopback == {BEN: here}

    run(story)


@pytest.mark.parametrize(
    ("remote", "local", "left_from"),
    [
        ("fe80::7%2", "fe80::8%2", "fe80::8%2"),
        ("fe80::8%2", "fe80::8%2", ""),
        ("fd77::7", "fd77::8", ""),
        ("192.0.2.7", "192.0.2.8", ""),
    ],
)
def test_media_leave_from_a_link_local_address_where_the_words_do(
    remote: str, local: str, left_from: str
):
    async def story(stage: Stage) -> None:
        channel, _ = stage.connect(remote=remote, local=local)
        stage.does(OpenLink(BEN, 1, True, channel))
        await until(lambda: stage.call.peers[BEN].number)
        assert stage.call.peers[BEN].left_from == left_from

    run(story)


# -- frames --------------------------------------------------------------------------------------


def look(watch: FrameWatch, opened: int, refused: int, now: float) -> bool | None:
    """Let a watch look at a camera's frames, while small messages go on being good."""
    opened_in = Counter({Context.CAMERA: opened, Context.CONTROL: round(now)})
    return watch.look(opened_in, Counter({Context.CAMERA: refused}), now)


def test_trouble_begins_after_three_seconds_without_a_good_frame_while_frames_come():
    watch = FrameWatch()
    assert look(watch, 0, 1, 10.0) is None
    assert look(watch, 0, 5, 10.0 + TROUBLE - 0.1) is None
    assert look(watch, 0, 9, 10.0 + TROUBLE) is True
    assert look(watch, 0, 12, 20.0) is None, "said once"


def test_silence_is_no_trouble():
    watch = FrameWatch()
    assert look(watch, 0, 0, 10.0) is None
    assert look(watch, 5, 0, 11.0) is None
    assert look(watch, 5, 0, 99.0) is None


def test_one_good_frame_ends_the_trouble_and_a_refused_one_among_good_ones_begins_none():
    watch = FrameWatch()
    look(watch, 0, 1, 10.0)
    assert look(watch, 0, 9, 13.0) is True
    assert look(watch, 1, 9, 13.1) is False
    assert look(watch, 2, 10, 13.2) is None
    assert look(watch, 3, 50, 16.5) is None


def test_refused_frames_long_after_the_last_good_one_need_their_three_seconds():
    watch = FrameWatch()
    look(watch, 5, 0, 10.0)
    assert look(watch, 5, 1, 60.0) is None
    assert look(watch, 5, 2, 60.0 + TROUBLE) is True


def test_the_meeting_hears_of_trouble_of_good_frames_and_of_the_newest_key():
    async def story(stage: Stage) -> None:
        ben = Sealer()
        ben.use(2, 7, KEY)
        stage.does(OpenWith(BEN, 2, 7, KEY), OpenLink(BEN, 1, True, 1))
        opener = stage.conductor._opener(BEN)
        opener.open(0, 0, b"\0forged frame")
        stage.conductor._look_at_frames()
        stage.clock.forward(TROUBLE)
        opener.open(0, 0, b"\0forged frame")
        stage.conductor._look_at_frames()
        assert stage.meeting.heard[-1] == FramesRefused(BEN)
        opener.open(0, 0, ben.seal(0, 0, 0, 0, b"good") or b"")
        stage.conductor._look_at_frames()
        assert stage.meeting.heard[-2:] == [KeyInUse(BEN, 7), FramesAccepted(BEN)]
        stage.conductor._look_at_frames()
        assert stage.meeting.heard[-1] == FramesAccepted(BEN), "told once"
        assert sum(stage.conductor.refusals(BEN).values()) == 2
        assert stage.conductor.refusals(b"x" * 16) == {}

    run(story)


def test_small_data_is_told_with_its_sender():
    async def story(stage: Stage) -> None:
        stage.call.on_data(BEN, 8, b"hello")
        assert stage.meeting.heard == [DataFrom(BEN, 8, b"hello")]

    run(story)


def test_the_time_is_told_until_the_end():
    async def story(stage: Stage) -> None:
        running = asyncio.create_task(stage.conductor.run())
        await until(lambda: Tick() in stage.meeting.heard)
        stage.does(Finish("left"))
        await running

    run(story)


def test_a_real_link_that_is_lost_comes_back():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            await gather_in(ada, ben)
            conductor = ada.session.conductor
            assert conductor is not None
            await conductor._links[ben.dev].peer._transport.in_use.close()
            await ada.until(lambda: not ada.is_settled(2))
            await ada.until(lambda: ada.is_settled(2) and ben.is_settled(2))

    asyncio.run(asyncio.wait_for(story(), 60))


def test_a_list_that_takes_the_place_of_an_undone_one_is_shown_at_once_whatever_its_number():
    async def story() -> None:
        async with company("Ada") as (ada,):
            await ada.hosts()
            session = ada.session
            assert session.conductor is not None
            assert isinstance(session._board.screen, InMeeting)
            undone = replace(session._board.screen.view, eid=b"undone")
            session._board.screen = replace(session._board.screen, view=undone)
            session.changed()
            assert ada.view.eid == session.conductor.meeting.roster.eid
            assert ada.view.epoch == undone.epoch

    asyncio.run(asyncio.wait_for(story(), 40))
