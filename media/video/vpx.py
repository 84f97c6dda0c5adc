"""VP8 encoding through the libvpx inside PyAV's wheel, for what PyAV itself cannot do:
another bit rate at run time, key frames on demand, temporal layers known per frame.
"""

import ctypes
import functools
import glob
import os
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from media.errors import EncoderError
from media.video.layers import LAYER_SHARES

I420 = npt.NDArray[np.uint8]

CPU_USED = 10  # a fifth more time than 12, and 0.3 to 2 dB more, most where bits are few
CPU_USED_LARGE = 12  # of a camera's pictures from LARGE lines on: there it costs 0.1 dB
LARGE = 720  # lines
STATIC_THRESHOLD = 1000  # squared error of 16x16 pixels that is left as it is: 42 dB, sensor noise
STATIC_THRESHOLD_SCREEN = 1
MIN_QUANTIZER, MAX_QUANTIZER = 2, 56
MAX_QUANTIZER_SCREEN = 40  # coarser than that no text is readable; rather fewer pictures
MAX_INTRA_PERCENT = 450  # a key frame may take 4.5 average frames
MAX_INTRA_PERCENT_SCREEN = 1500  # text must be sharp at once; after it a screen is quiet
DROP_THRESHOLD = 30  # percent of the rate buffer left; below it frames are dropped, not queued
HIGHEST_ABI = 99  # the encoder's interface number is not exported: it is found by trying

_ABI_MISMATCH = 3
_PACKET_IS_FRAME = 0
_FRAME_IS_KEY = 1
_IMAGE_I420 = 0x102
_CBR = 1
_REALTIME = 1  # VPX_DL_REALTIME
_KEYS_BY_US = 1_000_000  # frames until the encoder makes a key frame by itself

# enum vp8e_enc_control_id, vpx/vp8cx.h
_SET_CPUUSED, _SET_STATIC_THRESHOLD, _GET_QUANTIZER, _SET_MAX_INTRA = 13, 17, 20, 26
_SET_LAYER, _SET_SCREEN_CONTENT = 30, 31

# vpx/vp8cx.h and vpx/vpx_encoder.h
_FORCE_KEY = 1 << 0
_NO_REF_GOLDEN, _NO_REF_ALT = 1 << 17, 1 << 21
_NO_UPDATE_LAST, _NO_UPDATE_GOLDEN, _NO_UPDATE_ALT = 1 << 18, 1 << 22, 1 << 23
_NO_UPDATE_ENTROPY = 1 << 20

_DISPOSABLE = _NO_UPDATE_LAST | _NO_UPDATE_GOLDEN | _NO_UPDATE_ALT | _NO_UPDATE_ENTROPY
PATTERN = (
    (0, False, _NO_UPDATE_GOLDEN | _NO_UPDATE_ALT | _NO_REF_GOLDEN | _NO_REF_ALT),
    (2, False, _DISPOSABLE | _NO_REF_GOLDEN | _NO_REF_ALT),
    (1, False, _DISPOSABLE & ~_NO_UPDATE_GOLDEN | _NO_REF_GOLDEN | _NO_REF_ALT),
    (2, True, _DISPOSABLE | _NO_REF_ALT),
)  # fmt: skip
"""(layer, refers to layer 1, flags): layer 0 becomes LAST, layer 1 GOLDEN, layer 2 nothing."""
ONE_LAYER = ((0, False, 0),)
"""Each frame builds on the last: nothing is encoded twice."""


class EncodedFrame(NamedTuple):
    """One VP8 frame and its place in the layers."""

    data: bytes
    key: bool
    layer: int
    needs_layer_1: bool


class _Rational(ctypes.Structure):
    _fields_ = [("num", ctypes.c_int), ("den", ctypes.c_int)]


