"""The command line: every fault is one clear line."""

from pathlib import Path

import pytest

from app import __version__
from app.argument_checks import UsageError
from app.arguments import parse_arguments
from app.exit_codes import ExitCode
from app.net.addresses import Address
from app.options import (
    ByAddress,
    ByCall,
    ByLink,
    ByNearby,
    ContactsOptions,
    DevicesOptions,
    DoctorOptions,
    EvidenceOptions,
    GuestOptions,
    HostOptions,
    JoinOptions,
    PasswordChoice,
    ProfileChoice,
    TryOptions,
    WindowOptions,
)
from crypto.invite import Invite, InviteFlag

LINK = Invite(InviteFlag.LOBBY, 2_000_000_000, bytes(16), bytes(20), bytes(16)).link()


def refused(*arguments: str) -> UsageError:
    with pytest.raises(UsageError) as refusal:
        parse_arguments(arguments)
    text = str(refusal.value)
    assert text
    assert "\n" not in text
    assert len(text) < 300
    return refusal.value


def test_without_a_command_the_window_opens() -> None:
    assert parse_arguments([]) == WindowOptions(ProfileChoice())
    assert parse_arguments([LINK]) == WindowOptions(ProfileChoice(), LINK)
    assert parse_arguments(["conclave:join#half"]) == WindowOptions(
        ProfileChoice(), "conclave:join#half"
    )


def test_a_host_says_what_kind_of_meeting_it_is(tmp_path: Path) -> None:
    options = parse_arguments(
        f"host --title Tea --name Ada --visible --no-lobby --profile {tmp_path}"
        " --listen 192.0.2.7:5000 --duration 2.5 --headless".split()
    )
    assert isinstance(options, HostOptions)
    assert (options.title, options.part.name) == ("Tea", "Ada")
    assert (options.visible, options.lobby, options.admit_all) == (True, False, False)
    assert options.part.profile.folder == tmp_path
    assert options.part.listen == Address("192.0.2.7", 5000)
    assert options.part.duration == 2.5
    assert options.part.headless


def test_meetings_are_joined_by_link_address_or_looking_around() -> None:
    targets = {
        LINK: ByLink(LINK),
        LINK.replace("conclave:", "conclave://"): ByLink(LINK.replace(":", "://", 1)),
        "192.0.2.7": ByAddress(Address("192.0.2.7", 47100)),
        "[fd12::7]:5000": ByAddress(Address("fd12::7", 5000)),
        "--nearby": ByNearby(),
    }
    for text, target in targets.items():
        options = parse_arguments(["join", text])
        assert isinstance(options, JoinOptions)
        assert options.target == target


def test_the_other_commands_have_their_options(tmp_path: Path) -> None:
    stats = str(tmp_path / "stats.jsonl")
    tried = parse_arguments(["try", "--headless", "--duration", "5", "--stats", stats])
    assert isinstance(tried, TryOptions)
    assert tried.part.headless
    assert tried.part.stats == stats
    assert parse_arguments(["devices"]) == DevicesOptions()
    assert parse_arguments(["doctor", "--json"]) == DoctorOptions(ProfileChoice(), True)
    towards = ByAddress(Address("192.0.2.7", 47100))
    assert parse_arguments(["doctor", "192.0.2.7"]) == DoctorOptions(
        ProfileChoice(), towards=towards
    )
    assert parse_arguments(["guest", "--stdin"]) == GuestOptions(0)
    assert parse_arguments(["guest", "--link-fd", "5"]) == GuestOptions(5)


def test_contacts_are_called_and_awaited_by_name() -> None:
    host = parse_arguments(["host", "--headless", "--call", "Ben", "--call", " Cleo "])
    assert isinstance(host, HostOptions)
    assert host.calls == ("Ben", "Cleo")
    join = parse_arguments(["join", "--from", "Ada", "--headless"])
    assert isinstance(join, JoinOptions)
    assert join.target == ByCall("Ada")


def test_links_for_single_people_and_passwords_are_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("blue heron", encoding="utf-8")
    words = ["--headless", "--invite", "Ben", "--password-file", str(file), "--add-contacts"]
    host = parse_arguments(["host", *words])
    assert isinstance(host, HostOptions)
    assert (host.invites, host.password) == (("Ben",), PasswordChoice(file))
    assert host.part.add_contacts
    asking = parse_arguments(["host", "--ask-password"])
    assert isinstance(asking, HostOptions)
    assert asking.password == PasswordChoice(ask=True)
    join = parse_arguments(["join", LINK, "--headless", "--password-file", str(file)])
    assert isinstance(join, JoinOptions)
    assert join.password == PasswordChoice(file)


def test_contacts_and_evidence_have_their_options(tmp_path: Path) -> None:
    profile = ProfileChoice(tmp_path)
    where = ["--profile", str(tmp_path)]
    assert parse_arguments(["contacts", *where]) == ContactsOptions(profile)
    assert parse_arguments(["contacts", "--json"]) == ContactsOptions(ProfileChoice(), True)
    forget = parse_arguments(["contacts", "--forget", "Ben"])
    assert forget == ContactsOptions(ProfileChoice(), forget="Ben")
    file = tmp_path / "proof.json"
    assert parse_arguments(["evidence", *where, str(file)]) == EvidenceOptions(profile, file)
    file.write_text("{}", encoding="utf-8")
    check = parse_arguments(["evidence", "--check", str(file)])
    assert check == EvidenceOptions(ProfileChoice(), check=file)


