"""What is promised to every honest device, checked at every step of a simulated meeting.

G1: only devices on a sender's screen can open what it sends. Whoever was given a key, at any time
and whether or not it arrived, must have been on the screen for every frame sealed with it.
G2: two who hear each other see the same people.
G3: who is removed is out at once, who joins cannot read the past; both follow from G1 when the
screen shows what the log says at every frame, and that is checked too.
What is opened was sealed by the one it is heard from, once. And nobody but its own person switches
a microphone or camera on.
"""

from collections import defaultdict, deque
from dataclasses import dataclass

from fakes.seat import Frame, Key, Seat
from fakes.table import Watch

from crypto.errors import CryptoError
from crypto.hpke import kem_id
from crypto.messages import Ack, KeyBox
from crypto.roster import Roster
from crypto.switching import SWITCH_SECONDS

MOMENT = 3.0  # seconds that a change takes until those who hear each other have all made it
LATE = 0.35  # seconds between two looks at the clock, and a little

Made = tuple[bytes, bytes, int]  # a key by its maker's place in the log, its maker, its generation


class BrokenPromiseError(AssertionError):
    """Something happened that was promised never to happen."""


@dataclass
class _Use:
    """One key: who may open what was sealed with it, and who can."""

    screens: frozenset[bytes] | None = None  # on every screen while it sealed; None: never sealed
    given: frozenset[bytes] = frozenset()


@dataclass(frozen=True)
class _Taken:
    """A key that a device took for somebody's, and where it stood then."""

    seat: Seat
    key: bytes
    here: bytes  # eid
    stood: frozenset[bytes]  # eids that it passed in that step


