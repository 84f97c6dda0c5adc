"""One person's sound through a bad network, in simulated time."""

import random

import numpy as np
import pytest
from fakes.sound_network import Listener, delayed, send
from fakes.speech import intelligibility, speech
from hypothesis import given, settings
from hypothesis import strategies as st

from media.sound.opus import Encoder
from media.sound.playout import GIVE_UP, INBOX, Playout

LENGTH = 12.0  # seconds
SPEECH = speech(LENGTH, seed=11)
SENT = send(SPEECH)


def stalled(start, length):
    """A network that holds everything back for `length` seconds, then lets it go at once."""
    return lambda item: max(start + length - item.arrives, 0) if item.arrives >= start else 0


def heard_through(arrivals, until=LENGTH):
    listener = Listener()
    return listener, listener.listen(arrivals, until)


def test_a_clean_network_costs_about_20_ms_and_nothing_is_made_up():
    listener, heard = heard_through(SENT)
    stats = listener.playout.stats
    assert len(heard) == LENGTH * 48_000
    assert intelligibility(SPEECH, heard) > 0.94
    assert np.mean(listener.delays[200:]) < 30
    assert (stats.lost, stats.concealed_ratio, stats.dropped) == (0, 0.0, 0)
    assert stats.packets == len(SENT) - 1  # the last one arrives at the very end


@pytest.mark.parametrize(("loss", "most"), [(0.05, 0.025), (0.1, 0.04), (0.2, 0.11)])
def test_most_of_what_gets_lost_is_recovered_and_the_rest_is_reported(loss, most):
    chance = random.Random(5)
    arrivals = [item for item in SENT if chance.random() >= loss]
    listener, heard = heard_through(arrivals)
    stats = listener.playout.stats
    assert stats.lost == pytest.approx(len(SENT) - len(arrivals), abs=2)
    assert stats.recovered > stats.lost * 0.45
    assert 0 < stats.concealed_ratio < most
    made_up = stats.concealed_ratio * LENGTH / 0.02
    assert made_up == pytest.approx(stats.lost - stats.recovered, rel=0.3)
    assert intelligibility(SPEECH, heard) > 0.8


def test_without_fec_every_lost_packet_is_reported_as_concealed():
    arrivals = [item for item in send(SPEECH, expected_loss=0.0) if item.sequence % 10]
    listener, _ = heard_through(arrivals)
    stats = listener.playout.stats
    assert stats.recovered == 0
    assert stats.concealed_ratio == pytest.approx(0.1, abs=0.015)


def test_jitter_is_waited_out_and_no_more():
    chance = random.Random(6)
    listener, heard = heard_through(delayed(SENT, lambda _: chance.uniform(0, 0.06)))
    stats = listener.playout.stats
    assert stats.concealed_ratio < 0.005
    assert 60 <= np.mean(listener.delays[400:]) <= 105
    assert intelligibility(SPEECH, heard) > 0.94


def test_reordered_packets_are_played_in_order():
    chance = random.Random(7)
    late = delayed(SENT, lambda _: 0.03 if chance.random() < 0.2 else 0.0)
    assert [item.sequence for item in late] != sorted(item.sequence for item in late)
    listener, heard = heard_through(late)
    assert listener.playout.stats.lost <= 3
    assert intelligibility(SPEECH, heard) > 0.94


def test_duplicates_are_played_once():
    twice = [item for item in SENT for _ in range(2)]
    listener, heard = heard_through(twice)
    assert listener.playout.stats.duplicates == len(SENT) - 1
    assert listener.playout.stats.late == 0
    assert intelligibility(SPEECH, heard) > 0.94


def test_after_a_burst_the_delay_returns_to_what_it_was():
    listener, heard = heard_through(delayed(SENT, stalled(6.0, 0.3)))
    before = np.mean(listener.delays[400:600])
    assert max(listener.delays) > 200
    assert np.mean(listener.delays[1000:1100]) < before + 15
    stats = listener.playout.stats
    assert stats.lost == stats.dropped == 0  # late, but every word was played
    assert 0.2 < stats.concealed_ratio * LENGTH < 0.4  # the gap itself was made up
    assert intelligibility(SPEECH, heard) > 0.9


