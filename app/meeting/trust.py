"""Whom we trust how far: badges on arrival, pins when met, verified when codes were compared."""

from collections.abc import Collection

from app.meeting.contacts import Contact, Contacts
from app.meeting.effects import Effect, Forget, Remember
from app.meeting.member import Member
from app.meeting.notices import Notices
from app.meeting.view import Badge
from crypto import sas
from crypto.roster import Member as Seat
from crypto.vault_content import Verified

MOST_MET = 64  # devices pinned in one meeting: invented people must not fill the vault for good


class Trust:
    """Decides badges and what the vault remembers; orders go into `out`.

    Who let somebody in saw the badge before: to them nobody is held whom they admitted.
    """

    def __init__(self, contacts: Contacts, notices: Notices, out: list[Effect]) -> None:
        self._contacts = contacts
        self._notices = notices
        self._out = out
        self._met: set[bytes] = set()

    def introduce(
        self, seat: Seat, mine: Seat, admitted: bool, present: Collection[bytes] = ()
    ) -> Member:
        """Return how a seat of the roster appears to us, and say what people should notice.

        `admitted` if this device let them in; `present` are the devices that have a seat. Whose
        known namesake sits at the same table has no changed key: it is a second person.
        """
        known = self._contacts.get(seat.dev)
        badge = self._contacts.badge(seat.dev, seat.name)
        imitates = self._contacts.imitated(seat.dev, seat.name)
        if badge is Badge.CHANGED and self._contacts.namesakes(seat.dev, seat.name) <= set(present):
            badge, imitates = Badge.NEW, seat.name
        held = badge is Badge.CHANGED and not admitted
        if seat.joined_epoch > mine.joined_epoch:
            self._notices.add("joined", seat.name)
        if imitates:
            self._notices.add("imitates", seat.name)
        if held:
            self._notices.add("key_changed", seat.name)
        return Member(
            dev=seat.dev,
            name=seat.name,
            badge=badge,
            imitates=imitates,
            device_key=seat.device_key,
            call_key=seat.call_key,
            addresses=seat.addresses,
            known_since=known.first_seen if known else 0.0,
            verified=known.verified if known else Verified.NOT_YET,
            verified_when=known.verified_when if known else 0.0,
            safety_number=sas.safety_number(mine.device_key, seat.device_key),
            i_dial=(mine.joined_epoch, mine.slot) > (seat.joined_epoch, seat.slot),
            held=held,
        )

    def met(self, member: Member) -> None:
        """Pin a device whose key we hold; a changed one only after the user decided."""
        if member.badge is Badge.CHANGED:
            return
        if member.badge is Badge.NEW:
            if len(self._met | {member.dev}) > MOST_MET:
                return
            self._met.add(member.dev)
        self._remember(member, Verified.NOT_YET)

    def verified(self, member: Member, how: Verified) -> None:
        """Note how it was made sure that this person's device is theirs."""
        if not member.held:
            member.badge = Badge.VERIFIED
            if how > member.verified:
                member.verified, member.verified_when = how, 0.0
            self._remember(member, how)

    def accept(self, member: Member, present: Collection[bytes] = ()) -> None:
        """Take a changed key for the person's own from now on, in place of the old one."""
        for old in self._contacts.replaced_by(member.dev, member.name, keep=present):
            self._out.append(Forget(old))
        member.held = False
        member.badge = Badge.NEW
        self._remember(member, Verified.NOT_YET)

    def _remember(self, member: Member, verified: Verified) -> None:
        self._contacts.remember(member.dev, Contact(member.device_key, member.name, verified))
        self._out.append(Remember(member.device_key, member.name, verified))
