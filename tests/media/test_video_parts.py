"""Mailboxes, held frames, meters, the test picture, cameras: small parts of the picture."""

import threading
import time

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from media.errors import CameraError
from media.held_frames import MAX_AGE, MAX_FRAMES, Held, HeldFrames
from media.meter import RateMeter, VideoMeter
from media.slot import Slot
from media.video.camera import CapturedFrame, FileCamera, open_camera
from media.video.decoder import VideoDecoder
from media.video.encoder import open_encoder
from media.video.picture import Picture, made_size
from media.video.scaling import own_picture, scaled
from media.video.scene import Scene, read_luma_time_code, read_time_code, stamp


def test_the_newest_value_wins_and_the_lost_ones_are_counted():
    woken = []
    slot = Slot(lambda: woken.append(1))
    for value in (1, 2, 3):
        slot.put(value)
    assert slot.take() == 3
    assert slot.take() is None
    assert (slot.puts, slot.overwritten, len(woken)) == (3, 2, 1)
    slot.put(4)
    assert len(woken) == 2


def test_whoever_waits_at_a_slot_wakes_up_when_it_closes():
    slot: Slot[int] = Slot()
    got = []
    thread = threading.Thread(target=lambda: got.append(slot.wait(5.0)))
    thread.start()
    slot.close()
    thread.join(1.0)
    assert got == [None]
    slot.put(1)
    assert slot.take() is None


def test_held_frames_are_bounded_by_number_size_and_age():
    held = HeldFrames()
    for number in range(100):
        held.hold(Held(2, number, b"x", 10.0))
    assert len(held) == MAX_FRAMES
    assert held.dropped == 100 - MAX_FRAMES
    held.hold(Held(2, 100, bytes(2**21 - 10), 10.5))
    assert len(held) <= 11
    held.hold(Held(2, 101, b"y", 11.2))
    assert [frame.sequence for frame in held.take(10.0 + MAX_AGE + 0.1)] == [100, 101]
    assert held.take(11.2) == []


def test_rates_are_over_the_last_seconds():
    meter = RateMeter()
    assert meter.kbps == 0.0
    for tenth in range(100):
        meter.count_to(tenth * 1250, tenth / 10)
    assert meter.kbps == pytest.approx(100.0)


def test_a_freeze_is_a_gap_that_is_not_a_camera_switched_off():
    meter = VideoMeter()
    now, picture, ts = 100.0, 0, 0

    def show(after, skipped=0.0, lost=0):
        nonlocal now, picture, ts
        now += after
        picture += 1 + lost
        ts += round((skipped or after) * 90_000)
        meter.decoded((640, 360), (picture, ts), now - 0.02, now)

    for _ in range(60):
        show(1 / 30)
    stats = meter.snapshot(now, 500.0)
    assert stats.fps == pytest.approx(30, abs=1)
    assert stats.latency_ms == pytest.approx(20)
    assert stats.freezes == 0
    show(0.5, lost=14)
    assert meter.freezes == 1
    assert meter.freeze_s == pytest.approx(0.5)
    show(30.0)  # the camera was off
    assert meter.freezes == 1


def test_what_is_usual_is_the_mean_of_the_last_thirty_intervals_freezes_among_them():
    meter, now = VideoMeter(), 0.0

    def show(after: float) -> int:
        nonlocal now
        now += after
        number = meter.frames + 1
        meter.decoded((640, 360), (number + 5 * number, round(now * 90_000)), None, now)
        return meter.freezes

    for _ in range(40):
        show(0.1)
    assert show(0.29) == 0  # less than three times, less than 150 ms more
    assert show(0.33) == 1
    for _ in range(8):
        show(0.5)
    freezes = meter.freezes
    for _ in range(30):
        show(0.5)
    assert meter.freezes < freezes + 10  # two pictures a second have become usual
    assert show(0.5) == meter.freezes == show(0.6)


def test_what_a_picture_costs_is_a_mean_of_the_last_ones():
    meter = VideoMeter()
    for _ in range(100):
        meter.worked(0.002, 0.03)
    stats = meter.snapshot(0.0, 0.0)
    assert stats.decode_ms == pytest.approx(2.0)
    assert stats.held_ms == pytest.approx(30.0, rel=0.01)


def picture_of(i420: np.ndarray, width: int, height: int) -> Picture:
    bgra = cv2.cvtColor(i420, cv2.COLOR_YUV2BGRA_I420)
    scaled = cv2.resize(bgra, (width, height), interpolation=cv2.INTER_AREA)
    return Picture(width, height, width * 4, scaled.tobytes(), None)


@pytest.mark.parametrize("size", [(640, 360), (1280, 720)])
def test_the_time_code_survives_encoding_and_scaling(size):
    width, height = size
    scene = Scene(width, height)
    encoder = open_encoder(width, height, 300, 30)
    decoder = VideoDecoder()
    for number in range(6):
        captured = 12345.6789 + number / 30
        encoded = encoder.encode(scene.picture(number / 30, captured), number == 0)
        if encoded is None:
            continue
        frame = decoder.decode(encoded.data)
        for tile in (None, (320, 180), (480, 270), (213, 120), (700, 500)):
            picture = decoder.picture(frame, tile, None)
            assert read_time_code(picture, near=12000.0) == pytest.approx(captured, abs=1.1e-4)
    encoder.close()


