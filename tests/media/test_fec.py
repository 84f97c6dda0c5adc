"""Parity over a frame's packets: any k of k + m bring the frame back, forged rows cost little."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.path.fec import MAX_PACKETS, MAX_ROWS, Block, ParityError, Pieces, recover


def packets(count: int, seed: int = 0, size: int = 40) -> list[bytes]:
    rng = random.Random(seed)
    return [rng.randbytes(rng.randint(1, size)) for _ in range(count)]


@pytest.mark.parametrize("count", range(1, 6))
@pytest.mark.parametrize("rows", range(1, 5))
def test_every_choice_of_as_many_packets_and_rows_as_the_frame_has_brings_it_back(count, rows):
    sent = packets(count, 10 * count + rows)
    block = Block(0, sent)
    for chosen in itertools.combinations(range(count + rows), count):
        present = {place: sent[place] for place in chosen if place < count}
        parity = {place - count: block.parity(place - count) for place in chosen if place >= count}
        missing = {place: sent[place] for place in range(count) if place not in present}
        assert recover(count, present, parity) == missing


@given(st.integers(1, MAX_PACKETS), st.integers(1, MAX_ROWS), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_large_frames_come_back_from_any_of_their_packets_and_rows(count, rows, rng):
    sent = [rng.randbytes(rng.randint(1, 60)) for _ in range(count)]
    block = Block(0, sent)
    lost = set(rng.sample(range(count), min(count, rng.randint(1, rows))))
    present = {place: sent[place] for place in range(count) if place not in lost}
    parity = {row: block.parity(row) for row in rng.sample(range(rows), len(lost))}
    assert recover(count, present, parity) == {place: sent[place] for place in lost}


def test_the_first_row_is_the_plain_sum_and_one_packet_is_repeated_by_its_row():
    block = Block(0, [b"\x01\x02", b"\x10\x20"])
    assert block.parity(0) == b"\x00\x00\x11\x22"
    assert recover(1, {}, {5: Block(0, [b"alone"]).parity(5)}) == {0: b"alone"}


def test_a_row_is_computed_once_and_only_when_it_is_asked_for():
    block = Pieces(packets(5)).blocks[0]
    assert not block._rows
    assert block.parity(2) is block.parity(2)
    assert list(block._rows) == [2]


@given(st.integers(1, 512))
def test_a_frame_of_any_size_is_covered_by_blocks_of_about_equal_length(count):
    pieces = Pieces(bytes([n % 256]) for n in range(count))
    assert [x for block in pieces.blocks for x in block.packets] == list(pieces)
    assert [pieces[block.start] for block in pieces.blocks] == [b.packets[0] for b in pieces.blocks]
    sizes = [len(block.packets) for block in pieces.blocks]
    assert max(sizes) <= MAX_PACKETS
    assert max(sizes) - min(sizes) <= 1


def test_what_cannot_be_a_block_is_refused():
    sent = packets(3)
    block = Block(0, sent)
    rows = {row: block.parity(row) for row in range(3)}
    short, long = rows[0][:-1], rows[0] + b"\0"
    for count, present, parity in (
        (0, {}, rows),
        (MAX_PACKETS + 1, {}, dict(enumerate([bytes(9)] * 65))),
        (3, {0: sent[0]}, {0: rows[0]}),  # two missing, one row
        (3, {0: sent[0], 3: b"x"}, rows),
        (3, {0: sent[0]}, {0: short, 1: rows[1]}),
        (3, {0: sent[0]}, {0: long, 1: rows[1]}),
        (3, {0: sent[0], 1: sent[1]}, {MAX_ROWS: rows[0]}),
        (3, {0: sent[0], 1: bytes(50)}, {0: rows[0]}),
        (1, {}, {0: b""}),
        (1, {}, {0: b"\0\0"}),
        (1, {}, {0: b"\0\x09xx"}),  # longer than the row
    ):
        with pytest.raises(ParityError):
            recover(count, present, parity)


@given(
    st.integers(-1, 70),
    st.dictionaries(st.integers(-1, 70), st.binary(max_size=12), max_size=8),
    st.dictionaries(st.integers(-1, 40), st.binary(max_size=12), max_size=8),
)
def test_forged_rows_raise_nothing_but_a_parity_error(count, present, rows):
    try:
        found = recover(count, present, rows)
    except ParityError:
        return
    assert set(found) == set(range(count)) - set(present)
