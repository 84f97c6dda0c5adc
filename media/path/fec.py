"""Forward error correction across the packets of a frame: any k of k + m bring it back.

Systematic Reed-Solomon over GF(256): the packets themselves, and rows of a Cauchy matrix over
them (Bloemer et al., "An XOR-based erasure-resilient coding scheme", 1995). Every square part of
such a matrix has an inverse, so it does not matter which packets and which rows arrive. The
columns are scaled so that row 0 is the plain sum (XOR); a row is the same however many are sent.
"""

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

MAX_PACKETS = 64  # covered together: a longer frame has several blocks
MAX_ROWS = 32  # half as much again; who loses more needs another rate, not more rows
LENGTH_BYTES = 2  # in front of each packet under the parity, as lengths differ

_POLYNOMIAL = 0x11D  # x^8 + x^4 + x^3 + x^2 + 1, under which 2 generates the field


class ParityError(Exception):
    """These packets and rows are not those of one block, or too few."""


class Pieces(tuple[bytes, ...]):
    """The payloads of one frame, cut once for all peers, as is their parity."""

    @cached_property
    def blocks(self) -> tuple["Block", ...]:
        """The frame's packets in runs of about equal length, each repaired by itself."""
        count = -(-len(self) // MAX_PACKETS)
        edges = [number * len(self) // count for number in range(count + 1)]
        return tuple(Block(start, self[start:end]) for start, end in pairwise(edges))


class Block:
    """A run of a frame's packets, from the packet `start` of the frame on, with its parity."""

    def __init__(self, start: int, packets: Sequence[bytes]) -> None:
        self.start = start
        self.packets = tuple(packets)
        self._rows: dict[int, bytes] = {}

    @cached_property
    def _padded(self) -> list[bytes]:
        return _padded(self.packets, LENGTH_BYTES + max(map(len, self.packets)))

    def parity(self, row: int) -> bytes:
        """Return a parity row, two bytes longer than the longest packet; computed when asked."""
        found = self._rows.get(row)
        if found is None:
            found = self._rows[row] = _row(row, dict(enumerate(self._padded)))
        return found


def recover(
    count: int, present: Mapping[int, bytes], rows: Mapping[int, bytes]
) -> dict[int, bytes]:
    """Return the missing ones of a block's `count` packets, by their place in the block.

    `present` are the packets that came, by place; `rows` the parity rows, by number. ParityError
    if there are fewer rows than packets missing, or if lengths and numbers cannot be true. What
    comes out of forged rows is not what was sent: the frame's own seal tells.
    """
    missing = [place for place in range(count) if place not in present]
    if not 0 < count <= MAX_PACKETS or not all(0 <= place < count for place in present):
        raise ParityError(f"no block has {count} packets, or not these")
    if len(rows) < len(missing):
        raise ParityError(f"{len(missing)} packets missing, {len(rows)} rows")
    if not missing:
        return {}
    used = sorted(rows)[: len(missing)]
    size = len(rows[used[0]])
    longest = max(map(len, present.values()), default=1)
    if not 0 <= used[0] <= used[-1] < MAX_ROWS or any(len(rows[row]) != size for row in used):
        raise ParityError("rows of different lengths, or numbers beyond the last")
    if size < LENGTH_BYTES + max(1, longest):
        raise ParityError("rows shorter than the packets under them")
    places = sorted(present)
    known = dict(zip(places, _padded([present[place] for place in places], size), strict=True))
    # What is left of each row once the known packets are taken out: sums of the missing ones.
    sums = [_sum([rows[row], _row(row, known)]) if known else rows[row] for row in used]
    solved = _solve([[_coefficient(row, place) for place in missing] for row in used], sums)
    return {place: _unpadded(packet) for place, packet in zip(missing, solved, strict=True)}


def _padded(packets: Sequence[bytes], size: int) -> list[bytes]:
    return [(len(x).to_bytes(LENGTH_BYTES, "big") + x).ljust(size, b"\0") for x in packets]


def _unpadded(padded: bytes) -> bytes:
    length = int.from_bytes(padded[:LENGTH_BYTES], "big")
    if not 0 < length <= len(padded) - LENGTH_BYTES:
        raise ParityError("a recovered packet of impossible length")
    return padded[LENGTH_BYTES : LENGTH_BYTES + length]


def _row(row: int, padded: Mapping[int, bytes]) -> bytes:
    """Return the share that packets, by place and of equal length, have in a row."""
    if row == 0:
        return _sum(list(padded.values()))
    tables = ((_times(_coefficient(row, place)), packet) for place, packet in padded.items())
    return _sum([packet.translate(table) for table, packet in tables])


def _sum(vectors: Sequence[bytes]) -> bytes:
    """Add vectors of equal length: in this field that is XOR."""
    matrix = np.frombuffer(b"".join(vectors), np.uint8).reshape(len(vectors), -1)
    total: npt.NDArray[np.uint8] = np.bitwise_xor.reduce(matrix, axis=0)
    return total.tobytes()


def _solve(matrix: list[list[int]], sums: list[bytes]) -> list[bytes]:
    """Gauss and Jordan: return the vectors x with `matrix` x = `sums`.

    Parts of a Cauchy matrix stay invertible from the top left on, so no rows are exchanged.
    """
    rows = [bytes(line) + vector for line, vector in zip(matrix, sums, strict=True)]
    for place in range(len(rows)):
        pivot = rows[place].translate(_times(_inverse(rows[place][place])))
        rows[place] = pivot
        for other in range(len(rows)):
            factor = rows[other][place]
            if other != place and factor:
                rows[other] = _sum([rows[other], pivot.translate(_times(factor))])
    return [row[len(rows) :] for row in rows]


@cache
def _powers() -> tuple[bytes, bytes]:
    """Return the powers of 2, twice over, and the logarithm of each number but 0."""
    powers, logarithms, value = bytearray(510), bytearray(256), 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logarithms[value] = exponent
        value <<= 1
        if value > 0xFF:
            value ^= _POLYNOMIAL
    return bytes(powers), bytes(logarithms)


@cache
def _times(factor: int) -> bytes:
    """Return the table that multiplies bytes by `factor` (for bytes.translate)."""
    powers, logarithms = _powers()
    log = logarithms[factor]
    return bytes([0, *(powers[log + logarithms[byte]] for byte in range(1, 256))])


def _inverse(value: int) -> int:
    powers, logarithms = _powers()
    return powers[255 - logarithms[value]]


@cache
def _coefficient(row: int, place: int) -> int:
    """Return the packet's factor in a row: 1 / (x + y), scaled so that row 0 has all ones."""
    x, y = MAX_PACKETS + row, place
    return _times(MAX_PACKETS ^ y)[_inverse(x ^ y)]
