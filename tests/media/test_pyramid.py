"""One picture in several sizes: encoded once each, and whole on the other side whatever is lost."""

import contextlib
import gc
import random
import threading
import time
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from fakes.decoding import AtOnce, bgr_of, psnr

from media.sealing import frame_flags
from media.slot import Slot
from media.video.camera import CapturedFrame
from media.video.encoder import AvEncoder
from media.video.feed import Feed
from media.video.layers import CAMERA_LADDER, Share
from media.video.pyramid import LINGER, EncodingPlan, Pyramid
from media.video.scene import Scene
from media.video.stream import VideoStream
from media.video.vp8 import key_frame_size, pack
from media.video.vpx import I420, EncodedFrame

SMALL, MIDDLE, LARGE = 0, 1, 2


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def captured(scene: Scene, width: int, height: int, at: float) -> CapturedFrame:
    return CapturedFrame(scene.picture(at, at), "i420", width, height, at)


class Slow(AvEncoder):
    """An encoder that takes as long as the test says."""

    def take(self, clock: Clock, seconds: list[float]) -> "Slow":
        self.clock, self.seconds = clock, seconds
        return self

    def encode(self, picture: I420, key: bool) -> EncodedFrame | None:
        self.clock.now += self.seconds.pop()
        return super().encode(picture, key)


class Instant(AvEncoder):
    """An encoder that has nothing to do."""

    def encode(self, picture: I420, key: bool) -> EncodedFrame | None:
        return EncodedFrame(b"picture", key, 0, False)


@contextlib.contextmanager
def any_moment_may_be_anothers() -> Iterator[None]:
    """Let another thread run wherever memory is taken: there the collector calls whom it likes."""

    def step_aside(phase: str, info: dict[str, int]) -> None:
        time.sleep(0.0002)

    before = gc.get_threshold()
    gc.callbacks.append(step_aside)
    gc.set_threshold(1)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(step_aside)


def test_figures_can_be_read_while_pictures_are_encoded():
    pyramid = Pyramid(CAMERA_LADDER, time.monotonic, make=Instant)
    picture = captured(Scene(160, 90), 160, 90, 100.0)
    plan = EncodingPlan({SMALL: 100})
    list(pyramid.encode(picture, plan))
    over = threading.Event()

    def encode() -> None:
        while not over.is_set():
            list(pyramid.encode(picture, plan))

    encoding = threading.Thread(target=encode)
    encoding.start()
    try:
        with any_moment_may_be_anothers():
            told = [pyramid.encodings[SMALL].stats(time.monotonic()) for _ in range(50)]
    finally:
        over.set()
        encoding.join()
    assert told[-1].frames > told[0].frames


def test_the_time_for_a_picture_is_told_as_it_mostly_is_and_as_it_is_at_worst():
    clock, seconds = Clock(), [0.040] * 10 + [0.002] * 90 + [1.0] * 20
    pyramid = Pyramid(CAMERA_LADDER, clock, make=lambda *all_: Slow(*all_).take(clock, seconds))
    scene = Scene(160, 90)
    for _ in range(len(seconds)):
        list(pyramid.encode(captured(scene, 160, 90, clock.now), EncodingPlan({SMALL: 100})))
    told = pyramid.encodings[SMALL].stats(clock.now)
    assert told.encode_ms == pytest.approx(2.0), "the first 20 are forgotten"
    assert told.encode_p95_ms == pytest.approx(40.0)


def test_each_size_that_is_wanted_is_encoded_once_and_no_other():
    clock = Clock()
    pyramid, scene = Pyramid(CAMERA_LADDER, clock), Scene(1280, 720)
    plan = EncodingPlan({SMALL: 200, LARGE: 1500})
    picture = captured(scene, 1280, 720, clock.now)
    frames = list(pyramid.encode(picture, plan))
    assert [(f.frame.size, f.frame.key) for f in frames] == [(SMALL, True), (LARGE, True)]
    assert [key_frame_size(f.frame.data) for f in frames] == [(320, 180), (1280, 720)]
    frames = list(pyramid.encode(picture, EncodingPlan(plan.rates, {LARGE: 1})))
    assert [(f.frame.size, f.frame.key) for f in frames] == [(SMALL, False), (LARGE, True)]
    frames = list(pyramid.encode(picture, EncodingPlan(plan.rates, {LARGE: 1})))
    assert [f.frame.key for f in frames] == [False, False]
    assert [each.width for each in pyramid.stats(clock.now)] == [320, 1280]
    pyramid.close()


