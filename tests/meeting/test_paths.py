"""The ways between members: who dials, what is tried again, whose seat is kept how long."""

import random

import pytest
from fakes.people import Person, people
from fakes.table import Seat, Table

from app.meeting.effects import (
    Authenticated,
    CloseChannel,
    CloseLink,
    ConnectLink,
    Dial,
    Effect,
    OpenLink,
    Send,
)
from app.meeting.links import LINK_TIME, RETRY, WIDEN
from app.meeting.member import NO_WAY, OFFER_PAUSE, Member, Path
from app.meeting.paths import (
    DEAD_GRACE,
    HANDSHAKE_TIME,
    NEWCOMER_GRACE,
    SEAT_TIME,
    SPLIT_TIME,
    Paths,
)
from app.meeting.view import Badge, Presence, Relayed
from app.meeting.wishes import Remove
from crypto.errors import ForgedError
from crypto.handshake import Callee
from crypto.messages import (
    Denied,
    DenyReason,
    MemberAuth,
    MemberBody,
    Signal,
    SignalKind,
    parse,
)

CALL_ID = bytes(32)
EID = b"e" * 32
SECRET = bytes(range(32))
ME, BEN, EVE = people("Me", "Ben", "Eve")
HERE = (("192.0.2.7", 47100),)


class Ways:
    """The paths of one device, with one other member."""

    def __init__(
        self, i_dial: bool, addresses: tuple[tuple[str, int], ...] = HERE, seed: int = 1
    ) -> None:
        self.out: list[Effect] = []
        self.random = random.Random(seed).randbytes
        self.paths = Paths(
            call_id=CALL_ID,
            dev=ME.dev,
            call_secret=SECRET,
            sign=ME.sign,
            random=self.random,
            out=self.out,
        )
        self.member = Member(
            dev=BEN.dev,
            name="Ben",
            badge=Badge.NEW,
            imitates="",
            device_key=BEN.identity.public,
            call_key=BEN.call_key,
            addresses=addresses,
            known_since=0.0,
            safety_number="",
            i_dial=i_dial,
        )
        self.paths.seat(self.member, 0.0)

    def took(self, kind: type[Effect]) -> list[Effect]:
        """Return the orders of one kind so far, and forget all orders."""
        found = [effect for effect in self.out if isinstance(effect, kind)]
        self.out.clear()
        return found

    def signal(self, link: int, kind: SignalKind, by: Person = BEN, **changes: bytes) -> Signal:
        fields = {"sender": by.dev, "to": ME.dev, "payload": b"half %d" % link, **changes}
        signal = Signal(eid=EID, link_id=link, sequence=0, signal=kind, **fields)  # type: ignore[arg-type]
        return Signal.parse(signal.signed(CALL_ID, by.sign).encode())

    def offer(self, link: int, now: float) -> None:
        self.paths.signalled(self.member, self.signal(link, SignalKind.OFFER), now)

    def answer(self, link: int, now: float) -> None:
        self.paths.signalled(self.member, self.signal(link, SignalKind.ANSWER), now)

    def wish(self, link: int, now: float) -> None:
        wish = self.signal(link, SignalKind.RENEW, payload=b"")
        self.paths.signalled(self.member, wish, now)

    def up(self, now: float = 0.0) -> None:
        """Let channel and link stand."""
        self.paths.bind(1, BEN.dev, now)
        self.paths.link_up(BEN.dev, self.member.link)
        self.out.clear()


# -- dialling --------------------------------------------------------------------------------------


def test_one_of_the_two_dials_and_the_other_waits():
    dialler, waiter = Ways(i_dial=True), Ways(i_dial=False)
    dialler.paths.poll(0.0, EID)
    waiter.paths.poll(0.0, EID)
    assert dialler.took(Dial) == [Dial(BEN.dev, HERE)]
    assert waiter.took(Dial) == []


def test_a_dial_under_way_is_not_doubled_and_a_failed_one_is_tried_again_after_a_second():
    ways = Ways(i_dial=True)
    ways.paths.poll(0.0, EID)
    ways.paths.poll(0.1, EID)
    assert len(ways.took(Dial)) == 1
    ways.paths.unreachable(BEN.dev, 0.1)
    ways.paths.poll(RETRY / 2, EID)
    assert ways.took(Dial) == []
    ways.paths.poll(RETRY, EID)
    assert len(ways.took(Dial)) == 1


