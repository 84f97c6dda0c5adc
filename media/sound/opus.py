"""Opus through the libopus that PyAV's wheel carries: encode, decode, conceal, recover by FEC.

PyAV's own codec objects can neither conceal a lost packet nor read in-band FEC nor change the
expected loss while running (RFC 6716, sections 2.1.7 and 4.4); libopus does all three.
"""

import ctypes
import ctypes.util
import functools
import importlib.util
import os
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from media.errors import MediaError, SoundError
from media.sound.samples import RATE, Samples

FRAME = 960  # samples in 20 ms: what we send, unless the path is narrow
LONGEST = 2_880  # samples in 60 ms: the most one packet may hold (RFC 6716 allows 120 ms)
LARGEST = 1_275  # bytes of one Opus frame (RFC 6716 section 3.4); more is not speech
BITRATE = 32_000  # bit/s: speech in full band at 20 ms, FEC included
COMPLEXITY = 5  # of 10: 0.15 ms per packet; 10 costs twice that and is not heard at this rate

_APPLICATION_VOIP, _APPLICATION_AUDIO = 2048, 2049
_SIGNAL_VOICE, _SIGNAL_MUSIC = 3001, 3002
_SET_BITRATE = 4002
_SET_COMPLEXITY = 4010
_SET_INBAND_FEC = 4012
_SET_PACKET_LOSS = 4014
_SET_DTX = 4016
_SET_SIGNAL = 4024
_GET_LOOKAHEAD = 4027
_RESET_STATE = 4028
_SHAPES = ((FRAME,), (2 * FRAME,), (3 * FRAME,))
_MAX_FRAMES = 48  # in one packet, RFC 6716 section 3.2.5


class OpusError(MediaError):
    """A packet is no Opus that a call may hold: the peer's fault, counted and concealed."""


def _candidates() -> Iterator[Path]:
    spec = importlib.util.find_spec("av")
    if spec is None or spec.origin is None:
        return
    package = Path(spec.origin).parent
    for folder in (package.parent / "av.libs", package / ".dylibs"):  # Linux and Windows; macOS
        yield from sorted(folder.glob("libopus[-.]*"))


