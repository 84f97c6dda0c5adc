"""The documents say only what is so: files, links, options, codes, figures, bytes on the wire."""

import argparse
import io
import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest

from app import __version__, arguments
from app.exit_codes import ExitCode
from app.meeting.view import Badge, Lock, MeetingView, Person, Presence
from app.net.limits import Limits
from app.net.room_tags import PUBLIC_DISCOVERY_KEY, room_tag
from app.policy import RULE_NAMES
from app.settings import TABLE
from app.statistics import Statistics
from app.ui.shots import SHOTS
from crypto import blocks, handshake, messages, operations, proofs, sas
from crypto.epoch import base_key
from crypto.frames import Sealer
from crypto.handshake import PUBLIC_SECRET, Callee, Caller
from crypto.identity import Identity
from crypto.invite import Invite, InviteFlag
from crypto.kdf import label
from crypto.operations import (
    Add,
    End,
    HandOver,
    Leave,
    Operation,
    Ordered,
    Rekey,
    Remove,
    SetChat,
    SetPolicy,
    SetRole,
    Takeover,
)
from crypto.policy import Policy
from crypto.wire import Reader, Writer
from media.stats import CallStats, EncodedStats, PeerStats

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
OURS = [path for path in DOCUMENTS if path.name != "THIRD_PARTY_NOTICES.md"]
COMMAND_LINE = ROOT / "docs" / "command-line.md"
PROTOCOL = ROOT / "PROTOCOL.md"

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
LANES = (["test"], ["fuzz"], ["package-test"])  # of ./run: nothing that the app is told
CODE = re.compile(r"`([^`]+)`")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
PLACES = ("app", "bench", "crypto", "docs", "media", "packaging", "resources", "tests", ".ci")

names = pytest.mark.parametrize("document", OURS, ids=lambda path: path.name)


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def section(document: Path, heading: str) -> str:
    """Return what stands under a heading, up to the next one of the same or a higher level."""
    lines = text_of(document).splitlines()
    start = next(i for i, line in enumerate(lines) if re.fullmatch(f"#+ {heading}", line))
    level = len(lines[start]) - len(lines[start].lstrip("#"))
    rest = lines[start + 1 :]
    ends = (i for i, line in enumerate(rest) if re.match(f"#{{1,{level}}} ", line))
    return "\n".join(rest[: next(ends, len(rest))])


def rows(text: str) -> list[list[str]]:
    """Return the cells of every table in a text, without headings and rules."""
    found = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        is_heading = number + 1 < len(lines) and lines[number + 1].startswith("|---")
        if line.startswith("|") and not line.startswith("|---") and not is_heading:
            cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
            found.append([cell.strip().replace("\\|", "|") for cell in cells])
    return found


