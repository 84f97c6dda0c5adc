"""Pictures that strangers sent: shown small, and whatever they are, nothing breaks."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import thumbnails
from app.meeting.view import Thumbnail
from media.video.still import MOST_PIXELS, SMALL, size_of, small

KINDS = [".png", ".jpg", ".webp", ".bmp"]


def picture(kind: str, width: int = 640, height: int = 400) -> bytes:
    """Return a picture that is red on the left and blue on the right."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2] = (0, 0, 200)
    pixels[:, width // 2 :] = (200, 0, 0)
    done, data = cv2.imencode(kind, pixels)
    assert done
    return data.tobytes()


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """Return a PNG whose header says what it likes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack("!I", len(body)) + kind + body + struct.pack("!I", zlib.crc32(kind + body))
        )

    head = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(data)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_made_small_and_keeps_its_shape_and_colours(kind: str):
    data = picture(kind)
    assert size_of(data) == (640, 400)
    made = small(data)
    assert made is not None
    width, height, pixels = made
    assert (width, height) == (480, 300)
    assert len(pixels) == width * height * 3
    red, green, blue = pixels[:3]
    assert red > 150
    assert max(green, blue) < 60


@pytest.mark.parametrize("kind", [".jpg", ".bmp"])
def test_a_large_picture_is_read_too(kind: str):
    made = small(picture(kind, 5000, 4000))
    assert made is not None
    assert made[0] <= SMALL[0]
    assert made[1] <= SMALL[1]


def test_a_picture_of_one_pixel_is_one():
    assert small(picture(".png", 2, 1)) is not None


@pytest.mark.parametrize(("width", "height"), [
    (60_000, 60_000), (2**31 - 1, 2**31 - 1), (MOST_PIXELS + 1, 1), (0, 10), (10, 0),
    (19_000, 19_000),
])  # fmt: skip
def test_a_bomb_is_not_unpacked(width: int, height: int):
    assert size_of(png(width, height)) == (width, height)
    assert small(png(width, height, bytes(1000))) is None


@pytest.mark.parametrize("data", [
    b"", b"x", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + bytes(100),
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"BM", b"%PDF-1.4",
    b"\xff\xd8" + b"\xff" * 100_000, b"II*\0" + bytes(100), b"\x76\x2f\x31\x01" + bytes(100),
])  # fmt: skip
def test_what_is_no_picture_of_a_kind_we_show_is_none(data: bytes):
    assert small(data) is None


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(chosen=st.data())
def test_a_broken_picture_is_a_small_one_or_none(kind: str, chosen: st.DataObject):
    data = bytearray(picture(kind, 64, 40))
    for _ in range(chosen.draw(st.integers(1, 6))):
        data[chosen.draw(st.integers(0, len(data) - 1))] = chosen.draw(st.integers(0, 255))
    del data[chosen.draw(st.integers(0, len(data))) :]
    made = small(bytes(data))
    if made is not None:
        assert len(made[2]) == made[0] * made[1] * 3


@given(st.binary(max_size=200))
def test_any_bytes_have_a_size_or_none(data: bytes):
    for start in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"RIFF\0\0\0\0WEBP", b"BM", b""):
        found = size_of(start + data)
        assert found is None or len(found) == 2


# -- the process ----------------------------------------------------------------------------------


def test_a_process_of_its_own_looks_at_it():
    made = thumbnails.look_at(picture(".jpg"))
    assert made is not None
    assert (made.width, made.height) == (480, 300)


def test_what_it_cannot_read_is_not_shown():
    assert thumbnails.look_at(b"no picture") is None
    assert thumbnails.look_at(b"") is None


@pytest.mark.parametrize("answer", [
    b"", b"\n", b"10 10\n", b"10 10\n" + bytes(299), b"10 10\n" + bytes(301), b"0 0\n",
    b"-1 -1\nabc", b"99999 1\n" + bytes(299_997), b"481 1\n" + bytes(1443), b"1\n" + bytes(3),
    b"1 1 1\n" + bytes(3), b"\xb2 1\n" + bytes(6),
])  # fmt: skip
def test_a_process_that_was_taken_over_says_nothing_that_is_believed(answer: bytes):
    assert thumbnails.read(answer) is None


def test_a_small_picture_is_believed():
    assert thumbnails.read(b"2 1\nabcdef") == Thumbnail(2, 1, b"abcdef")


@given(st.binary(max_size=100))
def test_any_answer_is_a_small_picture_or_none(answer: bytes):
    made = thumbnails.read(answer)
    assert made is None or len(made.pixels) == made.width * made.height * 3
