"""One meeting as one device lives it: takes events and the time, returns what must be done."""

from collections.abc import Callable, Mapping

from app.meeting.assembly import Assembly
from app.meeting.calling import Calling, Signs
from app.meeting.doorplate import answer_body, open_ways
from app.meeting.doors import Doors
from app.meeting.effects import Effect, SendData, SendKeyFrame
from app.meeting.events import (
    Answered,
    ChannelDown,
    DataFrom,
    Event,
    FramesAccepted,
    FramesRefused,
    KeyInUse,
    LinkDown,
    LinkGathered,
    LinkUp,
    LinkWeak,
    MeetsAt,
    NetworkChanged,
    Reached,
    ReachedAt,
    Received,
    RelayFails,
    Tick,
    Unreachable,
)
from app.meeting.hearing import Hearing
from app.meeting.hosting import Hosting
from app.meeting.leading import Lead
from app.meeting.member import Member, finds_no_way
from app.meeting.moderation import NOTHING, Moderation
from app.meeting.own_doors import MeetingPoint, OwnDoor
from app.meeting.passwords import Passwords
from app.meeting.portrait import Sitter, portray
from app.meeting.reception import Reception
from app.meeting.seated import Seated
from app.meeting.serving import Serving
from app.meeting.succession import Succession
from app.meeting.view import MeetingView, Quality
from app.meeting.wishing import Wishing
from crypto.door_keys import door_of_member
from crypto.policy import PolicyFlag
from crypto.roster import Roster
from crypto.sodium import Random

SYNC = 2.0  # seconds between two Sync messages, and between two reminders of one's own state
CLOCK_JUMP = 5.0  # seconds between the two clocks: the computer slept, or somebody set its clock


