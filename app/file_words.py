"""What is said about files: how large, how far, what went wrong and what that means."""

from app.i18n import _, mark, ngettext
from app.meeting.view import FileLeg, FileState, SharedFile
from app.names import isolated

UNITS = (
    mark("{number} bytes"),
    mark("{number} kB"),
    mark("{number} MB"),
    mark("{number} GB"),
    mark("{number} TB"),
)
STEP = 1000  # as disks and file managers of today count

MINE = {
    "cancelled": mark("You stopped it."),
    "cancelled_by_them": mark("{name} stopped it."),
    "unreadable": mark("This file cannot be read. It was offered to nobody."),
    "changed": mark("The file changed meanwhile. Offer it again."),
    "left": mark("{name} left before all of it arrived."),
    "their_disk_full": mark("{name} has not enough room for it."),
    "their_disk": mark("{name}'s computer could not save it."),
    "damaged": mark("What arrived was not what was sent. Offer it again."),
    "their_rules": mark("{name}'s organisation does not allow files."),
    "too_many": mark("Too many files wait for {name}'s answer."),
}
"""How it ended with one's own file for one person, by `why`."""

THEIRS = {
    "cancelled": mark("You stopped it. Nothing of it was kept."),
    "withdrawn": mark("{name} took it back. Nothing of it was kept."),
    "their_file": mark("{name}'s computer cannot read it any more. Nothing of it was kept."),
    "changed": mark("The file changed at {name}'s meanwhile. Nothing of it was kept."),
    "left": mark("{name} left before all of it arrived. Nothing of it was kept."),
    "disk_full": mark("There is not enough room on the disk. Nothing of it was kept."),
    "folder_gone": mark("The folder is not there any more. Nothing of it was kept."),
    "not_written": mark("It could not be saved there. Nothing of it was kept."),
    "damaged": mark("What arrived is not what was sent. Nothing of it was kept."),
}
"""How it ended with somebody else's file, by `why`."""

PROBLEMS = {
    "disk_full": mark("There is not enough room on the disk."),
    "folder_gone": mark("This folder is not there any more."),
    "not_written": mark("It could not be saved there. Choose another folder."),
    "too_many_held": mark("Four pictures are held already. Save this one instead."),
}
"""What went wrong when a picture that was looked at was to be saved, or one more was asked for."""


def size(octets: float) -> str:
    """Return an amount of bytes as people read it: three figures at most."""
    for unit in UNITS:
        if octets < STEP or unit is UNITS[-1]:
            break
        octets /= STEP
    number = f"{octets:.0f}"
    if unit is not UNITS[0] and octets < 99.95:
        whole, tenth = f"{octets:.1f}".split(".")
        number = _("{whole}.{tenth}").format(whole=whole, tenth=tenth)
    return _(unit).format(number=number).replace(" ", "\N{NO-BREAK SPACE}")


def time_left(seconds: float) -> str:
    """Return about how long something takes."""
    minutes, hours = round(seconds / 60), round(seconds / 3600)
    if seconds < 10:
        return _("a few seconds left")
    if seconds < 90:
        tens = max(10, round(seconds / 10) * 10)
        return ngettext("about {count} second left", "about {count} seconds left", tens).format(
            count=tens
        )
    if minutes < 90:
        return ngettext("about {count} minute left", "about {count} minutes left", minutes).format(
            count=minutes
        )
    return ngettext("about {count} hour left", "about {count} hours left", hours).format(
        count=hours
    )


def how_far(file: SharedFile, leg: FileLeg) -> str:
    """Return how it stands with a file and one person, in one line."""
    name = isolated(leg.name)
    match leg.state:
        case FileState.PREPARING:
            return _("One moment…")
        case FileState.OFFERED:
            return _("Waiting for {name}'s answer.").format(name=name) if file.mine else ""
        case FileState.RUNNING | FileState.HELD | FileState.AWAY:
            return _moving(file, leg, name)
        case FileState.CHECKING:
            return _("Checking that all of it arrived…")
        case FileState.DONE:
            return _done(file, name)
        case FileState.DECLINED:
            return _("{name} declined.").format(name=name) if file.mine else _("You declined.")
        case FileState.CANCELLED | FileState.FAILED:
            words = (MINE if file.mine else THEIRS).get(leg.why, mark("It did not work."))
            return _(words).format(name=name)


def problem(file: SharedFile) -> str:
    """Return what went wrong besides, "" if nothing did."""
    return _(PROBLEMS[file.problem]) if file.problem in PROBLEMS else ""


def _moving(file: SharedFile, leg: FileLeg, name: str) -> str:
    far = _("{done} of {size}").format(done=size(leg.done), size=size(file.size))
    if leg.state is FileState.HELD:
        who = _("Paused by {name}").format(name=name) if leg.held_by_them else _("Paused")
        return f"{who} · {far}"
    if leg.state is FileState.AWAY:
        return _("Waiting for the connection · {far}").format(far=far)
    words = [far]
    if leg.speed >= 1:
        words.append(_("{size} a second").format(size=size(leg.speed)))
    if leg.seconds_left is not None:
        words.append(time_left(leg.seconds_left))
    return " · ".join(words)


def _done(file: SharedFile, name: str) -> str:
    if file.mine:
        return _("{name} has it.").format(name=name)
    if file.in_memory:
        return _("Not saved. It is gone when the meeting ends.")
    return _("Saved as {name}").format(name=isolated(file.path.replace("\\", "/").split("/")[-1]))