def test_an_encoder_that_nobody_wants_is_closed_after_a_moment():
    clock = Clock()
    pyramid, scene = Pyramid(CAMERA_LADDER, clock), Scene(640, 360)
    both, one = EncodingPlan({SMALL: 200, MIDDLE: 500}), EncodingPlan({MIDDLE: 500})
    for plan in (both, one, both):
        list(pyramid.encode(captured(scene, 640, 360, clock.now), plan))
        clock.now += LINGER / 2
    assert pyramid.counters["encoder_opened"] == 2
    for _ in range(4):
        list(pyramid.encode(captured(scene, 640, 360, clock.now), one))
        clock.now += LINGER / 2
    assert [each.height for each in pyramid.stats(clock.now)] == [360]
    frames = list(pyramid.encode(captured(scene, 640, 360, clock.now), both))
    assert frames[0].frame.key
    assert frames[0].frame.picture == 3  # the numbers go on
    pyramid.close()


def test_what_the_camera_does_not_have_is_not_made_up():
    clock = Clock()
    pyramid = Pyramid(CAMERA_LADDER, clock)
    bgr = np.full((480, 640, 3), 90, np.uint8)
    plan = EncodingPlan({SMALL: 100, LARGE: 900})
    frames = list(pyramid.encode(CapturedFrame(bgr, "bgr", 640, 480, 1.0), plan))
    assert [key_frame_size(f.frame.data) for f in frames] == [(240, 180), (640, 480)]
    tiny = CapturedFrame(np.full((120, 160, 3), 90, np.uint8), "bgr", 160, 120, 1.1)
    frames = list(pyramid.encode(tiny, plan))
    assert [(f.frame.size, key_frame_size(f.frame.data)) for f in frames] == [(0, (160, 120))]
    pyramid.close()


def test_without_libvpx_every_size_is_encoded_all_the_same():
    clock = Clock()
    pyramid, scene = Pyramid(CAMERA_LADDER, clock, make=AvEncoder), Scene(640, 360)
    plan = EncodingPlan({SMALL: 200, MIDDLE: 500})
    for number in range(3):
        picture = captured(scene, 640, 360, clock.now + number / 30)
        frames = list(pyramid.encode(picture, plan))
        assert [(f.frame.size, f.frame.key) for f in frames] == [
            (SMALL, not number),
            (MIDDLE, not number),
        ]
    pyramid.close()


@pytest.mark.parametrize(("loss", "seed"), [(0.0, 1), (0.05, 2), (0.3, 3)])
def test_through_loss_and_changes_of_size_every_picture_shown_is_whole(loss, seed):
    rng, clock = random.Random(seed), Clock()
    scene = Scene(640, 360)
    pyramid = Pyramid(CAMERA_LADDER, clock)
    feed, slot = Feed(), Slot()
    stream = VideoStream(AtOnce(), slot, clock)
    keys, asked_at, worst, shown, sizes = {SMALL: 0, MIDDLE: 0}, 0.0, 99.0, 0, set()
    for number in range(150):
        clock.now += 1 / 30
        if number % 50 == 0:
            feed.aim(Share(MIDDLE if number % 100 else SMALL, rng.choice([2, 3])))
        if stream.wants_key_frame and clock.now - asked_at > 0.5:
            asked_at = clock.now
            feed.ask(clock.now, 0.0)
        needed = feed.needs_key_frame(clock.now, 0.0)
        if needed is not None:
            keys[needed] += 1
        picture = captured(scene, 640, 360, clock.now)
        for made in pyramid.encode(picture, EncodingPlan({SMALL: 250, MIDDLE: 700}, dict(keys))):
            frame = made.frame
            if feed.takes(frame, 0.0, clock.now) and rng.random() >= loss:
                flags = frame_flags(frame.key, frame.layer, frame.needs_layer_1)
                stream.push(flags, pack(frame), made.media_ts, clock.now)
        found = slot.take()
        if found is None:
            continue  # frozen, which is better than broken
        shown += 1
        sizes.add(found.height)
        source = cv2.cvtColor(picture.pixels, cv2.COLOR_YUV2BGR_I420)
        source = cv2.resize(source, (found.width, found.height), interpolation=cv2.INTER_AREA)
        worst = min(worst, psnr(bgr_of(found), source))
    pyramid.close()
    assert worst >= 25.0
    assert sizes == {180, 360}
    assert shown >= 150 * (0.62 if not loss else 0.5 if loss < 0.1 else 0.05)
    assert stream.counters["video_decode_errors"] == 0
