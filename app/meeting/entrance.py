"""The way into somebody's meeting: recognise the host, knock, wait, take the seat."""

from dataclasses import dataclass, field

from app.meeting.contacts import Contacts
from app.meeting.opening import Applicant
from app.meeting.seated import Seated
from app.meeting.view import Badge
from crypto.blocks import Genesis
from crypto.cpace import prepared
from crypto.epoch import GroupKeys
from crypto.errors import CryptoError, ForgedError, HandshakeError, WrongPasswordError
from crypto.handshake import (
    PUBLIC_PASSWORD_SECRET,
    PUBLIC_SECRET,
    Answer,
    Caller,
    asks_password,
)
from crypto.identity import Identity, fingerprint
from crypto.leading import Leader
from crypto.messages import (
    About,
    AboutFlag,
    Denied,
    DenyReason,
    HostBody,
    Join,
    JoinRequest,
    Welcome,
    parse,
)
from crypto.roster import Roster, RosterError
from crypto.sodium import Random
from crypto.wire import Address


@dataclass(frozen=True)
class Told:
    """The host has shown who they are and what the meeting is."""

    title: str
    host_name: str
    host_key: bytes
    badge: Badge
    people: int
    locked: bool
    lobby: bool
    password: bool = False  # who knocks must know it
    lan_only: bool = False  # nobody sends anything past the local networks


@dataclass(frozen=True)
class GoOn:
    """Say this to the host, if it is anything, and listen on."""

    message: bytes = b""


@dataclass(frozen=True)
class LetIn:
    """We have a seat; the channel to the host becomes the first of the meeting."""

    seated: Seated


@dataclass(frozen=True)
class TurnedDown:
    """We are not let in; `reason` is a key of the farewell texts."""

    reason: str
    tries_left: int = -1  # after a wrong password; 0: none is taken any more


Step = Told | GoOn | LetIn | TurnedDown

DENIALS = {
    DenyReason.REFUSED_BY_HOST: "refused",
    DenyReason.INVITE_UNKNOWN: "invite_unknown",
    DenyReason.INVITE_USED: "invite_used",
    DenyReason.INVITE_EXPIRED: "invite_expired",
    DenyReason.LOCKED: "locked",
    DenyReason.FULL: "full",
    DenyReason.REMOVED: "removed",
    DenyReason.MEETING_OVER: "meeting_over",
    DenyReason.VERSION: "version",
    DenyReason.PASSWORD: "password_needed",
}


REFUSALS = {
    "refused": "invite_unknown",
    "expired": "invite_expired",
    "password_needed": "password_needed",
}
"""What it means to be turned down before the host has said who they are."""


@dataclass(frozen=True)
class Door:
    """What we know of a meeting before we stand at its door."""

    secret: bytes = field(repr=False)
    host_fingerprint: bytes = b""  # empty: whoever answers, as for meetings found nearby


class Entrance:
    """One attempt on one channel: `hello`, then `receive` what comes, `knock` when Told.

    `password` is what somebody typed, empty if nothing; ValueError if it can be no password.
    """

    def __init__(
        self,
        door: Door,
        exporter: bytes,
        contacts: Contacts,
        random: Random,
        password: str = "",
    ) -> None:
        self._door = door
        self._password = prepared(password) if password else b""
        public = door.secret == PUBLIC_SECRET
        secret = PUBLIC_PASSWORD_SECRET if public and password else door.secret
        self._caller = Caller(secret, exporter, random)
        self._trying = False  # the host has the proof and has not judged it yet
        self._contacts = contacts
        self._random = random
        self._answer: Answer | None = None
        self._genesis: Genesis | None = None
        self._leader: Leader | None = None
        self._asked: tuple[Applicant, JoinRequest] | None = None
        self._turned_down: TurnedDown | None = None

    def hello(self) -> bytes:
        """Return the first message; it says nothing about who calls."""
        return self._caller.hello()

    def receive(self, message: bytes) -> Step:
        """Take in one message of the host; whatever is out of order turns us down for good."""
        if self._turned_down is None:
            step = self._take(message)
            if not isinstance(step, TurnedDown):
                return step
            self._turned_down = step
        return self._turned_down

    def _take(self, message: bytes) -> Step:
        try:
            if self._answer is not None:
                return self._read_verdict(message)
            if self._trying:
                self._caller.read_verdict(message)
                self._trying = False
                return GoOn()
            if self._password and asks_password(message):
                password, self._password = self._password, b""
                self._trying = True
                return GoOn(self._caller.prove_password(message, password))
            return self._recognise(message)
        except WrongPasswordError as error:
            return TurnedDown("password_wrong" if error.left else "password_blocked", error.left)
        except HandshakeError as error:
            return TurnedDown(REFUSALS.get(error.code, "not_host"))
        except ForgedError:
            return TurnedDown("not_host")
        except CryptoError:
            return TurnedDown("version")

    def knock(self, identity: Identity, name: str, addresses: tuple[Address, ...]) -> bytes:
        """Return the request for a seat; the identity signs here and is not needed again."""
        if self._answer is None or self._genesis is None:
            raise ValueError("nobody has answered yet")
        applicant = Applicant.create(identity, name, addresses, self._random)
        request = applicant.request(self._genesis.call_id, self._answer.nonce, self._random)
        self._asked = applicant, request
        return Join.create(request.encode(), self._caller.transcript, identity.sign).encode()

    def _recognise(self, message: bytes) -> Told:
        answer = self._caller.read_answer(message)
        body = HostBody.parse(answer.body)
        genesis, leader = Leader.shown(body)
        expected = self._door.host_fingerprint
        if expected and fingerprint(leader.device_key) != expected:
            raise ForgedError("another device answers than the one that made the invitation")
        answer.verify(leader.call_key)
        about = About.parse(body.about)
        self._answer, self._genesis, self._leader = answer, genesis, leader
        return Told(
            title=about.title,
            host_name=about.host_name,
            host_key=leader.device_key,
            badge=self._contacts.badge(leader.dev, about.host_name),
            people=about.people,
            locked=AboutFlag.LOCKED in about.flags,
            lobby=AboutFlag.LOBBY in about.flags,
            password=AboutFlag.PASSWORD in about.flags,
            lan_only=genesis.policy.lan_only,
        )

    def _read_verdict(self, message: bytes) -> Step:
        verdict = parse(message)
        if isinstance(verdict, Denied):
            return TurnedDown(DENIALS[verdict.reason])
        if not isinstance(verdict, Welcome) or self._asked is None:
            return TurnedDown("version")
        if self._genesis is None or self._leader is None:
            return TurnedDown("version")
        applicant, request = self._asked
        sign = applicant.call_key.sign
        try:
            roster = Roster.from_welcome(verdict, self._genesis, request, self._leader)
        except RosterError as error:
            other_rules = error.code in ("malformed", "roster_hash")  # a newer program, perhaps
            return TurnedDown("version" if other_rules else "false_list")
        keys = GroupKeys(roster.call_id, request.dev, sign, applicant.kem, self._random)
        return LetIn(
            Seated(
                roster=roster,
                keys=keys,
                dev=request.dev,
                join_id=request.join_id,
                sign=sign,
                doors=applicant.doors,
                call_secret=verdict.call_secret,
                contacts=self._contacts,
            )
        )