def test_an_address_that_nobody_answers_at_is_tried_ever_more_seldom():
    ways = Ways(i_dial=True)
    for tenth in range(600):
        now = tenth / 10
        ways.paths.poll(now, EID)
        for _ in ways.took(Dial):
            ways.paths.unreachable(BEN.dev, now)
    assert ways.paths[BEN.dev].failures in range(29, 33)  # at 0 and 1 s, then every 2 s


def test_who_gave_no_address_is_not_dialled():
    ways = Ways(i_dial=True, addresses=())
    ways.paths.poll(0.0, EID)
    assert ways.took(Dial) == []


def called(ways: Ways, by: Person, body_dev: bytes | None = None) -> tuple[Callee, bytes]:
    """Let somebody answer our call; return their side and their answer."""
    exporter = ways.random(32)
    ways.paths.reached(5, exporter, BEN.dev, 1.0)
    (hello,) = ways.took(Send)
    callee = Callee(exporter, ways.random)
    callee.read_hello(hello.message, {"call": SECRET})  # type: ignore[union-attr]
    return callee, callee.answer(MemberBody(dev=body_dev or by.dev).encode(), by.sign)


def test_a_member_who_answers_gets_a_proof_that_fits_this_channel_only():
    ways = Ways(i_dial=True)
    callee, answer = called(ways, BEN)
    assert ways.paths.answered(5, answer, EID, 1.0) == BEN.dev
    (sent,) = ways.took(Send)
    proof = parse(sent.message)  # type: ignore[union-attr]
    assert isinstance(proof, MemberAuth)
    proof.verify(ME.call_key, callee.transcript, CALL_ID)
    with pytest.raises(ForgedError):
        proof.verify(ME.call_key, bytes(32), CALL_ID)


@pytest.mark.parametrize("liar", ["another key", "another name", "noise", "a replay"])
def test_whoever_else_answers_is_hung_up_on_and_dialled_again_later(liar: str):
    ways = Ways(i_dial=True)
    ways.paths.poll(0.0, EID)
    match liar:
        case "another key":
            _, answer = called(ways, EVE, body_dev=BEN.dev)
        case "another name":
            _, answer = called(ways, EVE)
        case "noise":
            called(ways, BEN)
            answer = bytes(200)
        case _:
            _, answer = called(Ways(i_dial=True, seed=2), BEN)
            called(ways, BEN)
    assert ways.paths.answered(5, answer, EID, 1.0) is None
    assert ways.took(CloseChannel) == [CloseChannel(5)]
    ways.paths.poll(1.0 + RETRY, EID)
    assert len(ways.took(Dial)) == 1


def test_an_answer_that_does_not_come_is_given_up():
    ways = Ways(i_dial=True)
    ways.paths.poll(0.0, EID)
    called(ways, BEN)
    ways.paths.poll(1.0 + HANDSHAKE_TIME, EID)
    assert ways.paths.is_calling(5)
    ways.paths.poll(1.1 + HANDSHAKE_TIME, EID)
    assert not ways.paths.is_calling(5)
    assert CloseChannel(5) in ways.out


def test_a_channel_to_somebody_who_left_meanwhile_is_closed():
    ways = Ways(i_dial=True)
    ways.paths.unseat(BEN.dev)
    ways.took(CloseLink)
    ways.paths.reached(5, bytes(32), BEN.dev, 1.0)
    assert ways.took(CloseChannel) == [CloseChannel(5)]


def test_an_answer_from_somebody_who_left_meanwhile_ends_the_channel():
    ways = Ways(i_dial=True)
    _, answer = called(ways, BEN)
    ways.paths.unseat(BEN.dev)
    assert ways.paths.answered(5, answer, EID, 1.0) is None
    assert CloseChannel(5) in ways.out


# -- channels and seats ----------------------------------------------------------------------------


def test_a_newer_channel_of_a_member_replaces_the_older_one():
    ways = Ways(i_dial=False)
    ways.paths.bind(1, BEN.dev, 0.0)
    ways.paths.bind(2, BEN.dev, 1.0)
    assert ways.took(CloseChannel) == [CloseChannel(1)]
    assert ways.paths.speaker(1) is None
    assert ways.paths.speaker(2) is ways.member
    ways.paths.channel_down(1, 2.0)
    assert ways.member.channel == 2


