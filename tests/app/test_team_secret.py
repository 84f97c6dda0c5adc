"""What the team's relays know: sealed on the disk, from the right source, in no setting."""

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.argument_checks import UsageError
from app.intents import KeepTeamSecret
from app.memory import ProfileMemory
from app.options import Participation, ProfileChoice
from app.outside_help import outside_servers
from app.policy import parse_policy
from app.profile import Profile
from app.rules import FREE
from app.settings import DEFAULTS
from app.team_secret import FILE, encode, is_secret, parse, secret_from
from app.ways import ways_for
from crypto.errors import MalformedError
from crypto.servers import Credentials, Server, Servers, ServerUse

FAST = (1, 8192)  # argon2id for tests: one pass, 8 KiB
SECRET = "6a1f0e5c9d3b47288f5d2c1b0a99e8d7"


def opened(folder: Path) -> ProfileMemory:
    profile = Profile.open(folder, passphrase="herons", key_store=None, limits=FAST)
    return ProfileMemory(profile, lambda: 0.0)


def close(memory: ProfileMemory) -> None:
    memory.close()
    memory._profile.close()


def test_it_is_kept_sealed_and_forgotten(tmp_path: Path):
    memory = opened(tmp_path)
    assert memory.team_secret() == ""
    memory.keep_team_secret(SECRET)
    close(memory)
    assert (tmp_path / FILE).exists()
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes()
    memory = opened(tmp_path)
    assert memory.team_secret() == SECRET
    memory.keep_team_secret("")
    close(memory)
    assert not (tmp_path / FILE).exists()


def test_a_file_that_was_changed_is_none(tmp_path: Path):
    memory = opened(tmp_path)
    memory.keep_team_secret(SECRET)
    close(memory)
    data = bytearray((tmp_path / FILE).read_bytes())
    data[-1] ^= 1
    (tmp_path / FILE).write_bytes(data)
    memory = opened(tmp_path)
    assert memory.team_secret() == ""
    close(memory)


@given(st.text(alphabet=st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=128))
def test_what_is_written_is_read_again(text: str):
    if is_secret(text):
        assert parse(encode(text)) == text


@given(st.binary(max_size=200))
def test_no_bytes_are_taken_for_one_that_are_none(data: bytes):
    with contextlib.suppress(MalformedError):
        assert is_secret(parse(data))


@pytest.mark.parametrize("text", ["ä", "two words", "x" * 129, "a\tb"])
def test_what_no_relay_can_know_is_none(text: str, tmp_path: Path):
    assert not is_secret(text)
    (tmp_path / "secret").write_text(text)
    with pytest.raises(UsageError):
        secret_from(tmp_path / "secret")
    policy = parse_policy(b'{"team_secret": 7}')
    assert policy.rules.team_secret == ""
    assert policy.rules.faults == ("team_secret",)


def test_the_organisation_comes_first_then_the_command_line_then_what_is_kept(tmp_path: Path):
    settings = replace(DEFAULTS, team_servers="turn:192.0.2.7?transport=tcp")
    file = tmp_path / "secret"
    file.write_text("typed\n")
    part = Participation(ProfileChoice(), name="Ada", team_secret_file=file)
    rules = parse_policy(b'{"team_secret": "decided"}').rules
    assert ways_for(settings, part, rules, "kept").servers.secret == b"decided"
    assert ways_for(settings, part, FREE, "kept").servers.secret == b"typed"
    assert ways_for(settings, None, FREE, "kept").servers.secret == b"kept"


def test_servers_of_the_command_line_stand_in_for_those_of_the_settings():
    settings = replace(DEFAULTS, team_servers="turn:192.0.2.7")
    part = Participation(ProfileChoice(), name="Ada", team_servers="stun:192.0.2.8")
    one = Server(ServerUse.STUN, "192.0.2.8", 3478)
    assert ways_for(settings, part).servers.servers == (one,)
    uses = [server.use for server in ways_for(settings).servers.servers]
    assert uses == [ServerUse.TURN_UDP, ServerUse.TURN_TCP]
    decided = parse_policy(b'{"team_servers": "turn:192.0.2.7"}')
    assert ways_for(settings, part, decided.rules).servers.servers[0].host == "192.0.2.7"


def test_it_stands_in_no_text_of_what_holds_it():
    rules = parse_policy(b'{"team_secret": "seven7herons"}').rules
    ways = ways_for(DEFAULTS, None, rules, "kept")
    shown = Credentials.create(b"seven7herons", 1893456000, "ab")
    server = Server(ServerUse.TURN_UDP, "192.0.2.7", 3478)
    told = Servers(
        servers=(server,), username=shown.username, password=shown.password, expiry=shown.expiry
    )
    asked = outside_servers([(server, shown, True)])
    holders = (rules, ways.servers, KeepTeamSecret("seven7herons"), shown, told, asked)
    texts = " ".join(map(repr, holders))
    assert "seven7herons" not in texts
    assert shown.password not in texts
