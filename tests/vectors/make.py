"""Write conclave.json anew from the code: python tests/vectors/make.py."""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
if __name__ == "__main__":
    sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

from vectors.making import (  # noqa: E402
    files,
    finding,
    handshake,
    keys,
    log,
    media,
    meeting,
    meeting_point,
    sealed,
    vault,
)
from vectors.making.cast import Case  # noqa: E402

VECTORS = HERE / "conclave.json"
ABOUT = (
    "Known answers for every part of the protocol of Conclave, version 1, which PROTOCOL.md "
    "describes. Each section has cases: from what is given, in the case and in its section, "
    "follows what it gives, or it is refused for the reason named. Bytes are in hex. Numbers are "
    "unsigned, and a few need 64 bits. Names are those of PROTOCOL.md. Keys are given by their "
    "seeds. Nothing here is secret. tests/vectors/reference derives all of it a second time, "
    "without using Conclave's own code."
)


def vectors() -> Case:
    """Return what the file says."""
    sections: Case = {}
    parts = (keys, sealed, finding, vault, meeting, log, handshake, media, files, meeting_point)
    for part in parts:
        sections |= part.sections()
    return {"about": ABOUT, "protocol": 1, "sections": sections}


def text() -> str:
    """Return the file: one value a line, so that changes can be read."""
    return json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    VECTORS.write_text(text(), encoding="utf-8")
