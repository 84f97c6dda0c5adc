"""What a window reaches beyond the meeting, put together for it when it opens."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from app.findings import Finding
from app.options import DoctorOptions, ProfileChoice
from app.storage import read_bounded, write_whole
from app.system_entries import Entry, switches
from app.ui.outside import Outside

PLACE = "window"  # where the window stood last, in the profile
MOST_PLACE = 100  # bytes

log = logging.getLogger(__name__)


def outside_of(profile: Path, address: str, known: Mapping[str, Entry]) -> Outside:
    """Return it for the window of a profile that later starts reach at `address`."""

    def keep_place(place: str) -> None:
        try:
            if place != _place(profile):
                write_whole(profile / PLACE, place.encode("ascii"))
        except OSError as error:
            log.info("the place of the window was not kept: %s", type(error).__name__)

    def examine() -> Iterable[Finding]:
        from app.doctor import all_checks, examine

        return examine(all_checks(DoctorOptions(ProfileChoice(profile))))

    return Outside(
        address=address,
        place=_place(profile),
        keep_place=keep_place,
        system=switches(known),
        examine=examine,
    )


def _place(profile: Path) -> str:
    try:
        return read_bounded(profile / PLACE, MOST_PLACE).decode("ascii", "replace")
    except OSError:
        return ""
