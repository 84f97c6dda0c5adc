"""What one peer gets of a stream: only what it can decode, one size after the other."""

import pytest
from fakes.vp8_frames import Numbered as Encoder
from hypothesis import given
from hypothesis import strategies as st

from media.video.feed import (
    KEY_FRAME_PAUSE,
    NO_LAYER_1,
    NO_LAYER_2,
    STILL_EVERY,
    TROUBLED,
    UNDER_WAY,
    Feed,
)
from media.video.layers import CHOKED, Share
from media.video.vp8 import Continuity, VideoFrame

ALL = 3
SMALL, LARGE = 0, 1


def fed(feed: Feed, frames, backlog: float = 0.0, now: float = 0.0) -> list[VideoFrame]:
    return [frame for frame in frames if feed.takes(frame, backlog, now)]


def test_nothing_goes_to_a_peer_before_the_first_key_frame():
    feed, encoder = Feed(), Encoder(SMALL)
    frames = [encoder.frame(number == 5) for number in range(9)]
    assert fed(feed, frames) == []
    feed.aim(Share(SMALL, ALL))
    assert feed.needs_key_frame(0.0, 0.0) == SMALL
    assert fed(feed, frames) == frames[5:]
    assert feed.needs_key_frame(9.0, 0.0) is None


def test_the_old_size_goes_on_until_the_key_frame_of_the_new_one():
    feed, small, large = Feed(), Encoder(SMALL), Encoder(LARGE)
    feed.aim(Share(SMALL, ALL))
    assert len(fed(feed, [small.frame(True), small.frame()])) == 2
    feed.aim(Share(LARGE, ALL))
    assert feed.needs_key_frame(0.0, 0.0) == LARGE
    taken = fed(feed, [large.frame(), small.frame(), large.frame(True), small.frame()])
    assert [(frame.size, frame.key) for frame in taken] == [(SMALL, False), (LARGE, True)]
    assert feed.size == LARGE


@pytest.mark.parametrize(
    ("layers", "taken"), [(3, [0, 2, 1, 2, 0, 2]), (2, [0, 1, 0]), (1, [0, 0])]
)
def test_a_share_has_its_layers(layers, taken):
    feed, encoder = Feed(), Encoder(SMALL)
    feed.aim(Share(SMALL, layers))
    frames = [encoder.frame(number == 0) for number in range(6)]
    assert [frame.layer for frame in fed(feed, frames)] == taken


def test_what_piles_up_costs_layers_at_once_and_they_come_back_when_it_is_gone():
    feed, encoder = Feed(), Encoder(SMALL)
    feed.aim(Share(SMALL, ALL))
    fed(feed, [encoder.frame(True)])

    def layers(backlog):
        frames = [encoder.frame() for _ in range(4)]
        return sorted(frame.layer for frame in fed(feed, frames, backlog))

    assert layers(NO_LAYER_2 + 0.01) == [0, 1]
    assert layers(NO_LAYER_1 + 0.01) == [0]
    assert layers(0.08) == [0]
    assert layers(0.0) == [0, 1, 2, 2]
    assert feed.left_out == 2 + 3 + 3


def test_a_choked_path_gets_nothing_until_a_key_frame_of_a_smaller_size():
    feed, small, large = Feed(), Encoder(SMALL), Encoder(LARGE)
    feed.aim(Share(LARGE, ALL))
    fed(feed, [large.frame(True), large.frame()])
    over = CHOKED + 0.05
    assert fed(feed, [large.frame() for _ in range(8)], over) == []
    assert fed(feed, [large.frame(True)], over) == []
    assert feed.needs_key_frame(2.0, over) is None  # a key frame would only make it worse
    assert fed(feed, [large.frame() for _ in range(8)], 0.0) == []
    feed.aim(Share(SMALL, ALL))
    assert feed.needs_key_frame(2.0, over) == SMALL
    assert len(fed(feed, [small.frame(True)], over)) == 1


def test_a_key_frame_under_way_is_not_asked_for_again():
    feed, encoder = Feed(), Encoder(SMALL)
    feed.aim(Share(SMALL, ALL))
    fed(feed, [encoder.frame(True)], now=10.0)
    feed.ask(10.2 + UNDER_WAY / 2, round_trip=0.2)
    assert feed.needs_key_frame(11.0, 0.0) is None
    feed.ask(10.3 + UNDER_WAY, round_trip=0.2)
    assert feed.needs_key_frame(11.0, 0.0) == SMALL


def test_who_asks_on_and_on_is_in_trouble_and_gets_key_frames_ever_more_seldom():
    feed, encoder = Feed(), Encoder(SMALL)
    feed.aim(Share(SMALL, ALL))
    fed(feed, [encoder.frame(True)])
    made = []
    for tenth in range(1, 300):
        now = tenth / 10
        feed.ask(now, 0.0)
        if feed.needs_key_frame(now, 0.0) is not None and fed(feed, [encoder.frame(True)], now=now):
            made.append(now)
    assert feed.troubled
    assert made[0] <= KEY_FRAME_PAUSE + 0.1
    assert 5 < len(made) < 12
    quiet = Feed()
    quiet.aim(Share(SMALL, ALL))
    for now in (10.0, 20.0, 30.0, 40.0):
        quiet.ask(now, 0.0)
    assert TROUBLED > 1
    assert not quiet.troubled


def test_stills_are_key_frames_now_and_then():
    feed, encoder = Feed(), Encoder(SMALL)
    feed.aim(Share(SMALL, 0))
    shown = []
    for tenth in range(100):
        now = tenth / 10
        key = feed.needs_key_frame(now, 0.0) == SMALL or tenth % 25 == 0
        shown += [now for frame in fed(feed, [encoder.frame(key)], now=now) if frame.key]
    assert shown == [0.0, STILL_EVERY, 2 * STILL_EVERY]


event = st.tuples(
    st.sampled_from(
        [None, Share(0, 3), Share(1, 3), Share(0, 2), Share(1, 1), Share(2, 3), Share(0, 0)]
    ),
    st.sets(st.sampled_from([0, 1, 2])),
    st.floats(0.0, 0.5),
)


@given(st.lists(event, max_size=80))
def test_whatever_happens_what_is_sent_can_be_decoded(events):
    feed, receiver = Feed(), Continuity()
    encoders = [Encoder(size) for size in range(3)]
    for number, (share, keys, backlog) in enumerate(events):
        if number % 4 == 0:
            feed.aim(share)
        for encoder in encoders:
            frame = encoder.frame(encoder.size in keys)
            if feed.takes(frame, backlog, number / 30):
                assert receiver.admit(frame)
                assert feed.share is not None
