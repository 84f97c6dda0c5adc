"""The VP8 encoder: rates at run time, key frames, layers that can be left out."""

import av
import numpy as np
import pytest

from media.errors import EncoderError
from media.video.encoder import AvEncoder, open_encoder
from media.video.vpx import VpxEncoder

WIDTH, HEIGHT = 320, 180


def pictures(count: int, width: int = WIDTH, height: int = HEIGHT) -> list[np.ndarray]:
    """A textured picture that drifts, with a little noise: something to encode."""
    random = np.random.default_rng(5)
    coarse = random.integers(40, 200, (height // 8 + 2, width // 8 + count // 4 + 4), np.uint8)
    wide = np.kron(coarse, np.ones((8, 8), np.uint8))
    made = []
    for number in range(count):
        luma = wide[:height, 2 * number : 2 * number + width].astype(np.int16)
        luma = np.clip(luma + random.integers(-6, 7, luma.shape), 0, 255).astype(np.uint8)
        chroma = np.full((height // 2, width), 128, np.uint8)
        made.append(np.ascontiguousarray(np.vstack([luma, chroma])))
    return made


def kbps(frames, fps: int = 30) -> float:
    return sum(len(f.data) for f in frames if f) * 8 * fps / len(frames) / 1000


def decode(frames) -> list[np.ndarray]:
    decoder = av.CodecContext.create("vp8", "r")
    decoded = []
    for frame in frames:
        decoded += [d.to_ndarray(format="yuv420p") for d in decoder.decode(av.Packet(frame.data))]
    return decoded


def test_the_rate_follows_at_run_time_without_a_key_frame():
    encoder = VpxEncoder(WIDTH, HEIGHT, 800, 30)
    source = pictures(180)
    frames = [encoder.encode(picture, False) for picture in source[:60]]
    encoder.set_rate(200)
    frames += [encoder.encode(picture, False) for picture in source[60:]]
    encoder.close()
    assert [number for number, frame in enumerate(frames) if frame and frame.key] == [0]
    assert 500 < kbps(frames[20:60]) < 1000
    assert 120 < kbps(frames[100:]) < 300


def test_a_key_frame_comes_when_asked_for():
    encoder = open_encoder(WIDTH, HEIGHT, 400, 30)
    frames = [encoder.encode(p, n == 7) for n, p in enumerate(pictures(12))]
    encoder.close()
    assert [n for n, frame in enumerate(frames) if frame.key] == [0, 7]


def test_layers_can_be_left_out_without_harm():
    encoder = VpxEncoder(WIDTH, HEIGHT, 500, 30)
    source = pictures(41)
    frames = [encoder.encode(p, n == 21) for n, p in enumerate(source)]
    encoder.close()
    assert [f.layer for f in frames[:9]] == [0, 2, 1, 2, 0, 2, 1, 2, 0]
    assert [f.layer for f in frames[21:26]] == [0, 2, 1, 2, 0]
    for highest in (0, 1, 2):
        kept = [(n, f) for n, f in enumerate(frames) if f.layer <= highest]
        for (number, _), picture in zip(kept, decode([f for _, f in kept]), strict=True):
            error = picture[:HEIGHT].astype(float) - source[number][:HEIGHT]
            assert 10 * np.log10(255**2 / (error**2).mean()) > 27


def test_the_encoder_through_pyav_stands_in():
    encoder = AvEncoder(WIDTH, HEIGHT, 300, 30)
    frames = [encoder.encode(p, n == 5) for n, p in enumerate(pictures(10))]
    encoder.set_rate(150)
    frames += [encoder.encode(p, False) for p in pictures(3)]
    encoder.close()
    assert [n for n, frame in enumerate(frames) if frame.key] == [0, 5, 10]
    assert len(decode(frames)) == 13


def test_a_picture_of_another_size_is_refused():
    encoder = open_encoder(WIDTH, HEIGHT, 300, 30)
    with pytest.raises(EncoderError, match="320x180"):
        encoder.encode(pictures(1, 160, 96)[0], False)
    encoder.close()
    with pytest.raises(EncoderError, match="4000"):
        open_encoder(4000, 3000, 300, 30)
    with pytest.raises(EncoderError):
        open_encoder(321, 180, 300, 30)


def still(number: int, noise: float = 0.0, lift: float = 0.0) -> np.ndarray:
    """A picture of a camera that stands still, with its sensor's noise, `lift` brighter."""
    luma = pictures(1)[0][:HEIGHT] * 0.8 + lift
    random = np.random.default_rng(number)
    luma = np.clip(luma + random.normal(0.0, noise, luma.shape), 0, 255).astype(np.uint8)
    return np.vstack([luma, np.full((HEIGHT // 2, WIDTH), 128, np.uint8)])


def test_sensor_noise_is_not_encoded_where_nothing_moves():
    camera = VpxEncoder(WIDTH, HEIGHT, 1000, 30)
    text = VpxEncoder(WIDTH, HEIGHT, 1000, 30, screen=True)
    source = [still(number, noise=1.0) for number in range(60)]
    seen = [camera.encode(picture, False) for picture in source]
    read = [text.encode(picture, False) for picture in source]
    camera.close()
    text.close()
    assert kbps(seen[40:]) < 0.5 * kbps(read[40:])


def test_a_picture_that_grows_brighter_by_less_than_noise_is_followed():
    encoder = VpxEncoder(WIDTH, HEIGHT, 1000, 30)
    source = [still(0, lift=0.1 * number) for number in range(120)]
    frames = [encoder.encode(picture, False) for picture in source]
    encoder.close()
    error = decode(frames)[-1][:HEIGHT].astype(float) - source[-1][:HEIGHT]
    assert abs(error.mean()) < 2.0


def test_large_pictures_of_a_camera_are_encoded_more_quickly_than_asked_for():
    def encoded(speed: int, lines: int) -> list[bytes]:
        encoder = VpxEncoder(1280, lines, 2000, 30)
        encoder.set_speed(speed)
        frames = [encoder.encode(picture, False) for picture in pictures(6, 1280, lines)]
        encoder.close()
        return [frame.data for frame in frames if frame]

    assert encoded(10, 720) == encoded(12, 720)
    assert encoded(10, 704) != encoded(12, 704)
