"""Files larger than four gigabytes: every count in them goes on where 32 bits end."""

from app.file_words import size
from app.meeting.files.delivery import Delivery
from app.meeting.files.orders import Order, ReadSource, SourceRead, TargetWritten, WriteTarget
from app.meeting.files.parcel import Parcel
from app.meeting.files.progress import leg_of
from app.meeting.files.wire import MAX_SIZE, Offer, Part, Want, parse
from app.meeting.view import FileState

ID, ADA, BEN = b"i" * 8, b"a" * 16, b"b" * 16
SIZE, EDGE = 5 * 1024**3, 2**32
DATA = bytes(range(250)) * 8
BEGIN = EDGE - len(DATA) // 2


def part_over_the_edge() -> Part:
    """Return what is sent to somebody who has all up to just before the edge."""
    orders: list[Order] = []
    made = Delivery(ID, SIZE, BEN, "Ben", "film.mov", orders, FileState.RUNNING, _furthest=BEGIN)
    want = parse(Want(ID, BEGIN, BEGIN + len(DATA), again=True).encode())
    assert isinstance(want, Want)
    assert made.hear(want, 1.0)
    (read,) = orders
    assert isinstance(read, ReadSource)
    assert (read.offset, read.size) == (BEGIN, len(DATA))
    made.read(SourceRead(ID, BEN, read.turn, read.offset, DATA))
    message = made.part(8192, 1.0)
    assert message is not None
    part = parse(message)
    assert isinstance(part, Part)
    return part


def test_who_offers_sends_what_lies_across_the_edge():
    assert part_over_the_edge() == Part(ID, BEGIN, DATA)


def test_who_receives_stores_it_there_and_asks_for_what_follows():
    orders: list[Order] = []
    made = Parcel(
        Offer(ID, SIZE, "film.mov"), ADA, "Ada", "film.mov", 0.0, orders, FileState.RUNNING,
        got=BEGIN, stored=BEGIN, limit=BEGIN + len(DATA), _open=True, _told=BEGIN,
    )  # fmt: skip
    assert made.hear(part_over_the_edge(), 1.0)
    assert orders == [WriteTarget(made.key, BEGIN, DATA)]
    made.disk(TargetWritten(made.key, EDGE + len(DATA) // 2), 1.0)
    assert leg_of(made, 1.0).done == EDGE + len(DATA) // 2
    made.link_up(2.0)
    (want,) = [parse(order.payload) for order in orders if hasattr(order, "payload")]
    assert isinstance(want, Want)
    assert want.offset == EDGE + len(DATA) // 2
    assert want.again


def test_a_size_that_no_disk_has_costs_nothing_and_can_be_shown():
    orders: list[Order] = []
    made = Parcel(Offer(ID, MAX_SIZE, "all.bin"), ADA, "Ada", "all.bin", 0.0, orders)
    assert not orders
    assert not made.fits_memory
    assert size(MAX_SIZE).endswith("TB")
