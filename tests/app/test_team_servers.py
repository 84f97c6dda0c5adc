"""The team's own servers: what may be typed, and what is said about the rest."""

import base64

import pytest

from app.net.addresses import Address
from app.settings import DEFAULTS, SettingError, changed
from app.team_servers import (
    LONGEST,
    MOST_SERVERS,
    ServerKind,
    TeamServer,
    TeamServersError,
    Transport,
    parse_team_servers,
)

KEY = bytes(range(224, 256))  # its base64url has both - and _
TEXT = base64.urlsafe_b64encode(KEY).decode().rstrip("=")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("stun:192.0.2.7", TeamServer(ServerKind.STUN, Address("192.0.2.7", 3478))),
        ("turn:192.0.2.7", TeamServer(ServerKind.TURN, Address("192.0.2.7", 3478))),
        (
            "turn:192.0.2.7:443?transport=tcp",
            TeamServer(ServerKind.TURN, Address("192.0.2.7", 443), Transport.TCP),
        ),
        (
            "turn:[2001:DB8::7]?transport=udp",
            TeamServer(ServerKind.TURN, Address("2001:db8::7", 3478), Transport.UDP),
        ),
        (
            f"turns:[2001:db8::7]:443?pin={TEXT}",
            TeamServer(ServerKind.TURNS, Address("2001:db8::7", 443), key=KEY),
        ),
        (
            f"TURNS:192.0.2.7?pin={TEXT}=",
            TeamServer(ServerKind.TURNS, Address("192.0.2.7", 5349), key=KEY),
        ),
        (
            f"meet:192.0.2.7?key={TEXT}",
            TeamServer(ServerKind.MEET, Address("192.0.2.7", 7443), key=KEY),
        ),
    ],
)
def test_an_entry_is_understood_and_written_as_it_is_read(typed: str, meant: TeamServer) -> None:
    assert parse_team_servers(typed) == (meant,)
    assert parse_team_servers(str(meant)) == (meant,)


def test_entries_stand_on_lines_or_beside_each_other_each_once() -> None:
    text = f" stun:192.0.2.7\nturn:192.0.2.7  meet:192.0.2.8?key={TEXT}\nstun:192.0.2.7:3478\n"
    kinds = [server.kind for server in parse_team_servers(text)]
    assert kinds == [ServerKind.STUN, ServerKind.TURN, ServerKind.MEET]
    assert parse_team_servers("") == ()
    assert parse_team_servers(" \n ") == ()


@pytest.mark.parametrize(
    "entry",
    [
        "192.0.2.7",
        "http://192.0.2.7",
        "stun",
        "stun:",
        "stun:turn.example.org",
        "stun:192.0.2.7:0",
        "stun:192.0.2.7:70000",
        "stun:224.0.0.1",
        "stun:0.0.0.0",
        "stun:255.255.255.255",
        "stun:[fe80::1%eth0]",
        "stun:[::ffff:192.0.2.7]",
        "stun:192.0.2.7?transport=udp",
        "turn:192.0.2.7?transport=tls",
        "turn:192.0.2.7?pin=abc",
        "turns:192.0.2.7",
        f"turns:192.0.2.7?key={TEXT}",
        f"turns:192.0.2.7?pin={TEXT[:-1]}",
        f"turns:192.0.2.7?pin={TEXT}A",
        f"turns:192.0.2.7?pin={TEXT[:-1]}ä",
        f"turns:192.0.2.7?pin={TEXT}&x",
        "meet:192.0.2.7",
        f"meet:192.0.2.7?pin={TEXT}",
        " ".join(f"stun:192.0.2.{n}" for n in range(1, MOST_SERVERS + 2)),
        " " * (LONGEST + 1),
    ],
)
def test_what_cannot_be_a_server_is_refused_in_one_line(entry: str) -> None:
    with pytest.raises(TeamServersError) as caught:
        parse_team_servers(entry)
    assert str(caught.value).count("\n") == 0
    with pytest.raises(SettingError):
        changed(DEFAULTS, "team_servers", entry)


def test_the_setting_takes_what_can_be_read() -> None:
    text = "stun:192.0.2.7\nturn:192.0.2.7"
    assert changed(DEFAULTS, "team_servers", text).team_servers == text
    with pytest.raises(SettingError):
        changed(DEFAULTS, "team_servers", "stun:192.0.2.7\tturn:192.0.2.7")
