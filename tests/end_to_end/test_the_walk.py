"""Two people, two windows side by side: from the first start to the farewell, by mouse and keys.

Each part is tried closer elsewhere; here it is one story, as two people live it, in each language.
`--walk-pictures DIR` keeps a picture of each step.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes.walker import Part, Screen, Walker
from fakes.x_desktop import PlainWindow, x_desktop

from bench import netlab

MISSING = [name for name in ("Xvfb", "openbox", "xdotool") if shutil.which(name) is None]

pytestmark = [
    pytest.mark.window,
    pytest.mark.netlab,
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]

SIZE = 2088, 1060  # pixels of the screen: two windows as they first open, and a third below them
LEFT, RIGHT = (8, 28), (1050, 28)  # where the two stand
WIDTH = 1000  # pixels of the pictures that are kept
GREEN = 0x3D, 0x7A, 0x57  # of the window that is shared
MOST_CLICKS = 3  # from the first start to the first picture of somebody nearby
PARTS_OF_THE_CODE = [f"emoji_{place}" for place in range(7)]


@dataclass(frozen=True)
class Language:
    """What is typed, and what must be read."""

    code: str
    title: str
    question: str
    answer: str
    knocks: str
    verified: str
    removed: str
    ended: str


ENGLISH = Language(
    "en",
    title="Budget",
    question="Shall we begin?",
    answer="Yes, I can see it.",
    knocks="“Ben” knocks.",
    verified="You compared this code: everybody here is verified.",
    removed="The host removed you from this meeting.",
    ended="You ended the meeting.",
)
GERMAN = Language(
    "de",
    title="Haushalt",
    question="Wollen wir anfangen?",
    answer="Ja, ich sehe es.",
    knocks="„Ben“ klopft an.",
    verified="Sie haben diesen Code verglichen: Alle hier sind geprüft.",
    removed="Der Gastgeber hat Sie aus dieser Besprechung entfernt.",
    ended="Sie haben die Besprechung beendet.",
)


@dataclass(frozen=True)
class Walk:
    """Mara, who hosts, and Ben, who finds her, before one screen."""

    language: Language
    screen: Screen
    env: dict[str, str]
    mara: Walker
    ben: Walker
    paper: Path  # a file that Mara has
    downloads: Path  # where Ben's files go
    pictures: Path

    def keep(self, step: str) -> None:
        """Keep a picture of both windows."""
        at = 0, 0, SIZE[0], RIGHT[1] + 716
        self.screen.picture(self.pictures / f"walk-{step}-{self.language.code}.png", at, WIDTH)


@pytest.fixture(params=[ENGLISH, GERMAN], ids=["English", "German"])
def walk(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    laboratory: Callable[..., netlab.NetLab],
) -> Iterator[Walk]:
    """Both have just started Conclave for the first time, on one network."""
    lab, language = laboratory(2), request.param
    downloads, paper = tmp_path / "downloads", tmp_path / "plan.txt"
    downloads.mkdir()
    paper.write_text("Rent, light, paper.\n" * 500)
    devices = {"camera": "test", "microphone": "test", "speaker": "none"}
    pictures = request.config.getoption("walk_pictures") or tmp_path / "pictures"
    with contextlib.ExitStack() as stack:
        env = stack.enter_context(x_desktop(str(tmp_path), SIZE))
        screen = stack.enter_context(contextlib.closing(Screen(env)))
        walkers = [
            Walker(
                screen, tmp_path / host, language=language.code, lab=lab, host=host,
                settings=devices | {"download_folder": str(downloads)},
            )
            for host in lab.hosts
        ]  # fmt: skip
        mara, ben = (stack.enter_context(walker) for walker in walkers)
        mara.stand(*LEFT)
        ben.stand(*RIGHT)
        yield Walk(language, screen, env, mara, ben, paper, downloads, Path(pictures))


def test_two_people_walk_through_a_meeting(walk: Walk):
    they_find_each_other(walk)
    they_see_and_hear_each_other(walk)
    a_window_is_shared(walk)
    they_write_to_each_other(walk)
    a_file_is_sent(walk)
    they_compare_the_code(walk)
    one_is_removed_and_the_other_leaves(walk)
    for walker in (walk.mara, walk.ben):
        walker.click("farewell_home")
        walker.press("ctrl+q")
        assert walker.copy.end() == 0
        assert walker.copy.stderr == ""


def they_find_each_other(walk: Walk) -> None:
    mara, ben, words = walk.mara, walk.ben, walk.language
    ben.sees("nearby_empty")
    mara.click("own_name")
    mara.type("Mara")
    mara.click("start_meeting")
    mara.sees("title_field")
    mara.type(words.title)
    mara.click("start_visible")
    walk.keep("01-start")
    mara.click("start_go")
    mara.click("camera")
    mara.sees_it_move("preview_picture")
    mara.click("preview_enter")
    ben.click("own_name")
    ben.type("Ben")
    ben.reads("nearby_row_title", words.title)
    walk.keep("02-found")
    ben.click("nearby_join")
    ben.click("preview_enter")
    mara.reads("knock_heading", words.knocks)
    ben.sees("waiting_heading")
    walk.keep("03-knock")
    mara.click("knock_admit")


def they_see_and_hear_each_other(walk: Walk) -> None:
    mara, ben = walk.mara, walk.ben
    ben.sees_it_move("tile_*", of("Mara"))
    assert ben.clicks <= MOST_CLICKS
    assert ben.typed == ["Ben"]
    ben.click("camera")
    mara.sees_it_move("tile_*", of("Ben"))
    before = ben.sees("tile_*", of("Mara")).called
    mara.click("microphone")
    ben.sees("tile_*", lambda part: "Mara" in part.called and part.called != before)
    walk.keep("04-talk")


def a_window_is_shared(walk: Walk) -> None:
    mara, ben = walk.mara, walk.ben
    colour = "#{:02x}{:02x}{:02x}".format(*GREEN)
    with PlainWindow("Notes", colour, walk.env) as notes:
        notes.tell("place", 60, 790, 400, 225)
        mara.click("share")
        mara.click("source_*", of("Notes"))
        mara.click("share_go")
        ben.sees_colour("screen_*", GREEN)
        mara.reads("share_bar_words", "Notes")
        walk.keep("05-share")
        mara.click("share_bar_stop")
        ben.sees_no("screen_*")


def they_write_to_each_other(walk: Walk) -> None:
    mara, ben, words = walk.mara, walk.ben, walk.language
    mara.click("chat")
    mara.click("chat_field")
    mara.type(words.question)
    mara.press("Return")
    ben.click("chat")
    ben.reads("chat_text", words.question)
    ben.click("chat_field")
    ben.type(words.answer)
    ben.click("chat_send")
    mara.reads("chat_text", words.answer)
    walk.keep("06-chat")


def a_file_is_sent(walk: Walk) -> None:
    mara, ben, paper = walk.mara, walk.ben, walk.paper
    mara.click("chat_file")
    mara.click("fileNameEdit")  # of Qt's own window: this desktop has none
    mara.type(str(paper))
    mara.press("Return")
    ben.click("file_save", of(paper.name))
    ben.reads("file_line", paper.name)
    walk.keep("07-file")
    assert (walk.downloads / paper.name).read_bytes() == paper.read_bytes()


def they_compare_the_code(walk: Walk) -> None:
    mara, ben, words = walk.mara, walk.ben, walk.language
    mara.click("lock")
    ben.click("lock")
    codes = [[who.sees(part).called for part in PARTS_OF_THE_CODE] for who in (mara, ben)]
    assert codes[0] == codes[1]
    assert all(codes[0])
    walk.keep("08-safety")
    for who in (mara, ben):
        who.click("safety_match")
        who.reads("safety_verdict", words.verified)
        who.click("safety_sheet_close")
        who.sees_no("safety_sheet")


def one_is_removed_and_the_other_leaves(walk: Walk) -> None:
    mara, ben, words = walk.mara, walk.ben, walk.language
    mara.click("people")
    mara.click("person_menu", of("Ben"))
    mara.click("menu_remove")
    mara.sees("remove_go")
    walk.keep("09-remove")
    mara.click("remove_go")
    ben.reads("farewell_heading", words.removed)
    mara.sees_no("remove_sheet")
    mara.click("leave")
    mara.reads("farewell_heading", words.ended)
    walk.keep("10-farewell")


def of(name: str) -> Callable[[Part], bool]:
    """Return what fits parts that are called so."""
    return lambda part: name in part.called