class Meeting:
    """The machine of a meeting: `step` takes an event, `view` shows how things stand.

    `now` is any clock that never runs backwards, in seconds; `wall` tells the time of day, for
    chat lines and blocks only.
    """

    def __init__(
        self,
        seated: Seated,
        random: Random,
        wall: Callable[[], float],
        firm: PolicyFlag = NOTHING,
    ) -> None:
        """`firm` are rules that nobody switches off while this device leads."""
        self._me = seated
        self._wall = wall
        self._table = table = Assembly(seated, random, wall)
        self._paths, self._epochs, self._talk = table.paths, table.epochs, table.talk
        self.files = table.files
        self._lead = Lead(table, random)
        self._doors = Doors(
            call_id=table.roster.call_id,
            sign=seated.sign,
            random=random,
            ways=lambda: open_ways(seated, self._lead.hosting, table.roster, wall()),
            body=lambda door: answer_body(door, seated, table.roster),
            passwords=self._passwords,
            call_key_of=self._call_key_of,
        )
        self._succession = Succession(table)
        self._moderation = Moderation(table, self._lead, firm)
        self._reception = Reception(table, self._lead)
        self.serving = Serving(seated.dev, table.paths, wall, table.out)
        self._hearing = Hearing(
            table=table,
            lead=self._lead,
            succession=self._succession,
            moderation=self._moderation,
            reception=self._reception,
            serving=self.serving,
            doors=self._doors,
        )
        self._calling = Calling(table, self._lead)
        self._wishing = Wishing(table, self._lead, self._moderation, self._reception, self._calling)
        self._next_sync = 0.0
        self._day = 0.0  # the time of day at which `now` was 0

    @property
    def roster(self) -> Roster:
        """The log as this device knows it."""
        return self._table.roster

    @property
    def hosting(self) -> Hosting | None:
        """The lobby, while this device leads."""
        return self._lead.hosting

    @property
    def doors(self) -> tuple[OwnDoor, ...]:
        """By what others may ask for this device at a meeting point now."""
        return self._lead.doors

    def meet_at(self, point: MeetingPoint | None) -> None:
        """Name this meeting point in the links from the first one on; before `begin`."""
        self._lead.found_at(MeetsAt(point))

    def detour(self, dev: bytes) -> tuple[bytes, bytes] | None:
        """Return by what a member is asked for there: the public half, and what all share."""
        seat = self.roster.members.get(dev)
        return (door_of_member(seat.call_key), self._me.call_secret) if seat else None

    @property
    def signs(self) -> Signs | None:
        """By what this meeting is to be found on the network now; None: by nothing of ours."""
        return self._calling.signs

    @property
    def waits_for(self) -> bytes:
        """The contact who is called and for whom alone this meeting is; b"" for any other."""
        return self._calling.waits_for

    def tell(self, kind: str, name: str) -> None:
        """Have people told what led here; `kind` is a key of the notice texts."""
        self._table.notices.add(kind, name)

    def begin(self, now: float, host_channel: int | None = None) -> list[Effect]:
        """Sit down, once, before the first step: everybody who is in gets our keys.

        `host_channel` is the channel over which the host let us in; the host has none.
        """
        self._next_sync = now + SYNC
        self._day = self._wall() - now
        self._lead.follow()
        self._table.begin(now, host_channel)
        self._lead.keep_links()
        return self._orders()

    def step(self, event: Event, now: float) -> list[Effect]:
        """Take in one event; return what must be done about it, in this order."""
        table = self._table
        if not table.over:
            self._take(event, now)
            self._lead.follow()
            self._lead.make_block(now)
            self._lead.follow()
            self._reception.tell()
        if not table.over:
            table.exclude_liars(now)
            self._epochs.seal(now)
        self._lead.keep_links()
        return self._orders()

    def view(
        self,
        now: float,
        speaking: frozenset[bytes] = frozenset(),
        quality: Mapping[bytes, Quality] | None = None,
    ) -> MeetingView:
        """Return how the meeting looks to the person at this device."""
        table, hosting, sight = self._table, self._lead.hosting, self._succession.sight
        lost, majority = table.election.is_lost(sight, now), table.election.has_majority(sight)
        sitter = Sitter(
            table=table,
            now=now,
            knocks=self._reception.knocks,
            invitations=hosting.invitations.shown(table.roster.policy) if hosting else (),
            password_blocked=bool(hosting and hosting.invitations.passwords.any_blocked),
            asked_by=self._moderation.asked_by,
            frozen=lost and not majority,
            electing=lost and majority,
            ringing=self._calling.ringing,
        )
        return portray(sitter, speaking, quality or {})

    def _orders(self) -> list[Effect]:
        """Return what must be done; what is sealed comes last, under the keys of the new list."""
        out = self._table.out
        orders, out[:] = list(out), []
        return sorted(orders, key=lambda order: isinstance(order, SendData))

    def _take(self, event: Event, now: float) -> None:
        match event:
            case Tick():
                self._pass_time(now)
            case Received(channel, message):
                self._hearing.receive(channel, message, now)
            case Answered(channel, exporter, host):
                self._doors.open(channel, exporter, now)
                self._paths.called_from(channel, host)
            case Reached(channel, exporter, to):
                self._paths.reached(channel, exporter, to, now)
            case Unreachable(to):
                self._paths.unreachable(to, now)
            case ChannelDown(channel, passed_on):
                self._doors.close(channel)
                self._paths.channel_down(channel, now, passed_on)
                if self._lead.hosting:
                    self._lead.hosting.channel_down(channel)
            case LinkGathered(dev, link, parameters):
                self._paths.link_gathered(dev, link, parameters, self.roster.eid)
            case LinkUp(dev, link, relayed):
                if self._paths.link_up(dev, link, relayed):
                    self._table.out.append(SendKeyFrame())
                    self._talk.link_lost(dev, now)  # what was on its way over another one
                    self._talk.link_up(dev, now)
                    self.files.link_lost(dev)
                    self.files.link_up(dev, now)
            case RelayFails(address, trouble):
                self._table.notices.add(f"relay_{trouble}", address)
            case LinkWeak(dev):
                self._paths.link_weak(dev, now)
                self._talk.link_lost(dev, now)
                self.files.link_lost(dev)
            case LinkDown(dev, link):
                if self._paths.link_down(dev, link, now):
                    self._talk.link_lost(dev, now)
                    self.files.link_lost(dev)
            case NetworkChanged(links, channels):
                self._paths.network_changed(links, channels, now)
                for dev in links:
                    self._talk.link_lost(dev, now)
                    self.files.link_lost(dev)
            case ReachedAt() | MeetsAt():
                self._lead.found_at(event)
            case DataFrom(dev, context, payload):
                self._hearing.hear(dev, context, payload, now)
            case FramesRefused(dev) | FramesAccepted(dev):
                self._frames(dev, trouble=isinstance(event, FramesRefused))
            case KeyInUse(dev, generation):
                self._epochs.opened(dev, generation, now)
            case _:
                self._wishing.grant(event, now)

    def _pass_time(self, now: float) -> None:
        table = self._table
        day = self._wall() - now
        if abs(day - self._day) > CLOCK_JUMP:
            self._epochs.renew(now)  # after sleep nobody knows what became of this memory
        self._day = day
        for channel, outcome in self._doors.poll(now):
            self._hearing.at_the_door(channel, outcome, now)
        self.serving.poll(self.roster, now)
        self._paths.poll(now, self.roster.eid)
        self._epochs.poll(now)
        table.gossip.poll(self._epochs.missing, now)
        self._succession.poll(now)
        if table.over:
            return
        if now >= self._next_sync:
            self._next_sync = now + SYNC
            self._epochs.tell()
            self._table.ties.tell(now)
            self._talk.tell_state()
        self._talk.poll(now)
        self.files.poll(now)
        self._lead.pass_time(now)
        for member in self._paths:
            self._compare(member, now)
            self._notice_no_way(member, now)
        self._calling.poll(now)

    def _compare(self, member: Member, now: float) -> None:
        """Notice who sees another meeting than this device, over a channel that works."""
        diverged = member.channel is not None and self._epochs.differs(member.dev, now)
        if diverged and not member.diverged:
            self._table.notices.add("diverged", member.name)
        member.diverged = diverged

    def _notice_no_way(self, member: Member, now: float) -> None:
        """Say once that no way to somebody was found; it is looked for all the same."""
        no_way = finds_no_way(member, now)
        if no_way and not member.no_way_told:
            self._table.notices.add("no_way", member.name)
        member.no_way_told = no_way

    def _frames(self, dev: bytes, trouble: bool) -> None:
        member = self._paths.get(dev)
        if member is not None and member.trouble != trouble:
            member.trouble = trouble
            if trouble:
                self._table.notices.add("unverified_video", member.name)

    def _passwords(self) -> Passwords | None:
        hosting = self._lead.hosting
        return hosting.invitations.passwords if hosting else None

    def _call_key_of(self, dev: bytes) -> bytes | None:
        member = self._paths.get(dev)
        return member.call_key if member else self._table.departed.call_key(dev)
