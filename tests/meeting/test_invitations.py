"""The links of a meeting: whom each lets in, until when, in which role, and who is told what."""

import random

import pytest
from fakes.people import Person, people
from fakes.table import Seat, Table

from app.meeting.contacts import Contacts
from app.meeting.doors import CONTACT, PUBLIC, PUBLIC_PASSWORD
from app.meeting.effects import Effect, KeepInvitations, Send
from app.meeting.hosting import MOST_RUNG, Hosting
from app.meeting.invitations import LIFE, LONGEST_LIFE, MOST_LINKS, Invitations, Link
from app.meeting.notices import Notices
from app.meeting.view import Role
from app.meeting.wishes import (
    Admit,
    End,
    HandOver,
    NewInvitation,
    Remove,
    Revoke,
    SetLobby,
    SetPassword,
)
from crypto import operations
from crypto.invite import Invite, InviteFlag
from crypto.messages import Denied, DenyReason, JoinRequest
from crypto.operations import Add
from crypto.policy import Policy, PolicyFlag
from crypto.roster import Roster

DAY = 1_800_000_000.0
HOST, BEN, CLEO, DAN = people("Ada", "Ben", "Cleo", "Dan")
OPEN, WITH_LOBBY = Policy(PolicyFlag(0)), Policy(PolicyFlag.LOBBY)


def book(password: str = "") -> Invitations:
    addresses = (("192.0.2.7", 47100), ("2001:db8::7", 47100), ("198.51.100.7", 47100))
    return Invitations(
        HOST.identity.public, addresses, DAY, random.Random(1).randbytes, password=password
    )


# -- the book -------------------------------------------------------------------------------------


def test_the_first_link_is_for_many_and_lasts_a_day():
    (first,) = book()
    assert (first.single_use, first.as_guest, first.label) == (False, False, "")
    assert not first.is_over(DAY + LIFE - 1)
    assert first.is_over(DAY + LIFE)


def test_all_links_lead_to_one_room_and_one_host_each_with_a_secret_of_its_own():
    links = book()
    for name in ("for Ben", "for Cleo"):
        links.add(DAY, name)
    invites = [Invite.parse(shown.link) for shown in links.shown(OPEN)]
    assert len({invite.secret for invite in invites}) == 3
    assert {(invite.room_seed, invite.host_fingerprint) for invite in invites} == {
        (invites[0].room_seed, HOST.identity.fingerprint)
    }
    assert {len(invite.addresses) for invite in invites} == {2}


def test_a_link_says_what_the_meeting_asks_for_now():
    links = book()
    links.add(DAY, single_use=True)
    many, one = (Invite.parse(shown.link).flags for shown in links.shown(WITH_LOBBY))
    assert many == InviteFlag.LOBBY
    assert one == InviteFlag.LOBBY | InviteFlag.SINGLE_USE
    asking = Policy(PolicyFlag.PASSWORD)
    assert links.for_many(asking).flags == InviteFlag.PASSWORD


def test_a_label_is_one_short_line():
    link = book().add(DAY, " for\nBen\u202e " + "x" * 300)
    assert link is not None
    assert link.label == "forBen " + "x" * 113


def test_no_link_lasts_longer_than_a_month():
    link = book().add(DAY, lifetime=10**12)
    assert link is not None
    assert link.expiry == DAY + LONGEST_LIFE


def test_a_revoked_link_is_gone_and_the_others_stay():
    links = book()
    one, other = links.add(DAY, "one"), links.add(DAY, "other")
    assert one is not None
    assert links.revoke(one.number, DAY) == one
    assert links.revoke(one.number, DAY) is None
    assert links.at(one.door) is None
    assert [link.label for link in links] == ["", "other"]
    assert other is not None
    assert links.objection(one.door, BEN.dev) is DenyReason.INVITE_UNKNOWN


def test_where_the_link_for_many_is_revoked_a_new_one_takes_its_place():
    links = book()
    old = next(iter(links))
    links.add(DAY, "for Ben")
    links.revoke(old.number, DAY + 5)
    first, second = links
    assert (first.single_use, second.label) == (False, "for Ben")
    assert first.secret != old.secret
    assert first.number not in (old.number, second.number)