class _Buffer(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def _unsigned(names: str) -> list[tuple[str, Any]]:
    return [(name, ctypes.c_uint) for name in names.split()]


class _Config(ctypes.Structure):
    """struct vpx_codec_enc_cfg; what libvpx may append goes into the tail."""

    _fields_ = [
        *_unsigned("usage threads profile width height bit_depth input_bit_depth"),
        ("timebase", _Rational),
        *_unsigned(
            "error_resilient pass_ lag_in_frames dropframe_thresh resize_allowed scaled_width"
            " scaled_height resize_up_thresh resize_down_thresh end_usage"
        ),
        ("twopass_stats", _Buffer),
        ("firstpass_stats", _Buffer),
        *_unsigned(
            "target_bitrate min_quantizer max_quantizer undershoot_pct overshoot_pct buf_sz"
            " buf_initial_sz buf_optimal_sz vbr_bias_pct vbr_minsection_pct vbr_maxsection_pct"
            " vbr_corpus_complexity kf_mode kf_min_dist kf_max_dist ss_number_layers"
        ),
        ("ss_enable_auto_alt_ref", ctypes.c_int * 5),
        ("ss_target_bitrate", ctypes.c_uint * 5),
        ("ts_number_layers", ctypes.c_uint),
        ("ts_target_bitrate", ctypes.c_uint * 5),
        ("ts_rate_decimator", ctypes.c_uint * 5),
        ("ts_periodicity", ctypes.c_uint),
        ("ts_layer_id", ctypes.c_uint * 16),
        ("layer_target_bitrate", ctypes.c_uint * 12),
        ("temporal_layering_mode", ctypes.c_int),
        ("tail", ctypes.c_ubyte * 1024),
    ]


class _Packet(ctypes.Structure):
    """struct vpx_codec_cx_pkt as far as a frame goes."""

    _fields_ = [
        ("kind", ctypes.c_int),
        ("data", ctypes.c_void_p),
        ("size", ctypes.c_size_t),
        ("pts", ctypes.c_int64),
        ("duration", ctypes.c_ulong),
        ("flags", ctypes.c_uint32),
        ("tail", ctypes.c_ubyte * 128),
    ]


_POINTER, _INT, _UINT, _LONG = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint, ctypes.c_long
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "vpx_codec_vp8_cx": (_POINTER, []),
    "vpx_codec_enc_config_default": (_INT, [_POINTER, _POINTER, _UINT]),
    "vpx_codec_enc_init_ver": (_INT, [_POINTER, _POINTER, _POINTER, _LONG, _INT]),
    "vpx_codec_enc_config_set": (_INT, [_POINTER, _POINTER]),
    "vpx_codec_encode": (
        _INT, [_POINTER, _POINTER, ctypes.c_int64, ctypes.c_ulong, _LONG, ctypes.c_ulong],
    ),
    "vpx_codec_get_cx_data": (ctypes.POINTER(_Packet), [_POINTER, _POINTER]),
    "vpx_codec_destroy": (_INT, [_POINTER]),
    "vpx_codec_error_detail": (ctypes.c_char_p, [_POINTER]),
    "vpx_codec_control_": (_INT, [_POINTER, _INT]),  # and one more, variadic
    "vpx_img_wrap": (_POINTER, [_POINTER, _INT, _UINT, _UINT, _UINT, _POINTER]),
    "vpx_img_free": (None, [_POINTER]),
}  # fmt: skip


@functools.cache
def library() -> ctypes.CDLL:
    """Return the libvpx of PyAV's wheel; EncoderError if this PyAV does not bring one."""
    import av

    package = os.path.dirname(av.__file__)
    patterns = ("../av.libs/libvpx*", ".dylibs/libvpx*", "../av.libs/vpx*", "../../av.libs/libvpx*")
    for pattern in patterns:
        for path in sorted(glob.glob(os.path.join(package, pattern))):
            try:
                found = ctypes.CDLL(path)
                for name, (result, arguments) in _SIGNATURES.items():
                    function = getattr(found, name)
                    function.restype = result
                    function.argtypes = arguments
            except (OSError, AttributeError) as error:
                raise EncoderError(f"libvpx cannot be used: {error}") from error
            return found
    raise EncoderError("this PyAV brings no libvpx of its own")


