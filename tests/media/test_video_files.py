"""Video files in the place of a camera: as phones make them, broken ones, ones that name others."""

import socket
import struct
import threading
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from media.errors import CameraError
from media.slot import Slot
from media.video.camera import CapturedFrame, FileCamera

PATIENT = 20.0  # seconds, on a busy computer
SIZE = 64, 48
UPRIGHT = (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)  # as ISO/IEC 14496-12 writes matrices


def film(path: Path, pictures: int = 8) -> Path:
    """Write pictures that are white on their left half."""
    width, height = SIZE
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        pixels = np.zeros((height, width, 3), np.uint8)
        pixels[:, : width // 2] = 255
        for _number in range(pictures):
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def shown(path: Path, count: int) -> tuple[list[CapturedFrame], list[CameraError]]:
    """Play a file until so many pictures came or it failed."""
    source, frames = FileCamera(path), Slot[CapturedFrame]()
    failures: list[CameraError] = []
    got = []
    failed = threading.Event()

    def on_failure(error: CameraError) -> None:
        failures.append(error)
        failed.set()

    source.start(frames, on_failure)
    for _wait in range(int(PATIENT / 0.1)):
        if len(got) == count or failed.is_set():
            break
        if frame := frames.wait(0.1):
            got.append(frame)
    source.stop()
    assert source.join(PATIENT)
    return got, failures


@pytest.mark.parametrize(
    ("matrix", "white"),
    [
        (UPRIGHT, "left"),
        ((0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30), "top"),
        ((-(1 << 16), 0, 0, 0, -(1 << 16), 0, 0, 0, 1 << 30), "right"),
        ((0, -(1 << 16), 0, 1 << 16, 0, 0, 0, 0, 1 << 30), "bottom"),
    ],
)
def test_what_a_phone_filmed_on_its_side_is_shown_upright(tmp_path, matrix, white):
    path = film(tmp_path / "film.mp4")
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 44
    assert struct.unpack(">9i", data[place : place + 36]) == UPRIGHT
    data[place : place + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(data)
    (frame, *_rest), failures = shown(path, 1)
    assert failures == []
    assert (frame.width, frame.height) == (SIZE if white in ("left", "right") else SIZE[::-1])
    pixels = frame.pixels
    seen = {
        "left": pixels[:, :4],
        "right": pixels[:, -4:],
        "top": pixels[:4],
        "bottom": pixels[-4:],
    }
    assert max(seen, key=lambda side: float(seen[side].mean())) == white


def test_a_file_whose_middle_is_broken_still_plays(tmp_path):
    path = film(tmp_path / "film.mkv", 30)
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : third + 60] = b"\xff" * 60
    path.write_bytes(data)
    got, failures = shown(path, 40)
    assert failures == []
    assert len(got) == 40


def test_sound_alone_is_no_video(tmp_path):
    path = tmp_path / "sound.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16000))
    got, (error,) = shown(path, 1)
    assert got == []
    assert error.code == "file"
    assert "no pictures" in str(error)


@pytest.mark.parametrize("kind", ["playlist", "name"])
def test_nothing_but_the_file_is_asked_for(tmp_path, kind, monkeypatch):
    monkeypatch.chdir(tmp_path)
    secret = film(tmp_path / "secret.mkv")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/part.ts"
        if kind == "playlist":
            path = Path("list.m3u8")
            lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:9", "#EXTINF:9,", address, "#EXT-X-ENDLIST"]
            path.write_text("\n".join(lines) + "\n")
        else:
            path = Path(f"concat:{secret.name}")
            path.write_text("no video")
        got, (error,) = shown(path, 1)
        assert got == []
        assert error.code == "file"
        with pytest.raises(TimeoutError):
            server.accept()
