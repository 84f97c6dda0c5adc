"""Why an update is not taken."""

from typing import Literal

Code = Literal[
    "malformed",
    "forged",
    "old",
    "expired",
    "mixed",
    "too_large",
    "unreachable",
    "no_root",
    "install",
]
"""`malformed`: the bytes are no update. `forged`: too few of the keys that count have signed it.
`old`: older than what was seen before (rollback). `expired`: its time is over (freeze). `mixed`:
its parts do not belong together (mix and match), or a package is not the one that was signed.
`too_large`: more bytes than may come (endless data). `unreachable`: the source cannot be read.
`no_root`: this copy was built without a root of trust. `install`: putting it in place failed.
"""


class UpdateError(Exception):
    """An update is not taken; `code` says why, the text is for the log and for tests."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(text)
        self.code: Code = code
