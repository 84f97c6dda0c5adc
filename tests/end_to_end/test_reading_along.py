"""Two copies on a LAN: what one writes, the other reads letter by letter, within half a second."""

import itertools
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.running_copy import RunningCopy, all_together

from bench import netlab

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

AT_MOST = 0.5  # seconds until others see a letter (EN 301 549, 6.2.4)
LOOK = 0.005  # seconds between two looks at what was printed
SILENT = ("--headless", "--camera", "none", "--microphone", "none", "--speaker", "none", "--chat")
TEXT = "Could somebody close the window"


def printed(copy: RunningCopy, words: str) -> float:
    """Wait until a copy has printed this; return when."""
    while words not in copy.stdout:
        time.sleep(LOOK)
        assert copy.process.poll() is None, copy.failure(f"printing {words!r}")
    return time.monotonic()


def test_letters_are_read_as_they_are_written_and_then_the_line(
    laboratory: Callable[..., netlab.NetLab], tmp_path: Path
) -> None:
    lab = laboratory(2)
    hosting = ("host", "--title", "Tea", "--admit-all", "--name", "Ada", *SILENT)
    with RunningCopy(tmp_path / "h1", *hosting, lab=lab, host="h1", typing=True) as ada:
        joining = ("join", ada.invitation(), "--name", "Ben", *SILENT)
        with RunningCopy(tmp_path / "h2", *joining, lab=lab, host="h2", typing=True) as ben:
            all_together([ada, ben])
            took = []
            for text in itertools.accumulate(TEXT):
                if text.endswith(" "):
                    continue  # a terminal shows no blank at the end
                began = time.monotonic()
                ada.type(f"/write {text}")
                took.append(printed(ben, f"Ada is writing: {text}\n") - began)
            ada.type(TEXT)
            printed(ben, f"Ada: {TEXT}\n")
            ben.type("/react applause")
            printed(ada, "Ben shows: Applause\n")
            assert "Ada is writing" not in ada.stdout
    print(f"median {statistics.median(took) * 1000:.0f} ms, worst {max(took) * 1000:.0f} ms")
    assert max(took) < AT_MOST
