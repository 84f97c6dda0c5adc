"""Every parser that bytes from outside reach keeps its promises, for whatever bytes.

The promises stand beside the targets: a value that is written as it was read, or the documented
error; bounded work, counted in calls; bounded memory. `./run fuzz` looks for inputs that break
them; those that it found worth keeping are tried here again.
"""

import random

import pytest
from fuzz import corpus
from fuzz.target import Run, Target, calls_of, joined, memory_of, parted
from fuzz.targets import TARGETS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = {name: [*target.examples(), *corpus.read(name)] for name, target in TARGETS.items()}
every = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())


@st.composite
def inputs(draw: st.DrawFn, examples: list[bytes], longest: int) -> bytes:
    """Good inputs, cut, changed in one byte, with one more, mixed; and any bytes at all."""
    data = bytearray(draw(st.sampled_from(examples)))
    place = draw(st.integers(0, len(data)))
    byte = draw(st.integers(0, 255))
    match draw(st.sampled_from(["any", "cut", "change", "insert", "mix"])):
        case "any":
            data = bytearray(draw(st.binary(max_size=300)))
        case "cut":
            del data[place:]
        case "change":
            data[place : place + 1] = bytes([byte])
        case "insert":
            data.insert(place, byte)
        case "mix":
            data[place:] = draw(st.sampled_from(examples))[place:]
    return bytes(data[:longest])


@every
def test_good_inputs_and_those_worth_keeping_stay_within_their_bounds(target: Target):
    extremes = [b"", bytes(target.longest), b"\xff" * target.longest]
    for data in [*EXAMPLES[target.name], *extremes]:
        assert calls_of(target.begin(), data) <= target.calls, data.hex()
    largest = sorted(EXAMPLES[target.name], key=len)[-8:]
    for data in [*largest, *extremes]:
        assert memory_of(target.begin(), data) <= target.memory, data.hex()


@every
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(chosen=st.data())
def test_whatever_comes_is_a_value_or_the_documented_error(target: Target, chosen: st.DataObject):
    data = chosen.draw(inputs(EXAMPLES[target.name], target.longest))
    assert calls_of(target.begin(), data) <= target.calls


@every
def test_every_target_begins_afresh(target: Target):
    """So that what is found can be found again."""
    data = EXAMPLES[target.name][0]
    target.begin()(data)
    first, second = (calls_of(target.begin(), data) for _ in range(2))
    assert first == second


def costly(data: bytes) -> None:
    kept = [bytes(1000) for _ in range(len(data))]
    assert len(kept) == len(data)


def test_what_an_input_costs_is_noticed():
    runs: list[Run] = [costly]
    for run in runs:
        assert calls_of(run, b"12345") >= 2
        assert memory_of(run, bytes(100)) > 100_000
        assert memory_of(run, b"1") < 10_000


def test_parts_of_an_input_are_found_again():
    parts = [random.Random(size).randbytes(size) for size in (0, 1, 300)]
    assert parted(joined(parts)) == parts
    assert parted(b"\xff\xff" + b"x") == [b"x"]
