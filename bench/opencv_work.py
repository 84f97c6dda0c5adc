"""What OpenCV costs for each picture, as Conclave uses it: python -m bench.opencv_work [FOLDER].

With FOLDER, the OpenCV that lies there is measured beside the one that is installed, turn by turn,
each in a process of its own. Printed is processor time in milliseconds: the median over the turns
of the median over the repetitions.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

TURNS, REPETITIONS = 7, 40
WIDTH, HEIGHT = 1280, 720


def pieces() -> dict[str, Callable[[], object]]:
    """Return what is done to pictures, by name."""
    import cv2

    from media.video.camera import CapturedFrame
    from media.video.qr_reader import read_codes
    from media.video.scaling import as_picture, own_picture, scaled

    cv2.setNumThreads(1)
    noise = np.random.default_rng(7).integers(0, 255, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    bgr = np.asarray(cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)
    i420 = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420), np.uint8)
    bgra = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2BGRA), np.uint8)
    jpeg = np.asarray(cv2.imencode(".jpg", bgr)[1], np.uint8)
    camera = CapturedFrame(bgr, "bgr", WIDTH, HEIGHT, 0.0)
    screen = CapturedFrame(bgra, "bgra", WIDTH, HEIGHT, 0.0)
    plain = CapturedFrame(i420, "i420", WIDTH, HEIGHT, 0.0)
    detector = cv2.QRCodeDetectorAruco()
    return {
        "a camera's JPEG": lambda: cv2.imdecode(jpeg, cv2.IMREAD_COLOR),
        "camera to encoder": lambda: scaled(camera, WIDTH, HEIGHT),
        "camera to encoder, 640x360": lambda: scaled(camera, 640, 360),
        "camera to encoder, 960x540": lambda: scaled(camera, 960, 540),
        "screen to encoder": lambda: scaled(screen, WIDTH, HEIGHT),
        "layer to the next, 640x360": lambda: scaled(plain, 640, 360),
        "own tile, 400x225": lambda: own_picture(camera, (400, 225)),
        "decoded to window": lambda: as_picture(i420, None),
        "looking for QR codes": lambda: read_codes(detector, i420[:HEIGHT]),
    }


def measured() -> dict[str, float]:
    """Return the processor time of each piece, in milliseconds."""
    found = {}
    for name, piece in pieces().items():
        piece()
        times = []
        for _repetition in range(REPETITIONS):
            before = time.process_time()
            piece()
            times.append(time.process_time() - before)
        found[name] = statistics.median(times) * 1000
    return found


def turn(folder: Path | None) -> dict[str, float]:
    """Measure in a process of its own."""
    path = os.pathsep.join(filter(None, (str(folder or ""), os.environ.get("PYTHONPATH", ""))))
    command = [sys.executable, "-m", "bench.opencv_work", "--once"]
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="What OpenCV costs for each picture.")
    parser.add_argument("folder", nargs="?", type=Path, help="where another OpenCV lies")
    parser.add_argument("--once", action="store_true", help="measure in this process")
    given = parser.parse_args()
    if given.once:
        print(json.dumps(measured()))
        return
    folders = [None, given.folder] if given.folder else [None]
    turns: list[list[dict[str, float]]] = [[] for _ in folders]
    for _turn in range(TURNS):
        for number, folder in enumerate(folders):
            turns[number].append(turn(folder))
    print(f"{'ms of processor time':28} {'installed':>10} {given.folder or ''!s:>10}")
    for name in turns[0][0]:
        columns = [statistics.median(one[name] for one in column) for column in turns]
        print(f"{name:28} " + " ".join(f"{value:10.3f}" for value in columns))


if __name__ == "__main__":
    main()