def test_a_long_stall_is_jumped_over_and_counted():
    listener, _ = heard_through(delayed(SENT, stalled(3.0, 0.9)))
    stats = listener.playout.stats
    assert stats.dropped > 20
    assert stats.concealed_ratio * LENGTH > 0.6
    assert max(listener.delays[420:]) < 260


@pytest.mark.parametrize("stall", [0.5, 1.5, 3.0, 6.0])
def test_whatever_the_stall_no_more_than_a_second_waits(stall):
    listener = Listener()
    arrivals = delayed(SENT, stalled(3.0, stall))
    held = []
    for moment in np.arange(0.5, LENGTH, 0.5):
        listener.listen(
            [item for item in arrivals if moment - 0.5 < item.arrives <= moment], moment
        )
        held.append(listener.playout.stats.buffer_ms)
    assert max(held) <= 1100
    assert held[-1] < 250


@pytest.mark.parametrize("ppm", [-200, 200])
def test_a_drifting_sound_card_is_followed_for_minutes(ppm):
    minutes = 2
    once = send(SPEECH[: 6 * 48_000])
    speed = 1 + ppm / 1e6
    many = []
    for n in range(minutes * 60 * 50):
        item = once[n % len(once)]
        many.append(type(item)((n + 1) * 0.02 / speed, n, n * 960, item.packet))
    listener, _ = heard_through(many, until=minutes * 60 - 1)
    stats = listener.playout.stats
    assert stats.lost == stats.dropped == 0
    assert stats.concealed_ratio < 0.0005
    assert max(listener.delays[500:]) < 60
    assert min(listener.delays[500:]) > 5


@pytest.mark.parametrize("speed", [0.9, 1.1])
def test_a_sender_ten_per_cent_off_is_still_played_within_200_ms(speed):
    arrivals = send(SPEECH, speed=speed)
    listener, _ = heard_through(arrivals, until=LENGTH / max(speed, 1.0))
    stats = listener.playout.stats
    assert max(listener.delays[500:]) < 200
    assert stats.buffer_ms < 200
    assert stats.concealed_ratio < 0.08
    assert stats.dropped == 0


def test_a_pause_of_the_sender_is_silence_and_no_loss():
    first, second = SENT[:150], SENT[400:]
    resumed = [
        type(item)(item.arrives, 150 + n, item.media_ts, item.packet)
        for n, item in enumerate(second)
    ]
    listener, heard = heard_through(first + resumed)
    stats = listener.playout.stats
    assert stats.lost == 0
    assert stats.concealed_ratio < 0.005
    assert not heard[4 * 48_000 : 7 * 48_000].any()
    assert intelligibility(SPEECH, heard) > 0.94


def test_an_outage_is_loss_and_made_up_sound():
    arrivals = [item for item in SENT if not 4 < item.arrives <= 6]
    listener, heard = heard_through(arrivals)
    stats = listener.playout.stats
    assert stats.lost == pytest.approx(100, abs=1)
    assert stats.concealed_ratio == pytest.approx(2 / 12, abs=0.02)
    assert not heard[int(4.4 * 48_000) : int(5.9 * 48_000)].any()  # faded out, not droning on
    assert np.mean(listener.delays[-100:]) < 70


def test_after_five_seconds_without_a_packet_there_is_nothing_left():
    listener, _ = heard_through(SENT[:100], until=2 + GIVE_UP + 0.5)
    assert listener.playout.playing_ts is None
    assert listener.playout.stats.level_db == -100
    assert not listener.playout.speaking


def test_sound_that_comes_back_is_faded_in():
    loud = (0.3 * np.sin(np.arange(96_000) * 2 * np.pi * 300 / 48_000)).astype(np.float32)
    _, heard = heard_through(send(loud)[10:], until=1.5)
    first = int(np.argmax(np.abs(heard) > 0))
    rising = np.abs(heard[first : first + 480])
    assert rising[:48].max() < 0.05 < rising.max()


