"""The doctor's look at the way to one other computer: it is dialled, and nothing is said there."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from app.findings import Finding
from app.i18n import _
from app.net.addresses import LISTEN_PORTS, Address, interface_addresses, is_on_link
from app.net.gate import OPEN, Gate
from app.net.signalling import DialError, DialFailure, dial

PATIENCE = 5.0  # seconds; until then the system says whether a neighbour is there at all


def checks(
    addresses: Sequence[Address], gate: Gate = OPEN
) -> list[tuple[str, Callable[[], Finding]]]:
    """Return what is looked at here: whether somebody can be reached at these addresses."""
    return [("reach", partial(reach, tuple(addresses), gate))] if addresses else []


def reach(addresses: Sequence[Address], gate: Gate = OPEN) -> Finding:
    """Try every address, and say what stands in the way to the one that led furthest."""
    try:
        reached = asyncio.run(_dialled(addresses, gate))
    except DialError as error:
        furthest = (a for a, failure in error.failures.items() if failure is error.cause)
        return _explained(error.cause, next(furthest, addresses[0]))
    sentence = _("Conclave answers at {address}.").format(address=reached)
    return Finding("reach", _("The other computer"), "ok", sentence)


async def _dialled(addresses: Sequence[Address], gate: Gate) -> Address:
    connection = await dial(addresses, timeout=PATIENCE, allow_loopback=True, gate=gate)
    connection.start(lambda _message: None, lambda _reason: None)
    reached = connection.remote
    connection.close()
    await connection.wait_gone()
    return reached


def _explained(cause: DialFailure, address: Address) -> Finding:
    near = is_on_link(address.host, interface_addresses())
    match cause:
        case DialFailure.REFUSED:
            sentence = _("{address} is there, and no meeting is open at this port.")
            cure = _("Ask the host for the address of the meeting; its port may be another one.")
        case DialFailure.UNREACHABLE if near:
            sentence = _("{address} belongs to this network and gives no sign of life.")
            cure = _(
                "If that computer is on, the network keeps its computers apart, as guest networks "
                "do: use another network or a cable."
            )
        case DialFailure.UNREACHABLE:
            sentence = _("no way leads from here to {address}.")
            cure = _("Both computers must be in one network, or the host must open a way in.")
        case DialFailure.TIMEOUT if near:
            sentence = _("{address} does not answer: most likely a firewall there keeps you out.")
            cure = _("Let the firewall of that computer allow TCP ports {first} to {last}.")
        case DialFailure.TIMEOUT:
            sentence = _("{address} is in another network, and nothing comes back from there.")
            cure = _("The host must open a way in: the help says which there are.")
        case DialFailure.NOT_HYBRID | DialFailure.NOT_CONCLAVE:
            sentence = _("something else than a Conclave of today answers at {address}.")
            cure = _("Check the port, and update Conclave there.")
        case DialFailure.CLOSED:
            sentence = _("{address} answers and hangs up: it is busy, or does not let you in.")
            cure = _("Try again in a minute, or ask the host.")
        case DialFailure.NOT_ALLOWED:
            sentence = _("{address} may not be reached from this computer.")
            cure = _("Take an address of one other computer that your organisation allows.")
    sentence = sentence.format(address=address)
    cure = cure.format(first=LISTEN_PORTS[0], last=LISTEN_PORTS[-1])
    return Finding("reach", _("The other computer"), "fail", sentence, cure)
