"""Draws the view of a meeting from how things stand."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from app.meeting.assembly import Assembly
from app.meeting.member import Member, Path, finds_no_way
from app.meeting.powers import acts, powers
from app.meeting.view import (
    Badge,
    Code,
    Invitation,
    Knock,
    LiveText,
    Lock,
    MeetingView,
    Person,
    Presence,
    Quality,
    Ringing,
    Role,
    Verified,
)
from crypto import sas
from crypto.policy import PolicyFlag
from crypto.roster import Member as Seat

PATIENCE = 5.0  # seconds a key may be on its way before a tile says "securing"


@dataclass(frozen=True)
class Sitter:
    """How things stand for one device at one moment."""

    table: Assembly
    now: float
    knocks: tuple[Knock, ...]
    invitations: tuple[Invitation, ...]
    password_blocked: bool
    asked_by: str
    ringing: tuple[Ringing, ...]
    frozen: bool
    electing: bool

    @property
    def mine(self) -> Seat | None:
        """The own seat; None when it is lost and the meeting over."""
        return self.table.roster.members.get(self.table.me.dev)


def portray(
    sitter: Sitter, speaking: frozenset[bytes], quality: Mapping[bytes, Quality]
) -> MeetingView:
    """Return the view; people in the order in which they came."""
    table, mine = sitter.table, sitter.mine
    roster, talk, policy = table.roster, table.talk, table.roster.policy
    seats = sorted(roster.members.values(), key=lambda seat: (seat.joined_epoch, seat.slot))
    people = tuple(_person(sitter, seat, speaking, quality) for seat in seats)
    others = [person for person in people if not person.is_me]
    unverified = sum(person.badge is not Badge.VERIFIED for person in others)
    return MeetingView(
        title=roster.title,
        call_id=roster.call_id,
        me=table.me.dev,
        i_am_host=table.leads,
        people=people,
        knocks=sitter.knocks,
        chat=talk.lines,
        lock=_lock(bool(table.alarm), bool(others), unverified),
        unverified=unverified,
        code=_code(table),
        epoch=roster.epoch,
        eid=roster.eid,
        lobby=policy.lobby,
        locked=policy.locked,
        visible=policy.visible,
        invitation=sitter.invitations[0].link if sitter.invitations else "",
        invitations=sitter.invitations,
        has_password=policy.password,
        lan_only=policy.lan_only,
        password_blocked=sitter.password_blocked,
        chat_open=PolicyFlag.CHAT_OFF not in policy.flags,
        sharing_open=PolicyFlag.PRESENTERS_SHARE not in policy.flags,
        microphone_on=talk.microphone_on,
        camera_on=talk.camera_on,
        hand_up=bool(talk.hand_since),
        asked_by=sitter.asked_by,
        my_role=Role[mine.role.name] if mine else Role.PARTICIPANT,
        powers=powers(mine, roster) if mine else frozenset(),
        ringing=sitter.ringing,
        notices=table.notices.latest,
        frozen=sitter.frozen,
        electing=sitter.electing,
        alarm=table.alarm,
        scanned=table.verification.outcome,
        test_guest=table.me.test_guest,
        files=table.files.shown(mine.name if mine else "", sitter.now),
        live_texts=tuple(_live_texts(table, seats, sitter.now)),
    )


def _live_texts(table: Assembly, seats: Iterable[Seat], now: float) -> Iterator[LiveText]:
    for seat in seats:
        text = table.talk.live_text(seat.dev, now)
        if text and table.may_chat(seat.dev):
            yield LiveText(seat.dev, seat.name, text)


def _person(
    sitter: Sitter, seat: Seat, speaking: frozenset[bytes], quality: Mapping[bytes, Quality]
) -> Person:
    """Return how one seat looks: what the log says, and what is known of the device."""
    table = sitter.table
    by_log = Person(
        dev=seat.dev,
        name=seat.name,
        badge=Badge.NEW,
        presence=Presence.CONNECTING,
        is_host=seat.dev == table.roster.leader,
        microphone_on=False,
        camera_on=False,
        role=Role[seat.role.name],
        chat_allowed=seat.chat_allowed,
        reaction=table.talk.reaction(seat.dev, sitter.now),
    )
    if seat.dev == table.me.dev:
        return replace(
            by_log,
            badge=Badge.VERIFIED,
            presence=Presence.ME,
            microphone_on=table.talk.microphone_on,
            camera_on=table.talk.camera_on,
            speaking=(seat.dev in speaking and table.talk.microphone_on) or table.talk.signing,
            signing=table.talk.signing,
            hand_since=table.talk.hand_since,
            sharing=table.talk.sharing,
        )
    member = table.paths.get(seat.dev)
    if member is None:  # the meeting is over: nothing is known of anybody any more
        return by_log
    return replace(
        by_log,
        badge=member.badge,
        presence=_presence(member, sitter),
        microphone_on=member.microphone_on,
        camera_on=member.camera_on,
        speaking=(seat.dev in speaking and member.microphone_on) or member.signing,
        signing=member.signing,
        quality=quality.get(seat.dev, Quality.GOOD),
        imitates=member.imitates,
        known_since=member.known_since,
        verified_by=Verified[member.verified.name],
        verified_when=member.verified_when,
        safety_number=member.safety_number,
        may=acts(sitter.mine, seat) if sitter.mine else frozenset(),
        hand_since=member.hand_since,
        sharing=member.sharing and table.may_share(seat.dev),
        tie=table.ties.tie(member.dev),
        relayed=member.relayed if member.path is Path.UP else None,
        show_code="" if member.held else table.verification.show_code(member),
    )


def _presence(member: Member, sitter: Sitter) -> Presence:
    if member.lied:
        return Presence.UNVERIFIED
    if member.held:
        return Presence.HELD
    if not member.was_up:
        no_way = finds_no_way(member, sitter.now)
        return Presence.UNREACHED if no_way else Presence.CONNECTING
    if member.path is not Path.UP:
        return Presence.RECONNECTING
    if member.diverged:
        return Presence.DIVERGED
    epochs = sitter.table.epochs
    late = member.dev in epochs.missing and sitter.now - epochs.entered_at > PATIENCE
    if late or not member.keyed:
        return Presence.SECURING
    return Presence.UNVERIFIED if member.trouble else Presence.CONNECTED


def _lock(alarm: bool, company: bool, unverified: int) -> Lock:
    if alarm:
        return Lock.BROKEN
    if not company:
        return Lock.ENCRYPTED
    return Lock.PARTLY_VERIFIED if unverified else Lock.VERIFIED


def _code(table: Assembly) -> Code | None:
    code = table.epochs.code
    if code is None or table.alarm:
        return None
    return Code(table.roster.eid, sas.emoji(code), sas.digits(code))