def anchors(document: Path) -> set[str]:
    """Return the places a link may lead to within a document, as the usual renderers name them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(document)), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def grammar(command: str) -> argparse.ArgumentParser:
    """Return the parser of one command."""
    parser = arguments._parser()
    found = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    chosen: argparse.ArgumentParser = found.choices[command]
    return chosen


def options_of(command: str) -> set[str]:
    options = {option for action in grammar(command)._actions for option in action.option_strings}
    return {option for option in options if option.startswith("--")} - {"--help"}


# Links, files, commands ------------------------------------------------------------------------


@names
def test_every_link_leads_somewhere(document: Path):
    broken = []
    for target in LINK.findall(FENCE.sub("", text_of(document))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (document.parent / name) if name else document
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


@names
def test_every_file_that_is_named_exists(document: Path):
    named = {
        word
        for span in CODE.findall(FENCE.sub("", text_of(document)))
        for word in span.split()
        if re.fullmatch(r"\.?[\w\-./]+", word) and word.split("/")[0] in PLACES and "/" in word
    }
    assert {word for word in named if not (ROOT / word).exists()} == set()


@names
def test_every_module_that_is_run_exists(document: Path):
    modules = set(re.findall(r"python -m ([\w.]+)", text_of(document)))
    paths = {m: ROOT / m.replace(".", "/") for m in modules - {"pytest"}}
    runnable = {m for m, p in paths.items() if p.with_suffix(".py").exists()}
    runnable |= {m for m, p in paths.items() if (p / "__main__.py").exists()}
    assert paths.keys() - runnable == set()


@names
def test_every_command_and_option_that_is_named_exists(document: Path):
    commands = set(arguments._COMMANDS)
    wrong = []
    for line in re.findall(r"(?:conclave|\./run|run\.cmd) ([^`\s|][^`\n|]*)", text_of(document)):
        words = line.split()
        if words[0] in commands:
            known = options_of(words[0])
            wrong += [w for w in words if w.startswith("--") and w not in {*known, "--help"}]
    assert wrong == []


@names
def test_every_command_line_example_is_understood(document: Path, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pass.txt").write_text("a passphrase\n", encoding="utf-8")
    for fence in re.findall(r"^```sh\n(.*?)^```$", text_of(document), re.MULTILINE | re.DOTALL):
        for line in fence.splitlines():
            words = re.findall(r'"[^"]*"|\S+', line.partition(" #")[0])
            if not words or words[0] not in {"conclave", "./run"} or words[1:2] in LANES:
                continue
            given = [word.strip('"') for word in words[1:]]
            given = [sample_link() if word == "LINK" else word for word in given]
            assert arguments.parse_arguments(given)


def test_the_change_log_speaks_of_this_version():
    assert f"## {__version__}" in text_of(ROOT / "CHANGELOG.md")


def test_pictures_in_the_documents_are_those_that_the_command_makes():
    made = {
        f"{shot.name}-{theme}-{language}.png"
        for shot in SHOTS
        for theme in ("light", "dark")
        for language in ("en", "de")
    }
    shown = {
        Path(target).name
        for document in OURS
        for target in re.findall(r"docs/screenshots/[\w\-]+\.png", text_of(document))
    }
    assert shown
    assert shown <= made


def test_every_dependency_has_its_reason():
    named = re.findall(r"^([\w\-]+)", text_of(ROOT / "packaging" / "requirements.in"), re.MULTILINE)
    explained = set(CODE.findall(section(ROOT / "ARCHITECTURE.md", "Dependencies")))
    wanted = {name for name in named if not name.startswith("pyobjc")}
    assert wanted - explained == set()


# The command line ------------------------------------------------------------------------------


def test_the_options_of_host_and_join_are_those_that_are_documented():
    documented = set(re.findall(r"`(--[\w\-]+)", section(COMMAND_LINE, "Options")))
    commands = set(arguments._COMMANDS) - {"guest"}
    every = set.union(*(options_of(command) for command in commands))
    assert documented == every


@pytest.mark.parametrize("command", ["host", "join"])
def test_each_of_the_two_has_the_common_options_and_its_own(command: str):
    text = section(COMMAND_LINE, "Options")
    common, own = text.split("Only for `host`:")
    own_host, own_join = own.split("Only for `join`:")
    own_join = own_join.split("For `devices`")[0]
    documented = set(re.findall(r"`(--[\w\-]+)", common)) - {"--help"}
    own_options = re.findall(r"\| `(--[\w\-]+)", own_host) if command == "host" else []
    own_options += re.findall(r"`(--[\w\-]+)", own_join) if command == "join" else []
    assert documented | set(own_options) == options_of(command)


def test_the_commands_are_those_that_are_documented():
    listed = {row[0].strip("`").split()[1] for row in rows(section(COMMAND_LINE, "Commands"))[1:]}
    listed -= {"LINK", "COMMAND", "--version"}
    assert listed == set(arguments._COMMANDS) - {"guest", "picture"}  # for the program itself


def test_the_exit_codes_are_those_that_are_documented():
    table = {row[1]: int(row[0]) for row in rows(section(COMMAND_LINE, "Exit codes"))}
    assert table == {code.name: code.value for code in ExitCode}


@pytest.mark.parametrize("name", ["admin.md", "admin.de.md"])
def test_the_rules_of_an_organisation_are_those_that_are_documented(name: str):
    text = text_of(ROOT / "docs" / name)
    named = {row[0].strip("`") for row in rows(text) if row[0].startswith("`")}
    assert named & {*RULE_NAMES} == {*RULE_NAMES}
    assert {word for word in named if re.match("allow_|force_|require_", word)} <= {*RULE_NAMES}


def test_the_settings_are_those_that_are_documented():
    table = rows(section(COMMAND_LINE, "Settings"))
    assert {name for row in table for name in CODE.findall(row[0])} == set(TABLE)


# Statistics ------------------------------------------------------------------------------------


def a_line_of_statistics(tmp_path: Path) -> dict[str, Any]:
    view = MeetingView(
        title="",
        call_id=bytes(32),
        me=bytes(16),
        i_am_host=True,
        people=tuple(
            Person(bytes([number]) * 16, "", Badge.NEW, presence, False, False, False)
            for number, presence in enumerate((Presence.ME, Presence.CONNECTED))
        ),
        knocks=(),
        chat=(),
        lock=Lock.ENCRYPTED,
        unverified=1,
        code=None,
        epoch=1,
        eid=bytes(32),
        lobby=True,
        locked=False,
        visible=False,
        invitation="",
        microphone_on=False,
        camera_on=False,
    )
    path = tmp_path / "figures"
    statistics = Statistics(str(path), 0.0)
    statistics.write(view, CallStats({bytes([1]) * 16: PeerStats()}, encoded=(EncodedStats(),)))
    statistics.close()
    line: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return line


def names_in(value: dict[str, Any], before: str = "") -> set[str]:
    """Return the names of all fields, those of inner objects behind a dot."""
    found: set[str] = set()
    for name, inner in value.items():
        found |= names_in(inner, f"{before}{name}.") if isinstance(inner, dict) else {before + name}
    return found


def test_the_figures_are_those_that_are_documented(tmp_path: Path):
    line = a_line_of_statistics(tmp_path)
    whole, rest = section(COMMAND_LINE, "Statistics").split("`computer`:")
    computer, rest = rest.split("Each of `encoded`:")
    size, each = rest.split("Each of `peers`:")
    (peer,) = line["peers"].values()
    (encoded,) = line["encoded"]
    assert names_in(peer["screen"]) == names_in(peer["video"])
    peer["screen"] = True  # one row says that its fields are those of `video`
    assert {row[0].strip("`") for row in rows(whole)} == set(line)
    assert {row[0].strip("`") for row in rows(computer)} == names_in(line["computer"])
    assert {row[0].strip("`") for row in rows(size)} == names_in(encoded)
    assert {row[0].strip("`") for row in rows(each)} == names_in(peer)


def test_the_example_of_the_figures_has_their_shape(tmp_path: Path):
    (example,) = re.findall(r"^```json\n(.*?)^```$", text_of(COMMAND_LINE), re.M | re.S)
    shown, written = json.loads(example), a_line_of_statistics(tmp_path)
    (inner,), (outer,) = shown.pop("peers").values(), written.pop("peers").values()
    assert shown.keys() == written.keys()
    assert names_in(inner) == names_in(outer)


def test_the_words_for_state_and_badge_are_those_that_are_documented():
    table = {row[0].strip("`"): row[1] for row in rows(section(COMMAND_LINE, "Statistics"))}
    assert set(CODE.findall(table["state"])) == {p.value for p in Presence} - {"me"}
    assert set(CODE.findall(table["badge"])) == {badge.value for badge in Badge}


# The protocol ----------------------------------------------------------------------------------


def number(cell: str) -> int:
    return int(cell.replace(",", ""))


def table_of_messages() -> dict[str, list[str]]:
    found = {}
    for row in rows(section(PROTOCOL, "Envelope")):
        if row[0].isdigit():
            found[LINK.sub(lambda m: m[0][1 : m[0].index("]")], row[1])] = row
    return found


def every_message() -> dict[str, Any]:
    """Return the class of each message that is one, by name."""
    found = {m.__name__: m for m in messages._BY_KIND.values() if m.__name__ != "Gossip"}
    return {**found, "Genesis": blocks.Genesis, "Block": blocks.Block}


def test_the_table_of_messages_has_every_type():
    types = {name: message.kind for name, message in every_message().items()}
    types |= {"Hello": proofs.HELLO, "HelloAck": proofs.HELLO_ACK, "Deny": proofs.DENY}
    types |= {"PasswordShare": proofs.PASSWORD_SHARE, "PasswordProof": proofs.PASSWORD_PROOF}
    types |= {"PasswordAccepted": proofs.PASSWORD_ACCEPTED}
    types |= {"PasswordRefused": proofs.PASSWORD_REFUSED, "Closed": proofs.CLOSED}
    assert {name: int(row[0]) for name, row in table_of_messages().items()} == types


def test_the_table_of_messages_says_which_are_signed():
    table = table_of_messages()
    for name, message in every_message().items():
        signer = table[name][2]
        assert message.has_signature == bool(signer and "inside" not in signer), name


def smallest(message: Any) -> bytes:
    """Return the shortest object of a class: zero bytes, no elements, one letter for a name."""
    example = {
        "Block": {"operations": (Rekey(),)},
        "Denied": {"reason": messages.DenyReason.FULL},
        "Genesis": {"policy": Policy()},
        "JoinRequest": {"name": "a"},
        "Signal": {"signal": messages.SignalKind.OFFER},
        "Ask": {"what": messages.Favour.MUTE},
        "Order": {"operation": SetPolicy(Policy())},
    }.get(message.__name__, {})
    sizes = {
        "servers": (), "username": "", "password": "", "expiry": 0,
        "addresses": (), "visitors": (), "title": "", "host_name": "", "name": "a",
        "kem_public": bytes(1216), "next_kem": bytes(1216), "sealed": bytes(1168),
        "dev": bytes(16), "sender": bytes(16), "to": bytes(16), "leader": bytes(16),
        "candidate": bytes(16), "admit": False, "first": b"", "second": b"",
        "join_id": bytes(16), "challenge": bytes(16), "room_id": bytes(16), "kem_id": bytes(8),
        "auth": bytes(64), "genesis": b"", "about": b"", "request": b"", "state": b"", "block": b"",
        "payload": b"",
    }  # fmt: skip
    values: dict[str, Any] = {}
    for field in fields(message):
        if field.name in {"raw", "signature"}:
            continue
        default: Any = 0 if field.type in {int, "int"} else bytes(32)
        values[field.name] = example.get(field.name, sizes.get(field.name, default))
    if message.__name__ == "About":
        values["flags"] = messages.AboutFlag(0)
    made = message(**values)
    if message.has_signature:
        made = made.signed(bytes(32), lambda _: bytes(64))
    encoded: bytes = made.encode()
    return encoded


@pytest.mark.parametrize("name", sorted(every_message()))
def test_the_table_of_messages_says_how_long_they_are(name: str):
    assert len(smallest(every_message()[name])) == number(table_of_messages()[name][3].split()[0])


def sizes_about_the_password() -> dict[str, int]:
    found = {}
    for word in (b"right", b"wrong"):
        caller, callee = Caller(bytes(16), bytes(32), bytes), Callee(bytes(32), bytes)
        callee.read_hello(caller.hello(), {"": bytes(16)}, {"": b"right"})
        share = callee.ask_password()
        proof = caller.prove_password(share, word)
        found |= {"PasswordShare": len(share), "PasswordProof": len(proof)}
        if word == b"right":
            found["PasswordAccepted"] = len(callee.read_password(proof))
            continue
        with pytest.raises(handshake.HandshakeError):
            callee.read_password(proof)
        found["PasswordRefused"] = len(callee.refuse_password(4))
    caller, callee = Caller(bytes(16), bytes(32), bytes), Callee(bytes(32), bytes)
    callee.read_hello(caller.hello(), {"": bytes(16)})
    return {**found, "Closed": len(callee.close(handshake.ClosedReason.EXPIRED))}


def test_the_table_of_messages_says_how_long_a_handshake_is():
    table = table_of_messages()
    caller = Caller(bytes(16), bytes(32), bytes)
    callee = Callee(bytes(32), bytes)
    hello = caller.hello()
    callee.read_hello(hello, {"": bytes(16)})
    answer = callee.answer(b"", lambda _: bytes(64))
    sizes = {"Hello": len(hello), "HelloAck": len(answer), "Deny": len(callee.refuse())}
    sizes |= sizes_about_the_password()
    assert sizes == {name: number(table[name][3].split()[0]) for name in sizes}


def test_the_table_of_operations_has_every_kind():
    table = {
        row[1]: int(row[0]) for row in rows(section(PROTOCOL, "Roster log")) if row[0].isdigit()
    }
    assert table == {kind.name: kind.value for kind in operations._Kind}
    written: dict[str, Operation] = {
        "ADD": Add(b""),
        "REMOVE": Remove(bytes(16)),
        "LEAVE": Leave(b""),
        "ROLE": SetRole(bytes(16), operations.Role.GUEST),
        "POLICY": SetPolicy(Policy()),
        "REKEY": Rekey(),
        "TAKEOVER": Takeover(()),
        "END": End(),
        "HAND_OVER": HandOver(bytes(16)),
        "CHAT": SetChat(bytes(16), False),
        "ORDERED": Ordered(b""),
    }
    assert len(written) == len(get_args(Operation))
    for name, operation in written.items():
        writer = Writer()
        operations.write_operations(writer, (operation,))
        reader = Reader(writer.body())
        assert (reader.uint(1), reader.uint(1)) == (1, table[name])


def test_the_table_of_denials_has_every_reason():
    table = {int(row[0]) for row in rows(section(PROTOCOL, "Join")) if row[0].isdigit()}
    assert table == {reason.value for reason in messages.DenyReason}


def test_the_limits_for_strangers_are_those_that_are_documented():
    table = {row[0]: row[1] for row in rows(section(PROTOCOL, "Channel"))}
    limits = Limits()

    def figures(name: str) -> list[int]:
        return [number(figure) for figure in re.findall(r"\d[\d,]*", table[name])]

    assert figures("bytes from a stranger in all") == [limits.early_bytes]
    assert figures("messages from a stranger in all") == [limits.early_messages]
    assert figures("time until authenticated (a knock counts)") == [limits.handshake]
    assert figures("silence until a channel counts as lost") == [limits.idle]
    assert figures("bytes that may wait for a peer that does not read") == [limits.write_buffer]
    assert figures("connections not yet authenticated") == [
        limits.half_open,
        limits.half_open_per_address,
    ]
    assert figures("connections in all") == [limits.connections, limits.connections_per_address]
    assert figures("new connections a second") == [
        limits.connect_rate,
        limits.connect_burst,
        limits.connect_rate_all,
        limits.connect_burst_all,
    ]
    assert figures("messages a second of one connection") == [
        limits.message_rate,
        limits.message_burst,
    ]
    assert figures("bytes a second of one connection") == [limits.byte_rate, limits.byte_burst]


def sample_link() -> str:
    return sample_invite().link()


def sample_invite() -> Invite:
    return Invite(
        InviteFlag.LOBBY,
        1_893_456_000,
        bytes(range(16)),
        Identity(bytes(32)).fingerprint,
        bytes(range(16, 32)),
        (("192.0.2.7", 47100),),
    )


def known_answers() -> dict[str, str]:
    one, counted = Identity(bytes(32)), bytes(range(32))
    sealer = Sealer()
    sealer.use(3, 17, counted)
    sealed = sealer.seal(0, 1, 0, 0x01020304, b"hello")
    assert sealed is not None
    return {
        "LABEL": label("box", b"ab", b"").hex(),
        "secret of visible meetings": PUBLIC_SECRET.hex(),
        "the same, for knocking with a password": handshake.PUBLIC_PASSWORD_SECRET.hex(),
        "discovery key of visible meetings": PUBLIC_DISCOVERY_KEY.hex(),
        "dev": one.dev.hex(),
        "fingerprint": one.fingerprint.hex(),
        "tag": room_tag(PUBLIC_DISCOVERY_KEY, bytes(range(8)), 500_000).hex(),
        "base key": base_key(bytes(32), b"\1" * 32, one.dev, 1, b"\2" * 32).hex(),
        "digits": sas.digits(counted),
        "emoji": " ".join(map(str, sas.emoji(counted))),
        "sealed frame": sealed.hex(),
        "link": sample_link(),
        "room_id": sample_invite().room_id[:16].hex(),
    }


def test_the_known_answers_are_what_the_code_gives():
    table = {row[0]: row[2].strip("`") for row in rows(section(PROTOCOL, "Known answers"))}
    assert table == known_answers()


# What the documents must not have --------------------------------------------------------------


@names
def test_lines_fit_a_narrow_window(document: Path):
    for line in io.StringIO(FENCE.sub("", text_of(document))):
        if not line.startswith(("|", "<", "!")) and "](" not in line:
            assert len(line) <= 101, line
