"""Signalling, all of it in one place: listen, dial, and the connections that come of it."""

from app.net.addresses import Address, AddressError
from app.net.binding import ListenError
from app.net.connection import CloseReason, Connection
from app.net.dialling import DialError, DialFailure, Way, dial
from app.net.limits import Limits
from app.net.listener import Listener

__all__ = [
    "Address",
    "AddressError",
    "CloseReason",
    "Connection",
    "DialError",
    "DialFailure",
    "Limits",
    "ListenError",
    "Listener",
    "Way",
    "dial",
]
