"""`python -m app.meeting_point`: the same as `conclave meeting-point`."""

import sys

from app.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["meeting-point", *sys.argv[1:]]))
