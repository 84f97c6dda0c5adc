"""Made-up windows and screens, for pictures and tests of sharing."""

from dataclasses import replace

from app.intents import Part
from app.screens import InMeeting, OwnShare, Sharing, Source, SourceKind
from app.ui.samples import PEOPLE, meeting
from media.video.picture import Picture

PAPER, INK, FAINT = (247, 248, 250), (60, 66, 74), (176, 183, 192)
BARS = ((196, 120, 52), (96, 140, 60), (140, 92, 128), (60, 120, 170))  # BGR
PART = Part(0.08, 0.16, 0.52, 0.66)


def page(seed: int, width: int = 480, height: int = 270) -> Picture:
    """Return a calm made-up page: a coloured head, lines of grey words, a chart in the corner."""
    rows = []
    head = max(8, height // 9)
    for y in range(height):
        if y < head:
            rows.append(_pixel(BARS[seed % len(BARS)]) * width)
            continue
        line, within = divmod(y - head, 14)
        row = bytearray(_pixel(PAPER) * width)
        if 5 <= within < 9 and line:
            x, word = 24, 0
            while x < width * 0.62:
                long = 18 + (seed * 7 + line * 13 + word * 29) % 40
                colour = INK if line % 6 == 1 else FAINT
                _paint(row, x, min(long, width - 24 - x), colour)
                x, word = x + long + 8, word + 1
        for column in range(4):
            tall = (0.2 + ((seed * 5 + column * 3) % 7) / 12) * height
            if height - 24 - tall < y < height - 24:
                left = int(width * (0.7 + 0.06 * column))
                _paint(row, left, int(width * 0.04), BARS[(seed + column) % len(BARS)])
        rows.append(bytes(row))
    return Picture(width, height, width * 4, b"".join(rows), None)


def _pixel(colour: tuple[int, int, int]) -> bytes:
    return bytes((*colour, 255))


def _paint(row: bytearray, left: int, long: int, colour: tuple[int, int, int]) -> None:
    row[left * 4 : (left + long) * 4] = _pixel(colour) * long


def _window(number: int, title: str, width: int = 480, height: int = 270) -> Source:
    made = page(number, width, height)
    return Source(f"window:{number}", SourceKind.WINDOW, title, 1280, 720, made)


SOURCES = (
    _window(1, "Budget 2027 – draft three.ods"),
    _window(2, "Mail – Inbox", 360, 270),
    _window(3, "Notes", 240, 270),
    _window(4, "The very long title of a page that does not fit on its card – Browser"),
    replace(_window(5, "Conclave"), own=True),
    Source("screen:1", SourceKind.SCREEN, "", 1920, 1080, page(6, 960, 540)),
    Source("screen:2", SourceKind.SCREEN, "", 2560, 1440, page(3, 960, 540)),
)
ASKED = (Source("asked", SourceKind.ASKED, "", 0, 0),)
OWN_WINDOW = OwnShare(SourceKind.WINDOW, "Budget 2027 – draft three.ods")
PRESENTING = (
    PEOPLE[0],
    replace(PEOPLE[1], sharing=True),
    *PEOPLE[2:],
)


def choosing(sources: tuple[Source, ...] | None = SOURCES, problem: str = "") -> InMeeting:
    """Return a meeting in which this person chooses what to share."""
    return replace(meeting(), sharing=Sharing(sources, problem))


def presenting() -> InMeeting:
    """Return a meeting in which Ada shows a window."""
    return meeting(people=PRESENTING)


def sharing(own: OwnShare = OWN_WINDOW) -> InMeeting:
    """Return a meeting in which this person shares."""
    people = (replace(PEOPLE[0], sharing=True), *PEOPLE[1:])
    return replace(meeting(people=people), sharing=Sharing(own=own))
