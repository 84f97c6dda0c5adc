"""What is fuzzed: a parser that bytes from outside reach, and what it promises for all of them."""

import contextlib
import gc
import json
import sys
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
KIB = 1024

Run = Callable[[bytes], object]
"""Takes one input. Whatever it raises is a finding: what is documented it catches itself."""


@dataclass(frozen=True)
class Target:
    """One parser, good inputs for it, and what one input may cost."""

    name: str
    begin: Callable[[], Run]  # gets ready; what that costs does not count
    examples: Callable[[], Iterable[bytes]]
    longest: int  # bytes of one input
    calls: int  # of functions, at most; a measure of work that does not depend on the computer
    memory: int  # bytes, at most, above what was there before
    milliseconds: int = 10  # of the processor, at most; more where an input is a whole story
    reuse: int = 1  # inputs that the lane tries before it begins afresh, where beginning is slow


TARGETS: dict[str, Target] = {}


def target(
    examples: Callable[[], Iterable[bytes]],
    *,
    longest: int = 4096,
    calls: int = 2000,
    memory: int = 256 * KIB,
) -> Callable[[Run], Run]:
    """Register a function of one input as a target."""

    def register(run: Run) -> Run:
        name = run.__name__
        TARGETS[name] = Target(name, lambda: run, examples, longest, calls, memory)
        return run

    return register


def prepared(
    examples: Callable[[], Iterable[bytes]],
    *,
    longest: int = 4096,
    calls: int = 2000,
    memory: int = 256 * KIB,
    milliseconds: int = 10,
    reuse: int = 1,
) -> Callable[[Callable[[], Run]], Callable[[], Run]]:
    """Register a function that makes everything ready and returns what takes the input."""

    def register(begin: Callable[[], Run]) -> Callable[[], Run]:
        name = begin.__name__
        TARGETS[name] = Target(name, begin, examples, longest, calls, memory, milliseconds, reuse)
        return begin

    return register


@contextlib.contextmanager
def refused(*errors: type[Exception], codes: tuple[str, ...] = ()) -> Iterator[None]:
    """Take the documented errors, of these codes if any are named; let every other one through."""
    try:
        yield
    except errors as error:
        if codes and getattr(error, "code", None) not in codes:
            raise


# What one input costs --------------------------------------------------------------------------


def calls_of(run: Run, data: bytes) -> int:
    """Return how many functions are called for an input."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    gc.disable()  # what others left behind is not this input's work
    sys.setprofile(note)
    try:
        run(data)
    finally:
        sys.setprofile(before)
        gc.enable()
    return count


def memory_of(run: Run, data: bytes) -> int:
    """Return how many bytes are in use at most for an input, beside what was there before."""
    tracemalloc.start()
    try:
        run(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# Good inputs -----------------------------------------------------------------------------------


@cache
def vectors(section: str) -> list[dict[str, Any]]:
    """Return the good cases of a section of conclave.json."""
    text = (TESTS / "vectors" / "conclave.json").read_text(encoding="utf-8")
    cases = json.loads(text)["sections"][section]["cases"]
    return [case for case in cases if "gives" in case]


def messages(*names: str) -> list[bytes]:
    """Return the messages of these types, of all without one."""
    return [
        bytes.fromhex(case["gives"]["bytes"])
        for case in vectors("messages")
        if not names or case["given"]["name"] in names
    ]


def said(*kinds: int) -> list[bytes]:
    """Return the messages of these types that are said in handshakes."""
    found = [message for case in vectors("handshakes") for message in case["gives"]["said"]]
    return [bytes.fromhex(each) for each in found if int(each[:2], 16) in kinds]


def joined(parts: Sequence[bytes]) -> bytes:
    """Return several parts as one input."""
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def parted(data: bytes, most: int = 16) -> list[bytes]:
    """Return the parts of an input; any bytes are some."""
    parts: list[bytes] = []
    while len(data) >= 2 and len(parts) < most:
        size = int.from_bytes(data[:2], "big")
        parts.append(data[2 : 2 + size])
        data = data[2 + size :]
    return parts
