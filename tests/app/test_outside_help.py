"""What people hear of their team's servers: which, by what way, and what is wrong with them."""

import pytest
from fakes.people import people

from app.meeting.view import Badge, Person, Presence, Relayed, UsedServer
from app.outside_help import outside_servers, relayed, used_servers, worth_telling
from app.path_words import servers_used, way_to
from app.texts import NOTICES
from crypto.servers import Credentials, Server, ServerUse
from media.path.outside_servers import Outside, PathWay, Way
from media.path.relay import Trouble

HOST = "203.0.113.101"
SHOWN = Credentials("1893456000:ab", "password", 1893456000)
NAMED = tuple(
    (Server(use, HOST, 3478, bytes(32) if use is ServerUse.TURN_TLS else b""), SHOWN, True)
    for use in ServerUse
    if use is not ServerUse.MEETING_POINT
)


def troubled(**troubles: Trouble) -> Outside:
    outside = Outside(outside_servers(NAMED))
    for way, trouble in troubles.items():
        outside.troubles[f"{HOST}:3478", Way(way)] = trouble
    return outside


@pytest.mark.parametrize(
    ("outside", "told"),
    [
        (troubled(), set()),
        (troubled(udp=Trouble.SILENT), set()),
        (troubled(udp=Trouble.SILENT, tcp=Trouble.SILENT), set()),
        (
            troubled(udp=Trouble.SILENT, tcp=Trouble.SILENT, tls=Trouble.SILENT),
            {(HOST, "silent")},
        ),
        (troubled(udp=Trouble.SILENT, tcp=Trouble.QUOTA), {(HOST, "quota")}),
        (troubled(tls=Trouble.CERTIFICATE), {(HOST, "certificate")}),
    ],
)
def test_a_way_that_is_blocked_is_no_news_and_a_refusal_is(outside: Outside, told: set[object]):
    assert worth_telling(outside) == told


def test_every_trouble_has_its_words():
    assert {f"relay_{trouble}" for trouble in Trouble} <= set(NOTICES)


def test_a_server_is_shown_with_who_named_it_and_what_is_wrong():
    shown = used_servers(NAMED, troubled(tcp=Trouble.QUOTA))
    assert [one.use for one in shown] == ["stun", "udp", "tcp", "tls"]
    assert [one.trouble for one in shown] == ["", "", "quota", ""]
    words = servers_used(shown)
    assert words.count(f"{HOST}:3478") == 4
    assert "named by the host" in words
    assert servers_used(()) == ""
    mine = servers_used([UsedServer(f"{HOST}:3478", "udp", named=False)])
    assert "by your settings" in mine


def test_how_a_person_is_reached_is_said():
    (ada,) = people("Ada")

    def words(presence: Presence, way: PathWay | None) -> str:
        person = Person(ada.dev, "Ada", Badge.NEW, presence, False, False, False)
        object.__setattr__(person, "relayed", relayed(way))
        return way_to(person)

    assert words(Presence.CONNECTED, PathWay()) == "Reached directly."
    ours = words(Presence.CONNECTED, PathWay(f"{HOST}:5349", Way.TLS))
    assert HOST in ours
    assert "TLS" in ours
    assert "their relay" in words(Presence.CONNECTED, PathWay(f"{HOST}:50000", theirs=True))
    assert words(Presence.CONNECTING, None) == ""
    assert relayed(PathWay("a", Way.TCP)) == Relayed("a", "tcp")
