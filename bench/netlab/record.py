"""Where a running laboratory is written down, and where it takes orders."""

from pathlib import Path

RUN_DIR = Path("/run/conclave-netlab")


def control_socket_of(lab: str) -> Path:
    """Return where the switch of a laboratory listens for orders."""
    return RUN_DIR / f"{lab}.sock"


def record_of(lab: str) -> Path:
    """Return the file that says who runs a laboratory and what hosts it has."""
    return RUN_DIR / f"{lab}.json"