def test_sound_after_a_gap_is_faded_in():
    loud = (0.3 * np.sin(np.arange(3 * 48_000) * 2 * np.pi * 300 / 48_000)).astype(np.float32)
    sent = send(loud)
    stall = delayed(sent, lambda item: 0.35 if item.arrives >= 1.0 else 0.0)
    _, heard = heard_through(stall, until=2.0)
    silent = np.flatnonzero(np.abs(heard[48_000:]) == 0) + 48_000
    assert len(silent) > 480
    after = heard[silent[-1] + 1 :]
    assert np.abs(after[:24]).max() < 0.05
    assert np.abs(after[:9600]).max() > 0.2


@pytest.mark.parametrize("age", [30, 60, 140, 160])
def test_a_straggler_is_late_and_nothing_else(age):
    straggler = SENT[200 - age]
    late = type(straggler)(
        SENT[200].arrives, straggler.sequence, straggler.media_ts, straggler.packet
    )
    arrivals = [item for item in SENT if item is not straggler] + [late]
    listener, heard = heard_through(arrivals)
    stats = listener.playout.stats
    assert (stats.late, stats.lost, stats.dropped) == (1, 1, 0)
    assert max(listener.delays[210:]) < 70
    assert intelligibility(SPEECH, heard) > 0.94


@pytest.mark.parametrize("restart", [5, 100_000])
def test_a_sender_that_begins_again_is_heard_again(restart):
    again = send(SPEECH[: 4 * 48_000], start=5.0, first=restart, ts=123_456)
    listener, heard = heard_through(SENT[:200] + again, until=9.0)
    assert intelligibility(SPEECH, heard[int(5.5 * 48_000) :]) > 0.9
    assert listener.playout.stats.concealed_ratio < 0.02


def test_a_sender_that_numbers_from_the_beginning_again_is_heard_again():
    again = [
        type(item)(item.arrives, item.sequence - 200, item.media_ts, item.packet)
        for item in SENT[200:]
    ]
    listener, heard = heard_through(SENT[:200] + again)
    assert intelligibility(SPEECH, heard[int(4.2 * 48_000) :]) > 0.94
    assert listener.playout.stats.late == 2


def test_the_capture_time_may_wrap_around():
    wrapping = send(SPEECH[: 4 * 48_000], ts=2**32 - 48_000)
    listener, heard = heard_through(wrapping, until=3.9)
    assert listener.playout.stats.concealed_ratio == 0
    assert listener.playout.stats.dropped == 0
    assert intelligibility(SPEECH, heard) > 0.94


def test_the_playing_time_tells_what_is_heard():
    listener, _ = heard_through(SENT, until=5.0)
    behind = (5.0 - 0.01) * 48_000 - listener.playout.playing_ts
    assert 960 < behind < 960 + 0.04 * 48_000  # 20 ms to fill a packet, and the buffer


def test_while_sound_is_made_up_for_long_nobody_is_told_what_moment_it_is_of():
    listener = Listener()
    listener.listen(SENT[:100], until=2.0)
    assert listener.playout.playing_ts is not None
    listener.listen([], until=2.3)
    assert listener.playout.playing_ts is None
    listener.listen(delayed(SENT[100:], lambda _: 0.4), until=4.0)
    assert listener.playout.playing_ts is not None


def test_sound_pushed_without_anybody_pulling_stays_bounded():
    playout = Playout()
    for item in SENT[:400]:
        playout.push(item.sequence, item.media_ts, item.packet, item.arrives)
    assert len(playout._inbox) == INBOX
    assert playout.stats.dropped == 400 - INBOX
    playout.pull(8.0)
    assert playout.stats.buffer_ms <= 1000


def test_what_is_not_opus_is_refused_and_counted():
    broken = [
        type(item)(
            item.arrives, item.sequence, item.media_ts, item.packet if n % 5 else b"\xff" * 1300
        )
        for n, item in enumerate(SENT[:50])
    ]
    listener, _ = heard_through(broken, until=1.1)
    assert listener.playout.stats.refused == 10
    assert listener.playout.stats.lost == 9  # the first is not missed by anybody