def test_a_proven_channel_loses_the_limits_for_strangers():
    ways = Ways(i_dial=False)
    ways.paths.bind(1, BEN.dev, 0.0)
    assert ways.took(Authenticated) == [Authenticated(1)]


def test_a_dead_process_keeps_its_seat_for_three_seconds():
    ways = Ways(i_dial=True)
    ways.up()
    ways.paths.channel_down(1, 50.0)
    assert ways.paths.silent(50.0 + DEAD_GRACE - 0.01) == []
    assert ways.paths.silent(50.0 + DEAD_GRACE) == [BEN.dev]


def test_a_meeting_point_that_fails_costs_nobody_the_seat_while_media_flow():
    ways = Ways(i_dial=True)
    ways.up()
    ways.paths.channel_down(1, 50.0, passed_on=True)
    assert ways.paths.silent(50.0 + SPLIT_TIME - 0.01) == []
    ways.paths.link_down(BEN.dev, ways.member.link, 200.0)  # and then the network is lost as well
    assert ways.paths.silent(200.0 + SEAT_TIME - 0.01) == []
    assert ways.paths.silent(200.0 + SEAT_TIME) == [BEN.dev]


def test_a_pulled_cable_keeps_the_seat_for_two_minutes():
    ways = Ways(i_dial=True)
    ways.up()
    ways.paths.link_weak(BEN.dev, 53.0)
    ways.paths.link_down(BEN.dev, ways.member.link, 58.0)
    ways.paths.channel_down(1, 65.0)
    assert ways.paths.silent(65.0 + SEAT_TIME - 0.01) == []
    assert ways.paths.silent(65.0 + SEAT_TIME) == [BEN.dev]


def test_who_vanishes_before_media_ever_flowed_is_soon_out():
    ways = Ways(i_dial=True)
    ways.paths.bind(1, BEN.dev, 0.0)
    ways.paths.channel_down(1, 2.0)
    assert ways.paths.silent(2.0 + NEWCOMER_GRACE - 0.01) == []
    assert ways.paths.silent(2.0 + NEWCOMER_GRACE) == [BEN.dev]


def test_a_channel_that_comes_back_saves_the_seat():
    ways = Ways(i_dial=True)
    ways.up()
    ways.paths.channel_down(1, 50.0)
    ways.paths.bind(2, BEN.dev, 52.0)
    assert ways.paths.silent(500.0) == []


def test_a_broken_channel_is_dialled_again_at_once_but_not_in_a_busy_loop():
    ways = Ways(i_dial=True)
    ways.up()
    ways.paths.channel_down(1, 50.0)
    ways.paths.poll(50.0, EID)
    assert len(ways.took(Dial)) == 1
    ways.paths.bind(2, BEN.dev, 50.1)
    ways.paths.channel_down(2, 50.2)
    ways.paths.poll(50.2, EID)
    assert ways.took(Dial) == []
    ways.paths.poll(50.1 + RETRY, EID)
    assert len(ways.took(Dial)) == 1


def test_whoever_is_put_out_loses_every_way():
    ways = Ways(i_dial=True)
    ways.up()
    ways.paths.unseat(BEN.dev)
    assert ways.out == [CloseLink(BEN.dev), CloseChannel(1)]
    assert BEN.dev not in ways.paths
    assert ways.paths.speaker(1) is None
    ways.out.clear()
    ways.paths.unseat(BEN.dev)
    ways.paths.send(BEN.dev, b"too late")
    assert ways.out == []


# -- media links -----------------------------------------------------------------------------------


def test_who_dials_offers_and_the_other_side_answers():
    dialler, waiter = Ways(i_dial=True), Ways(i_dial=False)
    dialler.paths.bind(1, BEN.dev, 0.0)
    waiter.paths.bind(1, BEN.dev, 0.0)
    assert dialler.took(OpenLink) == [OpenLink(BEN.dev, 1, True, 1)]
    assert waiter.took(OpenLink) == []
    dialler.paths.link_gathered(BEN.dev, 1, b"mine", EID)
    (sent,) = dialler.took(Send)
    offer = parse(sent.message)  # type: ignore[union-attr]
    assert isinstance(offer, Signal)
    assert (offer.signal, offer.link_id, offer.payload) == (SignalKind.OFFER, 1, b"mine")
    waiter.offer(1, 0.1)
    assert waiter.took(OpenLink) == [OpenLink(BEN.dev, 1, False, 1)]
    waiter.paths.link_gathered(BEN.dev, 1, b"mine too", EID)
    assert [type(effect) for effect in waiter.out] == [Send, ConnectLink]
    dialler.answer(1, 0.2)
    assert dialler.took(ConnectLink) == [ConnectLink(BEN.dev, 1, b"half 1")]


