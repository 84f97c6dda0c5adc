"""Files from one disk to another, over links that are made up: whole, at their pace, resumed."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from app.file_courier import AROUND, LEAST, REST, FileCourier
from app.file_store import PART_PREFIX, FileStore
from app.meeting.files.desk import Files
from app.meeting.files.wire import Kind
from app.meeting.view import FileState, SharedFile
from app.meeting.wishes import AcceptFile, CancelFile, OfferFile
from crypto.frames import Context

ADA, BEN = b"a" * 16, b"b" * 16
CONTENT = bytes(range(256)) * 2500  # 640 kB


class Side:
    """One of two people: a desk, a courier, a disk, and a link to the other."""

    def __init__(self, dev: bytes, other: bytes, folder: Path, clock: Callable[[], float]) -> None:
        self.dev, self.other, self.folder, self.clock = dev, other, folder, clock
        self.far: Side | None = None
        self.room = 16_000
        self.broken = False
        self.full = False
        self.kinds: list[int] = []
        self.sizes: list[int] = []
        self.spent = 0
        self.changes = 0
        self.files = Files(dev, lambda: [(other, "Other")], lambda: 0.0, lambda size: b"i" * size)
        self.courier = FileCourier(self, FileStore(lambda: folder), clock, self._changed)
        self.courier.begin(self.files)
        self.files.link_up(other, clock())

    def _changed(self) -> None:
        self.changes += 1

    def send_to(self, dev: bytes, context: int, payload: bytes) -> bool:
        assert (dev, context) == (self.other, Context.FILES)
        if self.broken or self.full:
            return False
        self.kinds.append(payload[0])
        self.sizes.append(len(payload))
        asyncio.get_running_loop().call_soon(self._arrive, payload)
        return True

    def _arrive(self, payload: bytes) -> None:
        if self.far is not None and not self.broken:
            self.far.files.hear(self.dev, "Other", payload, self.clock(), may_offer=True)
            self.far.courier.carry()

    def room_for_files(self, dev: bytes, among: int) -> int:
        return self.room

    def spent_on_files(self, dev: bytes, octets: int) -> None:
        self.spent += octets

    def wish(self, wish: OfferFile | AcceptFile | CancelFile) -> None:
        self.files.grant(wish, self.clock())
        self.courier.carry()

    @property
    def card(self) -> SharedFile:
        (card,) = self.files.shown("Me", self.clock())
        return card

    @property
    def state(self) -> FileState:
        return self.card.legs[0].state

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


async def meet(folder: Path, story: Callable[[Side, Side], "asyncio.Future[None]"]) -> None:
    loop = asyncio.get_running_loop()
    sides = []
    for name, dev, other in (("ada", ADA, BEN), ("ben", BEN, ADA)):
        (folder / name).mkdir()
        sides.append(Side(dev, other, folder / name, loop.time))
    ada, ben = sides
    ada.far, ben.far = ben, ada
    running = [loop.create_task(side.courier.run()) for side in sides]
    try:
        await asyncio.wait_for(asyncio.ensure_future(story(ada, ben)), 30)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for side in sides:
            side.files.wipe()
            await side.courier.close()


async def until(done: Callable[[], bool]) -> None:
    while not done():  # noqa: ASYNC110 - a state of several threads, not an event of one
        await asyncio.sleep(0.001)


async def offered(ada: Side, ben: Side) -> None:
    source = ada.folder / "plan.pdf"
    source.write_bytes(CONTENT)
    ada.wish(OfferFile(str(source)))
    await until(lambda: bool(ben.files.shown("Me", 0.0)))


def test_a_file_comes_from_one_disk_to_the_other(tmp_path: Path):
    async def story(ada: Side, ben: Side) -> None:
        await offered(ada, ben)
        ben.wish(AcceptFile(ben.card.key))
        await until(lambda: ada.state is FileState.DONE)
        assert (ben.folder / "plan.pdf").read_bytes() == CONTENT
        assert ben.names == ["plan.pdf"]
        parts = [size for kind, size in zip(ada.kinds, ada.sizes, strict=True) if kind == Kind.PART]
        assert ada.spent == sum(parts) + AROUND * len(parts) + _end(ada)
        assert ben.changes > 0

    asyncio.run(meet(tmp_path, story))


def _end(side: Side) -> int:
    (size,) = [n for kind, n in zip(side.kinds, side.sizes, strict=True) if kind == Kind.END]
    return size + AROUND


def test_nothing_leaves_while_the_path_has_no_room(tmp_path: Path):
    async def story(ada: Side, ben: Side) -> None:
        ada.room = LEAST - 1
        await offered(ada, ben)
        ben.wish(AcceptFile(ben.card.key))
        await until(lambda: Kind.WANT in ben.kinds)
        await asyncio.sleep(0.05)
        assert Kind.PART not in ada.kinds
        ada.room = 16_000
        await until(lambda: ada.state is FileState.DONE)

    asyncio.run(meet(tmp_path, story))


@pytest.mark.parametrize("how", ["broken", "full"])
def test_what_a_link_did_not_take_is_asked_for_again(tmp_path: Path, how: str):
    async def story(ada: Side, ben: Side) -> None:
        await offered(ada, ben)
        ben.wish(AcceptFile(ben.card.key))
        await until(lambda: ben.card.legs[0].done > 300_000)
        setattr(ada, how, True)
        for side in (ada, ben):
            side.files.link_lost(side.other)
        stored = ben.card.legs[0].done
        await asyncio.sleep(0.03)
        setattr(ada, how, False)
        for side in (ada, ben):
            side.files.link_up(side.other, side.clock())
            side.courier.carry()
        assert ben.card.legs[0].done >= stored
        await until(lambda: ada.state is FileState.DONE)
        assert (ben.folder / "plan.pdf").read_bytes() == CONTENT

    asyncio.run(meet(tmp_path, story))


def test_a_meeting_that_ends_leaves_nothing_half_written(tmp_path: Path):
    async def story(ada: Side, ben: Side) -> None:
        await offered(ada, ben)
        ben.wish(AcceptFile(ben.card.key))
        await until(lambda: ben.card.legs[0].done > 300_000)
        assert ben.names[0].startswith(PART_PREFIX)

    asyncio.run(meet(tmp_path, story))
    assert [path.name for path in (tmp_path / "ben").iterdir()] == []


def test_who_gives_up_leaves_nothing_half_written(tmp_path: Path):
    async def story(ada: Side, ben: Side) -> None:
        await offered(ada, ben)
        ben.wish(AcceptFile(ben.card.key))
        await until(lambda: ben.card.legs[0].done > 300_000)
        ben.wish(CancelFile(ben.card.key))
        await until(lambda: ada.state is FileState.CANCELLED)
        await until(lambda: ben.names == [])

    asyncio.run(meet(tmp_path, story))


def test_after_a_change_of_keys_parts_wait_for_a_moment(tmp_path: Path):
    async def story(ada: Side, ben: Side) -> None:
        await offered(ada, ben)
        ada.courier.rest()
        since = ada.clock()
        ben.wish(AcceptFile(ben.card.key))
        await until(lambda: Kind.PART in ada.kinds)
        assert ada.clock() - since >= REST

    asyncio.run(meet(tmp_path, story))
