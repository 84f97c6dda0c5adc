"""Calls: the contacts who are rung into this meeting, and by what it is found on the network."""

from dataclasses import dataclass, field

from app.meeting.assembly import Assembly
from app.meeting.leading import Lead
from app.meeting.view import Ringing
from crypto.contact import ring_key

RING_TIME = 60.0  # seconds until ringing ends by itself
ANSWER_TIME = 120.0  # seconds after that in which somebody who is at the preview still comes in


@dataclass(frozen=True)
class Signs:
    """By what a meeting lets itself be found now: keys of tags, 32 bytes each."""

    room: bytes = field(repr=False)  # for holders of its invitations
    visible: bool  # for anyone on this network
    rung: tuple[bytes, ...] = field(repr=False)  # for each contact who is being called


@dataclass
class _Ring:
    name: str
    since: float
    shown_since: float  # the same moment by the time of day
    secret: bytes = field(repr=False)
    rings: bool = True


class Calling:
    """Opens a door to each contact who is called, and closes it when they are in or do not come.

    Only who leads can call: it is they who let people in.
    """

    def __init__(self, table: Assembly, lead: Lead) -> None:
        self._table = table
        self._lead = lead
        self._rings: dict[bytes, _Ring] = {}

    @property
    def ringing(self) -> tuple[Ringing, ...]:
        """Who is being called now."""
        return tuple(
            Ringing(dev, ring.name, ring.shown_since)
            for dev, ring in self._rings.items()
            if ring.rings
        )

    @property
    def signs(self) -> Signs | None:
        """By what this meeting is found; None while another device leads it, or it is over."""
        hosting, table = self._lead.hosting, self._table
        if hosting is None or table.over:
            return None
        policy = table.roster.policy
        return Signs(
            room=hosting.invitations.for_many(policy).discovery_key,
            visible=policy.visible,
            rung=tuple(ring_key(ring.secret) for ring in self._rings.values() if ring.rings),
        )

    @property
    def waits_for(self) -> bytes:
        """The contact for whose answer alone this device sits here; b"" if for anything else.

        It leads, nobody is in or at the door, and nobody else is called.
        """
        hosting, table = self._lead.hosting, self._table
        if hosting is None or table.over or len(table.roster.members) > 1 or hosting.has_visitors:
            return b""
        rung = [dev for dev, ring in self._rings.items() if ring.rings]
        return rung[0] if len(rung) == 1 else b""

    def ring(self, dev: bytes, now: float) -> None:
        """Call a contact who is not in; nobody is called whose secret is not known."""
        hosting, table = self._lead.hosting, self._table
        contact = table.me.contacts.get(dev)
        if hosting is None or contact is None or not contact.secret or dev in table.paths:
            return
        if hosting.ring(dev, contact.secret):
            self._rings[dev] = _Ring(contact.name, now, table.wall(), contact.secret)

    def stop(self, dev: bytes) -> None:
        """Give up calling a contact."""
        if self._rings.pop(dev, None) is not None and self._lead.hosting is not None:
            self._lead.hosting.stop_ringing(dev)

    def poll(self, now: float) -> None:
        """Stop where somebody came in, or did not within a minute."""
        if self._lead.hosting is None:
            self._rings.clear()  # the lead went, and every door of it
        for dev, ring in list(self._rings.items()):
            if dev in self._table.paths or now - ring.since >= RING_TIME + ANSWER_TIME:
                self.stop(dev)
            elif ring.rings and now - ring.since >= RING_TIME:
                ring.rings = False
                self._table.notices.add("ring_unanswered", ring.name)
