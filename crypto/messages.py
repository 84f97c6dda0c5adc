"""Every message of a meeting, and `parse`, which tells them apart by their first byte."""

from crypto.blocks import Evidence
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
from crypto.requests import Ask, ContactHalf, Favour, LobbyNews, Order, Verdict, Visitor
from crypto.servers import Server, Servers, ServerUse
from crypto.votes import Vote

__all__ = [
    "NAME_BYTES",
    "TITLE_BYTES",
    "About",
    "AboutFlag",
    "Ack",
    "Ask",
    "ContactHalf",
    "Denied",
    "DenyReason",
    "Evidence",
    "Favour",
    "Gossip",
    "HostBody",
    "Join",
    "JoinRequest",
    "KeyBox",
    "LobbyNews",
    "MemberAuth",
    "MemberBody",
    "Message",
    "Order",
    "SasReveal",
    "Server",
    "ServerUse",
    "Servers",
    "Sign",
    "Signal",
    "SignalKind",
    "SignedLeave",
    "SignedMessage",
    "Sync",
    "Verdict",
    "Visitor",
    "Vote",
    "Welcome",
    "parse",
]

_BY_KIND: dict[int, type[Message]] = {
    message.kind: message
    for message in (
        *(Denied, About, HostBody, MemberBody, JoinRequest, Join, MemberAuth, Welcome),
        *(Ack, KeyBox, Sync, SasReveal, SignedLeave, Signal),
        *(Vote, Ask, Order, ContactHalf, LobbyNews, Verdict, Servers, Gossip, Evidence),
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
