"""What is known of a VP8 frame before a decoder sees it."""

import itertools

import pytest
from fakes.vp8_frames import key_frame
from hypothesis import given
from hypothesis import strategies as st

from media.sealing import frame_flags
from media.video.vp8 import Continuity, VideoFrame, is_size_allowed, key_frame_size, pack, unpack

PATTERN = [(0, False), (2, False), (1, False), (2, True)]


def stream(count: int, keys: tuple[int, ...] = (0,), size: int = 0):
    """The frames an encoder makes, as they come out of `unpack`."""
    frames, group, place = [], 250, 0
    for number in range(count):
        key = number in keys
        if key:
            place = 0
        layer, needs = PATTERN[place % 4]
        group += layer == 0
        picture = number + 65_530 & 0xFFFF
        frames.append(VideoFrame(size, key, layer, needs, picture, group & 0xFF, b""))
        place += 1
    return frames


def test_the_size_of_a_key_frame_is_read_from_its_header():
    assert key_frame_size(key_frame(640, 360)) == (640, 360)
    assert key_frame_size(key_frame(640 | 0x4000, 360 | 0x8000)) == (640, 360)  # scaling bits
    assert key_frame_size(key_frame(640, 360)[:9]) is None
    assert key_frame_size(b"\x11" + key_frame(640, 360)[1:]) is None
    assert key_frame_size(b"\x10\x02\x00\x9d\x01\x2b" + bytes(9)) is None


@pytest.mark.parametrize(
    ("size", "allowed"),
    [
        ((640, 360), True), ((16, 16), True), ((1920, 1088), True), ((0, 0), False),
        ((16383, 16383), False), ((1921, 1080), False), ((1920, 1089), False), ((15, 360), False),
    ],
)  # fmt: skip
def test_only_sizes_of_a_meeting_are_allowed(size, allowed):
    assert is_size_allowed(size) is allowed


def packed(data: bytes) -> bytes:
    return pack(VideoFrame(1, False, 0, False, 7, 44, data))


def test_flags_and_bytes_must_agree():
    data = key_frame(64, 64)
    good = unpack(frame_flags(True, 0), packed(data))
    assert good == VideoFrame(1, True, 0, False, 7, 44, data)
    delta = b"\x11" + data[1:]
    assert unpack(frame_flags(False, 2, True), packed(delta)).needs_layer_1
    for flags, frame in [
        (frame_flags(False, 0), packed(data)),  # a key frame that is said to be none
        (frame_flags(True, 0), packed(delta)),
        (frame_flags(True, 1), packed(data)),
        (frame_flags(False, 3), packed(delta)),
        (0x80, packed(delta)),
        (frame_flags(True, 0), b"\x00\x07"),
    ]:
        assert unpack(flags, frame) is None


@given(st.integers(0, 255), st.binary(max_size=40))
def test_no_bytes_make_the_parser_raise(flags, frame):
    found = unpack(flags, frame)
    if found is not None and found.key:
        key_frame_size(found.data)


def test_everything_is_admitted_in_order():
    continuity = Continuity()
    assert all(continuity.admit(frame) for frame in stream(300, keys=(0, 13, 14, 101)))


def decodable(frames, kept):
    """The oracle: which frames have all that they refer to, by the encoder's pattern."""
    have, base, last_base, last_one = set(), -1, None, None
    for number, frame in enumerate(frames):
        if frame.key:
            good = True
        elif frame.layer == 0:
            good = last_base in have
        else:
            good = base in have and (not frame.needs_layer_1 or last_one in have)
        if frame.layer == 0:
            last_base = base = number
            last_one = None
        if frame.layer == 1:
            last_one = number
        if number in kept and good:
            have.add(number)
    return have


@given(st.sets(st.integers(0, 59)), st.sets(st.integers(1, 59), max_size=3))
def test_whatever_is_lost_just_the_decodable_frames_are_admitted(lost, keys):
    frames = stream(60, keys=(0, *keys))
    kept = set(range(60)) - lost
    continuity = Continuity()
    admitted = {number for number in sorted(kept) if continuity.admit(frames[number])}
    assert admitted == decodable(frames, kept)


@given(st.permutations(range(12)))
def test_an_old_frame_is_never_admitted_after_a_newer_one(order):
    frames = stream(12)
    continuity = Continuity()
    admitted = [n for n in order if continuity.admit(frames[n])]
    since_key = admitted[admitted.index(0) :] if 0 in admitted else admitted
    assert all(a < b for a, b in itertools.pairwise(since_key))


def test_another_size_begins_with_a_key_frame_and_there_is_no_way_back_without_one():
    small, large = stream(20), stream(20, size=1)
    continuity = Continuity()
    order = [*small[:3], large[0], large[1], small[3], *large[2:4], small[0], small[1]]
    assert [continuity.admit(f) for f in order] == [True] * 5 + [False] * 3 + [True, True]
    continuity = Continuity()
    order = [*small[:3], *large[1:3], small[3]]
    assert [continuity.admit(f) for f in order] == [True] * 3 + [False] * 3
    assert continuity.needs_key_frame


def test_after_a_loss_of_state_only_a_key_frame_helps():
    frames = stream(30, keys=(0, 20))
    continuity = Continuity()
    for frame in frames[:9]:
        continuity.admit(frame)
    continuity.lose()
    assert continuity.needs_key_frame
    assert [n for n in range(9, 24) if continuity.admit(frames[n])] == [20, 21, 22, 23]
