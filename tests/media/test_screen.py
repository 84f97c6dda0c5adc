"""A shared screen: sharp text, few pictures, and nothing at all while nothing changes."""

import asyncio
import functools

import cv2
import numpy as np
from fakes.decoding import AtOnce, bgr_of, psnr
from fakes.media_calls import calling
from fakes.media_links import until

from media.sealing import frame_flags
from media.slot import Slot
from media.video.camera import CapturedFrame, ThreadedSource
from media.video.encoder import open_encoder
from media.video.layers import SCREEN_LADDER, ladder_for
from media.video.pages import page
from media.video.pyramid import EncodingPlan, Pyramid
from media.video.screen_pace import LAST_WORDS, SCREEN_FPS, SHARP, ScreenPace
from media.video.screen_worker import is_same
from media.video.stream import VideoStream
from media.video.vp8 import key_frame_size, pack

KBPS = 2000


def times(pace: ScreenPace, octets: int, quantizer: int, until_s: float) -> list[float]:
    """Encode whenever it is due; return when that was."""
    made, now = [], 0.0
    while now < until_s:
        due = pace.due
        if due is not None and due <= now:
            pace.encoded(now, octets, KBPS, quantizer)
            made.append(now)
        now += 0.01
    return made


def test_what_does_not_change_is_encoded_until_it_is_sharp_and_then_no_more():
    pace = ScreenPace()
    assert times(pace, 100, SHARP, 5.0) == []
    pace.change()
    made = times(pace, 100, SHARP, 30.0)
    assert len(made) == 1 + len(LAST_WORDS)  # the last words tell a loss of the last picture
    assert made[-1] < 2.0
    pace.change()
    assert len(times(pace, 100, SHARP + 9, 30.0)) > 20
    assert pace.due is None


def test_a_screen_that_never_rests_has_few_pictures_within_its_rate():
    for octets, least, most in ((2000, 13, 15.1), (50_000, 4, 5.5)):
        pace, made, now = ScreenPace(), 0, 0.0
        while now < 20.0:
            pace.change()
            if pace.due <= now:
                pace.encoded(now, octets, KBPS, SHARP + 9)
                made += 1
            now += 0.01
        assert least <= made / 20 <= most
    assert most < SCREEN_FPS


def test_pixels_are_compared_all_of_them():
    one = page(320, 180)
    two = one.copy()
    assert is_same(one, two)
    two[179, 319, 2] ^= 1
    assert not is_same(one, two)
    assert not is_same(one, one[:90])
    assert is_same(one[:, 1:], one[:, 1:].copy())


def test_a_screen_is_sent_whole_up_to_1080_lines():
    for source, size in [
        ((1920, 1080), (1920, 1080)),
        ((3840, 2160), (1920, 1080)),
        ((3440, 1440), (1920, 804)),
        ((1366, 768), (1366, 768)),
    ]:
        pyramid = Pyramid(SCREEN_LADDER, lambda: 0.0)
        pixels = np.zeros((source[1], source[0], 3), np.uint8)
        plan = EncodingPlan({1: KBPS}, max_lines=1080)
        frames = list(pyramid.encode(CapturedFrame(pixels, "bgr", *source, 0.0), plan))
        assert [key_frame_size(f.frame.data) for f in frames] == [size]
        pyramid.close()
    assert [rung.lines for rung in ladder_for((1366, 768), 1080, SCREEN_LADDER)] == [540, 768]


def test_text_is_readable_a_second_after_it_stands_still():
    text, now, clock = page(1280, 2000), [50.0], None
    clock = functools.partial(now.__getitem__, 0)
    pyramid = Pyramid(
        SCREEN_LADDER, clock, make=functools.partial(open_encoder, screen=True), fps=SCREEN_FPS
    )
    pace, slot = ScreenPace(), Slot()
    stream = VideoStream(AtOnce(), slot, clock)
    octets, shown, sharp = 0, None, []
    for hundredth in range(400):
        now[0] = 50.0 + hundredth / 100
        top = 0 if hundredth < 200 else 130
        if hundredth in (0, 200):
            pace.change()
        if pace.due is not None and pace.due <= now[0]:
            picture = CapturedFrame(text[top : top + 720].copy(), "bgr", 1280, 720, now[0])
            for made in pyramid.encode(picture, EncodingPlan({1: KBPS}, max_lines=1080)):
                frame = made.frame
                octets += len(frame.data)
                pace.encoded(now[0], len(frame.data), KBPS, pyramid.quantizer)
                stream.push(frame_flags(frame.key, 0), pack(frame), made.media_ts, now[0])
        shown = slot.take() or shown
        if hundredth in (100, 300):
            source = cv2.cvtColor(text[top : top + 720], cv2.COLOR_BGR2GRAY)
            sharp.append(psnr(cv2.cvtColor(bgr_of(shown), cv2.COLOR_BGR2GRAY), source))
    pyramid.close()
    assert min(sharp) >= 35.0
    assert octets * 8 / 4.0 / 1000 <= 1.1 * KBPS


class StillScreen(ThreadedSource):
    """Captures the same page over and over."""

    def __init__(self) -> None:
        super().__init__("still")

    def _run(self, frames) -> None:
        pixels = page(640, 360)
        while not self._stopping.is_set():
            frames.put(CapturedFrame(pixels.copy(), "bgr", 640, 360, self._clock()))
            self._stopping.wait(0.05)


async def screen_of(slot) -> np.ndarray:
    found = []
    await until(lambda: found.append(slot.take()) or found[-1])
    return bgr_of(found[-1])


def test_a_screen_is_seen_by_who_looks_at_it_beside_the_camera_and_by_who_comes_later():
    async def scenario():
        async with calling("abc", camera="a") as (a, b, c):
            a.call.set_screen(StillScreen())
            b.call.set_screen_tile(a.dev, 640, 360, True)
            assert (await b.picture_from(a)).height == 180
            slot = b.call.screen_slot(a.dev)
            assert (await screen_of(slot)).shape == (360, 640, 3)
            assert c.call.screen_slot(a.dev).puts == 0
            await until(lambda: a.call._own.screen.video._worker._pace.due is None, 15.0)
            await asyncio.sleep(0.2)  # what is under way
            shown = slot.puts
            source = cv2.cvtColor(page(640, 360), cv2.COLOR_BGR2GRAY)
            await asyncio.sleep(0.3)
            assert slot.puts == shown  # nothing changes, so nothing is sent
            c.call.set_screen_tile(a.dev, 640, 360, True)
            seen = cv2.cvtColor(await screen_of(c.call.screen_slot(a.dev)), cv2.COLOR_BGR2GRAY)
            assert psnr(seen, source) > 30
            a.call.set_screen(None)
            await until(lambda: not a.call._own.screen.video.alive)
            assert not a.call._own.screen.video.active

    asyncio.run(scenario())


def test_a_film_on_a_screen_moves_as_a_camera_does():
    async def scenario():
        from media.video.camera import TestPicture

        async with calling("ab") as (a, b):
            a.call.set_screen(TestPicture(640, 360), motion=True)
            b.call.set_screen_tile(a.dev, 640, 360, True)
            slot = b.call.screen_slot(a.dev)
            await until(lambda: slot.puts > 20)
            assert len(a.call._own.screen._layers.shares) == 3

    asyncio.run(scenario())
