"""What a change of keys costs one member of a full meeting: CPU time and bytes to upload.

    python -m bench.epoch_change --people 30 --rounds 20

Whole meetings, one per device, in this process: real keys and messages, simulated channels. Only
the work of one member in the middle is counted, from the block that it hears of to the last key,
box and nonce of the others. Its own channels are real ones: the bytes are those that leave for the
network, TLS records and all. A handshake with somebody who comes is no part of the change.
"""

import argparse
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from app.meeting.contacts import Contacts
from app.meeting.effects import CloseChannel, Dial, Effect, Send
from app.meeting.entrance import Door, Entrance, LetIn, Told
from app.meeting.events import Answered, ChannelDown, Event, LinkUp, Reached, Received, Tick
from app.meeting.machine import Meeting
from app.meeting.opening import Applicant, Plan, open_meeting
from app.meeting.seated import Seated
from app.meeting.wishes import Admit, Remove, SetLobby
from bench.report import add_out_option, finish, median, percentile, table
from crypto.channel import Channel
from crypto.epoch import GroupKeys
from crypto.identity import Identity
from crypto.invite import Invite
from crypto.joining import CHALLENGE_BYTES, SECRET_BYTES
from crypto.operations import Add, Operation, SetPolicy
from crypto.policy import Policy
from crypto.sodium import random_bytes

MOST_PEOPLE = 30  # in one meeting
AT_ONCE = 8  # people whom one block seats
WALL = 1_800_000_000.0  # seconds since 1970; any time of day does
PAUSE = 5  # simulated seconds between two changes: the old keys are gone by then
LINK = 1  # the number of the first media link to a member: none is ever lost
KINDS = "somebody comes", "a rule changes", "somebody is removed"
TICK = 0.1  # simulated seconds
MOST_TICKS = 10  # until a change must be through; the next Sync, which could mend it, is later


@dataclass
class Device:
    """One member's machine, and the other ends of its channels."""

    applicant: Applicant
    meeting: Meeting | None = None
    entrance: Entrance | None = None  # of somebody who still stands at the door
    channels: dict[int, tuple["Device", int]] = field(default_factory=dict)
    next_channel: int = 1

    @property
    def dev(self) -> bytes:
        """The short id of the device."""
        return self.applicant.identity.dev

    @property
    def inside(self) -> Meeting:
        """The meeting of a device that has a seat."""
        if self.meeting is None:
            raise RuntimeError("this device was not let in")
        return self.meeting


@dataclass
class Meter:
    """What the member in question has spent: CPU seconds, bytes on the wire, messages."""

    cpu: float = 0.0
    wire: int = 0
    sent: int = 0
    taken: int = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the CPU time of what happens inside."""
        before = time.process_time()
        yield
        self.cpu += time.process_time() - before

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave out what happens inside."""
        before = time.process_time()
        yield
        self.cpu -= time.process_time() - before


