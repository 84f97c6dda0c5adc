"""What a link asks before it sends anything anywhere: the rules of who runs the call."""

import socket
from typing import Protocol


class Gate(Protocol):
    """Where packets may go; asked for every address, and given every socket before it is used."""

    @property
    def lan_only(self) -> bool:
        """Tell whether nothing leaves the local networks: no server is asked, no door opened."""

    def __contains__(self, host: object) -> bool:
        """Tell whether a numeric host may be sent to, answered and offered."""

    def guard(self, sock: socket.socket) -> None:
        """Have the system, too, keep the packets of a socket where they may go; raises OSError."""


class _Open:
    lan_only = False

    def __contains__(self, host: object) -> bool:
        return True

    def guard(self, sock: socket.socket) -> None:
        pass


OPEN: Gate = _Open()  # when nobody limits a link