class Promises(Watch):
    """Listens to a table and raises BrokenPromiseError when a promise is broken."""

    def __init__(self) -> None:
        self._uses: dict[Made, _Use] = defaultdict(_Use)
        self._made: dict[bytes, Made] = {}  # by base key
        self._keys: dict[Made, bytes] = {}  # base keys
        self._taken: dict[tuple[bytes, int], list[_Taken]] = defaultdict(list)  # not yet in use
        self._stood: dict[bytes, frozenset[bytes]] = {}  # by device: eids of its newest step
        self._entered: dict[bytes, float] = {}  # by device: when
        self.owners: dict[bytes, set[bytes]] = defaultdict(set)  # by KEM key: devices
        self._names_of_keys: dict[bytes, bytes] = {}  # KEM keys by their short ids
        self._sealed: dict[bytes, tuple[Seat, Made]] = {}
        self._opened: set[tuple[bytes, int, bytes]] = set()
        self._acks: set[bytes] = set()  # that were looked at
        self.consents: dict[bytes, set[str]] = defaultdict(set)  # by device: what may be on
        self.frames: deque[bytes] = deque(maxlen=50)  # sealed lately, for a liar to play again

    # -- what happens -------------------------------------------------------------------------

    def turned(self, seat: Seat, before: Roster | None, after: Roster) -> None:
        """Remember where a device stands, and which keys others may seal to."""
        since = before.epoch if before else after.epoch
        passed = {block.eid for block in after.recent if block.epoch > since}
        self._stood[seat.dev] = frozenset(
            passed | {after.eid} | ({before.eid} if before else set())
        )
        self._entered[seat.dev] = self.table.now
        known = before.members if before else {}
        for dev, member in after.members.items():
            if dev not in known or known[dev].joined_epoch != member.joined_epoch:
                self._owns(dev, member.kem_public)

    def said(self, seat: Seat, message: bytes) -> None:
        """Look at keys on their way: whose key a box is sealed to can open it, whoever gets it."""
        if message in self._acks:
            return
        if message[:1] == bytes([Ack.kind]):
            self._acks.add(message)
            ack = Ack.parse(message)
            if ack.dev == seat.dev:
                self._owns(seat.dev, ack.next_kem)
        elif message[:1] == bytes([KeyBox.kind]) and seat.honest:
            try:
                box = KeyBox.parse(message)
            except CryptoError:
                return
            if box.sender == seat.dev:
                owners = self.owners.get(self._names_of_keys.get(box.kem_id, b""))
                if not owners:
                    raise self.broken(seat, "sealed a key to somebody nobody has ever met")
                to = {box.to} if box.to in owners else owners
                self._give((box.eid, box.sender, box.generation), to)

    def seals(self, seat: Seat, key: Key) -> None:
        """Learn to which place in the log a key belongs, and compare with those who took it."""
        assert seat.meeting is not None
        made = (seat.meeting.roster.eid, seat.dev, key[2])
        self._made[key[3]], self._keys[made] = made, key[3]
        for taken in self._taken.pop((seat.dev, key[2]), ()):
            self._compare(taken, seat, made[0], key[3])

    def can_open(self, seat: Seat, key: Key) -> None:
        """A device holds somebody's key: it stands where that one stood who made it."""
        maker = self.table.seat_of(key[0])
        assert seat.meeting is not None
        here = seat.meeting.roster.eid
        taken = _Taken(seat, key[3], here, self._stood[seat.dev])
        made = self._made.get(key[3], (here, key[0], key[2]))
        if made not in self._keys or maker is None:
            self._taken[key[0], key[2]].append(taken)
            return
        self._compare(taken, maker, made[0], self._keys[made])
        if maker.honest:
            self._give(made, {seat.dev})

    def sealed(self, seat: Seat, frame: Frame) -> None:
        """G1 and G3, at the moment a frame leaves."""
        made = self._made[frame.key[3]]
        self._sealed[frame.sealed] = (seat, made)
        self.frames.append(frame.sealed)
        if not seat.honest:
            return
        assert seat.meeting is not None
        roster = seat.meeting.roster
        if frame.on_screen != roster.members.keys():
            raise self.broken(seat, "does not show who is in")
        old = roster.eid != made[0]
        if old and self.table.now - self._entered[seat.dev] > SWITCH_SECONDS + LATE:
            raise self.broken(seat, "seals with the key of a list that is over")
        use = self._uses[made]
        use.screens = frame.on_screen if use.screens is None else use.screens & frame.on_screen
        self._check_use(made, use)

    def devices(self, seat: Seat, microphone: bool, camera: bool) -> None:
        """Nobody is heard or seen who did not want to be."""
        on = {name for name, is_on in (("microphone", microphone), ("camera", camera)) if is_on}
        if seat.honest and not on <= self.consents[seat.dev]:
            raise self.broken(seat, "is switched on by somebody else")

    def opened(self, seat: Seat, sender: bytes, sealed: bytes) -> None:
        """What is heard was said, by the one it is heard from, once."""
        maker, source = self.table.seat_of(sender), self._sealed.get(sealed)
        if not seat.honest or (source is None and maker is not None and not maker.honest):
            return  # a liar's own lies are its own words
        if source is None or source[0] is not maker:
            raise self.broken(seat, f"takes for the word of {self._names([sender])} what is not")
        assert seat.meeting is not None
        if not seat.meeting.roster.is_member(sender):
            raise self.broken(seat, f"hears {self._names([sender])}, who is out")
        once = (seat.dev, id(seat.meeting), sealed)
        if once in self._opened:
            raise self.broken(seat, "hears one thing twice")
        self._opened.add(once)

    # -- what must hold -----------------------------------------------------------------------

    def check(self) -> None:
        """G2, and that nothing grows without end."""
        seats = [seat for seat in self.table.seats.values() if seat.sits and seat.honest]
        settled = [s for s in seats if self.table.now - self._entered[s.dev] > MOMENT]
        for index, one in enumerate(settled):
            for two in settled[:index]:
                if one.sealing in two.keys and two.sealing in one.keys:
                    assert one.meeting is not None
                    assert two.meeting is not None
                    if one.meeting.roster.eid != two.meeting.roster.eid:
                        raise self.broken(one, f"hears {two.name}, who sees another list")

    def broken(self, seat: Seat, what: str) -> BrokenPromiseError:
        """Return the error that says who is affected, and how."""
        return BrokenPromiseError(f"at {self.table.now - 100:.3f} {seat.name} {what}")

    def _owns(self, dev: bytes, public: bytes) -> None:
        self._names_of_keys[kem_id(public)] = public
        self.owners[public].add(dev)

    def _give(self, made: Made, devices: set[bytes]) -> None:
        use = self._uses[made]
        if not devices <= use.given:
            use.given |= devices
            self._check_use(made, use)

    def _check_use(self, made: Made, use: _Use) -> None:
        if use.screens is None:
            return
        unseen = use.given - use.screens
        if unseen:
            seat = self.table.seat_of(made[1])
            assert seat is not None
            raise self.broken(seat, f"can be heard by {self._names(unseen)}, who is not on screen")

    def _compare(self, taken: "_Taken", maker: Seat, eid: bytes, key: bytes) -> None:
        """A key that was taken is the maker's, and was taken where the maker stood."""
        if not (taken.seat.honest and maker.honest):
            return
        if key != taken.key and eid == taken.here:
            raise self.broken(taken.seat, f"holds a false key of {maker.name}")
        if key == taken.key and eid not in taken.stood:
            raise self.broken(taken.seat, f"takes a key of {maker.name}, who stands elsewhere")

    def _names(self, devices: object) -> str:
        assert isinstance(devices, (list, frozenset, set))
        seats = (self.table.seat_of(dev) for dev in devices)
        return " and ".join(sorted(seat.name if seat else "a stranger" for seat in seats))
