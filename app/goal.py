"""What a preview leads to: a meeting of one's own, or the door of somebody else's."""

import time
from dataclasses import dataclass, field

from app.calls import Call
from app.meeting.entrance import Door, Told
from app.meeting.opening import Plan
from app.nearby import Found
from app.net.addresses import AddressError, parse_address
from app.net.signalling import Address
from crypto.handshake import PUBLIC_SECRET
from crypto.identity import device_id
from crypto.invite import Invite, InviteError, InviteFlag, MeetingPlace

LINK_SCHEME = "conclave:"
WRONG_BY = 86_400.0  # seconds that the clock here may be wrong: until then the host's decides


class GoalError(ValueError):
    """A text leads nowhere; `notice` is a key of the home texts."""

    def __init__(self, notice: str) -> None:
        super().__init__(notice)
        self.notice = notice


@dataclass
class Goal:
    """Where somebody wants to go; title and host become known on the way."""

    plan: Plan | None = None  # a meeting of one's own
    door: Door | None = None  # somebody else's
    addresses: tuple[Address, ...] = ()
    discovery_key: bytes = field(default=b"", repr=False)
    lan_only: bool = False  # as far as the plan, the link, the list or a visit has told
    place: MeetingPlace | None = field(default=None, repr=False)  # where the host is asked for
    password_needed: bool = False  # as far as the link, the list or a visit has told
    tries_left: int = -1  # after a wrong password
    link: str = field(default="", repr=False)  # that leads there, as it was given
    expired: bool = False  # so says the clock of this computer; the host's decides
    ring: bytes = b""  # the contact who is called into the own meeting
    ring_name: str = ""
    caller: bytes = b""  # the contact who called us there
    crossed: bool = False  # and whom we called
    title: str = ""
    host_name: str = ""

    @property
    def is_open_to_all(self) -> bool:
        """Tell whether the door says what is behind it to anyone on this network."""
        return self.door is not None and self.door.secret == PUBLIC_SECRET

    def learn(self, told: Told) -> None:
        """Note what the host said at the door."""
        self.title, self.host_name = told.title, told.host_name
        self.password_needed |= told.password
        self.lan_only |= told.lan_only

    @property
    def is_call(self) -> bool:
        """Tell whether a contact called us there."""
        return bool(self.caller)

    @property
    def is_test(self) -> bool:
        """Tell whether the test guest is met there: nobody to remember."""
        return self.plan is not None and self.plan.test_guest


def own(plan: Plan, name: str) -> Goal:
    """Return the way to a meeting that this person hosts."""
    return Goal(plan=plan, title=plan.title, host_name=name, lan_only=plan.lan_only)


def to_call(plan: Plan, name: str, dev: bytes, contact: str) -> Goal:
    """Return the way to a meeting of one's own into which a contact is called."""
    return Goal(
        plan=plan,
        title=plan.title,
        host_name=name,
        ring=dev,
        ring_name=contact,
        lan_only=plan.lan_only,
    )


def from_call(call: Call, *, crossed: bool = False) -> Goal:
    """Return the way to the meeting that a contact calls us into; `crossed`: we called them."""
    return Goal(
        door=call.door,
        addresses=call.addresses,
        discovery_key=call.discovery_key,
        title=call.told.title,
        lan_only=call.told.lan_only,
        host_name=call.contact.name,
        caller=device_id(call.contact.public_key),
        crossed=crossed,
    )


def from_nearby(found: Found) -> Goal:
    """Return the way to a meeting of the list; its host must be the one that the list showed."""
    return Goal(
        door=found.door,
        addresses=found.addresses,
        password_needed=found.told.password,
        lan_only=found.told.lan_only,
        title=found.told.title,
        host_name=found.told.host_name,
    )


def from_text(text: str) -> Goal:
    """Return the way that an invitation, the text of its QR code or a typed address names.

    Raises GoalError.
    """
    text = text.strip()
    try:
        if not text.lower().startswith(LINK_SCHEME):
            return Goal(door=Door(PUBLIC_SECRET), addresses=(parse_address(text),))
        invite = Invite.parse(text)
        now = time.time()
        invite.check(now - WRONG_BY)
    except InviteError as error:
        notice = "link_expired" if error.code == "expired" else "link_malformed"
        raise GoalError(notice) from error
    except AddressError as error:
        raise GoalError("address_malformed") from error
    return Goal(
        door=Door(invite.secret, invite.host_fingerprint),
        addresses=tuple(Address(*address) for address in invite.addresses),
        discovery_key=invite.discovery_key,
        place=invite.place,
        password_needed=InviteFlag.PASSWORD in invite.flags,
        lan_only=InviteFlag.LAN_ONLY in invite.flags,
        link=text,
        expired=now >= invite.expiry,
    )