def test_someone_who_speaks_is_seen_to_speak():
    listener, spoke = Listener(), []
    pending = list(SENT[:150])
    while listener.now < 2.5:
        arrived = [item for item in pending if item.arrives <= listener.now]
        pending = pending[len(arrived) :]
        listener.listen(arrived, listener.now + 0.01)
        spoke.append(listener.playout.speaking)
    assert np.mean(spoke) > 0.5
    quiet, _ = heard_through(send(np.zeros(3 * 48_000, np.float32)), until=3.0)
    assert not quiet.playout.speaking


PACKETS = [item.packet for item in SENT[:20]] + [
    b"",
    b"\x00",
    bytes([0x0B, 0x03]) + bytes(21),
    bytes([0xFF] * 30),
    bytes([0xE3, 0x18]) + bytes(48),
]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.integers(0, 60), st.integers(-(2**40), 2**40)),
            st.one_of(st.integers(0, 60_000), st.integers(0, 2**32 - 1)),
            st.one_of(st.sampled_from(PACKETS), st.binary(max_size=60)),
            st.floats(0, 8),
        ),
        max_size=60,
    ),
    st.randoms(use_true_random=False),
)
def test_no_peer_can_make_the_playout_fail_or_grow(items, chance):
    playout, now = Playout(), 100.0
    for sequence, media_ts, packet, later in items:
        playout.push(sequence, media_ts, packet, now)
        for _ in range(chance.randrange(4)):
            block = playout.pull(now)
            assert block.shape == (480,)
            assert np.isfinite(block).all()
            assert playout.stats.buffer_ms <= 1120
            now += 0.01
        now += later
    for _ in range(30):
        assert playout.pull(now).shape == (480,)
        now += 0.01
    stats = playout.stats
    assert 0 <= stats.concealed_ratio <= 1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 0.4), st.floats(0, 0.15), st.floats(0, 0.1))
def test_any_network_gives_sound_of_the_right_length_and_an_honest_ratio(seed, loss, jitter, twice):
    chance = random.Random(seed)
    arrivals = [item for item in SENT[:200] if chance.random() >= loss]
    arrivals += [item for item in arrivals if chance.random() < twice]
    arrivals = delayed(arrivals, lambda _: chance.uniform(0, jitter))
    listener, heard = heard_through(arrivals, until=4.0)
    stats = listener.playout.stats
    assert len(heard) == 4.0 * 48_000
    assert np.abs(heard).max() < 2
    assert stats.packets + stats.lost + 20 >= 200 * (1 - loss) * 0.5
    assert 0 <= stats.concealed_ratio <= 0.9
    if not loss and jitter < 0.01:
        assert stats.concealed_ratio < 0.01


def test_an_encoder_of_another_frame_length_is_played_as_well():
    encoder = Encoder()
    parts = [encoder.encode(SPEECH[at : at + 960]) for at in range(0, 96_000, 960)]
    triple = []  # three frames in one packet (RFC 6716, code 3, variable): 60 ms
    for n in range(0, len(parts) - 2, 3):
        frames = [part[1:] for part in parts[n : n + 3]]
        if len({part[0] & 0xFC for part in parts[n : n + 3]}) > 1 or parts[n][0] & 3:
            continue
        sizes = b"".join(_size(len(frame)) for frame in frames[:2])
        packet = bytes([parts[n][0] | 3, 0x80 | 3]) + sizes + b"".join(frames)
        triple.append((n, packet))
    playout, now, heard = Playout(), 0.0, []
    for _ in range(210):
        while triple and (triple[0][0] + 3) * 0.02 <= now:
            n, packet = triple.pop(0)
            playout.push(n // 3, n * 960, packet, now)
        heard.append(playout.pull(now))
        now += 0.01
    assert playout.stats.refused == 0
    assert intelligibility(SPEECH, np.concatenate(heard)) > 0.7


def _size(count):
    return bytes([count]) if count < 252 else bytes([252 + (count & 3), (count - 252) >> 2])


def loudness(sound):
    return 10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-12)


