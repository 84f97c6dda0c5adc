"""Opens the chosen profile with what a file, the environment, the key store or a person gives."""

import getpass
import sys
import threading
from concurrent.futures import Future

from app.argument_checks import UsageError
from app.keychain import system_key_store
from app.options import ProfileChoice
from app.paths import default_profile
from app.profile import Profile, ProfileError, asks_the_key_store, given_passphrase


def open_profile(choice: ProfileChoice, typed: str | None = None) -> Profile:
    """Open a profile, or make it; `typed` is what a person just typed. Raises ProfileError,
    and UsageError for a passphrase file that cannot be used.

    May take seconds: not on the engine's or the window's thread.
    """
    try:
        passphrase = typed or given_passphrase(choice.passphrase_file)
    except (OSError, ValueError) as error:
        raise UsageError(f"--passphrase-file: {error}") from error
    folder = choice.folder or default_profile()
    key_store = system_key_store() if asks_the_key_store(folder, passphrase) else None
    return Profile.open(folder, passphrase=passphrase, key_store=key_store)


def begin_to_open(choice: ProfileChoice, typed: str | None = None) -> Future[Profile]:
    """Open the profile on a thread of its own, which keeps nobody from ending the program."""
    future: Future[Profile] = Future()

    def work() -> None:
        try:
            future.set_result(open_profile(choice, typed))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            future.set_exception(error)

    threading.Thread(target=work, name="opening", daemon=True).start()
    return future


def open_profile_in_terminal(choice: ProfileChoice) -> Profile:
    """Open a profile; ask for the passphrase where somebody sits at a terminal."""
    try:
        return open_profile(choice)
    except ProfileError as error:
        if error.code != "passphrase_needed" or not sys.stdin.isatty():
            raise
        return open_profile(choice, getpass.getpass(f"{error} "))
