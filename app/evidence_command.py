"""`conclave evidence`: lists the proofs that were kept, writes them to a file, checks a file."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from app.argument_checks import UsageError
from app.evidence import EvidenceError, accusation, load, save
from app.exit_codes import ExitCode
from app.i18n import _
from app.options import EvidenceOptions
from app.unlocking import open_profile_in_terminal
from crypto.errors import CryptoError
from crypto.vault_content import Proof


def run_evidence(options: EvidenceOptions) -> ExitCode:
    """Do what the command line asks; PROBLEM if there is no proof, or one that proves nothing."""
    if options.check is not None:
        return _check(options.check)
    profile = open_profile_in_terminal(options.profile)
    try:
        proofs = profile.secrets.proofs
    finally:
        profile.close()
    if not proofs:
        print(_("No proof that a host lied was kept."))
        return ExitCode.PROBLEM if options.file is not None else ExitCode.OK
    _print(proofs)
    if options.file is not None:
        _save(proofs, options.file)
    return ExitCode.OK


def _check(path: Path) -> ExitCode:
    try:
        proofs = load(path)
    except EvidenceError as error:
        raise UsageError(str(error)) from error
    return ExitCode.OK if _print(proofs) else ExitCode.PROBLEM


def _print(proofs: Sequence[Proof]) -> bool:
    """Say what each proof shows; tell whether all of them show something."""
    good = True
    for proof in proofs:
        day = datetime.fromtimestamp(proof.kept).astimezone()
        try:
            what = accusation(proof)
        except CryptoError as error:
            good = False
            print(_("{day}: this proves nothing: {why}").format(day=f"{day:%Y-%m-%d}", why=error))
            continue
        print(
            _("{day}: two participant lists by {whom}").format(
                day=f"{day:%Y-%m-%d %H:%M}", whom=what.summary
            )
        )
        for words in (what.first, what.second):
            print("  " + ", ".join(words))
    return good


def _save(proofs: Sequence[Proof], path: Path) -> None:
    try:
        save(proofs, path)
    except OSError as error:
        text = _("“{path}” cannot be written: {cause}.")
        raise UsageError(text.format(path=path, cause=error.strerror or error)) from error
    print(_("Written to {path}. Anybody can check it.").format(path=path))