def opened(ways: Ways) -> list[tuple[int, bool]]:
    """Return which links were begun, and whether servers are asked for them."""
    return [(o.link, o.wide) for o in ways.took(OpenLink)]  # type: ignore[attr-defined]


def test_servers_are_asked_when_no_direct_path_is_there_at_once():
    ways = Ways(i_dial=True)
    ways.paths.use_outside(True)
    ways.paths.bind(1, BEN.dev, 0.0)
    assert opened(ways) == [(1, False)]
    ways.paths.poll(WIDEN - 0.1, EID)
    assert opened(ways) == []
    ways.paths.poll(WIDEN, EID)
    assert opened(ways) == [(2, True)]
    ways.paths.link_gathered(BEN.dev, 2, b"mine", EID)
    offer = parse(ways.took(Send)[0].message)  # type: ignore[attr-defined]
    assert offer.signal is SignalKind.WIDE_OFFER  # type: ignore[attr-defined]
    ways.paths.poll(2 * WIDEN, EID)
    assert opened(ways) == [], "once is enough"


def test_without_servers_an_attempt_has_all_its_time():
    ways = Ways(i_dial=True)
    ways.paths.bind(1, BEN.dev, 0.0)
    ways.paths.poll(LINK_TIME - 1, EID)
    assert opened(ways) == [(1, False)]


def test_no_server_is_asked_where_a_direct_path_came_up():
    ways = Ways(i_dial=True)
    ways.paths.use_outside(True)
    ways.up()
    ways.paths.poll(10 * WIDEN, EID)
    assert opened(ways) == []
    ways.paths.link_weak(BEN.dev, 10.0)
    ways.paths.poll(10.0, EID)
    assert opened(ways) == [(2, False)], "a direct path is tried first again"


def test_the_other_side_asks_its_servers_when_the_offer_says_so():
    for kind, wide in ((SignalKind.OFFER, False), (SignalKind.WIDE_OFFER, True)):
        ways = Ways(i_dial=False)
        ways.paths.bind(1, BEN.dev, 0.0)
        ways.paths.signalled(ways.member, ways.signal(1, kind), 0.1)
        assert opened(ways) == [(1, wide)]


def test_a_relay_that_is_gone_is_replaced_at_once_and_widely():
    ways = Ways(i_dial=True)
    ways.paths.use_outside(True)
    ways.paths.bind(1, BEN.dev, 0.0)
    ways.paths.link_up(BEN.dev, 1, relayed=Relayed("203.0.113.101:3478", "tcp"))
    ways.out.clear()
    ways.paths.link_down(BEN.dev, 1, 20.0)
    ways.paths.poll(20.0, EID)
    assert opened(ways) == [(2, True)]


def test_glare_is_impossible_an_offer_to_the_side_that_offers_is_nothing():
    ways = Ways(i_dial=True)
    ways.paths.bind(1, BEN.dev, 0.0)
    ways.out.clear()
    ways.offer(9, 0.1)
    assert ways.out == []
    assert ways.member.link == 1


def test_an_answer_to_the_side_that_answers_is_nothing():
    ways = Ways(i_dial=False)
    ways.paths.bind(1, BEN.dev, 0.0)
    ways.out.clear()
    ways.answer(1, 0.1)
    assert ways.out == []


def test_an_answer_counts_once_and_only_for_the_link_it_is_about():
    ways = Ways(i_dial=True)
    ways.paths.bind(1, BEN.dev, 0.0)
    ways.answer(7, 0.1)
    assert ways.took(ConnectLink) == []
    ways.answer(1, 0.1)
    ways.answer(1, 0.2)
    assert len(ways.took(ConnectLink)) == 1


def test_an_old_offer_said_again_opens_nothing():
    ways = Ways(i_dial=False)
    ways.paths.bind(1, BEN.dev, 0.0)
    ways.offer(4, 1.0)
    ways.out.clear()
    for link in (4, 3, 1):
        ways.offer(link, 10.0)
    assert ways.out == []