class VpxEncoder:
    """VP8 in real time with three temporal layers (7.5, 15, 30 pictures of 30). One thread's own.

    With `screen` the settings are for text and drawings: one layer, sharp key frames, no picture
    is left out. The GIL is free while libvpx works.
    """

    def __init__(
        self, width: int, height: int, kbps: int, fps: int, *, screen: bool = False
    ) -> None:
        self._library = library()
        self._context = ctypes.create_string_buffer(512)
        self._alive = False
        self._size = width, height
        self._duration = 90_000 // fps
        self._pts = 0
        self._place = 0
        self._pattern = ONE_LAYER if screen else PATTERN
        self._least_speed = CPU_USED_LARGE if height >= LARGE and not screen else 0
        interface = self._library.vpx_codec_vp8_cx()
        self._config = config = _Config()
        self._check(
            self._library.vpx_codec_enc_config_default(interface, ctypes.byref(config), 0),
            "defaults",
        )
        if (config.timebase.den, config.max_quantizer, config.width) != (30, 63, 320):
            raise EncoderError("libvpx has another layout than expected")
        config.width, config.height = width, height
        config.threads = (
            1  # libvpx' threads spin for each other: on a busy computer 20 times slower
        )
        config.timebase = _Rational(1, 90_000)
        config.end_usage = _CBR
        config.dropframe_thresh = 0 if screen else DROP_THRESHOLD
        config.min_quantizer = MIN_QUANTIZER
        config.max_quantizer = MAX_QUANTIZER_SCREEN if screen else MAX_QUANTIZER
        config.undershoot_pct, config.overshoot_pct = 100, 15
        config.buf_sz, config.buf_initial_sz, config.buf_optimal_sz = 1000, 500, 600
        config.kf_max_dist = _KEYS_BY_US
        if not screen:
            config.ts_number_layers, config.ts_periodicity = 3, len(PATTERN)
            config.ts_rate_decimator[:3] = (4, 2, 1)
            config.ts_layer_id[: len(PATTERN)] = [layer for layer, _, _ in PATTERN]
            config.temporal_layering_mode = 1  # "bypass": the pattern is ours
        self._set_rates(kbps)
        self._open(interface)
        self.set_speed(CPU_USED)
        self._control(
            _SET_STATIC_THRESHOLD, STATIC_THRESHOLD_SCREEN if screen else STATIC_THRESHOLD
        )
        self._control(_SET_MAX_INTRA, MAX_INTRA_PERCENT_SCREEN if screen else MAX_INTRA_PERCENT)
        if screen:
            self._control(_SET_SCREEN_CONTENT, 1)

    def set_rate(self, kbps: int) -> None:
        """Aim at another bit rate from the next frame on."""
        self._set_rates(kbps)
        self._check(
            self._library.vpx_codec_enc_config_set(self._context, ctypes.byref(self._config)),
            "rate",
        )

    def set_speed(self, cpu_used: int) -> None:
        """Work more quickly and less beautifully, or the other way round: 4 to 16.

        A camera's large pictures are encoded at CPU_USED_LARGE or more.
        """
        cpu_used = max(cpu_used, self._least_speed)
        self._control(_SET_CPUUSED, -cpu_used)  # below 0: this speed, whatever the load

    def set_pace(self, fps: float) -> None:
        """Expect so many pictures a second from the next one on, and divide the rate by that."""
        self._duration = round(90_000 / fps)

    @property
    def quantizer(self) -> int:
        """How coarse the last frame was, from 0 to 63."""
        found = ctypes.c_int(0)
        result = self._library.vpx_codec_control_(
            self._context, _GET_QUANTIZER, ctypes.byref(found)
        )
        self._check(result, f"setting {_GET_QUANTIZER}")
        return found.value

    def encode(self, picture: I420, key: bool) -> EncodedFrame | None:
        """Encode a contiguous I420 picture of (height * 3 / 2, width); None if it was dropped."""
        width, height = self._size
        if picture.shape != (height * 3 // 2, width) or not picture.flags.c_contiguous:
            raise EncoderError(f"the encoder takes {width}x{height} I420, not {picture.shape}")
        if key:
            self._place = 0
        layer, needs_layer_1, flags = self._pattern[self._place]
        if len(self._pattern) > 1:
            self._control(_SET_LAYER, layer)
        image = self._library.vpx_img_wrap(None, _IMAGE_I420, width, height, 1, picture.ctypes.data)
        try:
            result = self._library.vpx_codec_encode(
                self._context,
                image,
                self._pts,
                self._duration,
                _FORCE_KEY if key else flags,
                _REALTIME,
            )
        finally:
            self._library.vpx_img_free(image)
        self._check(result, "encode")
        self._pts += self._duration
        frame = self._collect(layer, needs_layer_1)
        # A key frame that was dropped is still owed; the pattern goes on with any other.
        self._place = (self._place + 1) % len(self._pattern) if frame or not key else 0
        return frame

    def close(self) -> None:
        """Free the encoder; safe to call twice."""
        if self._alive:
            self._alive = False
            self._library.vpx_codec_destroy(self._context)

    def __del__(self) -> None:
        if getattr(self, "_alive", False):
            self.close()

    def _collect(self, layer: int, needs_layer_1: bool) -> EncodedFrame | None:
        iterator = ctypes.c_void_p(None)
        frame: EncodedFrame | None = None
        while True:
            found = self._library.vpx_codec_get_cx_data(self._context, ctypes.byref(iterator))
            if not found:
                return frame
            packet = found[0]
            if packet.kind == _PACKET_IS_FRAME and packet.size:
                key = bool(packet.flags & _FRAME_IS_KEY)
                if key:
                    self._place, layer, needs_layer_1 = 0, 0, False
                data = ctypes.string_at(packet.data, packet.size)
                frame = EncodedFrame(data, key, layer, needs_layer_1)

    def _open(self, interface: int) -> None:
        result = _ABI_MISMATCH
        for abi in range(1, HIGHEST_ABI):
            result = self._library.vpx_codec_enc_init_ver(
                self._context, interface, ctypes.byref(self._config), 0, abi
            )
            if result != _ABI_MISMATCH:
                break
        self._check(result, "start")
        self._alive = True

    def _set_rates(self, kbps: int) -> None:
        self._config.target_bitrate = kbps
        for layer, share in enumerate(LAYER_SHARES):
            self._config.ts_target_bitrate[layer] = int(kbps * share)
            self._config.layer_target_bitrate[layer] = int(kbps * share)

    def _control(self, control: int, value: int) -> None:
        result = self._library.vpx_codec_control_(self._context, control, ctypes.c_int(value))
        self._check(result, f"setting {control}")

    def _check(self, result: int, what: str) -> None:
        if result:
            detail = self._library.vpx_codec_error_detail(self._context) if self._alive else None
            text = detail.decode("ascii", "replace") if detail else f"error {result}"
            raise EncoderError(f"the VP8 encoder refused ({what}): {text}")