def test_options_of_every_command_may_stand_in_front_of_it(tmp_path: Path) -> None:
    options = parse_arguments(["--profile", str(tmp_path), "join", "--nearby"])
    assert isinstance(options, JoinOptions)
    assert options.part.profile.folder == tmp_path
    window = parse_arguments(["--profile", str(tmp_path), LINK])
    assert window == WindowOptions(ProfileChoice(tmp_path), LINK)


def test_everywhere_and_any_port_can_be_listened_on() -> None:
    for text, meant in {"0.0.0.0:0": 0, "[::]:5000": 5000, ":5000": 5000}.items():
        options = parse_arguments(["host", "--listen", text])
        assert isinstance(options, HostOptions)
        assert options.part.listen == Address("", meant)


@pytest.mark.parametrize(
    "arguments",
    [
        ["foo"],
        ["hsot", "--headless"],
        ["join"],
        ["join", "--nearby", LINK],
        ["join", LINK, LINK],
        ["join", "example.org"],
        ["join", "192.0.2.7:99999"],
        ["host", "--frobnicate"],
        ["host", "extra"],
        ["host", "--title"],
        ["host", "--title", ""],
        ["host", "--title", "x" * 65],
        ["host", "--title", "a\nb"],
        ["host", "--name", "\u202e"],
        ["host", "--name", "\udcff"],
        ["host", "--no-lobby", "--admit-all", "--headless"],
        ["host", "--admit-all"],
        ["host", "--save-video", "x.mp4"],
        ["host", "--headless", "--duration", "soon"],
        ["host", "--headless", "--duration", "0"],
        ["host", "--headless", "--duration", "-5"],
        ["host", "--headless", "--duration", "nan"],
        ["host", "--headless", "--duration", "inf"],
        ["host", "--listen", "example.org:5"],
        ["host", "--listen", "192.0.2.7:-1"],
        ["host", "--camera", "/no/such/file.mp4"],
        ["host", "--camera", ""],
        ["host", "--microphone", "nothing.wav"],
        ["host", "--speaker", "/no/such/folder/out.wav"],
        ["host", "--headless", "--stats", "/no/such/folder/stats"],
        ["host", "--stats", "-"],
        ["host", "--profile", "/dev/null"],
        ["host", "--passphrase-file", "/no/such/file"],
        ["host", "--head"],
        ["host", "--call", "Ben"],
        ["host", "--headless", "--call", ""],
        ["host", "--invite", "Ben"],
        ["host", "--headless", "--invite", "a\nb"],
        ["host", "--add-contacts"],
        ["host", "--password-file", "/no/such/file"],
        ["host", "--password-file", "/dev/null", "--ask-password"],
        ["host", "--password", "swordfish"],
        ["join", "--from", "Ada"],
        ["join", "--from", "Ada", "--nearby", "--headless"],
        ["join", "--from", "Ada", LINK, "--headless"],
        ["join", "--ask-password", LINK],
        ["contacts", "--forget", ""],
        ["contacts", "Ben"],
        ["evidence", "/no/such/folder/proof.json"],
        ["evidence", "--check", "/no/such/file"],
        ["guest", "--link-fd", "x"],
        ["devices", "--profile", "/tmp"],
        ["--profile"],
        ["--frobnicate"],
        ["x" * 5000],
    ],
)
def test_what_makes_no_sense_is_one_clear_line(arguments: list[str]) -> None:
    assert refused(*arguments).code in {ExitCode.USAGE, ExitCode.LINK}


@pytest.mark.parametrize(
    "link", [LINK[:-3], LINK[:-1], "conclave:join#", "conclave:", "conclave:join#" + "A" * 5000]
)
def test_a_link_that_is_cut_off_has_its_own_exit_code(link: str) -> None:
    assert refused("join", link).code is ExitCode.LINK


def test_files_that_are_there_are_taken(tmp_path: Path) -> None:
    clip = tmp_path / "clip.y4m"
    clip.write_bytes(b"x")
    options = parse_arguments(
        f"join --nearby --headless --camera {clip} --microphone test"
        f" --speaker {tmp_path}/out.wav --save-video {tmp_path}/v.y4m".split()
    )
    assert isinstance(options, JoinOptions)
    assert options.part.camera == str(clip)
    assert options.part.save_video == tmp_path / "v.y4m"


def test_version_and_help_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in (
        (["--version"], __version__),
        (["--help"], "conclave [LINK]"),
        (["host", "--help"], "--admit-all"),
    ):
        with pytest.raises(SystemExit) as ended:
            parse_arguments(arguments)
        assert ended.value.code == 0
        printed = capsys.readouterr().out
        assert words in printed
        assert "guest" not in printed.replace("test guest", "")


def test_every_cause_has_an_exit_code_of_its_own() -> None:
    assert len({int(code) for code in ExitCode}) == len(list(ExitCode))
    assert ExitCode.OK == 0
    assert all(0 <= code < 256 for code in ExitCode)


def test_the_microphone_of_an_open_window_is_switched_from_outside() -> None:
    assert parse_arguments(["--toggle-mute"]) == WindowOptions(
        ProfileChoice(), toggle_microphone=True
    )
    with pytest.raises(UsageError):
        parse_arguments(["--toggle-mute", LINK])


def test_an_open_window_is_closed_from_outside() -> None:
    assert parse_arguments(["--close"]) == WindowOptions(ProfileChoice(), close=True)
    for other in (LINK, "--toggle-mute"):
        with pytest.raises(UsageError):
            parse_arguments(["--close", other])


def test_a_link_behind_two_dashes_is_no_option() -> None:
    assert parse_arguments(["--", LINK]) == WindowOptions(ProfileChoice(), LINK)
    with pytest.raises(UsageError):
        parse_arguments(["--", "--toggle-mute"])
