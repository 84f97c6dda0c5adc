"""What sound is inside Conclave: 48 kHz, one channel, float32 in -1..1, in steps of 10 ms."""

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

RATE = 48_000  # samples a second
BLOCK = 480  # samples in 10 ms: the step of capture, processing, mixing and playing


def silence(samples: int = BLOCK) -> Samples:
    """Return that many samples of nothing."""
    return np.zeros(samples, np.float32)