@pytest.mark.parametrize(
    "changes",
    [{"sender": EVE.dev}, {"to": EVE.dev}, {"sender": ME.dev, "to": BEN.dev}],
    ids=["from another", "for another", "reflected"],
)
def test_a_signal_from_or_for_somebody_else_is_forged(changes: dict[str, bytes]):
    ways = Ways(i_dial=False)
    ways.paths.bind(1, BEN.dev, 0.0)
    with pytest.raises(ForgedError):
        ways.paths.signalled(ways.member, ways.signal(1, SignalKind.OFFER, **changes), 0.1)


def test_a_signal_by_another_key_is_forged():
    ways = Ways(i_dial=False)
    ways.paths.bind(1, BEN.dev, 0.0)
    forged = ways.signal(1, SignalKind.OFFER, by=EVE, sender=BEN.dev)
    with pytest.raises(ForgedError):
        ways.paths.signalled(ways.member, forged, 0.1)


def test_many_offers_at_once_open_one_link_and_the_newest_a_moment_later():
    ways = Ways(i_dial=False)
    ways.paths.bind(1, BEN.dev, 0.0)
    for link in range(1, 200):
        ways.offer(link, 1.0)
    assert ways.took(OpenLink) == [OpenLink(BEN.dev, 1, False, 1)]
    ways.paths.poll(1.0 + OFFER_PAUSE, EID)
    assert ways.took(OpenLink) == [OpenLink(BEN.dev, 199, False, 1)]
    ways.paths.link_gathered(BEN.dev, 199, b"mine", EID)
    assert ConnectLink(BEN.dev, 199, b"half 199") in ways.out


def test_a_lost_link_is_made_again_by_the_side_that_dials():
    for i_dial in (True, False):
        ways = Ways(i_dial)
        ways.up()
        ways.paths.link_down(BEN.dev, ways.member.link, 50.0)
        ways.paths.poll(50.0, EID)
        assert ways.took(OpenLink) == []
        ways.paths.poll(50.0 + RETRY, EID)
        assert len(ways.took(OpenLink)) == i_dial


def test_news_of_an_older_link_changes_nothing():
    ways = Ways(i_dial=True)
    ways.up()
    ways.paths.link_down(BEN.dev, ways.member.link - 1, 50.0)
    assert ways.member.path is Path.UP
    ways.paths.link_gathered(BEN.dev, ways.member.link + 1, b"mine", EID)
    assert ways.out == []


def test_an_offer_lost_with_its_channel_is_made_again_on_the_next():
    ways = Ways(i_dial=True)
    ways.paths.bind(1, BEN.dev, 0.0)
    ways.out.clear()
    ways.paths.channel_down(1, 0.1)
    ways.paths.link_gathered(BEN.dev, 1, b"mine", EID)
    ways.paths.bind(2, BEN.dev, 1.0)
    assert OpenLink(BEN.dev, 2, True, 2) in ways.out


def test_a_link_that_never_comes_up_is_made_again():
    ways = Ways(i_dial=True)
    ways.paths.bind(1, BEN.dev, 0.0)
    ways.out.clear()
    ways.paths.poll(LINK_TIME, EID)
    assert ways.took(OpenLink) == []
    ways.paths.poll(LINK_TIME + 0.1, EID)
    assert ways.took(OpenLink) == [OpenLink(BEN.dev, 2, True, 1)]


@pytest.mark.parametrize("i_dial", [True, False])
def test_somebody_held_gets_no_link_until_released(i_dial: bool):
    ways = Ways(i_dial)
    ways.member.held = True
    ways.paths.bind(1, BEN.dev, 0.0)
    if not i_dial:
        ways.offer(1, 0.1)
    ways.paths.link_gathered(BEN.dev, ways.member.link, b"mine", EID)
    assert not any(isinstance(effect, OpenLink | Send) for effect in ways.out)
    ways.member.held = False
    ways.paths.release(BEN.dev, 1.0)
    assert ways.took(OpenLink) == [OpenLink(BEN.dev, 1, i_dial, 1)]


# -- a link beside the one in use ------------------------------------------------------------------


