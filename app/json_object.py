"""Reads one JSON object as strictly as it is written: no name twice, no NaN, UTF-8 only."""

import json


def read_object(data: bytes) -> dict[str, object]:
    """Return the object; raises ValueError, or RecursionError where it nests too deeply."""
    raw = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    if not isinstance(raw, dict):
        raise ValueError("not an object")
    return raw


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({name for name, _value in pairs}) != len(pairs):
        raise ValueError("a name stands there twice")
    return dict(pairs)


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")