def test_a_full_book_makes_room_by_forgetting_links_that_open_nothing_any_more():
    links = book()
    for number in range(MOST_LINKS - 1):
        assert links.add(DAY, str(number)) is not None
    assert links.add(DAY, "one more") is None
    second = list(links)[1]
    links.came_in(second.door, BEN.dev, "Ben")
    assert links.add(DAY, "one more") is not None
    assert links.at(second.door) is None
    assert len(list(links)) == MOST_LINKS


def test_neither_secrets_nor_the_password_can_be_seen_in_a_book():
    links = book("porridge")
    (link,) = links
    assert repr(links) == "<Invitations 1>"
    assert repr(link.secret)[2:-1] not in repr(link)


def test_kept_links_lead_to_a_new_meeting_as_they_were():
    links = book()
    one = links.add(DAY, "for Ben", as_guest=True)
    assert one is not None
    links.came_in(one.door, BEN.dev, "Ben")
    kept = links.kept()
    again = Invitations(HOST.identity.public, (), DAY + 60, random.Random(9).randbytes, kept=kept)
    assert again.kept() == kept
    assert [invite.secret for invite in kept] == [link.secret for link in again]
    assert again.for_many(OPEN).room_seed == links.for_many(OPEN).room_seed
    (_, used) = again
    assert (used.used, used.bound, used.as_guest, used.label) == (True, BEN.dev, True, "for Ben")
    assert again.objection(used.door, CLEO.dev) is DenyReason.INVITE_USED
    assert again.bind(used.door, BEN.dev, "Ben")


def test_kept_links_that_are_over_lead_nowhere():
    old = book()
    kept = old.kept()
    later = DAY + LIFE
    again = Invitations(HOST.identity.public, (), later, random.Random(9).randbytes, kept=kept)
    (link,) = again
    assert link.secret != kept[0].secret
    assert again.for_many(OPEN).room_seed != old.for_many(OPEN).room_seed


def test_if_only_links_for_one_are_left_there_is_a_new_one_for_many():
    links = book()
    links.add(DAY, "for Ben", lifetime=2 * LIFE)
    later = DAY + LIFE
    again = Invitations(
        HOST.identity.public, (), later, random.Random(9).randbytes, kept=links.kept()
    )
    many, one = again
    assert (many.single_use, one.single_use, one.label) == (False, True, "for Ben")
    assert many.number != one.number


# -- at the host's ---------------------------------------------------------------------------------


class Porch:
    """A host's part alone: who knocks by which door, and what becomes of it."""

    def __init__(self, policy: Policy = WITH_LOBBY) -> None:
        self.out: list[Effect] = []
        self.notices = Notices()
        self.book = book()
        self.hosting = Hosting(Contacts({}), self.notices, self.out, self.book)
        self.roster = Roster.from_genesis(HOST.genesis(policy=policy))
        self.after(Add(HOST.request(self.roster.call_id).encode()))
        self.channels = 0

    def after(self, *operations: operations.Operation) -> None:
        time_ms = self.roster.state.time_ms + 1
        self.roster = self.roster.propose(operations, time_ms, HOST.sign)[1]

    def link(self, label: str = "", *, as_guest: bool = False) -> Link:
        link = self.book.add(DAY, label, as_guest=as_guest)
        assert link is not None
        return link

    def knock(self, person: Person, door: str) -> tuple[JoinRequest, int]:
        self.channels += 1
        request = person.request(self.roster.call_id)
        self.hosting.knock(self.channels, request, door, self.roster)
        return request, self.channels

    def block(self, now: float) -> list[bytes]:
        """Make the block that is due; return who came in."""
        operations, newcomers = self.hosting.due(self.roster, now)
        if operations:
            self.after(*operations)
        for dev in newcomers:
            self.hosting.came_in(dev)
        return list(newcomers)

    def answer(self, channel: int) -> DenyReason | None:
        said = [e.message for e in self.out if isinstance(e, Send) and e.channel == channel]
        return Denied.parse(said[-1]).reason if said else None