def wishes(ways: Ways) -> list[Signal]:
    """Return what was said to the other side since the last look, and forget all orders."""
    signals = [parse(sent.message) for sent in ways.took(Send)]  # type: ignore[union-attr]
    return [said for said in signals if isinstance(said, Signal)]


def test_a_silent_link_is_made_anew_while_the_old_one_is_kept():
    ways = Ways(i_dial=True)
    ways.up()
    ways.paths.link_weak(BEN.dev, 50.0)
    ways.paths.poll(50.0, EID)
    assert ways.out == [OpenLink(BEN.dev, 2, True, 1)]
    assert ways.member.path is Path.WEAK, "until media flows again"
    assert ways.paths.link_up(BEN.dev, 2)
    assert ways.member.path is Path.UP
    assert ways.member.in_use == 2


def test_the_side_that_makes_no_offers_asks_for_one():
    ways = Ways(i_dial=False)
    ways.paths.bind(1, BEN.dev, 0.0)
    ways.offer(1, 0.0)
    ways.paths.link_up(BEN.dev, 1)
    ways.out.clear()
    ways.paths.link_weak(BEN.dev, 50.0)
    ways.paths.poll(50.0, EID)
    assert ways.out == [], "the other side notices the silence, too"
    ways.paths.poll(50.0 + RETRY, EID)
    (wish,) = wishes(ways)
    assert (wish.signal, wish.link_id, wish.payload) == (SignalKind.RENEW, 1, b"")
    ways.offer(2, 51.5)
    assert ways.took(OpenLink) == [OpenLink(BEN.dev, 2, False, 1)]
    ways.paths.poll(60.0, EID)
    assert ways.out == [], "one is being made"


def test_a_wish_is_granted_unless_a_link_was_just_begun():
    ways = Ways(i_dial=True)
    ways.up()
    ways.wish(1, 50.0)
    assert ways.took(OpenLink) == [OpenLink(BEN.dev, 2, True, 1)]
    ways.wish(1, 50.5)
    ways.wish(1, 52.0)
    assert ways.took(OpenLink) == []


def test_a_wish_to_the_side_that_makes_no_offers_is_nothing():
    ways = Ways(i_dial=False)
    ways.paths.bind(1, BEN.dev, 0.0)
    ways.out.clear()
    ways.wish(1, 0.1)
    assert ways.out == []


def test_a_member_that_asks_without_end_gets_ever_fewer_links():
    ways = Ways(i_dial=True)
    ways.up()
    links = 0
    for tenth in range(3000):
        now = tenth / 10
        ways.wish(1, now)
        ways.paths.poll(now, EID)
        for opened in ways.took(OpenLink):
            links += 1
            ways.paths.link_up(BEN.dev, opened.link)  # type: ignore[union-attr]
    assert 10 <= links <= 16, "in five minutes"


def test_a_member_that_falls_silent_again_and_again_gets_ever_fewer_links():
    ways = Ways(i_dial=True)
    ways.up()
    links = 0
    for second in range(300):
        ways.paths.link_weak(BEN.dev, second)
        ways.paths.poll(second, EID)
        for opened in ways.took(OpenLink):
            links += 1
            ways.paths.link_up(BEN.dev, opened.link)  # type: ignore[union-attr]
    assert links <= 16


def test_offers_without_end_make_us_prepare_ever_fewer_links():
    ways = Ways(i_dial=False)
    ways.paths.bind(1, BEN.dev, 0.0)
    links = 0
    for number in range(1, 600):
        now = number / 10
        ways.offer(number, now)
        ways.paths.poll(now, EID)
        links += len(ways.took(OpenLink))
    assert 8 <= links <= 14, "in one minute"


def test_an_attempt_that_fails_beside_a_link_in_use_changes_nothing():
    ways = Ways(i_dial=True)
    ways.up()
    ways.wish(1, 50.0)
    assert not ways.paths.link_down(BEN.dev, 2, 51.0)
    assert ways.member.path is Path.UP
    assert ways.paths.link_down(BEN.dev, 1, 52.0), "the one in use is another matter"
    assert ways.member.path is Path.DOWN


def test_a_link_that_falls_while_the_next_is_made_is_waited_for():
    ways = Ways(i_dial=True)
    ways.up()
    ways.paths.link_weak(BEN.dev, 50.0)
    ways.paths.poll(50.0, EID)
    ways.out.clear()
    assert ways.paths.link_down(BEN.dev, 1, 52.0)
    ways.paths.poll(55.0, EID)
    assert ways.out == []
    assert ways.paths.link_up(BEN.dev, 2)


