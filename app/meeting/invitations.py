"""The links that a host gave out: whom each lets in, until when, and what became of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from app.meeting.doors import INVITE
from app.meeting.own_doors import MeetingPoint, OwnDoor, OwnDoors
from app.meeting.passwords import Passwords
from app.meeting.view import Invitation
from crypto.identity import fingerprint
from crypto.invite import (
    MOST_ADDRESSES,
    SECRET_BYTES,
    SEED_BYTES,
    Invite,
    InviteFlag,
    MeetingPlace,
    discovery_key,
)
from crypto.messages import DenyReason
from crypto.policy import Policy
from crypto.sodium import Random
from crypto.vault_content import LABEL_BYTES, MOST_USES, OpenInvite
from crypto.wire import Address, fit_line

LIFE: Final = 24 * 3600.0  # seconds; a meeting that was prepared yesterday asks for a new link
LONGEST_LIFE: Final = 30 * LIFE
MOST_LINKS: Final = 128  # in the book at one time: each caller's proof is tried with all of them


@dataclass(frozen=True)
class Link:
    """One link. A single-use one lets one device in, and from then on only that device."""

    number: int
    label: str  # for whom, in the host's words; may be empty
    secret: bytes = field(repr=False)
    expiry: int  # Unix time from which on it opens nothing
    single_use: bool
    as_guest: bool
    bound: bytes = b""  # of a single-use one: the device that came with it first, then its user
    holder: str = ""  # that device's name
    uses: int = 0  # how often somebody came in with it

    @property
    def door(self) -> str:
        """The label under which its secret opens a door."""
        return f"{INVITE}{self.number}"

    @property
    def used(self) -> bool:
        """Tell whether it has let in the one device that it may."""
        return self.single_use and self.uses > 0

    def is_over(self, day: float) -> bool:
        """Tell whether its time is over; `day` is Unix time."""
        return day >= self.expiry


class Invitations:
    """The book of a meeting's links, and the password that they may ask for.

    The first link is for many, and there is always one such. `host_key` is the D of the device
    that leads, `addresses` is where it can be reached, `day` Unix time. `kept` are the links of
    a meeting whose host did not come to end it: those that are not over lead here now.
    """

    def __init__(
        self,
        host_key: bytes,
        addresses: tuple[Address, ...],
        day: float,
        random: Random,
        *,
        password: str = "",
        kept: Iterable[OpenInvite] = (),
    ) -> None:
        self.changes = 0  # how often anything in the book has changed
        self.passwords = Passwords(password)
        self._fingerprint = fingerprint(host_key)
        self._addresses = addresses[:MOST_ADDRESSES]
        self._place: MeetingPlace | None = None
        self._random = random
        self._made = 0
        self._links: dict[int, Link] = {}  # by number, in the order in which they are shown
        self._shown: tuple[Invitation, ...] = ()
        self._shown_state: tuple[int, bool, bool] | None = None
        old = [invite for invite in kept if day < invite.expiry]
        self._room_seed = old[0].room_seed if old else random(SEED_BYTES)
        if not old or InviteFlag.SINGLE_USE in old[0].flags:
            self.add(day, single_use=False)
        for invite in old:
            self._take(invite)

    def __repr__(self) -> str:
        return f"<Invitations {len(self._links)}>"

    def __iter__(self) -> Iterator[Link]:
        return iter(self._links.values())

    def at(self, door: str) -> Link | None:
        """Return the link whose secret opens this door."""
        return next((link for link in self if link.door == door), None)

    def invite(self, link: Link, policy: Policy) -> Invite:
        """Return what stands in a link, under the rules that hold now."""
        flags = InviteFlag.LOBBY if policy.lobby else InviteFlag(0)
        if policy.password:
            flags |= InviteFlag.PASSWORD
        if policy.lan_only:
            flags |= InviteFlag.LAN_ONLY
        if link.single_use:
            flags |= InviteFlag.SINGLE_USE
        return Invite(
            flags,
            link.expiry,
            self._room_seed,
            self._fingerprint,
            link.secret,
            self._addresses,
            self._place,
        )

    def for_many(self, policy: Policy) -> Invite:
        """Return the first invitation."""
        return self.invite(next(iter(self)), policy)

    def kept(self) -> tuple[OpenInvite, ...]:
        """Return what must be kept so that these links can lead to a new meeting."""
        return tuple(
            OpenInvite(
                label=link.label,
                flags=InviteFlag.SINGLE_USE if link.single_use else InviteFlag(0),
                expiry=link.expiry,
                room_seed=self._room_seed,
                secret=link.secret,
                uses=min(link.uses, MOST_USES),
                bound=link.bound,
                as_guest=link.as_guest,
            )
            for link in self
        )

    def _take(self, invite: OpenInvite) -> None:
        self._made += 1
        link = Link(
            number=self._made,
            label=invite.label,
            secret=invite.secret,
            expiry=invite.expiry,
            single_use=InviteFlag.SINGLE_USE in invite.flags,
            as_guest=invite.as_guest,
            bound=invite.bound,
            uses=invite.uses,
        )
        self._put(link)

    def shown(self, policy: Policy) -> tuple[Invitation, ...]:
        """Return the list that the host sees, made anew when it would read differently."""
        state = self.changes, policy.lobby, policy.password
        if state != self._shown_state:
            self._shown_state, self._shown = state, self._made_out(policy)
        return self._shown

    def _made_out(self, policy: Policy) -> tuple[Invitation, ...]:
        return tuple(
            Invitation(
                number=link.number,
                label=link.label,
                link=self.invite(link, policy).link(),
                single_use=link.single_use,
                as_guest=link.as_guest,
                expiry=link.expiry,
                used=link.used,
                holder=link.holder,
            )
            for link in self
        )

    def lead_to(self, addresses: tuple[Address, ...]) -> None:
        """Name these addresses in every link; one that was given out before stays good."""
        if addresses[:MOST_ADDRESSES] != self._addresses:
            self._addresses = addresses[:MOST_ADDRESSES]
            self.changes += 1

    def meet_at(self, point: MeetingPoint | None, doors: OwnDoors) -> None:
        """Name a meeting point in every link, or none; links without it stay good."""
        door = doors.of_room(self._room_seed).public
        place = MeetingPlace(point.address, point.key, door) if point else None
        if place != self._place:
            self._place = place
            self.changes += 1

    def door(self, doors: OwnDoors) -> OwnDoor:
        """Return by what holders of these links ask for this device at a meeting point."""
        return OwnDoor(doors.of_room(self._room_seed), discovery_key(self._room_seed))

    # -- the host's hand ----------------------------------------------------------------------

    def add(
        self,
        day: float,
        label: str = "",
        *,
        single_use: bool = True,
        lifetime: float = LIFE,
        as_guest: bool = False,
    ) -> Link | None:
        """Make one more link; None if there is no room for it.

        `lifetime` in seconds, at most 30 days. In a full book a link that is used up or over
        makes room.
        """
        if len(self._links) >= MOST_LINKS:
            done = [link for link in list(self)[1:] if link.used or link.is_over(day)]
            if not done:
                return None
            self._drop(done[0])
        self._made += 1
        link = Link(
            number=self._made,
            label=fit_line(label, LABEL_BYTES),
            secret=self._random(SECRET_BYTES),
            expiry=int(day + min(lifetime, LONGEST_LIFE)),
            single_use=single_use,
            as_guest=as_guest,
        )
        self._put(link)
        return link

    def revoke(self, number: int, day: float) -> Link | None:
        """Let a link open nothing any more; return it, or None if there is no such link.

        Where the one for many stood comes a new one.
        """
        link = self._links.get(number)
        if link is None:
            return None
        first = next(iter(self)) is link
        self._drop(link)
        if first:
            others, self._links = self._links, {}
            self.add(day, single_use=False)
            self._links.update(others)
        return link

    def _put(self, link: Link) -> None:
        self._links[link.number] = link
        self.changes += 1

    def _drop(self, link: Link) -> None:
        del self._links[link.number]
        self.changes += 1
        self.passwords.forget(link.door)

    # -- who comes with a link ----------------------------------------------------------------

    def objection(self, door: str, dev: bytes) -> DenyReason | None:
        """Tell why a device does not come in by this link, None if it may knock."""
        link = self.at(door)
        if link is None:
            return DenyReason.INVITE_UNKNOWN  # it was revoked a moment ago
        if link.used and link.bound != dev:
            return DenyReason.INVITE_USED
        return None

    def bind(self, door: str, dev: bytes, name: str) -> bool:
        """Note that a device came with a link; False if another one came with it first."""
        link = self.at(door)
        if link is None or not link.single_use:
            return True
        if link.bound not in (b"", dev):
            return False
        if (link.bound, link.holder) != (dev, name):
            self._put(replace(link, bound=dev, holder=name))
        return True

    def came_in(self, door: str, dev: bytes, name: str) -> Link | None:
        """Count that somebody was let in; return the link, if they came with one."""
        link = self.at(door)
        if link is None:
            return None
        holder = (dev, name) if link.single_use else (b"", "")
        link = replace(link, bound=holder[0], holder=holder[1], uses=link.uses + 1)
        self._put(link)
        return link
