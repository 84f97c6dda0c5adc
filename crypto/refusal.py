"""Why a block or a welcome is refused, in one word each."""

from typing import Literal

from crypto.blocks import Evidence
from crypto.errors import CryptoError

RosterCode = Literal[
    "malformed",  # not a block, or an operation in it is not what it says
    "forged",  # a signature does not fit
    "other_call",  # for another meeting
    "replayed",  # accepted before: nothing to do
    "stale",  # older than what is remembered, or of a term that is over: nothing to do
    "term",  # of an earlier term than the one this device has voted in: nothing to do
    "gap",  # ahead of me: blocks between are missing
    "fork",  # its number and what it stands on do not both fit what I accepted
    "equivocation",  # the leader signed another block of this epoch: see EquivocationError
    "ended",  # the meeting is over
    "time",  # the leader's clock ran backwards
    "empty",  # does nothing
    "unauthorised",  # not for this signer to do
    "votes",  # a takeover without the votes of a majority
    "not_member",  # about somebody who has no seat
    "duplicate",  # the device or call key has a seat already
    "join_id_used",  # an old request again
    "order_used",  # an old order again
    "removed",  # the device was removed from this meeting
    "locked",  # nobody is let in
    "full",  # no seat, no slot, or no room to remember one more join or to write it down
    "roster_hash",  # same operations, another result
    "welcome",  # a welcome does not contain what it must
]


class RosterError(CryptoError):
    """A block or welcome was refused; `code` says why in one word."""

    def __init__(self, code: RosterCode, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code: RosterCode = code


class EquivocationError(RosterError):
    """A leader signed two different blocks of one epoch; `evidence` proves it."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__("equivocation", "the leader signed two blocks of one epoch")
        self.evidence = evidence
