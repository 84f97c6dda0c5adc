"""A copy of Conclave that says everything it can, and tells a test what it must not say.

    python -m fakes.loud_copy FOLDER ARGUMENTS..

Runs `conclave ARGUMENTS`. Every logger of every library writes into FOLDER/log, and every secret
that came to be stands in FOLDER/secrets.json when it ends.
"""

import json
import logging
import sys
from pathlib import Path

from fakes.known_secrets import KnownSecrets

from app.__main__ import main


def run(folder: Path, arguments: list[str]) -> int:
    """Run the program; return its exit code."""
    secrets = KnownSecrets()
    root = logging.getLogger()
    handler = logging.FileHandler(folder / "log")
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    root.setLevel = lambda _level: None  # type: ignore[method-assign, assignment]
    try:
        with secrets.watched():
            return main(arguments)
    finally:
        for error in secrets.errors:
            logging.getLogger("errors").debug(error)
        (folder / "secrets.json").write_text(json.dumps(secrets.dump()))


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2:]))