def test_a_link_for_one_lets_one_device_in():
    porch = Porch(OPEN)
    link = porch.link("for Ben")
    porch.knock(BEN, link.door)
    assert porch.block(10.0) == [BEN.dev]
    _, channel = porch.knock(CLEO, link.door)
    assert porch.answer(channel) is DenyReason.INVITE_USED
    assert porch.block(11.0) == []
    (shown,) = [each for each in porch.book.shown(OPEN) if each.number == link.number]
    assert (shown.used, shown.holder) == (True, "Ben")
    assert [(n.kind, n.name) for n in porch.notices.latest] == [("invitation_used", "Ben")]


def test_who_came_in_with_a_link_for_one_comes_back_with_it_after_a_crash():
    porch = Porch(OPEN)
    link = porch.link("for Ben")
    for now in (10.0, 20.0):
        _, channel = porch.knock(BEN, link.door)
        assert porch.block(now) == [BEN.dev]
        assert porch.answer(channel) is None
    assert porch.book.at(link.door).uses == 2  # type: ignore[union-attr]
    assert [n.kind for n in porch.notices.latest] == ["invitation_used"], "told once"


def test_of_two_devices_with_one_link_in_one_block_one_comes_in():
    porch = Porch()
    link = porch.link()
    for person in (BEN, CLEO):
        request, channel = porch.knock(person, link.door)
        porch.hosting.admit(request.join_id)
    assert porch.block(10.0) == [BEN.dev]
    assert porch.answer(channel) is DenyReason.INVITE_USED


def test_a_second_device_with_a_link_waits_and_is_shown_as_such_even_without_a_lobby():
    porch = Porch(OPEN)
    link = porch.link("for Ben")
    _, ben_channel = porch.knock(BEN, link.door)
    porch.hosting.channel_down(ben_channel)
    cleo, _ = porch.knock(CLEO, link.door)
    (knock,) = porch.hosting.knocks
    assert (knock.name, knock.second_device, knock.invitation) == ("Cleo", True, "for Ben")
    assert [(n.kind, n.name) for n in porch.notices.latest] == [("second_device", "Cleo")]
    assert porch.block(10.0) == []
    porch.hosting.admit(cleo.join_id)
    assert porch.block(11.0) == [CLEO.dev]
    assert porch.book.at(link.door).holder == "Cleo"  # type: ignore[union-attr]
    assert porch.knock(BEN, link.door)[1]
    assert porch.answer(porch.channels) is DenyReason.INVITE_USED


def test_when_the_second_device_is_admitted_the_first_one_in_the_lobby_is_sent_home():
    porch = Porch()
    link = porch.link()
    _, first = porch.knock(BEN, link.door)
    second, _ = porch.knock(CLEO, link.door)
    assert [knock.second_device for knock in porch.hosting.knocks] == [False, True]
    porch.hosting.admit(second.join_id)
    porch.block(10.0)
    assert porch.answer(first) is DenyReason.INVITE_USED
    assert porch.hosting.knocks == ()


def test_the_first_device_is_the_first_even_if_it_found_the_meeting_locked():
    porch = Porch(Policy(PolicyFlag.LOCKED))
    link = porch.link()
    _, channel = porch.knock(BEN, link.door)
    assert porch.answer(channel) is DenyReason.LOCKED
    assert porch.book.at(link.door).holder == "Ben"  # type: ignore[union-attr]


def test_a_link_for_many_lets_in_many_and_counts_them():
    porch = Porch(OPEN)
    (link,) = porch.book
    for now, person in enumerate((BEN, CLEO, DAN), 10):
        porch.knock(person, link.door)
        assert porch.block(now) == [person.dev]
    assert porch.book.at(link.door).uses == 3  # type: ignore[union-attr]


def test_who_waits_with_a_link_that_is_revoked_is_sent_home():
    porch = Porch()
    link = porch.link()
    (many, _) = porch.book
    _, by_link = porch.knock(BEN, link.door)
    admitted, by_link_too = porch.knock(DAN, link.door)
    porch.hosting.admit(admitted.join_id)
    _, by_another = porch.knock(CLEO, many.door)
    porch.hosting.revoke(link.number, DAY)
    assert porch.answer(by_link) is porch.answer(by_link_too) is DenyReason.INVITE_UNKNOWN
    assert porch.answer(by_another) is None
    assert [knock.name for knock in porch.hosting.knocks] == ["Cleo"]
    assert porch.block(10.0) == []