@functools.cache
def _library() -> ctypes.CDLL:
    """Load libopus; raises SoundError("no_library")."""
    tried: list[str] = []
    for path in _candidates():
        try:
            if sys.platform == "win32":
                os.add_dll_directory(str(path.parent))
            return _declare(ctypes.CDLL(str(path)))
        except OSError as problem:
            tried.append(f"{path}: {problem}")
    system = ctypes.util.find_library("opus")  # where PyAV is built by a distribution
    if system is not None:
        return _declare(ctypes.CDLL(system))
    raise SoundError("no_library", "libopus was not found beside PyAV; " + "; ".join(tried))


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    pointer, number, data = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    for name, result, arguments in (
        ("opus_encoder_create", pointer, [number, number, number, ctypes.POINTER(number)]),
        ("opus_encode_float", number, [pointer, pointer, number, pointer, number]),
        ("opus_encoder_destroy", None, [pointer]),
        ("opus_decoder_create", pointer, [number, number, ctypes.POINTER(number)]),
        ("opus_decode_float", number, [pointer, data, number, pointer, number, number]),
        ("opus_decoder_destroy", None, [pointer]),
        ("opus_packet_parse", number, [data, number, pointer, pointer, pointer, pointer]),
        # These two take any further arguments; naming only the fixed ones is what makes ctypes
        # pass the rest the way Apple's arm64 wants them.
        ("opus_encoder_ctl", number, [pointer, number]),
        ("opus_decoder_ctl", number, [pointer, number]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    if hasattr(library, "opus_packet_has_lbrr"):  # since libopus 1.4
        library.opus_packet_has_lbrr.restype = number
        library.opus_packet_has_lbrr.argtypes = [data, number]
    return library


def packet_samples(packet: bytes) -> int:
    """Return how many samples at 48 kHz a foreign packet holds; raises OpusError.

    Checked before a decoder sees it: size, structure (RFC 6716 section 3.4), at most 60 ms.
    """
    _sized(packet)
    sizes = (ctypes.c_int16 * _MAX_FRAMES)()
    frames = _library().opus_packet_parse(packet, len(packet), None, None, sizes, None)
    if frames <= 0:
        raise OpusError("a packet whose frames do not fit")
    samples: int = frames * _frame_samples(packet[0])
    if samples > LONGEST:
        raise OpusError(f"a packet of {samples} samples")
    return samples


def _frame_samples(toc: int) -> int:
    """Return how long each frame of a packet with this first byte is (RFC 6716 section 3.1)."""
    config = toc >> 3
    if config < 12:
        return (480, 960, 1920, 2880)[config & 3]
    if config < 16:
        return (480, 960)[config & 1]
    return (120, 240, 480, 960)[config & 3]


def carries_fec(packet: bytes) -> bool:
    """Return whether a checked packet also holds a coarse copy of the one before it."""
    library = _library()
    if not hasattr(library, "opus_packet_has_lbrr"):
        return False
    return bool(library.opus_packet_has_lbrr(packet, len(packet)) > 0)


def _sized(packet: bytes) -> bytes:
    """Refuse what libopus would take for a loss, or would not look at closely."""
    if not 0 < len(packet) <= LARGEST:
        raise OpusError(f"a packet of {len(packet)} bytes")
    return packet


class Encoder:
    """48 kHz mono, in-band FEC on, DTX off (silences would tell who speaks); for one thread.

    Tuned for speech, or for `music`: then in full band, and FEC has no effect.
    """

    def __init__(
        self, bitrate: int = BITRATE, complexity: int = COMPLEXITY, *, music: bool = False
    ) -> None:
        self._library = _library()
        error = ctypes.c_int()
        application = _APPLICATION_AUDIO if music else _APPLICATION_VOIP
        handle = self._library.opus_encoder_create(RATE, 1, application, error)
        if not handle:
            raise SoundError("no_library", f"libopus gives no encoder (error {error.value})")
        self._handle = ctypes.c_void_p(handle)
        weakref.finalize(self, self._library.opus_encoder_destroy, self._handle)
        self._packet = ctypes.create_string_buffer(LARGEST)
        self.set_bitrate(bitrate)
        self._control(_SET_COMPLEXITY, complexity)
        self._control(_SET_SIGNAL, _SIGNAL_MUSIC if music else _SIGNAL_VOICE)
        self._control(_SET_DTX, 0)
        self._control(_SET_INBAND_FEC, 1)
        lookahead = ctypes.c_int()
        self._library.opus_encoder_ctl(self._handle, _GET_LOOKAHEAD, ctypes.byref(lookahead))
        self.lookahead = lookahead.value  # samples by which what is decoded is older
        self.expect_loss(0.0)

    def encode(self, samples: Samples) -> bytes:
        """Return one packet for float32[960], [1920] or [2880]: 20, 40 or 60 ms."""
        if samples.shape not in _SHAPES or samples.dtype != np.float32:
            raise ValueError(f"20 ms are float32[{FRAME}], not {samples.dtype}{samples.shape}")
        samples = np.ascontiguousarray(samples)
        size = self._library.opus_encode_float(
            self._handle, samples.ctypes.data, len(samples), self._packet, LARGEST
        )
        if size <= 0:
            raise RuntimeError(f"libopus refuses to encode (error {size})")
        return ctypes.string_at(self._packet, size)

    def set_bitrate(self, bitrate: int) -> None:
        """Spend so many bits a second from the next packet on."""
        self._control(_SET_BITRATE, bitrate)

    def expect_loss(self, fraction: float) -> None:
        """Spend bits on FEC for this much loss (0..1): the coarse copies need at least 3 %."""
        self._control(_SET_PACKET_LOSS, round(100 * min(max(fraction, 0.0), 1.0)))

    def _control(self, request: int, value: int) -> None:
        error = self._library.opus_encoder_ctl(self._handle, request, ctypes.c_int(value))
        if error:
            raise RuntimeError(f"libopus refuses setting {request} to {value} (error {error})")


class Decoder:
    """One person's packets to 48 kHz mono samples. For one thread."""

    def __init__(self) -> None:
        self._library = _library()
        error = ctypes.c_int()
        handle = self._library.opus_decoder_create(RATE, 1, error)
        if not handle:
            raise SoundError("no_library", f"libopus gives no decoder (error {error.value})")
        self._handle = ctypes.c_void_p(handle)
        weakref.finalize(self, self._library.opus_decoder_destroy, self._handle)
        self._samples = np.zeros(LONGEST, np.float32)
        self._address = self._samples.ctypes.data

    def decode(self, packet: bytes) -> Samples:
        """Return the samples of a packet (2.5 to 60 ms); raises OpusError."""
        return self._run(_sized(packet), LONGEST, fec=False)

    def recover(self, following: bytes, samples: int = FRAME) -> Samples:
        """Return `samples` of the lost packet before `following`, from its FEC or concealed."""
        return self._run(_sized(following), samples, fec=True)

    def conceal(self, samples: int = FRAME) -> Samples:
        """Return `samples` (a multiple of 120, at most 2880) of what might have been said."""
        return self._run(None, samples, fec=False)

    def reset(self) -> None:
        """Forget the past, as at a sender's restart."""
        self._library.opus_decoder_ctl(self._handle, _RESET_STATE)

    def _run(self, packet: bytes | None, samples: int, *, fec: bool) -> Samples:
        size = 0 if packet is None else len(packet)
        count = self._library.opus_decode_float(
            self._handle, packet, size, self._address, samples, int(fec)
        )
        if count <= 0:
            raise OpusError(f"libopus cannot decode (error {count})")
        return self._samples[:count].copy()
