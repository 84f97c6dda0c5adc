"""All files of one meeting: whom they go to, from whom they come, and how they look."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import assert_never

from app.meeting.chat import Allowance
from app.meeting.files.delivery import Delivery
from app.meeting.files.giving import Giving
from app.meeting.files.names import safe_name
from app.meeting.files.orders import (
    DiskEvent,
    DropTarget,
    Order,
    PictureMade,
    SourceFailed,
    SourceOpened,
    SourceRead,
    Tell,
)
from app.meeting.files.parcel import Parcel
from app.meeting.files.progress import leg_of
from app.meeting.files.wire import ID_BYTES, Have, Offer, Refusal, Refuse, Want, parse
from app.meeting.view import FileState, SharedFile
from app.meeting.wishes import (
    AcceptFile,
    CancelFile,
    DeclineFile,
    FileWish,
    HoldFile,
    LookAtFile,
    OfferFile,
    SaveFile,
)
from crypto.sodium import Random

MOST_OPEN = 16  # offers of one member that nobody answered, or that are under way
BURST = 8  # offers a member may make at once ...
RATE = 0.2  # ... and a second after that
MOST_SHOWN = 64  # files of one member that are remembered; the oldest that are over go first
MOST_HELD = 4  # files at most that are held in memory to be looked at

Speaker = Callable[[], Iterable[tuple[bytes, str]]]
"""Tells (dev, name) of everybody who may be offered something now."""


@dataclass(frozen=True)
class Allowed:
    """What this copy may do with files; an organisation may say no."""

    send: bool = True
    receive: bool = True


class Files:
    """The files of one meeting, as this device gives and takes them.

    `orders` fills with what is to be done: whoever runs the meeting takes it out after each step.
    `refused` counts what people said that cannot be, by what it was.
    """

    def __init__(
        self,
        dev: bytes,
        people: Speaker,
        wall: Callable[[], float],
        random: Random,
        offered: Callable[[str], None] = lambda _name: None,
    ) -> None:
        """`offered` is told the name of who offers something."""
        self.allowed = Allowed()
        self.orders: list[Order] = []
        self.refused: Counter[str] = Counter()
        self._dev = dev
        self._people = people
        self._wall = wall
        self._random = random
        self._tell_offered = offered
        self._giving: dict[bytes, Giving] = {}
        self._parcels: dict[bytes, Parcel] = {}
        self._order: list[bytes] = []  # keys of all cards, in order of arrival
        self._allowance: dict[bytes, Allowance] = {}
        self._links: set[bytes] = set()

    # -- what people want ---------------------------------------------------------------------

    def grant(self, wish: FileWish, now: float, *, may_offer: bool = True) -> None:
        """Do what the person at this device asked for; `may_offer` is what the rules say."""
        match wish:
            case OfferFile(path, to):
                if may_offer:
                    self._offer(path, to)
            case AcceptFile(key, path):
                if (parcel := self._parcels.get(key)) and self.allowed.receive:
                    parcel.accept(path, now)
            case LookAtFile(key):
                held = sum(each.in_memory for each in self._parcels.values())
                if (parcel := self._parcels.get(key)) and self.allowed.receive:
                    if held < MOST_HELD:
                        parcel.accept("", now, in_memory=True)
                    else:
                        parcel.problem = "too_many_held"
            case SaveFile(key, path):
                if parcel := self._parcels.get(key):
                    parcel.save(path)
            case DeclineFile(key):
                if parcel := self._parcels.get(key):
                    parcel.decline()
            case HoldFile(key, on, dev):
                if parcel := self._parcels.get(key):
                    parcel.hold(on, now)
                elif giving := self._own(key):
                    giving.hold(dev, on, now)
            case CancelFile(key, dev):
                if parcel := self._parcels.get(key):
                    parcel.cancel()
                elif giving := self._own(key):
                    giving.stop(dev=dev)
            case _:
                assert_never(wish)

    # -- what others say ----------------------------------------------------------------------

    def hear(self, dev: bytes, name: str, payload: bytes, now: float, *, may_offer: bool) -> None:
        """Take in a message of a member; raises MalformedError for what is none."""
        message = parse(payload)
        if isinstance(message, Want | Refuse | Have):
            giving = self._giving.get(message.id)
            delivery = giving.deliveries.get(dev) if giving else None
            if giving is None or delivery is None or not delivery.hear(message, now):
                self.refused[type(message).__name__.lower()] += 1
            else:
                giving.close_if_over()
            return
        parcel = self._parcels.get(dev + message.id)
        if parcel is not None:
            if not parcel.hear(message, now):
                self.refused[type(message).__name__.lower()] += 1
        elif isinstance(message, Offer):
            self._offered(dev, name, message, now, may_offer=may_offer)
        else:
            self.refused[type(message).__name__.lower()] += 1

    def seat(self, dev: bytes) -> None:
        """Somebody came: they may offer as much as anybody who is new."""
        self._allowance.pop(dev, None)

    def unseat(self, dev: bytes) -> None:
        """Somebody is out."""
        self._links.discard(dev)
        for giving in self._giving.values():
            giving.unseat(dev)
        for parcel in self._of(dev):
            parcel.left()
        self._drop_words(dev)

    def link_up(self, dev: bytes, now: float) -> None:
        """There is a path to a member, or another one."""
        self._links.add(dev)
        for delivery in self._deliveries(dev):
            delivery.link_up(now)
        for parcel in self._of(dev):
            parcel.link_up(now)

    def link_lost(self, dev: bytes) -> None:
        """What is under way to and from a member may never arrive."""
        if dev in self._links:
            self._links.discard(dev)
            for delivery in self._deliveries(dev):
                delivery.link_lost()
            for parcel in self._of(dev):
                parcel.link_lost()

    def poll(self, now: float) -> None:
        """Time has passed."""
        for giving in self._giving.values():
            for delivery in giving.deliveries.values():
                delivery.poll(now)
        for parcel in self._parcels.values():
            parcel.poll(now)

    # -- the disk, and the way out ------------------------------------------------------------

    def disk(self, event: DiskEvent, now: float) -> None:
        """Take in what the disk says."""
        if isinstance(event, SourceOpened | SourceRead | SourceFailed):
            if giving := self._giving.get(event.id):
                giving.disk(event, now)
        elif parcel := self._parcels.get(event.key):
            if isinstance(event, PictureMade):
                parcel.picture = event.picture
            else:
                parcel.disk(event, now)

    def flowing(self) -> frozenset[bytes]:
        """Return to whom parts of files are on their way."""
        return frozenset(
            delivery.dev
            for giving in self._giving.values()
            for delivery in giving.deliveries.values()
            if delivery.is_flowing
        )

    def part(self, dev: bytes, room: int, now: float) -> bytes | None:
        """Return the next message for a member with at most `room` bytes of a file, if any."""
        for delivery in sorted(self._deliveries(dev), key=lambda each: each.served):
            message = delivery.part(room, now)
            if message is not None:
                return message
        return None

    def take_orders(self) -> list[Order]:
        """Return what is to be done, in this order, once."""
        orders, self.orders[:] = list(self.orders), []
        return orders

    def wipe(self) -> None:
        """The meeting is over: nothing half-written stays, nothing is held."""
        for giving in self._giving.values():
            for delivery in giving.deliveries.values():
                delivery.end(FileState.CANCELLED, "left")
            giving.close_if_over()
        for parcel in self._parcels.values():
            if parcel.in_memory or parcel.state in (FileState.RUNNING, FileState.CHECKING):
                self.orders.append(DropTarget(parcel.key))
        self._drop_words()
        self._giving.clear()
        self._parcels.clear()
        self._order.clear()
        self._allowance.clear()

    def shown(self, name: str, now: float) -> tuple[SharedFile, ...]:
        """Return the cards; `name` is one's own."""
        cards = []
        for key in self._order:
            if giving := self._own(key):
                cards.append(giving.shown(self._dev, name, now))
            elif parcel := self._parcels.get(key):
                cards.append(_card(parcel, now))
        return tuple(cards)

    # -- inside -------------------------------------------------------------------------------

    def _offer(self, path: str, to: bytes) -> None:
        chosen = [(dev, name) for dev, name in self._people() if to in (b"", dev)]
        open_ones = sum(not giving.is_over for giving in self._giving.values())
        if not chosen or not self.allowed.send or open_ones >= MOST_OPEN:
            return
        made = Giving(self._random(ID_BYTES), path, self._wall(), not to, self.orders)
        self._giving[made.id] = made
        self._order.append(self._dev + made.id)
        made.begin(chosen)
        for dev in set(made.deliveries) - self._links:
            made.deliveries[dev].link_lost()
        self._forget_old(self._dev)

    def _offered(self, dev: bytes, name: str, offer: Offer, now: float, *, may_offer: bool) -> None:
        """Somebody offers something new, as far as that goes."""
        waiting = sum(not parcel.state.is_over for parcel in self._of(dev))
        allowance = self._allowance.setdefault(dev, Allowance(BURST, RATE, at=now))
        if not may_offer or waiting >= MOST_OPEN or not allowance.take(now):
            self.refused["offer"] += 1
            if may_offer and waiting >= MOST_OPEN and allowance.take(now):
                self.orders.append(Tell(dev, Refuse(offer.id, Refusal.TOO_MANY).encode()))
            return
        made = Parcel(offer, dev, name, safe_name(offer.name), self._wall(), self.orders)
        if not self.allowed.receive:
            self.orders.append(Tell(dev, Refuse(offer.id, Refusal.NOT_ALLOWED).encode()))
            return
        self._parcels[made.key] = made
        self._order.append(made.key)
        self._tell_offered(name)
        self._forget_old(dev)

    def _forget_old(self, dev: bytes) -> None:
        """Keep no more than so many files of one member."""
        theirs = [key for key in self._order if key[: len(dev)] == dev]
        too_many = len(theirs) - MOST_SHOWN
        for key in theirs:
            if too_many <= 0:
                return
            giving, parcel = self._own(key), self._parcels.get(key)
            if giving is not None and giving.is_over:
                del self._giving[giving.id]
            elif parcel is not None and parcel.state.is_over:
                if parcel.in_memory:
                    self.orders.append(DropTarget(key))
                del self._parcels[key]
            else:
                continue
            self._order.remove(key)
            too_many -= 1

    def _own(self, key: bytes) -> Giving | None:
        return self._giving.get(key[len(self._dev) :]) if key.startswith(self._dev) else None

    def _of(self, dev: bytes) -> list[Parcel]:
        return [parcel for parcel in self._parcels.values() if parcel.dev == dev]

    def _deliveries(self, dev: bytes) -> list[Delivery]:
        return [
            giving.deliveries[dev] for giving in self._giving.values() if dev in giving.deliveries
        ]

    def _drop_words(self, dev: bytes = b"") -> None:
        """Say nothing any more to who is out, or (empty) to anybody."""
        self.orders[:] = [
            order
            for order in self.orders
            if not (isinstance(order, Tell) and dev in (b"", order.dev))
        ]


def _card(parcel: Parcel, now: float) -> SharedFile:
    return SharedFile(
        key=parcel.key,
        dev=parcel.dev,
        name=parcel.name,
        file_name=parcel.file_name,
        size=parcel.size,
        at=parcel.at,
        mine=False,
        legs=(leg_of(parcel, now),),
        path=parcel.path,
        in_memory=parcel.in_memory,
        fits_memory=parcel.fits_memory,
        picture=parcel.picture,
        problem=parcel.problem,
    )