def test_a_link_revoked_between_handshake_and_knock_opens_nothing():
    porch = Porch(OPEN)
    link = porch.link()
    porch.hosting.revoke(link.number, DAY)
    _, channel = porch.knock(BEN, link.door)
    assert porch.answer(channel) is DenyReason.INVITE_UNKNOWN


@pytest.mark.parametrize("as_guest", [False, True])
def test_the_role_is_the_one_of_the_link(as_guest: bool):
    porch = Porch(OPEN)
    porch.knock(BEN, porch.link(as_guest=as_guest).door)
    operations_, _ = porch.hosting.due(porch.roster, 10.0)
    (add,) = operations_
    assert isinstance(add, Add)
    assert add.role is (operations.Role.GUEST if as_guest else operations.Role.PARTICIPANT)


@pytest.mark.parametrize("door", [PUBLIC, PUBLIC_PASSWORD, CONTACT + BEN.dev.hex()])
def test_by_every_other_door_one_comes_as_a_participant(door: str):
    porch = Porch(OPEN)
    porch.knock(BEN, door)
    ((add,), _) = porch.hosting.due(porch.roster, 10.0)
    assert isinstance(add, Add)
    assert add.role is operations.Role.PARTICIPANT


def test_by_the_public_door_of_a_meeting_with_a_password_nobody_knocks():
    porch = Porch(Policy(PolicyFlag.PASSWORD | PolicyFlag.VISIBLE))
    _, looking = porch.knock(BEN, PUBLIC)
    assert porch.answer(looking) is DenyReason.PASSWORD
    porch.knock(CLEO, PUBLIC_PASSWORD)
    assert porch.block(10.0) == [CLEO.dev]


def test_a_contact_who_is_called_comes_in_without_waiting():
    porch = Porch()
    assert porch.hosting.ring(BEN.dev, bytes(32))
    assert dict(porch.hosting.rung) == {BEN.dev: bytes(32)}
    porch.knock(BEN, CONTACT + BEN.dev.hex())
    assert porch.hosting.knocks == ()
    assert porch.block(10.0) == [BEN.dev]
    porch.hosting.stop_ringing(BEN.dev)
    assert not porch.hosting.rung


def test_the_secret_of_a_contact_opens_nothing_to_another_device():
    porch = Porch(OPEN)
    porch.hosting.ring(BEN.dev, bytes(32))
    _, channel = porch.knock(CLEO, CONTACT + BEN.dev.hex())
    assert porch.answer(channel) is DenyReason.INVITE_UNKNOWN
    assert porch.block(10.0) == []


@pytest.mark.parametrize("why", ["locked", "removed"])
def test_a_contact_who_is_called_does_not_get_past_a_lock_or_a_removal(why: str):
    porch = Porch(Policy(PolicyFlag.LOCKED) if why == "locked" else OPEN)
    if why == "removed":
        porch.knock(BEN, next(iter(porch.book)).door)
        porch.block(10.0)
        porch.after(operations.Remove(BEN.dev, operations.RemoveReason.BY_HOST))
    porch.hosting.ring(BEN.dev, bytes(32))
    _, channel = porch.knock(BEN, CONTACT + BEN.dev.hex())
    assert porch.answer(channel) is DenyReason[why.upper()]


def test_so_many_contacts_are_called_at_one_time():
    porch = Porch()
    for number in range(MOST_RUNG):
        assert porch.hosting.ring(bytes([number]) * 16, bytes(32))
    assert not porch.hosting.ring(BEN.dev, bytes(32))
    assert porch.hosting.ring(bytes(16), b"1" * 32), "one who is called already"
    assert len(porch.hosting.rung) == MOST_RUNG


# -- with the whole machine ------------------------------------------------------------------------


def opened(lobby: bool = False, **plan: str | bool) -> tuple[Table, Seat]:
    table = Table(8)
    ada = table.person("Ada")
    table.opens(ada, lobby=lobby, **plan)
    return table, ada


def made(table: Table, ada: Seat, **wish: object) -> Invite:
    """Let the host make a link; return what stands in it."""
    table.wish(ada, NewInvitation(**{"label": "for somebody", **wish}))  # type: ignore[arg-type]
    return Invite.parse(table.view(ada).invitations[-1].link)


