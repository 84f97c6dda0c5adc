"""Files made up for pictures and tests: one in every state, from people who do not exist."""

from app.meeting.view import FileLeg, FileState, SharedFile, Thumbnail
from app.ui.samples import ADA, BEN, CLARA, ME, MORNING

MB = 1_000_000


def leg(dev: bytes, name: str, state: FileState, **changes: object) -> FileLeg:
    """Return how far somebody is."""
    return FileLeg(dev, name, state, **changes)  # type: ignore[arg-type]


def theirs(number: int, name: str, size: int, one: FileLeg, **changes: object) -> SharedFile:
    """Return a file that somebody else offered."""
    key = one.dev + bytes([number]) * 8
    return SharedFile(
        key, one.dev, one.name, name, size, MORNING + number, mine=False, legs=(one,), **changes  # type: ignore[arg-type]
    )  # fmt: skip


def mine(number: int, name: str, size: int, *legs: FileLeg, **changes: object) -> SharedFile:
    """Return a file that oneself offered."""
    key = ME + bytes([number]) * 8
    return SharedFile(
        key, ME, "Mara Lindt", name, size, MORNING + number, mine=True, legs=legs, **changes  # type: ignore[arg-type]
    )  # fmt: skip


def landscape(width: int = 240, height: int = 150) -> Thumbnail:
    """Return a calm made-up picture: hills under an evening sky."""
    rows = bytearray()
    for y in range(height):
        v = y / height
        for x in range(width):
            ridge = 0.52 + 0.10 * abs((x / width * 3) % 2 - 1) + 0.04 * abs((x / width * 7) % 2 - 1)
            if v > ridge + 0.14:
                rows += bytes((58, 84, 72))
            elif v > ridge:
                rows += bytes((92, 116, 122))
            else:
                rows += bytes((int(206 - 40 * v), int(190 - 10 * v), int(176 + 40 * v)))
    return Thumbnail(width, height, bytes(rows))


OFFERED = theirs(1, "Budget 2027 final.ods", 1_420_000, leg(ADA, "Ada Brenner", FileState.OFFERED))
OFFERED_PICTURE = theirs(
    2, "floor plan.png", 3_900_000, leg(CLARA, "Clara Weiß", FileState.OFFERED), fits_memory=True
)
RUNNING = theirs(
    3,
    "recording of the site visit, first part.mov",
    820 * MB,
    leg(BEN, "Ben Okafor", FileState.RUNNING, done=310 * MB, speed=1_050_000.0, seconds_left=486.0),
)
PAUSED = theirs(
    4,
    "archive.tar.gz",
    64 * MB,
    leg(ADA, "Ada Brenner", FileState.HELD, done=12 * MB, held_by_them=True),
)
LOOKED_AT = theirs(
    5,
    "the valley.jpg",
    2_300_000,
    leg(CLARA, "Clara Weiß", FileState.DONE, done=2_300_000),
    fits_memory=True,
    in_memory=True,
    picture=landscape(),
)
SAVED = theirs(
    6,
    "minutes.pdf",
    184_000,
    leg(BEN, "Ben Okafor", FileState.DONE, done=184_000),
    path="/home/mara/Downloads/minutes (2).pdf",
)
FAILED = theirs(
    7,
    "disk image.iso",
    4_700 * MB,
    leg(ADA, "Ada Brenner", FileState.FAILED, why="disk_full"),
)
TO_ALL = mine(
    8,
    "agenda.pdf",
    96_000_000,
    leg(ADA, "Ada Brenner", FileState.RUNNING, done=41 * MB, speed=900_000.0, seconds_left=61.0),
    leg(BEN, "Ben Okafor", FileState.DONE, done=96 * MB),
    leg(CLARA, "Clara Weiß", FileState.OFFERED),
)
DECLINED = mine(9, "holiday.zip", 12 * MB, leg(BEN, "Ben Okafor", FileState.DECLINED), to_all=False)

WAITING = (OFFERED, OFFERED_PICTURE)
UNDER_WAY = (RUNNING, PAUSED, TO_ALL)
OVER = (LOOKED_AT, SAVED, FAILED, DECLINED)