def test_our_half_of_a_link_that_was_given_up_is_not_told():
    ways = Ways(i_dial=True)
    ways.up()
    ways.paths.link_weak(BEN.dev, 50.0)
    ways.paths.poll(50.0, EID)
    ways.paths.link_down(BEN.dev, 2, 50.1)
    ways.out.clear()
    ways.paths.link_gathered(BEN.dev, 2, b"mine", EID)
    ways.answer(2, 50.2)
    assert ways.out == []


@pytest.mark.parametrize("i_dial", [True, False])
def test_with_another_address_we_dial_at_once_and_the_seat_is_kept(i_dial: bool):
    ways = Ways(i_dial)
    ways.up()
    ways.paths.network_changed(frozenset({BEN.dev}), frozenset({1}), 50.0)
    assert ways.took(CloseChannel) == [CloseChannel(1)]
    assert ways.member.path is Path.WEAK
    assert ways.paths.silent(50.0 + SEAT_TIME - 0.1) == []
    ways.paths.poll(50.0, EID)
    assert ways.took(Dial) == [Dial(BEN.dev, HERE)]
    ways.paths.bind(2, BEN.dev, 50.2)
    ways.paths.poll(50.2, EID)
    if i_dial:
        assert ways.took(OpenLink) == [OpenLink(BEN.dev, 2, True, 2)]
    else:
        assert [wish.signal for wish in wishes(ways)] == [SignalKind.RENEW]
    ways.paths.channel_down(2, 60.0)
    ways.paths.poll(61.0, EID)
    assert len(ways.took(Dial)) == i_dial, "then everything is as it always is"


def test_who_called_from_another_address_is_dialled_there_from_then_on():
    ways = Ways(i_dial=True)
    ways.up()
    ways.paths.called_from(2, "192.0.2.99")
    ways.paths.called_from(3, "192.0.2.66")  # nobody is ever proven on this one
    ways.paths.bind(2, BEN.dev, 50.0)
    ways.paths.channel_down(3, 51.0)
    ways.out.clear()
    ways.paths.channel_down(2, 60.0)
    ways.paths.poll(60.0, EID)
    assert ways.took(Dial) == [Dial(BEN.dev, (("192.0.2.99", 47100), *HERE))]


def test_calling_from_ever_new_addresses_makes_no_long_list():
    ways = Ways(i_dial=False)
    for number in range(100):
        ways.paths.called_from(number, f"192.0.2.{number}")
        ways.paths.bind(number, BEN.dev, float(number))
    assert len(ways.member.addresses) <= 16
    assert ways.member.addresses[0] == ("192.0.2.99", 47100)


def test_a_change_elsewhere_on_this_computer_disturbs_nobody():
    ways = Ways(i_dial=True)
    ways.up()
    ways.paths.network_changed(frozenset(), frozenset({77}), 50.0)
    ways.paths.poll(50.0, EID)
    assert ways.out == []
    assert ways.member.path is Path.UP


def test_after_waking_up_what_was_lost_is_tried_at_once():
    ways = Ways(i_dial=True)
    ways.up()
    ways.paths.link_down(BEN.dev, ways.member.in_use, 50.0)
    ways.paths.poll(50.1, EID)
    assert ways.out == []
    ways.paths.network_changed(frozenset(), frozenset(), 50.2)
    ways.paths.poll(50.2, EID)
    assert ways.took(OpenLink) == [OpenLink(BEN.dev, 2, True, 1)]


# -- at a table ------------------------------------------------------------------------------------


@pytest.fixture
def three() -> tuple[Table, list[Seat]]:
    table = Table(11)
    seats = [table.person(name) for name in ("Ada", "Ben", "Cleo")]
    table.opens(seats[0], lobby=False)
    for seat in seats[1:]:
        table.knocks(seat, seats[0])
    table.until(lambda: all(all_connected(table, seat) for seat in seats))
    return table, seats


def all_connected(table: Table, seat: Seat) -> bool:
    if seat.meeting is None or len(table.view(seat).people) != 3:
        return False
    return all(p.is_me or p.presence is Presence.CONNECTED for p in table.view(seat).people)