def test_a_picture_without_a_time_code_has_none():
    assert read_time_code(Picture(640, 360, 2560, bytes(2560 * 360), 0.0)) is None
    noise = np.random.default_rng(1).integers(0, 255, (360, 640), np.uint8)
    assert read_luma_time_code(noise, 0.0) is None


@given(st.floats(0, 1e7))
@settings(max_examples=50)
def test_any_time_can_be_written_and_read(captured):
    luma = np.zeros((180, 320), np.uint8)
    stamp(luma, captured)
    assert read_luma_time_code(luma, captured + 3600.0) == pytest.approx(captured, abs=1.1e-4)


def test_pictures_are_made_for_their_tile():
    assert made_size((1280, 720), (320, 180)) == (320, 180)
    assert made_size((640, 360), (1920, 1080)) == (1920, 1080)
    assert made_size((640, 480), (320, 180)) == (320, 240)  # of another shape: cut above and below
    assert made_size((640, 360), (421, 236)) == (420, 236)  # even, whatever the tile
    assert made_size((640, 360), (636, 357)) == (640, 360)  # a little too large: cut, not scaled
    assert made_size((1280, 720), (636, 357)) == (640, 360)  # a half is made quickly
    assert made_size((640, 360), None) == (640, 360)


@given(*[st.integers(16, 4000)] * 4)
@example(80, 1748, 16, 857)  # a half fits, but for its shape is still twice the tile
def test_no_sender_makes_us_draw_much_more_than_the_tile(width, height, across, down):
    made = made_size((width, height), (across, down))
    assert made == (width, height) or made[0] * made[1] <= 2 * (across + 2) * (down + 2) + 4000


@pytest.mark.parametrize("size", [(640, 360), (426, 240), (1280, 720), (96, 54)])
@pytest.mark.parametrize("form", ["i420", "bgr"])
def test_a_picture_in_another_size_looks_the_same(size, form):
    scene = Scene(1280, 720).picture(1.0, 0.0)
    pixels = scene if form == "i420" else cv2.cvtColor(scene, cv2.COLOR_YUV2BGR_I420)
    captured = CapturedFrame(pixels, form, 1280, 720, 0.0)
    smooth = cv2.resize(scene[:720], size, interpolation=cv2.INTER_AREA).astype(float)
    assert np.abs(scaled(captured, *size)[: size[1]] - smooth).mean() < 2.0
    own = own_picture(captured, size)
    assert own.width in range(size[0], size[0] + 2)
    assert own.height in range(size[1], size[1] + 2)
    green = np.frombuffer(own.pixels, np.uint8).reshape(own.height, own.width, 4)[..., 1]
    whole = cv2.cvtColor(scene, cv2.COLOR_YUV2BGR_I420)[..., 1]
    assert np.abs(green - cv2.resize(whole, (own.width, own.height)).astype(float)).mean() < 3.0


def collect(source, count, seconds=5.0):
    frames, failures = Slot(), []
    source.start(frames, failures.append)
    got = []
    until = time.monotonic() + seconds
    while len(got) < count and not failures and time.monotonic() < until:
        frame = frames.wait(0.2)
        if frame is not None:
            got.append(frame)
    source.stop()
    assert source.join(2.0)
    return got, failures


def test_the_test_picture_moves_at_its_pace():
    got, failures = collect(open_camera("test:320x180", fps=30), 10)
    assert failures == []
    assert (got[0].width, got[0].height, got[0].pixels.shape) == (320, 180, (270, 320))
    assert got[-1].captured - got[0].captured > 0.2
    assert read_luma_time_code(got[3].pixels[:180], got[3].captured) == pytest.approx(
        got[3].captured, abs=1.1e-4
    )
    assert (got[0].pixels[60:] != got[-1].pixels[60:]).any()


@pytest.fixture
def clip(tmp_path):
    """Eight pictures at 25 per second, each of one grey."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    for grey in range(8):
        writer.write(np.full((48, 64, 3), grey * 30, np.uint8))
    writer.release()
    return path


def test_a_file_plays_at_its_own_pace_and_begins_again(clip):
    source = open_camera(str(clip))
    assert isinstance(source, FileCamera)
    got, failures = collect(source, 12)
    assert failures == []
    greys = [int(frame.pixels.mean()) for frame in got]
    assert greys[8] < 20 < greys[4]
    assert 0.02 < (got[10].captured - got[0].captured) / 10 < 0.06


def test_what_cannot_be_opened_says_so_in_one_line(tmp_path):
    assert open_camera("none") is None
    with pytest.raises(CameraError, match="no video file"):
        open_camera(str(tmp_path / "missing.mkv"))
    with pytest.raises(CameraError, match="test"):
        open_camera("test:7x7")
    text = tmp_path / "text.mkv"
    text.write_text("no video")
    for source in (open_camera(str(text)), open_camera("97"), open_camera("No such camera")):
        got, failures = collect(source, 1)
        assert got == []
        assert len(failures) == 1
        assert "\n" not in str(failures[0])
