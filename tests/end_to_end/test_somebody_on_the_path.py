"""Somebody draws the path of two people through their own computer: that costs time, and no more.

Two running copies in a call, and an attacker on the same network who answers for both (ARP). It
flips bits, says everything again and back, holds packets up, puts the content of one into another,
drops all of it; checksums fit. What is shown and written stays what was sent.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import pytest
from fakes.attacker import Attacker, Said
from fakes.running_copy import Line, RunningCopy, all_together

from bench import netlab
from media.video.scene import read_luma_time_code

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

NAMES = ["Leonore", "Florestan"]
WORDS = ["--headless", "--chat", "--microphone", "test", "--speaker", "none"]
MODES = ["pass", "flip", "replay", "delay", "swap", "drop"]
MODE_S = 1.5  # a channel that stays broken for 3 s means that the program died (PROTOCOL.md)
CLIP_S = 2.0
BACK_S = 30.0


@dataclass
class Scene:
    """What the attacker did, and what two people made of it."""

    copies: list[RunningCopy]
    before: list[Line]
    attack: Said
    lines: list[str]  # that were written while it went on


@pytest.fixture(scope="module")
def scene(
    laboratory: Callable[..., netlab.NetLab],
    tmp_path_factory: pytest.TempPathFactory,
    clips: list[Path],
) -> Iterator[Scene]:
    lab = laboratory(3, ipv6=False)
    with contextlib.ExitStack() as stack:

        def copy(number: int, *words: str) -> RunningCopy:
            home = tmp_path_factory.mktemp(f"h{number + 1}")
            words = (*words, "--name", NAMES[number], "--camera", str(clips[number]), *WORDS)
            words += ("--save-video", str(home / "results" / "seen.mkv"))
            made = RunningCopy(home, *words, lab=lab, host=f"h{number + 1}", typing=True)
            return stack.enter_context(made)

        host = copy(0, "host", "--no-lobby")
        copies = [host, copy(1, "join", host.invitation())]
        all_together(copies)
        before = [each.wait_for_line(flows, "pictures", BACK_S) for each in copies]
        words = (",".join(MODES), MODE_S, lab.address("h1"), lab.address("h2"))
        folder = tmp_path_factory.mktemp("attacker")
        attacker = stack.enter_context(Attacker(lab, "h3", folder, "attacks.path", *words))
        lines = []
        for mode in MODES:
            attacker.wait_for(lambda said, m=mode: said.get("mode") == m, mode)
            lines.append(f"The {mode} of the heron is {len(mode) * 1234567}")
            copies[0].type(lines[-1])
        attack = attacker.result()
        yield Scene(copies, before, attack, lines)


def flows(line: Line) -> bool:
    return any(peer["video"]["frames"] > 30 for peer in line["peers"].values())


def peer(line: Line) -> Line:
    (found,) = line["peers"].values()
    return dict(found)


def test_the_attacker_was_on_the_path_and_did_all_of_it(scene: Scene):
    assert scene.attack["pass"] > 100
    for what in ("flipped", "replayed", "delayed", "swapped", "dropped"):
        assert scene.attack[what] > 20, scene.attack


def test_the_call_goes_on_afterwards_with_the_same_people_and_keys(scene: Scene):
    since = [len(copy.statistics()) for copy in scene.copies]
    for copy, before, first in zip(scene.copies, scene.before, since, strict=True):
        start = peer(copy.latest())["video"]["frames"]

        def goes_on(line: Line, start: int = start) -> bool:
            return peer(line)["state"] == "connected" and peer(line)["video"]["frames"] > start + 30

        line = copy.wait_for_line(goes_on, "new pictures", BACK_S, since=first)
        assert (line["epoch"], line["code"]) == (before["epoch"], before["code"])
        assert line["members"] == NAMES
        assert "Traceback" not in copy.stderr


def test_what_was_written_meanwhile_arrives_once_each_and_as_it_was(scene: Scene):
    heard = scene.copies[1]
    heard.wait_until(lambda: scene.lines[-1] in heard.stdout, "the last line", BACK_S)
    said = [line for line in heard.stdout.splitlines() if "heron" in line]
    assert [line[line.index("The ") :] for line in said] == scene.lines


def test_no_picture_was_shown_that_was_not_sent(scene: Scene):
    for copy in scene.copies:
        assert copy.interrupt() == 130
        (kept,) = (copy.home / "results").glob("seen-*.mkv")
        with av.open(str(kept)) as container:
            grey = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
        codes = [read_luma_time_code(picture, near=0.0) for picture in grey]
        assert len(codes) > 100
        assert codes.count(None) <= len(codes) * 0.02
        assert all(0 <= code <= CLIP_S for code in codes if code is not None)
