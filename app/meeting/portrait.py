"""Draws the view of a meeting from how things stand."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.meeting.member import Member, Path
from app.meeting.paths import Paths
from app.meeting.ties import Ties
from app.meeting.verification import Verification
from app.meeting.view import (
    Badge,
    ChatLine,
    Code,
    Invitation,
    Knock,
    Lock,
    MeetingView,
    Notice,
    Person,
    Presence,
    Quality,
    Ringing,
    Verified,
)
from crypto import sas
from crypto.roster import Member as Seat
from crypto.roster import Roster

PATIENCE = 5.0  # seconds a key may be on its way before a tile says "securing"


@dataclass(frozen=True)
class Sitter:
    """How things stand for one device at one moment."""

    roster: Roster
    dev: bytes
    paths: Paths
    verification: Verification
    ties: Ties
    missing: frozenset[bytes]
    since_epoch: float
    code: bytes | None
    knocks: tuple[Knock, ...]
    chat: tuple[ChatLine, ...]
    microphone_on: bool
    camera_on: bool
    invitations: tuple[Invitation, ...]
    password_blocked: bool
    ringing: tuple[Ringing, ...]
    notices: tuple[Notice, ...]
    frozen: bool
    electing: bool
    alarm: str
    test_guest: bool


def portray(
    sitter: Sitter, speaking: frozenset[bytes], quality: Mapping[bytes, Quality]
) -> MeetingView:
    """Return the view; people in the order in which they came."""
    roster = sitter.roster
    seats = sorted(roster.members.values(), key=lambda seat: (seat.joined_epoch, seat.slot))
    people = tuple(_person(sitter, seat, speaking, quality) for seat in seats)
    others = [person for person in people if not person.is_me]
    unverified = sum(person.badge is not Badge.VERIFIED for person in others)
    return MeetingView(
        title=roster.title,
        call_id=roster.call_id,
        me=sitter.dev,
        i_am_host=roster.leader == sitter.dev,
        people=people,
        knocks=sitter.knocks,
        chat=sitter.chat,
        lock=_lock(bool(sitter.alarm), bool(others), unverified),
        unverified=unverified,
        code=_code(sitter),
        epoch=roster.epoch,
        lobby=roster.policy.lobby,
        locked=roster.policy.locked,
        visible=roster.policy.visible,
        invitation=sitter.invitations[0].link if sitter.invitations else "",
        invitations=sitter.invitations,
        has_password=roster.policy.password,
        password_blocked=sitter.password_blocked,
        microphone_on=sitter.microphone_on,
        camera_on=sitter.camera_on,
        ringing=sitter.ringing,
        notices=sitter.notices,
        frozen=sitter.frozen,
        electing=sitter.electing,
        alarm=sitter.alarm,
        scanned=sitter.verification.outcome,
        test_guest=sitter.test_guest,
    )


def _person(
    sitter: Sitter, seat: Seat, speaking: frozenset[bytes], quality: Mapping[bytes, Quality]
) -> Person:
    is_host = seat.dev == sitter.roster.leader
    if seat.dev == sitter.dev:
        return Person(
            dev=seat.dev,
            name=seat.name,
            badge=Badge.VERIFIED,
            presence=Presence.ME,
            is_host=is_host,
            microphone_on=sitter.microphone_on,
            camera_on=sitter.camera_on,
            speaking=seat.dev in speaking and sitter.microphone_on,
        )
    member = sitter.paths.get(seat.dev)
    if member is None:  # the meeting is over: nothing is known of anybody any more
        return Person(
            dev=seat.dev,
            name=seat.name,
            badge=Badge.NEW,
            presence=Presence.CONNECTING,
            is_host=is_host,
            microphone_on=False,
            camera_on=False,
        )
    return Person(
        dev=seat.dev,
        name=seat.name,
        badge=member.badge,
        presence=_presence(member, sitter),
        is_host=is_host,
        microphone_on=member.microphone_on,
        camera_on=member.camera_on,
        speaking=seat.dev in speaking and member.microphone_on,
        quality=quality.get(seat.dev, Quality.GOOD),
        imitates=member.imitates,
        known_since=member.known_since,
        verified_by=Verified[member.verified.name],
        verified_when=member.verified_when,
        safety_number=member.safety_number,
        tie=sitter.ties.tie(member.dev),
        show_code="" if member.held else sitter.verification.show_code(member),
    )


def _presence(member: Member, sitter: Sitter) -> Presence:
    if member.held:
        return Presence.HELD
    if member.path in (Path.NONE, Path.CONNECTING):
        return Presence.CONNECTING
    if member.path is not Path.UP:
        return Presence.RECONNECTING
    late = member.dev in sitter.missing and sitter.since_epoch > PATIENCE
    if late or not member.keyed:
        return Presence.SECURING
    return Presence.UNVERIFIED if member.trouble else Presence.CONNECTED


def _lock(alarm: bool, company: bool, unverified: int) -> Lock:
    if alarm:
        return Lock.BROKEN
    if not company:
        return Lock.ENCRYPTED
    return Lock.PARTLY_VERIFIED if unverified else Lock.VERIFIED


def _code(sitter: Sitter) -> Code | None:
    if sitter.code is None or sitter.alarm:
        return None
    return Code(sitter.roster.epoch, sas.emoji(sitter.code), sas.digits(sitter.code))
