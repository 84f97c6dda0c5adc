"""Everything that Conclave keeps of a person on this computer: one readable file, no keys."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from app import __version__
from app.log import FILE as LOG_FILE
from app.profile import Profile
from app.recent_meetings import FILE as RECENTS
from app.recent_meetings import Recent, parse
from app.storage import read_bounded, write_whole
from crypto.errors import MalformedError
from crypto.identity import Identity, device_id
from crypto.vault_content import OpenInvite, Pin, Proof, Secrets

FILE_NAME = "conclave-data.json"
MAX_LOG = 4_000_000  # bytes of one day that are taken along

LEFT_OUT = (
    "the secret key of this device",
    "the secrets by which contacts call each other",
    "the secrets inside of open invitations",
    "the links of recent meetings",
)
"""What would let whoever has the file pose as this person, in words."""

EXPORTED = ("identity_seed", "pins", "contact_secrets", "open_invites", "proofs")
"""The fields of the vault that are told here; of secrets, that they are there."""


def collected(
    profile: Profile, log_folder: Path, told: Mapping[str, bool], now: datetime
) -> dict[str, object]:
    """Return everything that is kept; `told` is what this system does for the person.

    Reads the vault: not on the engine's thread. Raises ProfileError.
    """
    secrets = profile.secrets
    own = Identity(secrets.identity_seed).public
    return {
        "conclave": __version__,
        "written": _time(now.timestamp()),
        "left_out": list(LEFT_OUT),
        "this_device": {"id": device_id(own).hex(), "public_key": own.hex()},
        "settings": asdict(profile.settings),
        "settings_of_the_organisation": sorted(profile.locked_settings),
        "people": _people(secrets),
        "recent_meetings": [_recent(one) for one in _recents(profile)],
        "open_invitations": [_invitation(one) for one in secrets.open_invites],
        "proofs": [_proof(one) for one in secrets.proofs],
        "told_to_this_system": dict(told),
        "files": _files(profile.folder),
        "log": _log(log_folder),
    }


def write_export(path: Path, content: Mapping[str, object]) -> None:
    """Write it where the person said, for their eyes alone; raises OSError."""
    text = json.dumps(content, ensure_ascii=False, indent=2)
    write_whole(path, text.encode("utf-8", "surrogateescape") + b"\n")


def _people(secrets: Secrets) -> list[dict[str, object]]:
    return [_person(pin, dev in secrets.contact_secrets) for dev, pin in secrets.pins.items()]


def _person(pin: Pin, contact: bool) -> dict[str, object]:
    return {
        "name": pin.name,
        "device": pin.dev.hex(),
        "public_key": pin.public_key.hex(),
        "first_met": _time(pin.first_seen),
        "verified": pin.verified.name.lower(),
        "verified_when": _time(pin.verified_when),
        "contact": contact,
    }


def _recents(profile: Profile) -> tuple[Recent, ...]:
    content = profile.read_beside(RECENTS)
    try:
        return parse(content) if content else ()
    except MalformedError:
        return ()


def _recent(recent: Recent) -> dict[str, object]:
    return {
        "title": recent.title,
        "host": recent.host_name,
        "host_device": recent.host.hex(),
        "when": _time(recent.when),
        "link_kept": bool(recent.link),
    }


def _invitation(invite: OpenInvite) -> dict[str, object]:
    return {
        "for": invite.label,
        "expires": _time(invite.expiry),
        "uses": invite.uses,
        "used_by_device": invite.bound.hex(),
        "as_guest": invite.as_guest,
    }


def _proof(proof: Proof) -> dict[str, object]:
    return {
        "kept": _time(proof.kept),
        "voucher": proof.voucher.hex(),
        "first": proof.first.hex(),
        "second": proof.second.hex(),
    }


def _files(folder: Path) -> list[dict[str, object]]:
    return [
        {"name": path.relative_to(folder).as_posix(), "bytes": path.lstat().st_size}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    ]


def _log(folder: Path) -> dict[str, list[str]]:
    days = {}
    for path in sorted(folder.glob(f"{LOG_FILE}*")):
        try:
            text = read_bounded(path, MAX_LOG).decode("utf-8", "replace")
        except OSError as error:
            text = f"cannot be read: {type(error).__name__}"
        days[path.name] = text.splitlines()
    return days


def _time(seconds: float) -> str:
    """Return a time in UTC as people and programs read it; "" for none."""
    if not seconds:
        return ""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%SZ}"