def hostile(make, seconds=4.0):
    """Speech for a second, then packets that `make(n)` gives; returns the listener and the rest."""
    listener, first = Listener(), SENT[:50]
    strange = [
        type(item)(item.arrives, item.sequence, item.media_ts, make(n))
        for n, item in enumerate(SENT[50 : round(seconds * 50)])
    ]
    heard = listener.listen(first + strange, seconds)
    return listener, heard


def test_a_storm_of_packets_that_say_nothing_fades_into_silence():
    for toc in (0x78, 0x08, 0xF8, 0xFC):
        listener, heard = hostile(lambda n, toc=toc: bytes([toc]))
        assert loudness(heard[3 * 48_000 :]) < -55
        assert listener.playout.stats.buffer_ms < 200


def test_packets_that_flip_between_mono_and_stereo_and_coders_are_played_within_bounds():
    chance = random.Random(9)
    music, voice = Encoder(96_000, music=True), Encoder(16_000)
    pieces = [SPEECH[n * 960 : (n + 1) * 960] for n in range(200)]
    packets = [(music if n % 3 else voice).encode(piece) for n, piece in enumerate(pieces)]

    def flipped(n):
        packet = packets[50 + n]
        return bytes([packet[0] ^ (4 if chance.random() < 0.5 else 0)]) + packet[1:]

    listener, heard = hostile(flipped)
    assert np.isfinite(heard).all()
    assert listener.playout.stats.buffer_ms < 200
    assert listener.playout.stats.concealed_ratio < 0.1


def test_packets_of_more_than_60_ms_are_refused_and_count_as_lost():
    long = bytes([0x0B, 0x06]) + b"\x00" * 20
    listener, heard = hostile(lambda n: long)
    assert listener.playout.stats.refused == pytest.approx(150, abs=2)
    assert not heard[2 * 48_000 :].any()


@pytest.mark.parametrize("packets", [20, 90, 145])
def test_a_sender_that_leaps_ahead_is_followed_and_the_leap_is_not_filled_with_noise(packets):
    leap = packets * 0.02
    claimed = [
        type(item)(item.arrives - leap, item.sequence, item.media_ts, item.packet)
        for item in SENT[50 + packets :]
    ]
    listener, heard = heard_through(SENT[:50] + claimed, until=6.0)
    made_up = listener.playout.stats.concealed_ratio * 6
    assert made_up < 0.5
    assert max(listener.delays[250:]) < 100
    assert intelligibility(SPEECH, heard[2 * 48_000 :]) > 0.9


def test_sound_that_cannot_be_opened_is_silence_and_never_noise():
    """What no key opens never gets here: only numbers are missing, as many as were sealed."""
    arrivals = [item for item in SENT if not 2 < item.arrives <= 6]
    _, heard = heard_through(arrivals, until=10.0)
    assert not heard[round(2.4 * 48_000) : round(5.9 * 48_000)].any()
    assert loudness(heard[7 * 48_000 :]) > -30
    assert intelligibility(SPEECH, heard[round(6.5 * 48_000) :]) > 0.9


def test_repetitions_are_played_while_there_is_time_and_waited_for_once_they_pay():
    chance = random.Random(12)
    late = delayed(SENT, lambda _: 0.03 if chance.random() < 0.1 else 0.0)
    listener, heard = heard_through(late)
    stats = listener.playout.stats
    assert stats.concealed_ratio < 0.008  # 10 % of the packets were lost and asked for
    assert np.mean(listener.delays[500:]) < 70
    assert intelligibility(SPEECH, heard) > 0.93


@pytest.mark.parametrize(("loss", "most"), [(0.05, 0.008), (0.1, 0.015), (0.2, 0.04)])
def test_with_repetitions_on_a_lan_hardly_anything_is_made_up(loss, most):
    """Lost packets are asked for when the next one comes, and again until they are there."""
    chance = random.Random(13)

    def repeated(_):
        delay = 0.0
        while chance.random() < loss:
            delay += 0.027 if delay == 0 else 0.02
        return delay

    listener, heard = heard_through(delayed(SENT, repeated))
    stats = listener.playout.stats
    assert stats.concealed_ratio < most
    assert max(listener.delays) < 230
    assert intelligibility(SPEECH, heard) > 0.9
