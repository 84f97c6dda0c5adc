"""Who becomes a contact: two people who both want it share a secret to call each other by."""

from dataclasses import dataclass, field

from app.meeting.contacts import Contact, Contacts
from app.meeting.effects import Effect, KeepContact
from app.meeting.member import Member
from app.meeting.notices import Notices
from app.meeting.paths import Paths
from app.meeting.view import Tie
from crypto.contact import HALF_BYTES, contact_secret
from crypto.messages import ContactHalf
from crypto.sodium import Random

ANSWER_PAUSE = 1.0  # seconds between two halves to one member: two who have both fall silent


@dataclass
class _Offer:
    mine: bytes = field(default=b"", repr=False)  # empty until this person agreed
    theirs: bytes = field(default=b"", repr=False)
    ignored: bool = False
    sent_at: float = float("-inf")

    @property
    def complete(self) -> bool:
        return bool(self.mine and self.theirs)


class Ties:
    """The halves of secrets that are under way in one meeting; orders go into `out`.

    A half stays the same as long as its member has the seat, however often it is said; the first
    one heard counts.
    """

    def __init__(
        self,
        *,
        call_id: bytes,
        dev: bytes,
        contacts: Contacts,
        paths: Paths,
        notices: Notices,
        random: Random,
        out: list[Effect],
    ) -> None:
        self._call_id = call_id
        self._dev = dev
        self._contacts = contacts
        self._paths = paths
        self._notices = notices
        self._random = random
        self._out = out
        self._offers: dict[bytes, _Offer] = {}

    def tie(self, dev: bytes) -> Tie:
        """Return how it stands with a member.

        A contact who offers again has forgotten us: until we agree anew, they cannot call.
        """
        offer = self._offers.get(dev, _Offer())
        if offer.theirs and not offer.mine and not offer.ignored:
            return Tie.WANTED
        if offer.complete or (self._contacts.secret(dev) and not offer.mine):
            return Tie.CONTACT
        return Tie.OFFERED if offer.mine else Tie.NONE

    def add(self, member: Member, now: float) -> None:
        """Offer a member to call each other from now on, or agree to what they offered."""
        if member.held:
            return
        offer = self._offers.setdefault(member.dev, _Offer())
        if not offer.mine:
            offer.mine = self._random(HALF_BYTES)
            self._send(member.dev, offer, now)
            self._complete(member, offer)

    def ignore(self, dev: bytes) -> None:
        """Leave an offer unanswered; it is not shown again while they have their seat."""
        if dev in self._offers:
            self._offers[dev].ignored = True

    def hear(self, member: Member, message: ContactHalf, now: float) -> None:
        """Take in a member's half; nothing is kept until this person agrees."""
        if member.held:
            return
        offer = self._offers.setdefault(member.dev, _Offer())
        if not offer.theirs:
            offer.theirs = message.half
            if offer.mine:
                self._complete(member, offer)
            else:
                self._notices.add("contact_wants", member.name)
        elif offer.mine and now - offer.sent_at >= ANSWER_PAUSE:
            self._send(member.dev, offer, now)  # they say it again: ours was lost

    def tell(self, now: float) -> None:
        """Say again what was not answered yet."""
        for dev, offer in self._offers.items():
            if offer.mine and not offer.theirs:
                self._send(dev, offer, now)

    def unseat(self, dev: bytes) -> None:
        """Forget what was under way with somebody who is out."""
        self._offers.pop(dev, None)

    def _send(self, dev: bytes, offer: _Offer, now: float) -> None:
        offer.sent_at = now
        self._paths.send(dev, ContactHalf(half=offer.mine).encode())

    def _complete(self, member: Member, offer: _Offer) -> None:
        if not offer.complete:
            return
        halves = {self._dev: offer.mine, member.dev: offer.theirs}
        secret = contact_secret(self._call_id, halves)
        self._contacts.befriend(member.dev, Contact(member.device_key, member.name, secret=secret))
        self._out.append(KeepContact(member.device_key, member.name, secret))
        self._notices.add("contact_added", member.name)
