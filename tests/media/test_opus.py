"""Opus through libopus: what goes in comes out, and what is lost is made up for."""

import numpy as np
import pytest
from fakes.speech import aligned_correlation, intelligibility, speech
from hypothesis import given
from hypothesis import strategies as st

from media.errors import SoundError
from media.sound import opus
from media.sound.opus import (
    FRAME,
    LARGEST,
    Decoder,
    Encoder,
    OpusError,
    carries_fec,
    packet_samples,
)
from media.sound.samples import RATE


def packets_of(sound, loss=0.0):
    encoder = Encoder()
    encoder.expect_loss(loss)
    return [
        encoder.encode(sound[at : at + FRAME]) for at in range(0, len(sound) - FRAME + 1, FRAME)
    ]


def log_spectral_distance(one, other):
    """Root mean square difference in dB of 20 ms spectra between 100 Hz and 6 kHz."""

    def spectra(sound):
        pieces = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME) * np.hanning(FRAME)
        return 20 * np.log10(np.abs(np.fft.rfft(pieces, axis=1))[:, 2:120] + 1e-3)

    return float(np.sqrt(np.mean((spectra(one) - spectra(other)) ** 2)))


def test_speech_comes_out_as_it_went_in():
    sound = speech(3.0, seed=1)
    decoder = Decoder()
    heard = np.concatenate([decoder.decode(packet) for packet in packets_of(sound)])
    assert len(heard) == len(sound)
    assert intelligibility(sound, heard) > 0.93


def test_a_sweep_passes_up_to_seven_kilohertz_and_beyond():
    """EN 301 549, 6.1: speech is carried up to 7 kHz at least."""
    seconds, highest = 4.0, 10_000.0
    at = np.arange(int(seconds * RATE)) / RATE
    sweep = (0.3 * np.sin(np.pi * highest / seconds * at**2)).astype(np.float32)
    decoder = Decoder()
    heard = np.concatenate([decoder.decode(packet) for packet in packets_of(sweep)])
    for hertz in range(500, 8_001, 500):
        around = slice(*(int((hertz + off) / highest * seconds * RATE) for off in (-250, 250)))
        assert abs(20 * np.log10(heard[around].std() / sweep[around].std())) < 3.0, hertz


def test_speech_costs_about_32_kbit_per_second():
    packets = packets_of(speech(4.0, seed=2))
    assert 15_000 < sum(map(len, packets)) * 8 / 4 < 40_000


def test_silence_is_sent_like_speech_so_that_nobody_sees_who_speaks():
    packets = packets_of(np.zeros(48_000, np.float32))
    assert len(packets) == 50
    assert all(packets)


def test_concealment_beats_silence_and_fec_beats_concealment():
    sound = speech(6.0, seed=3)
    packets = packets_of(sound, loss=0.15)
    whole = Decoder()
    reference = [whole.decode(packet) for packet in packets]
    lost = [n for n in range(10, len(packets) - 1, 7) if np.abs(reference[n]).max() > 0.02]
    heard = {}
    for way in ("concealed", "recovered"):
        decoder, played = Decoder(), []
        for n, packet in enumerate(packets):
            if n not in lost:
                played.append(decoder.decode(packet))
            elif way == "recovered":
                played.append(decoder.recover(packets[n + 1]))
            else:
                played.append(decoder.conceal())
        heard[way] = np.concatenate([played[n] for n in lost])
    truth = np.concatenate([reference[n] for n in lost])
    silence = log_spectral_distance(truth, np.zeros_like(truth))
    concealed = log_spectral_distance(truth, heard["concealed"])
    recovered = log_spectral_distance(truth, heard["recovered"])
    assert recovered < concealed < silence / 2


def test_expected_loss_can_change_while_running():
    sound = speech(2.0, seed=4)
    encoder = Encoder()
    frames = [sound[at : at + FRAME] for at in range(0, len(sound), FRAME)]
    without = [encoder.encode(frame) for frame in frames]
    encoder.expect_loss(0.2)
    with_fec = [encoder.encode(frame) for frame in frames]
    assert not any(map(carries_fec, without))
    assert sum(map(carries_fec, with_fec)) > len(frames) / 3


def test_an_encoder_takes_20_40_or_60_ms():
    for wrong in (np.zeros(480, np.float32), np.zeros(960, np.float64), np.zeros((960, 1), "f4")):
        with pytest.raises(ValueError, match="20 ms"):
            Encoder().encode(wrong)


@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (b"", "nothing"),
        (b"\x00" * (LARGEST + 1), "too large"),
        (bytes([0x0B, 0x00]), "no frames in it"),
        (bytes([0x0B, 0x06]) + b"\x00" * 20, "120 ms"),
        (bytes([0x02]), "a length that is not there"),
        (bytes([0x01]) + b"\x00" * 3, "two frames of half a byte"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_no_call_may_hold_is_refused_before_a_decoder_sees_it(packet, why):
    with pytest.raises(OpusError):
        packet_samples(packet)
    with pytest.raises(OpusError):
        Decoder().decode(packet)


def test_sixty_milliseconds_are_the_longest_packet():
    assert packet_samples(bytes([0x0B, 0x03]) + b"\x00" * 21) == 2880


@given(st.binary(max_size=1400))
def test_any_bytes_are_a_bounded_sound_or_an_opus_error(packet):
    try:
        samples = packet_samples(packet)
    except OpusError:
        return
    assert 0 < samples <= 2880
    try:
        heard = Decoder().decode(packet)
    except OpusError:
        return
    assert len(heard) == samples
    assert np.isfinite(heard).all()


@given(st.binary(min_size=1, max_size=300))
def test_a_decoder_survives_bad_packets_and_goes_on(noise):
    packets = packets_of(speech(0.3, seed=6))
    decoder = Decoder()
    for packet in packets[:5]:
        decoder.decode(packet)
    try:
        decoder.decode(noise)
        decoder.recover(noise)
    except OpusError:
        decoder.conceal()
    assert len(decoder.decode(packets[6])) == FRAME


def test_a_missing_libopus_is_told_clearly(monkeypatch):
    monkeypatch.setattr(opus, "_candidates", lambda: iter(()))
    monkeypatch.setattr(opus.ctypes.util, "find_library", lambda name: None)
    opus._library.cache_clear()
    try:
        with pytest.raises(SoundError, match="libopus") as problem:
            Encoder()
        assert problem.value.code == "no_library"
    finally:
        opus._library.cache_clear()


def test_a_decoded_stream_lags_the_source_by_less_than_10_ms():
    sound = speech(2.0, seed=7)
    decoder = Decoder()
    heard = np.concatenate([decoder.decode(packet) for packet in packets_of(sound)])
    _, offset = aligned_correlation(sound, heard[9600:-9600])
    assert 9600 - offset == pytest.approx(Encoder().lookahead, abs=48)
