"""The keys of a meeting as one device lives them: who gets ours, whose we hold, which one seals."""

from collections.abc import Callable

from app.meeting.effects import (
    Effect,
    ForgetKey,
    ForgetMember,
    OpenWith,
    SealWith,
    StopSealing,
)
from app.meeting.member import Member
from app.meeting.paths import Paths
from crypto.epoch import GroupKeys
from crypto.keying import Alarm, Entered, KeyEvent, KeyExpired, KeyInstalled, Outgoing
from crypto.messages import Ack, KeyBox, SasReveal, Sync
from crypto.roster import Roster

DIVERGED = 15.0  # seconds that another epoch is a delay and no disagreement
ANSWER_PAUSE = 0.5  # seconds between two answers to what one member says it lacks


class Epochs:
    """Carries the group keys through the epochs; orders go into `out`, messages over `paths`.

    `met` is called with every member whose key has come. `liars` are devices that were caught
    lying about their keys or their part of the code, for the owner to take from here.
    """

    def __init__(
        self, keys: GroupKeys, paths: Paths, met: Callable[[Member], None], out: list[Effect]
    ) -> None:
        self._keys = keys
        self._paths = paths
        self._met = met
        self._out = out
        self._sealing: int | None = None
        self._installed: dict[bytes, KeyInstalled] = {}
        self._answer_at: dict[bytes, float] = {}  # by dev: when its next Sync is looked at
        self._differs_since: dict[bytes, float] = {}
        self._stopped = False
        self.entered_at = 0.0
        self.liars: list[bytes] = []

    @property
    def code(self) -> bytes | None:
        """What people read aloud, once it is complete."""
        return self._keys.code

    @property
    def missing(self) -> frozenset[bytes]:
        """The members whose key of this epoch is not here yet."""
        return self._keys.missing

    def enter(self, roster: Roster, removal: bool, now: float) -> None:
        """Make a new key and give it to exactly those who are in now."""
        self.entered_at = now
        self._hand_out(self._keys.enter(roster, now, removal))
        self.seal(now, removal)

    def renew(self, now: float) -> None:
        """Make a new key within the epoch: this computer slept, or its clock jumped."""
        self._hand_out(self._keys.renew(now))
        self.seal(now)

    def hear(self, message: Ack | KeyBox | SasReveal, now: float) -> None:
        """Take in what another member says about keys; forged words raise CryptoError."""
        match message:
            case Ack():
                self._take(self._keys.take_ack(message, now))
            case KeyBox():
                self._take(self._keys.take_box(message, now))
            case SasReveal():
                self._take(self._keys.take_reveal(message, now))

    def compare(self, dev: bytes, message: Sync, roster: Roster, now: float) -> None:
        """Send a member what it lacks: blocks, acks, boxes, reveals; twice a second at most."""
        if now < self._answer_at.get(dev, 0.0):
            return
        report = self._keys.take_sync(dev, message, now)
        if report.same and report.agrees:
            self._differs_since.pop(dev, None)
        else:
            self._differs_since.setdefault(dev, now)
        answers = list(report.resend)
        if not report.same:
            answers += roster.blocks_for(dev, message.eid, report.term, report.epoch)
        for answer in answers:
            self._paths.send(dev, answer)
        if answers:
            self._answer_at[dev] = now + ANSWER_PAUSE

    def differs(self, dev: bytes, now: float) -> bool:
        """Tell whether a member has named another epoch, or other acks, for too long."""
        return now - self._differs_since.get(dev, now) > DIVERGED

    def tell(self) -> None:
        """Tell everybody what is held here, so that nobody lacks anything for long."""
        self._paths.send_all(self._keys.sync())

    def catch_up(self, dev: bytes) -> None:
        """Give a member everything of this epoch over a channel that was not there before."""
        self._paths.send(dev, self._keys.sync())
        for message in self._keys.catch_up(dev):
            self._paths.send(dev, message)

    def withhold(self, dev: bytes) -> None:
        """Seal nothing to a device until the user decides."""
        self._keys.withhold(dev)

    def release(self, member: Member) -> None:
        """Seal to a device again, and open what it sends."""
        for message in self._keys.release(member.dev):
            self._paths.send(member.dev, message)
        if member.dev in self._installed:
            self._install(self._installed[member.dev])

    def forget(self, dev: bytes) -> None:
        """Drop everything of a device that is out."""
        self._installed.pop(dev, None)
        self._answer_at.pop(dev, None)
        self._differs_since.pop(dev, None)
        self._keys.withheld -= {dev}  # who comes back is judged anew
        self._out.append(ForgetMember(dev))

    def opened(self, dev: bytes, generation: int, now: float) -> None:
        """Hear that frames of a generation arrive: the older ones end soon."""
        self._keys.opened(dev, generation, now)

    def poll(self, now: float) -> None:
        """Let time pass: keys expire."""
        self._take(self._keys.poll(now))

    def seal(self, now: float, removal: bool = False) -> None:
        """Seal with the key that is due, from the very next frame on."""
        if self._stopped:
            return
        own = self._keys.sealing(now)
        if own.generation != self._sealing:
            self._sealing = own.generation
            self._out.append(SealWith(own.slot, own.generation, own.base_key, removal))

    def stop(self) -> None:
        """Send nothing more in this meeting."""
        self._stopped = True
        self._out.append(StopSealing())

    def wipe(self) -> None:
        """Stop, and forget every key."""
        self.stop()
        self._keys.wipe()
        self._installed.clear()

    def _hand_out(self, entered: Entered) -> None:
        self._paths.send_all(entered.ack)
        for dev, box in entered.boxes.items():
            self._paths.send(dev, box)
        self._take(entered.events)

    def _take(self, events: list[KeyEvent]) -> None:
        for event in events:
            match event:
                case KeyInstalled():
                    self._install(event)
                case KeyExpired(dev, None):
                    self._out.append(ForgetMember(dev))
                case KeyExpired(dev, int(generation)):
                    self._out.append(ForgetKey(dev, generation))
                case Outgoing(None, message):
                    self._paths.send_all(message)
                case Outgoing(bytes(to), message):
                    self._paths.send(to, message)
                case Alarm(dev, _):
                    self.liars.append(dev)

    def _install(self, key: KeyInstalled) -> None:
        member = self._paths.get(key.dev)
        if member is None:
            return
        self._installed[key.dev] = key
        member.keyed = True
        if not member.held:
            self._out.append(OpenWith(key.dev, key.slot, key.generation, key.base_key))
            self._met(member)
