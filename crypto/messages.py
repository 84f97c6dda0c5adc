"""Every message of a meeting, and `parse`, which tells them apart by their first byte."""

from crypto.envelope import Message, Sign, SignedMessage
from crypto.errors import MalformedError
from crypto.exchange import (
    Ack,
    Gossip,
    KeyBox,
    SasReveal,
    Signal,
    SignalKind,
    SignedLeave,
    Sync,
)
from crypto.joining import (
    NAME_BYTES,
    TITLE_BYTES,
    About,
    AboutFlag,
    Denied,
    DenyReason,
    HostBody,
    Join,
    JoinRequest,
    MemberAuth,
    MemberBody,
    Welcome,
)

__all__ = [
    "NAME_BYTES",
    "TITLE_BYTES",
    "About",
    "AboutFlag",
    "Ack",
    "Denied",
    "DenyReason",
    "Gossip",
    "HostBody",
    "Join",
    "JoinRequest",
    "KeyBox",
    "MemberAuth",
    "MemberBody",
    "Message",
    "SasReveal",
    "Sign",
    "Signal",
    "SignalKind",
    "SignedLeave",
    "SignedMessage",
    "Sync",
    "Welcome",
    "parse",
]

_BY_KIND: dict[int, type[Message]] = {
    message.kind: message
    for message in (
        *(Denied, About, HostBody, MemberBody, JoinRequest, Join, MemberAuth, Welcome),
        *(Ack, KeyBox, Sync, SasReveal, SignedLeave, Signal, Gossip),
    )
}


def parse(data: bytes) -> Message:
    """Take any message apart; MalformedError for everything that is none.

    Nothing is authentic yet: signatures are checked by each message's `verify` or `check`.
    """
    message = _BY_KIND.get(data[0]) if data else None
    if message is None:
        raise MalformedError("message is of no known type")
    return message.parse(data)
