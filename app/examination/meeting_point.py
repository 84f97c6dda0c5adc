"""The doctor's look at the meeting point that a link names: is it there, is it the one?"""

import asyncio
from collections.abc import Callable
from functools import partial

from app.findings import Finding
from app.i18n import _
from app.meeting.own_doors import MeetingPoint
from app.net.addresses import Address
from app.net.dialling import AttemptError, DialFailure
from app.net.gate import OPEN, Gate
from app.net.meeting_point import Counter, Visitor


def checks(
    point: MeetingPoint | None, gate: Gate = OPEN
) -> list[tuple[str, Callable[[], Finding]]]:
    """Return what is looked at here: nothing for a link without a meeting point."""
    return [("meeting_point", partial(meeting_point, point, gate))] if point is not None else []


def meeting_point(point: MeetingPoint, gate: Gate = OPEN) -> Finding:
    """Go there, look whether it proves its key, ask for nobody, and go away."""
    title, address = _("Meeting point"), Address(*point.address)
    try:
        asyncio.run(_visited(point, gate))
    except AttemptError as error:
        sentence, cure = _explained(error.failure)
        sentence, cure = sentence.format(address=address), cure.format(port=address.port)
        return Finding("meeting_point", title, "fail", sentence, cure)
    sentence = _("answers at {address}, and is the one that the link names.")
    return Finding("meeting_point", title, "ok", sentence.format(address=address))


async def _visited(point: MeetingPoint, gate: Gate) -> None:
    counter = await Counter.approach(point, Visitor(gate))
    counter.close()
    await counter.connection.wait_gone()


def _explained(cause: DialFailure) -> tuple[str, str]:
    """Return what is the matter and what helps."""
    match cause:
        case DialFailure.NOT_CONCLAVE | DialFailure.NOT_HYBRID:
            return (
                _("something else than the meeting point of the link answers at {address}."),
                _("Ask the host for a new link: the meeting point may have another key now."),
            )
        case DialFailure.NOT_ALLOWED:
            return (
                _("{address} may not be reached from this computer."),
                _("Ask who looks after this computer to allow that address."),
            )
        case DialFailure.CLOSED:
            return (
                _("{address} answers and hangs up: too many are there."),
                _("Try again in a minute."),
            )
        case _:
            return (
                _("nothing answers at {address}."),
                _(
                    "Whoever runs it has to start it, and its firewall has to let TCP port {port} "
                    "through; so has the network here."
                ),
            )
