"""`conclave meeting-point`: one command that starts it and says what to enter in the settings."""

import asyncio
import contextlib
import os
import selectors
import signal
import sys
from pathlib import Path
from typing import Final

import platformdirs

from app.exit_codes import ExitCode
from app.hardening import forbid_core_dumps
from app.i18n import _
from app.meeting_point.service import Service
from app.net.addresses import Address, outward_hosts
from app.options import MeetingPointOptions
from app.storage import make_private_folder, read_bounded, write_whole
from app.team_servers import ServerKind, TeamServer
from crypto import sodium

KEY_FILE: Final = "meeting-point.key"


class KeyFileError(Exception):
    """The file with the key cannot be used; the text says why in one line for people."""


def run_meeting_point(options: MeetingPointOptions) -> int:
    """Run until interrupted; returns the exit code. Raises ListenError."""
    forbid_core_dumps()
    try:
        public, secret = sodium.signing_keypair(own_seed(options.key_file or default_key_file()))
    except KeyFileError as error:
        print(f"conclave: {error}", file=sys.stderr)
        return ExitCode.IDENTITY
    with asyncio.Runner(
        loop_factory=lambda: asyncio.SelectorEventLoop(selectors.DefaultSelector())
    ) as runner:
        return runner.run(_serve(options, public, secret))


async def _serve(options: MeetingPointOptions, public: bytes, secret: bytes) -> int:
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: KeyboardInterrupt instead
            loop.add_signal_handler(number, over.set)
    service = Service(
        lambda context: sodium.sign(context, secret), sodium.random_bytes, options.listen
    )
    try:
        print(_("Enter this in Conclave's settings as a server of your team:"), file=sys.stderr)
        for address in _reached_at(options, service.addresses):
            print(TeamServer(ServerKind.MEET, address, key=public), flush=True)
        await over.wait()
    finally:
        await service.close()
    return ExitCode.OK


def _reached_at(
    options: MeetingPointOptions, listening: tuple[Address, ...]
) -> tuple[Address, ...]:
    """Return under which addresses others reach it, as far as this computer can know."""
    port = listening[0].port
    if options.reached_at is not None:
        return (options.reached_at,)
    if options.listen.host:
        return listening
    hosts = sorted(outward_hosts(), key=lambda host: ":" in host)
    return tuple(Address(host, port) for host in hosts) or (Address("127.0.0.1", port),)


def default_key_file() -> Path:
    """Return where the key lies: in the folder that systemd keeps for the service, or the user's.

    It is all that is ever written.
    """
    folder = os.environ.get("STATE_DIRECTORY", "")
    if folder:
        return Path(folder.split(":")[0]) / KEY_FILE
    return Path(platformdirs.user_state_dir("Conclave", appauthor=False)) / KEY_FILE


def own_seed(path: Path) -> bytes:
    """Return the 32 bytes that the service's key grows from; made where there are none yet.

    Raises KeyFileError.
    """
    try:
        seed = read_bounded(path, sodium.SEED_BYTES + 1)
    except FileNotFoundError:
        seed = sodium.random_bytes(sodium.SEED_BYTES)
        try:
            make_private_folder(path.parent)
            write_whole(path, seed)
        except OSError as error:
            raise _unusable(path, error.strerror or "") from error
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error
    if len(seed) != sodium.SEED_BYTES:
        raise _unusable(path, _("it holds no key"))
    return seed


def _unusable(path: Path, cause: str) -> KeyFileError:
    return KeyFileError(_("{path} cannot be used: {cause}.").format(path=path, cause=cause))
