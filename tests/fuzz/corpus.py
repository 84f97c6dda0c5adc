"""The inputs worth keeping of each target: one file, one input a line, in hex, shortest first."""

from collections.abc import Iterable
from pathlib import Path

CORPUS = Path(__file__).resolve().parent / "corpus"
MOST = 150  # inputs of one target
LONGEST = 4096  # bytes of an input that is kept; longer ones are in the examples


def read(name: str) -> list[bytes]:
    """Return the inputs that are kept for a target."""
    path = CORPUS / f"{name}.txt"
    return list(map(bytes.fromhex, path.read_text().splitlines())) if path.exists() else []


def write(name: str, inputs: Iterable[bytes]) -> int:
    """Keep these inputs for a target instead of those before; return how many were kept."""
    short = {data for data in inputs if len(data) <= LONGEST}
    kept = sorted(short, key=lambda data: (len(data), data))[:MOST]
    CORPUS.mkdir(exist_ok=True)
    text = "".join(f"{data.hex()}\n" for data in kept)
    (CORPUS / f"{name}.txt").write_text(text)
    return len(kept)
