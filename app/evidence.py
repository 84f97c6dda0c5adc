"""Proofs that a host showed people two participant lists, as files that anybody can check."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.i18n import _
from app.names import clean
from app.storage import read_bounded, write_whole
from crypto.blocks import Block, Evidence, Genesis
from crypto.errors import CryptoError
from crypto.identity import fingerprint
from crypto.joining import JoinRequest
from crypto.leading import convicted
from crypto.operations import Add, Operation, Remove
from crypto.vault_content import MOST_PROOFS, SIGNED_BYTES, VOUCHER_BYTES, Proof

FORMAT = "conclave proof 1"
MAX_FILE = 2**20  # bytes; four proofs have 280 kB
ABOUT = (
    "Each proof holds two blocks that one host signed for one and the same step of a meeting: it "
    "showed people different participant lists. To check it: `conclave evidence --check FILE`, or "
    "crypto.leading.convicted(voucher, Evidence(first=first, second=second)) of Conclave's source. "
    "Only voucher, first and second are proof (base64); the other fields are drawn from them."
)


class EvidenceError(Exception):
    """A file with proofs cannot be used; the text is one line for people."""


@dataclass(frozen=True)
class Accusation:
    """What a proof shows, once it was checked."""

    fingerprint: str  # of the device that lied, hex: the one that stands in its invitations
    host_name: str  # as it called itself, "" where the proof does not have it
    title: str  # of the meeting, "" where the proof does not have it
    term: int
    epoch: int
    first: tuple[str, ...]  # what each of the two blocks says, in words
    second: tuple[str, ...]

    @property
    def summary(self) -> str:
        """One line: who, where, which step."""
        name = f"“{clean(self.host_name)}”" if clean(self.host_name) else _("the host")
        where = f"“{clean(self.title)}”" if clean(self.title) else _("a meeting")
        return _("{name} (device {fingerprint}) in {where}, step {epoch} of term {term}").format(
            name=name,
            fingerprint=self.fingerprint,
            where=where,
            epoch=self.epoch,
            term=self.term,
        )


def accusation(proof: Proof) -> Accusation:
    """Check a proof without knowing anything else; raises CryptoError if it proves nothing."""
    evidence = Evidence(first=proof.first, second=proof.second)
    leader = convicted(proof.voucher, evidence)
    first, second = Block.parse(proof.first), Block.parse(proof.second)
    title = name = ""
    if proof.voucher[0] == Genesis.kind:
        title = Genesis.parse(proof.voucher).title
    else:
        name = JoinRequest.parse(proof.voucher).name
    return Accusation(
        fingerprint=fingerprint(leader.device_key).hex(),
        host_name=name,
        title=title,
        term=first.term,
        epoch=first.epoch,
        first=_words(first),
        second=_words(second),
    )


def as_text(proofs: Sequence[Proof]) -> str:
    """Return the file: JSON that people can read."""
    return (
        json.dumps(
            {"format": FORMAT, "about": ABOUT, "proofs": [_fields(proof) for proof in proofs]},
            ensure_ascii=False,
            indent=2,
        )
        + "\n"
    )


def save(proofs: Sequence[Proof], path: Path) -> None:
    """Write a file; raises OSError."""
    write_whole(path, as_text(proofs).encode("utf-8"))


def load(path: Path) -> tuple[Proof, ...]:
    """Read somebody's file; raises EvidenceError. What it proves, `accusation` tells."""
    try:
        data = read_bounded(path, MAX_FILE)
    except OSError as error:
        text = _("“{path}” cannot be read: {cause}.")
        raise EvidenceError(text.format(path=path, cause=error.strerror or error)) from error
    try:
        return _read(json.loads(data.decode("utf-8")))
    except (ValueError, RecursionError) as error:
        raise EvidenceError(_("“{path}” holds no proof of Conclave.").format(path=path)) from error


def _read(content: Any) -> tuple[Proof, ...]:
    """Take the proofs out of what stood in a file; ValueError for anything else."""
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError("another format")
    found = content.get("proofs")
    if not isinstance(found, list) or not 0 < len(found) <= MOST_PROOFS:
        raise ValueError("no proofs")
    return tuple(_proof(fields) for fields in found)


def _proof(fields: Any) -> Proof:
    if not isinstance(fields, dict):
        raise ValueError("no object")
    limits = {"voucher": VOUCHER_BYTES, "first": SIGNED_BYTES, "second": SIGNED_BYTES}
    parts = {name: _decoded(fields.get(name), limit) for name, limit in limits.items()}
    kept = datetime.fromisoformat(str(fields.get("kept")))
    return Proof(int(kept.timestamp()), **parts)


def _decoded(text: Any, limit: int) -> bytes:
    if not isinstance(text, str):
        raise ValueError("no text")
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
    if len(data) > limit:
        raise ValueError("too long")
    return data


def _fields(proof: Proof) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "kept": datetime.fromtimestamp(proof.kept, UTC).isoformat(timespec="seconds")
    }
    try:
        what = accusation(proof)
    except CryptoError:
        fields["proves"] = "nothing"
    else:
        fields |= {
            "proves": "two participant lists",
            "host_device": what.fingerprint,
            "host_name": what.host_name,
            "title": what.title,
            "term": what.term,
            "epoch": what.epoch,
            "first_says": list(what.first),
            "second_says": list(what.second),
        }
    for name in ("voucher", "first", "second"):
        fields[name] = base64.b64encode(getattr(proof, name)).decode("ascii")
    return fields


def _words(block: Block) -> tuple[str, ...]:
    """Say in words what a block does; names stand as their owners wrote them, cleaned."""
    return (*(_operation(operation) for operation in block.operations), block.eid.hex()[:16])


def _operation(operation: Operation) -> str:
    match operation:
        case Add(request):
            try:
                asked = JoinRequest.parse(request)
            except CryptoError:
                return "Add"
            return f"Add {clean(asked.name)} ({fingerprint(asked.device_key).hex()})"
        case Remove(dev):
            return f"Remove {dev.hex()}"
        case _:
            return type(operation).__name__
