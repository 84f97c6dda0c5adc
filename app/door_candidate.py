"""Tells a peer of the door for media: one more address at which a link may be reached."""

import ipaddress
from dataclasses import replace

from app.net.router.media_door import MediaDoor
from media.path.link_parameters import (
    LOWEST_PORT,
    MAX_CANDIDATES,
    Candidate,
    LinkParameters,
)

_HOST = 126  # type preference of an address of this computer, RFC 8445 section 5.1.2.2
_THROUGH_A_ROUTER = 100 << 24 | 0xFFFF << 8 | 0xFF  # as if a server had seen us there


def with_door(parameters: LinkParameters, door: MediaDoor) -> LinkParameters:
    """Return our half of a link with the door among its candidates, if it is open."""
    own = [c for c in parameters.candidates if c.priority >> 24 == _HOST]
    inside = next((c for c in own if c.address.version == 4), None)
    outside = door.outside
    if outside is None or inside is None or outside.port < LOWEST_PORT:
        return parameters
    door.let_in(parameters.ufrag, (str(inside.address), inside.port))
    candidate = Candidate(ipaddress.ip_address(outside.host), outside.port, _THROUGH_A_ROUTER)
    others = list(parameters.candidates)
    if len(others) == MAX_CANDIDATES:
        others.remove(own[-1])
    return replace(parameters, candidates=(*others, candidate))
