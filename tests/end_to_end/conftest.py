"""What the end-to-end tests share: clips and voices, made once, and copies that always end."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.running_copy import RunningCopy
from fakes.speech import Samples, speech, write_wav

from bench import netlab
from bench.clip import talking_head, write_video

CLIP_S = 2.0  # the picture and the file loop
VOICE_S = 40.0  # the file loops

Start = Callable[..., RunningCopy]


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three people before their cameras, 640x360 at 30 frames per second."""
    folder = tmp_path_factory.mktemp("clips")
    paths = [folder / f"person{number}.mp4" for number in range(3)]
    for number, path in enumerate(paths):
        write_video(path, talking_head(640, 360, seed=number + 1), CLIP_S)
    return paths


@pytest.fixture(scope="session")
def voices() -> list[Samples]:
    """Two people speaking, a low voice and a high one."""
    return [speech(VOICE_S, seed=11, pitch=110.0), speech(VOICE_S, seed=12, pitch=190.0)]


@pytest.fixture(scope="session")
def voice_files(tmp_path_factory: pytest.TempPathFactory, voices: list[Samples]) -> list[Path]:
    """The voices as WAV files."""
    folder = tmp_path_factory.mktemp("voices")
    return [
        write_wav(folder / f"voice{number}.wav", samples) for number, samples in enumerate(voices)
    ]


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Callable[..., netlab.NetLab]]:
    """Return `laboratory(3)`: a LAN of so many hosts for all tests of a module."""
    if reason := netlab.why_not():
        pytest.skip(reason)
    with contextlib.ExitStack() as stack:

        def build(hosts: int, **options: bool) -> netlab.NetLab:
            return stack.enter_context(netlab.NetLab(netlab.one_lan(hosts, **options)))

        yield build


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Return `start("host", ..., lab=lab, host="h1")`: a copy that ends with the module."""
    with contextlib.ExitStack() as stack:

        def run(*arguments: str, **options: object) -> RunningCopy:
            home = tmp_path_factory.mktemp(arguments[0])
            copy = RunningCopy(home, *arguments, **options)  # type: ignore[arg-type]
            return stack.enter_context(copy)

        yield run