def comes(table: Table, ada: Seat, name: str, invite: Invite, password: str = "") -> Seat:
    seat = table.person(name)
    table.knocks(seat, ada, invite.secret, password)
    table.until(lambda: seat.meeting is not None or bool(seat.ended))
    return seat


def test_a_link_for_a_guest_makes_a_guest():
    table, ada = opened()
    ben = comes(table, ada, "Ben", made(table, ada, as_guest=True))
    cleo = comes(table, ada, "Cleo", table.invite)  # type: ignore[arg-type]
    assert ada.meeting is not None
    roles = {seat.name: seat.role.name for seat in ada.meeting.roster.members.values()}
    assert roles == {"Ada": "HOST", "Ben": "GUEST", "Cleo": "PARTICIPANT"}
    assert Role.GUEST.name in roles.values()
    assert ben.meeting is not None
    assert cleo.meeting is not None


def test_used_unknown_and_expired_are_three_different_answers():
    table, ada = opened()
    used, short, revoked = (made(table, ada, lifetime=life) for life in (3600, 60, 3600))
    comes(table, ada, "Ben", used)
    number = table.view(ada).invitations[-1].number
    table.wish(ada, Revoke(number))
    table.run(61)
    answers = [comes(table, ada, "Eve", invite).ended for invite in (used, short, revoked)]
    assert answers == ["invite_used", "invite_expired", "invite_unknown"]


def test_an_expired_link_of_a_meeting_with_a_password_is_told_without_the_password():
    table, ada = opened(password="porridge")
    short = made(table, ada, lifetime=60)
    table.run(61)
    assert comes(table, ada, "Eve", short).ended == "invite_expired"


def test_the_host_sees_each_link_and_what_became_of_it():
    table, ada = opened(lobby=True)
    invite = made(table, ada)
    ben = table.person("Ben")
    table.knocks(ben, ada, invite.secret)
    table.until(lambda: bool(table.view(ada).knocks))
    (knock,) = table.view(ada).knocks
    assert (knock.name, knock.invitation, knock.second_device) == ("Ben", "for somebody", False)
    first, second = table.view(ada).invitations
    assert table.view(ada).invitation == first.link
    assert (second.holder, second.used) == ("Ben", False)
    table.wish(ada, Admit(knock.join_id))
    table.until(lambda: ben.meeting is not None)
    assert table.view(ada).invitations[1].used
    assert table.view(ben).invitations == ()
    assert table.view(ben).invitation == ""


def test_a_device_that_crashed_comes_back_by_its_used_link():
    table, ada = opened()
    invite = made(table, ada)
    ben = comes(table, ada, "Ben", invite)
    table.kill(ben)
    ben.dead, ben.ended, ben.meeting = False, "", None
    table.invite = invite
    table.knocks_again(ben, ada)
    table.until(lambda: ben.meeting is not None)
    assert len(table.view(ada).people) == 2


def test_who_was_removed_comes_back_by_no_link_at_all():
    table, ada = opened()
    ben = comes(table, ada, "Ben", table.invite)  # type: ignore[arg-type]
    table.wish(ada, Remove(ben.dev))
    table.until(lambda: ben.ended == "removed")
    table.invite = made(table, ada)
    table.knocks_again(ben, ada)
    table.until(lambda: bool(ben.ended))
    assert ben.ended == "removed"


def kept_by(seat: Seat) -> list[tuple[str, ...]]:
    """Return what a device had the vault keep, one after the other."""
    orders = [order for order in seat.orders if isinstance(order, KeepInvitations)]
    return [tuple(link.label for link in order.links) for order in orders]


def test_the_vault_keeps_the_links_as_long_as_the_meeting_lasts():
    table, ada = opened()
    made(table, ada, label="for Ben")
    ben = comes(table, ada, "Ben", table.invite)  # type: ignore[arg-type]
    assert kept_by(ada) == [("",), ("", "for Ben"), ("", "for Ben")], "a use is counted"
    table.run(30)
    assert len(kept_by(ada)) == 3, "nothing is written where nothing changed"
    table.wish(ada, End())
    table.run(0.5)
    assert kept_by(ada)[-1] == ()
    assert kept_by(ben) == []