def test_of_each_two_members_exactly_one_dials(three: tuple[Table, list[Seat]]):
    _, seats = three
    for one in seats:
        for two in seats:
            if one is not two:
                mine, theirs = (a.meeting._paths[b.dev].i_dial for a, b in ((one, two), (two, one)))
                assert mine is not theirs


def test_a_lost_channel_or_link_comes_back_without_anybody_leaving(
    three: tuple[Table, list[Seat]],
):
    table, seats = three
    epoch = table.view(seats[0]).epoch
    for break_it in (table.lose_channels, table.lose_link):
        for one, two in ((0, 1), (1, 2), (2, 0)):
            break_it(seats[one], seats[two])
        table.run(4)
        assert all(all_connected(table, seat) for seat in seats)
    assert table.view(seats[0]).epoch == epoch


def test_two_who_never_find_a_way_are_told_within_ten_seconds_and_still_looked_for():
    table = Table(12)
    ada, ben, cleo = (table.person(name) for name in ("Ada", "Ben", "Cleo"))
    table.opens(ada, lobby=False)
    table.knocks(ben, ada)
    table.until(lambda: ben.meeting is not None)
    table.part(ben, cleo)
    table.knocks(cleo, ada)
    table.until(lambda: cleo.meeting is not None and len(table.view(ben).people) == 3)

    def told(seat: Seat) -> list[str]:
        return [n.name for n in table.view(seat).notices if n.kind == "no_way"]

    def how(seat: Seat, other: str) -> Presence:
        return next(p.presence for p in table.view(seat).people if p.name == other)

    table.run(NO_WAY - 2)
    assert (how(ben, "Cleo"), how(cleo, "Ben")) == (Presence.CONNECTING, Presence.CONNECTING)
    table.run(4)
    assert (how(ben, "Cleo"), how(cleo, "Ben")) == (Presence.UNREACHED, Presence.UNREACHED)
    assert how(ben, "Ada") is how(cleo, "Ada") is Presence.CONNECTED
    table.run(20)
    assert (told(ada), told(ben), told(cleo)) == ([], ["Cleo"], ["Ben"])
    table.heal()
    table.until(lambda: all(all_connected(table, seat) for seat in (ada, ben, cleo)), 5)
    table.part(ben, cleo)
    table.run(10)
    assert how(ben, "Cleo") is Presence.RECONNECTING


def test_a_cable_out_for_a_minute_costs_nobody_the_seat(three: tuple[Table, list[Seat]]):
    table, (ada, ben, cleo) = three
    table.part(ada, ben)
    table.part(ben, cleo)
    table.run(5)
    assert {p.presence for p in table.view(ben).people if not p.is_me} == {Presence.RECONNECTING}
    table.run(55)
    assert table.view(ben).frozen
    table.heal()
    table.until(lambda: all(all_connected(table, seat) for seat in (ada, ben, cleo)), 5)
    table.run(0.2)
    assert not table.view(ben).frozen


def test_a_cable_out_for_longer_than_two_minutes_costs_the_seat(three: tuple[Table, list[Seat]]):
    table, (ada, ben, cleo) = three
    table.part(ada, ben)
    table.part(ben, cleo)
    table.run(15 + SEAT_TIME + 2)
    assert [person.name for person in table.view(ada).people] == ["Ada", "Cleo"]
    assert [notice.kind for notice in table.view(ada).notices][-1] == "left"
    table.heal()
    table.until(lambda: ben.ended == "host_lost", 6)
    assert not cleo.ended


def test_who_was_removed_behind_a_pulled_cable_hears_it_when_the_cable_is_back(
    three: tuple[Table, list[Seat]],
):
    table, (ada, ben, cleo) = three
    table.part(ada, ben)
    table.part(ben, cleo)
    table.run(20)
    table.wish(ada, Remove(ben.dev))
    table.run(2)
    assert not ben.ended
    table.heal()
    table.until(lambda: ben.ended == "removed", 6)


def test_another_member_than_the_host_cannot_send_anybody_home(
    three: tuple[Table, list[Seat]],
):
    table, (_, ben, cleo) = three
    channel = next(c for c, (other, _) in cleo.channels.items() if other is ben)
    table.whisper(cleo, channel, Denied(reason=DenyReason.REMOVED).encode())
    table.run(3)
    assert not ben.ended
    assert len(table.view(ben).people) == 3
