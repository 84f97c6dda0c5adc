"""Derives conclave.json a second time, without Conclave: run this file."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2])] if __name__ == "__main__" else []

from vectors.reference import (  # noqa: E402
    files,
    finding,
    handshake,
    keys,
    log,
    media,
    meeting,
    meeting_point,
    sealed,
    vault,
)
from vectors.reference.fields import Case  # noqa: E402
from vectors.reference.primitives import Refused  # noqa: E402

VECTORS = Path(__file__).resolve().parents[1] / "conclave.json"

DERIVE: dict[str, Callable[[Case], Case]] = {
    "labels": keys.labels,
    "hkdf": keys.hkdf,
    "devices": keys.devices,
    "base_keys": keys.base_keys,
    "kem_keys": keys.kem_keys,
    "boxes": keys.boxes,
    "ack_digests": keys.ack_digests,
    "codes": keys.codes,
    "spoken_codes": keys.spoken,
    "safety_numbers": keys.safety_numbers,
    "shown_codes": keys.shown_codes,
    "contacts": keys.contacts,
    "frames": sealed.frames,
    "opened_frames": sealed.opened_frames,
    "replays": sealed.replays,
    "invitations": finding.invitations,
    "links": finding.links,
    "tags": finding.tags,
    "vault_keys": vault.vault_keys,
    "vaults": vault.vaults,
    "opened_vaults": vault.opened_vaults,
    "vault_contents": vault.vault_contents,
    "read_vault_contents": vault.read_vault_contents,
    "messages": meeting.messages,
    "read_messages": meeting.read_messages,
    "credentials": meeting.credentials,
    "states": meeting.states,
    "logs": log.logs,
    "blocks": log.blocks,
    "handshakes": handshake.handshakes,
    "link_parameters": media.link_parameters,
    "small_messages": media.small_messages,
    "file_checksums": files.file_checksums,
    "file_messages": files.file_messages,
    "read_file_messages": files.read_file_messages,
    "pictures": media.pictures,
    "rtp_packets": media.rtp_packets,
    "rtcp_packets": media.rtcp_packets,
    "doors": meeting_point.doors,
    "meeting_point_words": meeting_point.meeting_point_words,
    "read_meeting_point_words": meeting_point.read_meeting_point_words,
}


def complaint(section: str, case: Case, common: Case) -> str | None:
    """Return what is wrong with a case; None if it holds. `common` is given in all its section."""
    try:
        found = DERIVE[section]({**common, **case["given"]})
    except Refused as refused:
        if str(refused) == case.get("refused"):
            return None
        return f"{section}: {case['what']}: refused as {refused}"
    if "refused" in case:
        return f"{section}: {case['what']}: was not refused"
    wrong = sorted(name for name in found if found[name] != case["gives"].get(name))
    if wrong or found.keys() != case["gives"].keys():
        return f"{section}: {case['what']}: gives another {' and '.join(wrong)}"
    return None


def complaints(vectors: Case) -> list[str]:
    """Return what is wrong with any case of the file."""
    found = [
        complaint(name, case, section.get("given", {}))
        for name, section in vectors["sections"].items()
        for case in section["cases"]
    ]
    return [each for each in found if each]


if __name__ == "__main__":
    document = json.loads(VECTORS.read_text(encoding="utf-8"))
    wrong = complaints(document)
    print("\n".join(wrong) or "every value was found again")
    sys.exit(bool(wrong))