def test_with_the_lead_go_the_kept_links():
    table, ada = opened()
    ben = comes(table, ada, "Ben", table.invite)  # type: ignore[arg-type]
    table.wish(ada, HandOver(ben.dev))
    table.until(lambda: table.view(ben).i_am_host)
    assert kept_by(ada)[-1] == ()
    assert kept_by(ben) == [("",)]


def test_members_make_no_links():
    table, ada = opened()
    ben = comes(table, ada, "Ben", table.invite)  # type: ignore[arg-type]
    for wish in (NewInvitation("mine"), Revoke(1)):
        table.wish(ben, wish)
    table.run(0.5)
    assert table.view(ben).invitations == ()
    assert len(table.view(ada).invitations) == 1
    assert comes(table, ada, "Cleo", table.invite).meeting is not None  # type: ignore[arg-type]


def test_whoever_leads_now_lets_people_in_by_links_of_their_own_and_the_old_ones_end():
    table, ada = opened()
    old = table.invite
    assert old is not None
    ben = comes(table, ada, "Ben", old)
    table.wish(ada, HandOver(ben.dev))
    table.until(lambda: table.view(ben).i_am_host)
    own = Invite.parse(table.view(ben).invitation)
    assert own.host_fingerprint == ben.identity.fingerprint
    assert own.room_seed != old.room_seed
    assert own.addresses == ((ben.host, 47100),)
    assert table.view(ada).invitations == ()

    cleo = comes(table, ben, "Cleo", own)
    assert cleo.meeting is not None
    table.until(lambda: len(table.view(ada).people) == 3)
    assert {person.name for person in table.view(ada).people} == {"Ada", "Ben", "Cleo"}
    assert comes(table, ada, "Dan", old).ended == "invite_unknown"
    assert comes(table, ben, "Dora", old).ended == "invite_unknown"


def test_a_host_who_leads_again_does_not_open_the_old_links():
    table, ada = opened()
    old = table.invite
    assert old is not None
    ben = comes(table, ada, "Ben", old)
    table.wish(ada, HandOver(ben.dev))
    table.until(lambda: table.view(ben).i_am_host)
    table.wish(ben, HandOver(ada.dev))
    table.until(lambda: table.view(ada).i_am_host)
    assert comes(table, ada, "Eve", old).ended == "invite_unknown"
    own = Invite.parse(table.view(ada).invitation)
    assert comes(table, ada, "Cleo", own).meeting is not None


def test_who_opened_the_meeting_came_back_and_leads_again_is_recognised_by_the_link():
    """Its call key is another one than that of the genesis: its new request vouches for it."""
    table, ada = opened()
    first = table.invite
    assert first is not None
    ben = comes(table, ada, "Ben", first)
    table.wish(ada, HandOver(ben.dev))
    table.until(lambda: table.view(ben).i_am_host)
    table.kill(ada)
    table.invite = Invite.parse(table.view(ben).invitation)
    table.knocks_again(ada, ben)
    table.until(lambda: ada.meeting is not None)
    table.wish(ben, HandOver(ada.dev))
    table.until(lambda: table.view(ada).i_am_host)
    own = Invite.parse(table.view(ada).invitation)
    cleo = comes(table, ada, "Cleo", own)
    assert cleo.meeting is not None
    assert {person.name for person in table.view(cleo).people} == {"Ada", "Ben", "Cleo"}


def test_a_new_host_who_does_not_know_the_password_opens_to_nobody_until_it_is_changed():
    """The rule still holds, and dropping it silently would let strangers in who have a link."""
    table, ada = opened(password="porridge")
    ben = comes(table, ada, "Ben", table.invite, "porridge")  # type: ignore[arg-type]
    table.wish(ada, HandOver(ben.dev))
    table.until(lambda: table.view(ben).i_am_host)
    assert table.view(ben).has_password
    own = Invite.parse(table.view(ben).invitation)
    for word in ("", "porridge"):
        assert comes(table, ben, "Cleo", own, word).ended == "invite_unknown"
    table.wish(ben, SetPassword("tea"))
    table.run(0.1)
    assert comes(table, ben, "Dan", own, "tea").meeting is not None
    table.wish(ben, SetLobby(True))
    table.wish(ben, SetPassword(""))
    table.run(0.1)
    assert not table.view(ben).has_password
