"""Servers of the team: the leader names them, members ask no others, and all of it ends in time."""

from fakes.table import Seat, Table, table_of

from app.meeting.effects import MeetAt, UseServers
from app.meeting.own_doors import MeetingPoint
from app.meeting.serving import LIFETIME, RENEWED, OwnServers
from crypto.messages import Server, Servers, ServerUse
from crypto.servers import Credentials, relay_label

SECRET = b"what the relays know"
STUN = Server(ServerUse.STUN, "203.0.113.101", 3478)
RELAY = Server(ServerUse.TURN_TLS, "203.0.113.101", 5349, bytes(32))
OURS = OwnServers((STUN, RELAY), SECRET)


def used(seat: Seat) -> dict[ServerUse, tuple[Credentials, bool]]:
    """Return what a device may ask now: by use, what is shown and whether the leader named it."""
    found = [order for order in seat.orders if isinstance(order, UseServers)]
    last = found[-1].servers if found else ()
    return {server.use: (credentials, named) for server, credentials, named in last}


def own(seat: Seat, servers: OwnServers) -> None:
    assert seat.meeting is not None
    seat.meeting.serving.use(servers)


def label(table: Table, seat: Seat) -> str:
    assert seat.meeting is not None
    return relay_label(seat.meeting.roster.call_id, seat.dev)


def test_without_a_setting_nobody_asks_any_server():
    table, seats = table_of("Ada", "Ben")
    table.run(3 * RENEWED / 100)
    assert [used(seat) for seat in seats] == [{}, {}]
    assert not any(isinstance(o, UseServers) for seat in seats for o in seat.orders)


def test_the_leader_tells_everybody_each_with_credentials_of_their_own():
    table, seats = table_of("Ada", "Ben", "Cleo")
    own(seats[0], OURS)
    table.run(3)
    names = set()
    for seat in seats:
        shown, named = used(seat)[ServerUse.TURN_TLS]
        assert named == (seat is not seats[0])
        expiry = shown.expiry
        assert expiry <= table.wall() + LIFETIME
        assert shown == Credentials.create(SECRET, expiry, label(table, seat))
        names.add(shown.username)
    assert len(names) == len(seats)


def test_who_comes_later_is_told_too():
    table, (ada,) = table_of("Ada")
    own(ada, OURS)
    table.run(1)
    ben = table.person("Ben")
    table.knocks(ben, ada)
    table.run(2)
    assert set(used(ben)) == {ServerUse.STUN, ServerUse.TURN_TLS}


def test_credentials_are_renewed_long_before_they_end():
    table, (ada, ben) = table_of("Ada", "Ben")
    own(ada, OURS)
    table.run(3)
    first = used(ben)[ServerUse.TURN_TLS][0]
    table.wall_jump(RENEWED)  # time passes for the relay, not for the table
    for seat in (ada, ben):
        assert seat.meeting is not None
        seat.meeting.serving._made_at -= RENEWED
        seat.meeting.serving._given = {
            dev: (channel, at - RENEWED)
            for dev, (channel, at) in seat.meeting.serving._given.items()
        }
    table.run(3)
    for seat in (ada, ben):
        shown = used(seat)[ServerUse.TURN_TLS][0]
        assert shown.expiry >= first.expiry + RENEWED - 5


def test_who_does_not_lead_names_nothing_to_anybody():
    table, (_, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    own(ben, OURS)
    table.run(3)
    assert used(ben)[ServerUse.TURN_TLS][1] is False
    assert used(cleo) == {}
    assert ben.meeting is not None
    said = Servers(servers=(STUN,)).encode()
    member = ben.meeting._paths[cleo.dev]
    table.carry(ben, member.channel, said)
    table.run(3)
    assert used(cleo) == {}
    assert cleo.meeting is not None
    assert cleo.meeting.serving.refused == 1


def test_who_wants_none_of_the_hosts_servers_asks_none():
    table, (ada, ben) = table_of("Ada", "Ben")
    own(ben, OwnServers(from_host=False))
    own(ada, OURS)
    table.run(3)
    assert used(ben) == {}


def test_ones_own_servers_come_first_and_are_not_asked_twice():
    table, (ada, ben) = table_of("Ada", "Ben")
    mine = OwnServers((STUN,), b"")
    own(ben, mine)
    own(ada, OURS)
    table.run(3)
    assert used(ben)[ServerUse.STUN][1] is False
    assert used(ben)[ServerUse.TURN_TLS][1] is True


def test_a_relay_without_its_secret_is_not_asked():
    table, (ada, ben) = table_of("Ada", "Ben")
    own(ada, OwnServers((STUN, RELAY), b""))
    table.run(3)
    assert set(used(ada)) == set(used(ben)) == {ServerUse.STUN}


def test_servers_on_this_very_computer_are_told_to_nobody():
    table, (ada, ben) = table_of("Ada", "Ben")
    own(ada, OwnServers((Server(ServerUse.STUN, "127.0.0.1", 3478),), b""))
    table.run(3)
    assert set(used(ada)) == {ServerUse.STUN}
    assert used(ben) == {}


def test_who_leads_next_passes_on_what_is_still_good():
    table, (ada, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    own(ada, OURS)
    table.run(3)
    told = used(ben)[ServerUse.TURN_TLS][0]
    table.kill(ada)
    assert ben.meeting is not None
    table.until(lambda: ben.meeting.roster.leader == ben.dev)
    table.run(3)
    assert used(cleo)[ServerUse.TURN_TLS][0] == told, "what Ben was told himself"
    table.wall_jump(LIFETIME + 1)
    table.run(3)
    assert used(ben) == used(cleo) == {}


HERE = Server(ServerUse.MEETING_POINT, "203.0.113.101", 7443, bytes(31) + b"\1")
ELSEWHERE = Server(ServerUse.MEETING_POINT, "203.0.113.102", 7443, bytes(31) + b"\2")


def meets_at(seat: Seat) -> list[MeetingPoint]:
    return [order.point for order in seat.orders if isinstance(order, MeetAt)]


def point(server: Server) -> MeetingPoint:
    return MeetingPoint((server.host, server.port), server.pin)


def test_all_of_a_meeting_are_at_the_meeting_point_of_who_leads():
    table, seats = table_of("Ada", "Ben", "Cleo")
    own(seats[0], OwnServers((HERE,)))
    own(seats[1], OwnServers((ELSEWHERE,)))
    table.run(3)
    assert [meets_at(seat) for seat in seats] == [[point(HERE)]] * 3
    assert [used(seat) for seat in seats] == [{}] * 3  # no media goes there


def test_who_wants_no_servers_of_the_host_stays_at_the_meeting_point_of_the_link():
    table, seats = table_of("Ada", "Ben")
    own(seats[0], OwnServers((HERE,)))
    own(seats[1], OwnServers((), from_host=False))
    table.run(3)
    assert meets_at(seats[1]) == []
