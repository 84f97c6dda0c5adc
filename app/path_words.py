"""How media reach a person, and which servers help: said in words."""

from collections.abc import Iterable

from app.i18n import _, mark
from app.meeting.view import Person, Presence, Relayed, UsedServer
from app.texts import filled

_BY = {"udp": "UDP", "tcp": "TCP", "tls": "TLS"}
_WHAT = {
    "stun": mark("{address} (tells how you are seen)"),
    "udp": mark("relay {address} (UDP)"),
    "tcp": mark("relay {address} (TCP)"),
    "tls": mark("relay {address} (TLS)"),
}
REACHED = (Presence.CONNECTED, Presence.SECURING, Presence.DIVERGED, Presence.UNVERIFIED)


def way_to(person: Person) -> str:
    """Return how media reach a person; empty while they do not."""
    if person.presence not in REACHED:
        return ""
    return _("Reached directly.") if person.relayed is None else by_relay(person.relayed)


def by_relay(relayed: Relayed) -> str:
    """Return which relay passes media on, and how it is spoken to."""
    if relayed.theirs:
        return filled(_("Reached by their relay, at {address}."), address=relayed.address)
    words = _("Reached by the relay {address}, over {way}. It cannot read anything.")
    return filled(words, address=relayed.address, way=_BY[relayed.by])


def servers_used(servers: Iterable[UsedServer]) -> str:
    """Return which servers may be asked in this meeting, and who named them; empty for none."""
    servers = tuple(servers)
    lines = []
    for named, words in (
        (False, _("Asked where no direct way is found, by your settings: {servers}.")),
        (True, _("Asked where no direct way is found, named by the host: {servers}.")),
    ):
        which = [
            filled(_(_WHAT[one.use]), address=one.address) for one in servers if one.named == named
        ]
        if which:
            lines.append(filled(words, servers=", ".join(which)))
    return "\n".join(lines)
