"""The command line: read once, checked, and given on as frozen values."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from app import __version__
from app import argument_checks as checks
from app.argument_checks import UsageError
from app.exit_codes import ExitCode
from app.i18n import _, mark
from app.net.addresses import Address, AddressError, parse_address
from app.options import (
    ByAddress,
    ByCall,
    ByLink,
    ByNearby,
    Command,
    ContactsOptions,
    DevicesOptions,
    DoctorOptions,
    EraseOptions,
    EvidenceOptions,
    ExportOptions,
    GuestOptions,
    HostOptions,
    JoinOptions,
    MeetingPointOptions,
    Participation,
    PasswordChoice,
    PictureOptions,
    ProfileChoice,
    Target,
    TryOptions,
    UpdateOptions,
    WindowOptions,
)
from app.team_servers import DEFAULT_PORTS, ServerKind
from crypto.errors import InviteCode, InviteError
from crypto.invite import Invite

MAX_LINK = 4096  # characters; a real link has about 140

# What argparse itself may say, for the catalogues.
_ARGPARSE_WORDS = (
    mark("unrecognized arguments: %s"),
    mark("the following arguments are required: %s"),
    mark("expected one argument"),
    mark("not allowed with argument %s"),
    mark("argument %(argument_name)s: %(message)s"),
    mark("usage: "),
    mark("options"),
    mark("positional arguments"),
    mark("show this help message and exit"),
    mark("show program's version number and exit"),
)


def parse_arguments(argv: Sequence[str]) -> Command:
    """Return what the arguments (without the program's name) ask for.

    Raises UsageError; prints and raises SystemExit(0) for --help and --version.
    """
    parser = _parser()
    values = parser.parse_args(_command_first(argv))
    profile = ProfileChoice(
        checks.folder(getattr(values, "profile", None)),
        checks.existing_file(getattr(values, "passphrase_file", None), "--passphrase-file"),
    )
    match values.command:
        case "host":
            part = _participation(values, profile)
            if values.admit_all and not values.headless:
                raise UsageError(_("--admit-all needs --headless: in the window you decide."))
            if values.invite and not values.headless:
                raise UsageError(_("--invite needs --headless: in the window you press “Invite”."))
            if values.call and not values.headless:
                raise UsageError(_("--call needs --headless: in the window you press “Call”."))
            return HostOptions(
                part,
                checks.label(values.title, "--title"),
                values.visible,
                values.lobby,
                values.admit_all,
                _password(values),
                tuple(checks.label(name, "--invite") or "" for name in values.invite),
                tuple(checks.label(name, "--call") or "" for name in values.call),
                values.reopen,
                values.open_router,
            )
        case "join":
            part = _participation(values, profile)
            if values.password_file is not None and not values.headless:
                raise UsageError(_("--password-file needs --headless: the window asks."))
            if values.caller is not None and not values.headless:
                raise UsageError(_("--from needs --headless: the window shows who calls."))
            return JoinOptions(part, _target(values), _password(values))
        case "try":
            return TryOptions(_participation(values, profile))
        case "picture":
            return PictureOptions()
        case "guest":
            return GuestOptions(values.link_fd)
        case "devices":
            return DevicesOptions(values.json)
        case "doctor":
            towards = _place(values.target) if values.target is not None else None
            return DoctorOptions(profile, values.json, towards, values.router)
        case "meeting-point":
            return _meeting_point(values)
        case "contacts":
            return ContactsOptions(profile, values.json, checks.label(values.forget, "--forget"))
        case "export":
            file = checks.writable_file(values.file, "FILE")
            assert file is not None
            return ExportOptions(profile, file)
        case "erase":
            return EraseOptions(profile, values.yes)
        case "update":
            if values.roll_back and (values.source is not None or values.install):
                raise UsageError(_("--roll-back goes alone."))
            if values.nearby + (values.source is not None) + (values.share is not None) > 1:
                raise UsageError(_("A source, --nearby or --share, and only one of them."))
            return UpdateOptions(
                profile,
                values.source,
                values.install,
                checks.existing_folder(values.to, "--to"),
                values.roll_back,
                values.json,
                values.nearby,
                checks.existing_folder(values.share, "--share"),
                values.yes,
            )
        case "evidence":
            if values.file is not None and values.check is not None:
                raise UsageError(_("Either write a file or check one."))
            return EvidenceOptions(
                profile,
                checks.writable_file(values.file, "FILE"),
                checks.existing_file(values.check, "--check"),
            )
        case _:
            if values.toggle_mute + values.close + (values.link is not None) > 1:
                raise UsageError(_("Either a link, --toggle-mute or --close."))
            link = _something_to_join(values.link)
            return WindowOptions(profile, link, values.toggle_mute, values.in_tray, values.close)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of printing its usage."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(_("{what} (see {program} --help)").format(what=message, program=self.prog))


_COMMANDS = (
    "host", "join", "try", "guest", "picture", "contacts", "evidence", "export", "erase", "devices",
    "doctor", "meeting-point", "update",
)  # fmt: skip
_WINDOW = "window"  # the command nobody types
_VALUED = ("--profile", "--passphrase-file")  # may stand in front of a command


def _command_first(argv: Sequence[str]) -> list[str]:
    """Put the command first, so that the options of all commands may stand in front of it."""
    position = 0
    while position < len(argv) and argv[position].startswith("-"):
        if argv[position] in {"-h", "--help", "--version", "--"}:
            break
        position += 2 if argv[position] in _VALUED else 1
    before, rest = list(argv[:position]), list(argv[position:])
    if rest and rest[0] in _COMMANDS:
        return [rest[0], *before, *rest[1:]]
    if rest and rest[0] in {"-h", "--help", "--version"}:
        return rest
    return [_WINDOW, *argv]


def _parser() -> argparse.ArgumentParser:
    """Build the whole grammar; the help texts are in the language in use."""
    parser = _Parser(
        prog="conclave",
        usage=(
            "conclave [LINK] | host | join | try | contacts | evidence | export | erase "
            "| devices | doctor | meeting-point | update | --version"
        ),
        description=_("Private meetings, directly between the people in them."),
        epilog=_("Without a command the window opens. “conclave COMMAND --help” says more."),
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"conclave {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, words: str | None, prog: str | None = None) -> argparse.ArgumentParser:
        extra: dict[str, Any] = {"help": words, "description": words} if words else {}
        made: argparse.ArgumentParser = commands.add_parser(
            name, prog=prog or f"conclave {name}", allow_abbrev=False, **extra
        )
        return made

    window = command(_WINDOW, None, "conclave")
    window.add_argument("link", nargs="?", metavar="LINK", help=_("an invitation"))
    window.add_argument(
        "--toggle-mute",
        action="store_true",
        help=_("switch the microphone of the window that is open on or off"),
    )
    window.add_argument(
        "--close",
        action="store_true",
        help=_("close the window that is open, and leave its meeting"),
    )
    window.add_argument(
        "--in-tray", action="store_true", help=_("open no window yet, only the sign in the tray")
    )
    _add_profile(window)

    host = command("host", _("start a meeting"))
    host.add_argument("--title", metavar="T", help=_("what the meeting is called"))
    host.add_argument(
        "--visible", action="store_true", help=_("show the meeting to everybody on this network")
    )
    admission = host.add_mutually_exclusive_group()
    admission.add_argument(
        "--no-lobby",
        dest="lobby",
        action="store_false",
        help=_("people with an invitation come in without knocking"),
    )
    admission.add_argument(
        "--admit-all",
        action="store_true",
        help=_("people knock, and are let in by themselves (with --headless)"),
    )
    host.add_argument(
        "--invite",
        metavar="NAME",
        action="append",
        default=[],
        help=_("print a link that works once, for one person; may be given more than once"),
    )
    host.add_argument(
        "--call",
        metavar="NAME",
        action="append",
        default=[],
        help=_("call a contact into the meeting; may be given more than once"),
    )
    host.add_argument(
        "--reopen",
        action="store_true",
        help=_("take the links of the last meeting again, if the program died in it"),
    )
    host.add_argument(
        "--open-router",
        action="store_true",
        help=_("let people outside in: the router opens one port until the meeting is over"),
    )
    _add_password(host, _("its first line is the password that newcomers must know"))
    host.add_argument(
        "--ask-password", action="store_true", help=_("ask at the terminal for that password")
    )
    _add_participation(host)

    join = command("join", _("join a meeting"))
    join.add_argument(
        "target", nargs="?", metavar="LINK|HOST:PORT", help=_("an invitation or a typed address")
    )
    join.add_argument(
        "--nearby", action="store_true", help=_("join the first visible meeting on this network")
    )
    join.add_argument(
        "--from",
        dest="caller",
        metavar="NAME",
        help=_("wait until this contact calls, and answer"),
    )
    _add_password(join, _("its first line is the password of the meeting"))
    _add_participation(join)

    _add_participation(command("try", _("meet the test guest on this computer")))

    command("picture", None)
    guest = command("guest", None)
    source = guest.add_mutually_exclusive_group()
    source.add_argument("--stdin", dest="link_fd", action="store_const", const=0, default=0)
    source.add_argument("--link-fd", dest="link_fd", type=checks.descriptor)

    _add_what_is_kept(command)
    _add_update(command)

    devices = command("devices", _("list cameras, microphones and speakers"))
    devices.add_argument("--json", action="store_true", help=_("print JSON for programs"))

    doctor = command("doctor", _("tell what works on this computer and network"))
    doctor.add_argument("--json", action="store_true", help=_("print JSON for programs"))
    doctor.add_argument(
        "target",
        nargs="?",
        metavar="LINK|HOST:PORT",
        help=_("a computer that cannot be reached: try, and tell why"),
    )
    doctor.add_argument(
        "--router",
        action="store_true",
        help=_("ask the router whether it would let people outside in"),
    )
    _add_profile(doctor)

    _add_meeting_point(command("meeting-point", _("help invited people find each other")))
    return parser


def _add_meeting_point(parser: argparse.ArgumentParser) -> None:
    """Add what the service can be told."""
    parser.add_argument(
        "--listen", metavar="ADDRESS:PORT", help=_("where it listens; otherwise everywhere")
    )
    parser.add_argument(
        "--reached-at", metavar="ADDRESS:PORT", help=_("where others reach it from outside")
    )
    parser.add_argument(
        "--key-file", metavar="FILE", help=_("its key; made where there is none yet")
    )


def _meeting_point(values: argparse.Namespace) -> MeetingPointOptions:
    """Return what the service was told; its port is not the one of meetings."""
    listen, reached_at = Address("", DEFAULT_PORTS[ServerKind.MEET]), None
    try:
        if values.listen is not None:
            listen = parse_address(values.listen, DEFAULT_PORTS[ServerKind.MEET], any_host=True)
        if values.reached_at is not None:
            reached_at = parse_address(
                values.reached_at, listen.port or DEFAULT_PORTS[ServerKind.MEET]
            )
    except AddressError as error:
        raise UsageError(str(error)) from error
    file = values.key_file and Path(values.key_file).absolute()
    return MeetingPointOptions(listen, reached_at, file)


def _add_what_is_kept(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Add the commands about what Conclave keeps on this computer."""
    contacts = command("contacts", _("list whom you can call without a link"))
    contacts.add_argument("--forget", metavar="NAME", help=_("forget a contact"))
    contacts.add_argument("--json", action="store_true", help=_("print JSON for programs"))
    _add_profile(contacts)

    evidence = command("evidence", _("list, save or check proofs that a host lied"))
    evidence.add_argument("file", nargs="?", metavar="FILE", help=_("write the proofs to it"))
    evidence.add_argument("--check", metavar="FILE", help=_("tell what such a file proves"))
    _add_profile(evidence)

    export = command("export", _("write everything that Conclave keeps of you to a file"))
    export.add_argument("file", metavar="FILE", help=_("the file to write"))
    _add_profile(export)

    erase = command("erase", _("erase everything that Conclave keeps of you"))
    erase.add_argument("--yes", action="store_true", help=_("erase without asking"))
    _add_profile(erase)


def _add_update(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Add the command that looks for a newer version."""
    update = command("update", _("look for a newer Conclave, and install it"))
    update.add_argument(
        "source", nargs="?", metavar="SOURCE", help=_("a folder or an address where updates are")
    )
    update.add_argument(
        "--nearby", action="store_true", help=_("ask computers in this network that share updates")
    )
    update.add_argument(
        "--share", metavar="DIR", help=_("share the updates in a folder with this network")
    )
    update.add_argument("--yes", action="store_true", help=_("install without asking"))
    update.add_argument("--install", action="store_true", help=_("install what is newer"))
    update.add_argument(
        "--to", metavar="DIR", help=_("where a package goes that the system installs")
    )
    update.add_argument("--roll-back", action="store_true", help=_("go back to the version before"))
    update.add_argument("--json", action="store_true", help=_("print JSON for programs"))
    _add_profile(update)


def _add_profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profile", metavar="DIR", help=_("a folder with its own identity"))
    parser.add_argument(
        "--passphrase-file", metavar="FILE", help=_("the first line opens the identity")
    )


def _add_password(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument("--password-file", metavar="FILE", help=words)


def _password(values: argparse.Namespace) -> PasswordChoice:
    ask = getattr(values, "ask_password", False)
    if ask and values.password_file is not None:
        raise UsageError(_("Either --password-file or --ask-password."))
    file = checks.existing_file(values.password_file, "--password-file")
    return PasswordChoice(file, ask)


def _add_participation(parser: argparse.ArgumentParser) -> None:
    _add_profile(parser)
    add = parser.add_argument
    add("--name", metavar="N", help=_("your name in this meeting"))
    add("--headless", action="store_true", help=_("take part without a window"))
    add("--camera", metavar="NAME|INDEX|FILE|test|none", help=_("which camera"))
    add("--microphone", metavar="NAME|FILE.wav|test|none", help=_("which microphone"))
    add("--speaker", metavar="NAME|FILE.wav|none", help=_("which speaker"))
    add("--share", metavar="screen:N|test", help=_("show a screen to everybody, or a test page"))
    add("--save-video", metavar="FILE", help=_("keep the received pictures (with --headless)"))
    add("--listen", metavar="ADDRESS:PORT", help=_("where others can reach this computer"))
    add(
        "--lan-only",
        action="store_true",
        help=_("send nothing beyond the local network; a meeting started so stays on it for all"),
    )
    add("--team-servers", metavar="LIST", help=_("servers of your team, as in the settings"))
    add("--team-secret-file", metavar="FILE", help=_("its first line is what their relays know"))
    add("--duration", metavar="SECONDS", help=_("leave after this time"))
    add("--accept-files", metavar="DIR", help=_("take every file into it (with --headless)"))
    add(
        "--send-file",
        metavar="FILE",
        action="append",
        default=[],
        help=_("offer it to everybody there; may be given more than once (with --headless)"),
    )
    add(
        "--chat",
        action="store_true",
        help=_("lines that are typed go to all, those of others are printed (with --headless)"),
    )
    add(
        "--add-contacts",
        action="store_true",
        help=_("offer everybody there to call each other without a link (with --headless)"),
    )
    add("--stats", metavar="FILE", help=_("write one line of figures a second; - prints them"))


def _participation(values: argparse.Namespace, profile: ProfileChoice) -> Participation:
    if values.save_video is not None and not values.headless:
        raise UsageError(_("--save-video needs --headless."))
    for option in ("duration", "stats"):
        if getattr(values, option) is not None and not values.headless:
            raise UsageError(_("--{option} needs --headless.").format(option=option))
    if values.add_contacts and not values.headless:
        raise UsageError(_("--{option} needs --headless.").format(option="add-contacts"))
    for option in ("accept_files", "send_file", "chat"):
        if getattr(values, option) and not values.headless:
            name = option.replace("_", "-")
            raise UsageError(_("--{option} needs --headless.").format(option=name))
    if values.stats is not None and values.stats != "-":
        checks.writable_file(values.stats, "--stats")
    return Participation(
        profile=profile,
        headless=values.headless,
        name=checks.label(values.name, "--name"),
        camera=checks.source(values.camera, "--camera"),
        microphone=checks.source(values.microphone, "--microphone"),
        speaker=checks.sink(values.speaker),
        share=checks.shared_screen(values.share),
        team_servers=checks.team_servers(values.team_servers),
        team_secret_file=checks.existing_file(values.team_secret_file, "--team-secret-file"),
        save_video=checks.writable_file(values.save_video, "--save-video"),
        listen=checks.listen_address(values.listen),
        duration=checks.duration(values.duration),
        stats=values.stats,
        accept_files=checks.existing_folder(values.accept_files, "--accept-files"),
        send_files=tuple(
            filter(None, (checks.existing_file(file, "--send-file") for file in values.send_file))
        ),
        lan_only=values.lan_only,
        chat=values.chat,
        add_contacts=values.add_contacts,
    )


def _something_to_join(text: str | None) -> str | None:
    """Check roughly what the window is to be opened with; the window looks closer."""
    if text is None or _is_link(text):
        return text
    try:
        parse_address(text)
    except AddressError:
        raise UsageError(
            _("“{text}” is neither a command nor an invitation (see conclave --help)").format(
                text=checks.short(text)
            )
        ) from None
    return text


def _is_link(text: str) -> bool:
    if len(text) > MAX_LINK:
        raise UsageError(_("This is too long for an invitation."), ExitCode.LINK)
    return text.strip().lower().startswith("conclave:")


_WRONG_LINKS: dict[InviteCode, Callable[[], str]] = {
    "malformed": lambda: _("This is no invitation to Conclave."),
    "checksum": lambda: _("This invitation is cut off or mistyped. Copy the whole link."),
    "version": lambda: _("This invitation was made by a newer Conclave. Update yours."),
    "expired": lambda: _("This invitation has expired. Ask the host for a new one."),
}


def _target(values: argparse.Namespace) -> Target:
    text = values.target
    if values.nearby + (text is not None) + (values.caller is not None) != 1:
        raise UsageError(
            _("join needs an invitation, an address, --nearby or --from, and only one of them.")
        )
    if values.caller is not None:
        return ByCall(checks.label(values.caller, "--from") or "")
    if text is None:
        return ByNearby()
    return _place(text)


def _place(text: str) -> ByLink | ByAddress:
    """Read an invitation or a typed address."""
    if _is_link(text):
        try:
            Invite.parse(text)
        except InviteError as error:
            raise UsageError(_WRONG_LINKS[error.code](), ExitCode.LINK) from error
        return ByLink(text.strip())
    try:
        return ByAddress(parse_address(text))
    except AddressError as error:
        raise UsageError(str(error)) from error
