"""`conclave doctor`: looks at what works on this computer and network, and names the cures."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from app.examination import (
    meeting_point,
    network,
    organisation,
    program,
    reach,
    router,
    surroundings,
)
from app.findings import MARKS, MARKS_ASCII, Finding, as_json, as_text, exit_code, summary
from app.i18n import _
from app.meeting.own_doors import MeetingPoint
from app.net.addresses import Address
from app.net.gate import Gate
from app.options import ByAddress, ByLink, DoctorOptions
from app.paths import default_profile, policy_file
from app.policy import load_policy
from crypto.invite import Invite

PATIENCE = 15.0  # seconds for one look; a broken driver may never answer

Check = tuple[str, Callable[[], Finding]]


def run_doctor(options: DoctorOptions, out: TextIO | None = None) -> int:
    """Examine, print, and return the exit code: 1 if anything does not work."""
    out = out or sys.stdout
    checks = all_checks(options)
    if options.as_json:
        found = list(examine(checks))
        print(as_json(found), file=out)
        return exit_code(found)
    marks = MARKS if _can_print(MARKS["ok"] + "→", out) else MARKS_ASCII
    found = []
    for finding in examine(checks):
        found.append(finding)
        text = as_text(finding, marks)
        print(text if marks is MARKS else _printable(text, out), file=out, flush=True)
    print(_printable(summary(found), out), file=out)
    return exit_code(found)


def all_checks(options: DoctorOptions) -> list[Check]:
    """Return everything that is looked at, in the order in which it is told."""
    folder = options.profile.folder or default_profile()
    rules = load_policy(policy_file()).rules
    gate = Gate.of(rules)
    return [
        *program.checks(),
        *organisation.checks(policy_file()),
        *surroundings.checks(folder),
        *network.checks(),
        *reach.checks(_addresses(options), gate),
        *meeting_point.checks(_meeting_point(options), gate),
        *(router.checks(rules) if options.router else []),
    ]


def _addresses(options: DoctorOptions) -> tuple[Address, ...]:
    """Return where the other computer may be that somebody asked about."""
    match options.towards:
        case ByLink(link):
            return tuple(Address(*address) for address in Invite.parse(link).addresses)
        case ByAddress(address):
            return (address,)
        case None:
            return ()


def _meeting_point(options: DoctorOptions) -> MeetingPoint | None:
    """Return where the host of a link can be asked for."""
    match options.towards:
        case ByLink(link) if (place := Invite.parse(link).place) is not None:
            return MeetingPoint(place.address, place.key)
        case _:
            return None


def examine(checks: Sequence[Check], patience: float = PATIENCE) -> Iterator[Finding]:
    """Run the checks one by one; one that fails or hangs is itself a finding."""
    for key, check in checks:
        yield _one(key, check, patience)


def _one(key: str, check: Callable[[], Finding], patience: float) -> Finding:
    answer: list[Finding] = []

    def run() -> None:
        try:
            answer.append(check())
        except Exception as error:  # noqa: BLE001 - drivers and libraries raise what they like
            sentence = _("looking at it failed ({cause}).").format(cause=type(error).__name__)
            answer.append(Finding(key, key, "fail", sentence, _("Please report this.")))

    thread = threading.Thread(target=run, name=f"doctor {key}", daemon=True)
    thread.start()
    thread.join(patience)
    if answer:
        return answer[0]
    sentence = _("no answer within {seconds} seconds.").format(seconds=round(patience))
    cure = _("Unplug it and plug it in again, or restart the computer.")
    return Finding(key, key, "fail", sentence, cure)


def _can_print(text: str, out: TextIO) -> bool:
    try:
        text.encode(out.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _printable(text: str, out: TextIO) -> str:
    encoding = out.encoding or "ascii"
    return text.replace("→", "->").encode(encoding, "replace").decode(encoding)