class Gathering:
    """A meeting of so many people in one process, and messages on their way between them."""

    def __init__(self, people: int) -> None:
        self.now = 100.0
        self._meter = Meter()
        self._under_way: deque[tuple[Device, Event]] = deque()
        self._wires: dict[int, tuple[Channel, Channel]] = {}
        self.devices, self._invite = _everybody(people, self._wall)
        self._host, self._member = self.devices[0], self.devices[people // 2]
        self._by_dev = {device.dev: device for device in self.devices}
        for device in self.devices:
            self._do(device, device.inside.begin(self.now))
        self._deliver()
        self._link_up(self.devices)

    def comes(self, number: int) -> Meter:
        """Let somebody knock, and be let in."""
        device = Device(_applicant(number))
        self._by_dev[device.dev] = device
        exporter, mine = self._connect(device, self._host)
        door = Door(self._invite.secret, self._invite.host_fingerprint)
        device.entrance = Entrance(door, exporter, Contacts({}), random_bytes)
        self._do(device, [Send(mine, device.entrance.hello())])
        self._deliver()
        self.devices.append(device)
        (knock,) = self._host.inside.view(self.now).knocks
        spent = self._change(Admit(knock.join_id))
        self._link_up([device])
        return spent

    def changes_a_rule(self, lobby: bool) -> Meter:
        """Let the host switch the lobby: fresh keys, and nobody comes or goes."""
        return self._change(SetLobby(lobby))

    def loses_the_last(self) -> Meter:
        """Let the host remove whoever came last."""
        return self._change(Remove(self.devices.pop().dev))

    def _wall(self) -> float:
        return WALL + self.now

    def _change(self, wish: Event) -> Meter:
        """Let the host bring about a block; return what that cost the member."""
        for _ in range(PAUSE):
            self._let_time_pass(1.0)
        self._meter = Meter()
        self._step(self._host, wish)
        self._deliver()
        for _ in range(MOST_TICKS):
            if self._is_settled():
                break
            self._let_time_pass(TICK)
        else:
            raise RuntimeError("not everybody has every key: this was no whole change")
        spent, self._meter = self._meter, Meter()
        return spent

    def _is_settled(self) -> bool:
        """Tell whether everybody has every key and nonce of the same block."""
        codes = {device.inside.view(self.now).code for device in self.devices}
        return len(codes) == 1 and None not in codes

    def _link_up(self, fresh: list[Device]) -> None:
        """Let media flow between everybody and whoever is new."""
        for device in self.devices:
            for other in self.devices:
                if other is not device and (device in fresh or other in fresh):
                    self._step(device, LinkUp(other.dev, LINK))
        self._deliver()

    def _let_time_pass(self, seconds: float) -> None:
        self.now += seconds
        for device in self.devices:
            if device.meeting is not None:
                self._step(device, Tick())
        self._deliver()

    def _deliver(self) -> None:
        while self._under_way:
            device, event = self._under_way.popleft()
            if device.meeting is not None:
                self._step(device, event)
            elif isinstance(event, Received):
                self._wait_at_the_door(device, event)

    def _wait_at_the_door(self, device: Device, event: Received) -> None:
        if device.entrance is None:
            raise RuntimeError("nobody knocked")
        match device.entrance.receive(event.message):
            case Told():
                who = device.applicant
                knock = device.entrance.knock(who.identity, who.name, who.addresses)
                self._do(device, [Send(event.channel, knock)])
            case LetIn(seated):
                device.meeting = Meeting(seated, random_bytes, self._wall)
                self._do(device, device.meeting.begin(self.now, event.channel))
            case answer:
                raise RuntimeError(f"nobody was let in: {answer}")

    def _step(self, device: Device, event: Event) -> None:
        if device is not self._member:
            self._do(device, device.inside.step(event, self.now))
            return
        with self._meter.running():
            if isinstance(event, Received):
                event = self._decrypted(event)
            effects = device.inside.step(event, self.now)
            for effect in effects:
                if isinstance(effect, Send):
                    self._encrypt(effect)
        self._do(device, effects)

    def _encrypt(self, order: Send) -> None:
        """Send a message over the member's own channel, and count what leaves."""
        ours, _ = self._wires[order.channel]
        ours.send(order.message)
        self._meter.wire += len(ours.outgoing())
        self._meter.sent += 1

    def _decrypted(self, event: Received) -> Received:
        """Take a message in from the member's own channel; the far end's work is not counted."""
        ours, theirs = self._wires[event.channel]
        with self._meter.paused():
            theirs.send(event.message)
            data = theirs.outgoing()
        (message,) = ours.receive(data)
        self._meter.taken += 1
        return Received(event.channel, message)

    def _do(self, device: Device, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(channel, message) if channel in device.channels:
                    other, theirs = device.channels[channel]
                    self._under_way.append((other, Received(theirs, message)))
                case Dial(to):
                    exporter, mine = self._connect(device, self._by_dev[to])
                    self._under_way.append((device, Reached(mine, exporter, to)))
                case CloseChannel(channel) if channel in device.channels:
                    other, theirs = device.channels.pop(channel)
                    if other.channels.pop(theirs, None) and other in self.devices:
                        self._under_way.append((other, ChannelDown(theirs)))
                case _:
                    pass

    def _connect(self, caller: Device, callee: Device) -> tuple[bytes, int]:
        """Open a channel; return its exporter value and the caller's number for it."""
        exporter = random_bytes(32)
        mine, theirs = caller.next_channel, callee.next_channel
        caller.next_channel, callee.next_channel = mine + 1, theirs + 1
        caller.channels[mine] = callee, theirs
        callee.channels[theirs] = caller, mine
        for device, channel in ((caller, mine), (callee, theirs)):
            if device is self._member:
                self._wires[channel] = _wire()
        self._under_way.append((callee, Answered(theirs, exporter)))
        return exporter, mine


def _everybody(people: int, wall: Callable[[], float]) -> tuple[list[Device], Invite]:
    """Seat so many people, as if the host had let in all who waited, in as few blocks as fit."""
    applicants = [_applicant(number) for number in range(people)]
    host = applicants[0]
    opened, invite = open_meeting(Plan("A benchmark"), host, Contacts({}), wall(), random_bytes)
    call_id = opened.roster.call_id
    requests = {
        guest: guest.request(call_id, random_bytes(CHALLENGE_BYTES), random_bytes)
        for guest in applicants[1:]
    }
    roster = opened.roster
    wide = SetPolicy(Policy(roster.policy.flags, MOST_PEOPLE))
    operations: list[Operation] = [wide, *(Add(request.encode()) for request in requests.values())]
    for start in range(0, len(operations), AT_ONCE):
        some = operations[start : start + AT_ONCE]
        _, roster = roster.propose(some, int(wall() * 1000), host.call_key.sign)
    seats = [replace(opened, roster=roster)]
    for guest, request in requests.items():
        dev, sign = guest.identity.dev, guest.call_key.sign
        seats.append(
            Seated(
                roster=roster,
                keys=GroupKeys(call_id, dev, sign, guest.kem, random_bytes),
                dev=dev,
                join_id=request.join_id,
                sign=sign,
                call_secret=opened.call_secret,
                contacts=Contacts({}),
            )
        )
    devices = [
        Device(applicant, Meeting(seat, random_bytes, wall))
        for applicant, seat in zip(applicants, seats, strict=True)
    ]
    return devices, invite


def _applicant(number: int) -> Applicant:
    identity = Identity(random_bytes(SECRET_BYTES))
    address = (f"10.77.0.{number + 1}", 47100)
    return Applicant.create(identity, f"Person {number + 1}", (address,), random_bytes)


def _wire() -> tuple[Channel, Channel]:
    """Return the two ends of a channel that stands, both trusted."""
    one, two = Channel.initiate(), Channel.accept()
    while not (one.established and two.established):
        two.receive(one.outgoing())
        one.receive(two.outgoing())
    one.authenticated = two.authenticated = True
    return one, two


def measure(people: int, rounds: int) -> dict[str, list[Meter]]:
    """Return what the member spent in every round, by kind of change."""
    gathering = Gathering(people - 1)
    comes: list[Meter] = []
    rules: list[Meter] = []
    goes: list[Meter] = []
    for number in range(rounds):
        comes.append(gathering.comes(people + number))
        rules += [gathering.changes_a_rule(lobby=on) for on in (False, True)]
        goes.append(gathering.loses_the_last())
    return dict(zip(KINDS, (comes, rules, goes), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.epoch_change", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--people", type=int, default=MOST_PEOPLE)
    parser.add_argument("--rounds", type=int, default=20)
    add_out_option(parser)
    options = parser.parse_args()
    spent = measure(options.people, options.rounds)
    raw = {
        kind: {
            "cpu_ms": [round(meter.cpu * 1000, 2) for meter in meters],
            "upload_bytes": [meter.wire for meter in meters],
            "messages_sent": [meter.sent for meter in meters],
            "messages_taken_in": [meter.taken for meter in meters],
        }
        for kind, meters in spent.items()
    }
    print(tables(raw))
    finish(f"{options.people} people, {options.rounds} rounds", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return what each kind of change cost."""
    rows = [
        [
            kind,
            *(f"{percentile(raw[kind]['cpu_ms'], share):.0f}" for share in (0.0, 0.5, 0.95)),
            f"{median(raw[kind]['upload_bytes']) / 1000:.0f}",
        ]
        for kind in KINDS
    ]
    return table(["change", "CPU least, ms", "p50, ms", "p95, ms", "upload, kB"], rows)


if __name__ == "__main__":
    main()
