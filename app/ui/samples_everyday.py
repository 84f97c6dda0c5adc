"""Made-up things around a meeting, for pictures and tests: what was visited, what was found."""

from app.findings import Finding
from app.i18n import _
from app.screens import RecentMeeting, WayBack
from app.ui.samples import MORNING

DAY = 86_400.0  # seconds

RECENTS = (
    RecentMeeting("0", "Budget 2027", "Ada Brenner", MORNING, WayBack.NEARBY),
    RecentMeeting("1", "Choir practice", "Ben Okafor", MORNING - DAY, WayBack.CALL),
    RecentMeeting("2", "Weekly review", "Mara Lindt", MORNING - 2 * DAY, WayBack.START),
    RecentMeeting("3", "Interview", "Clara Weiß", MORNING - 9 * DAY, WayBack.NONE),
)


def findings() -> tuple[Finding, ...]:
    """Return what an examination found on a made-up computer."""
    return (
        Finding("clock", _("Clock"), "ok", _("the date is plausible.")),
        Finding("disk", _("Disk"), "ok", _("identity and settings can be kept.")),
        Finding(
            "multicast",
            _("Nearby"),
            "warn",
            _("meetings on this network are not found through {names}.").format(names="wlan0"),
            _(
                "Allow mDNS (UDP port 5353) in the firewall. Joining by link or address works "
                "without it."
            ),
        ),
        Finding(
            "microphone",
            _("Microphone"),
            "fail",
            _("none was found; you can join without it."),
            _("Plug one in, and look whether the system's sound settings show it."),
        ),
    )
