"""Hears what later starts of Conclave ask of this window: a local socket of this user alone."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from app.handed_over import DONE, MAX_REQUEST, Request, RequestError, parse

MOST_CALLERS = 8  # at the same time; a person starts one program
CALL_TIME = 2000  # milliseconds for a caller to say what it wants


class Doorbell(QObject):
    """Listens from `listen` to `close`; `heard` gets each request that was understood."""

    def __init__(self, heard: Callable[[Request], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._heard = heard
        self._callers: dict[QLocalSocket, bytes] = {}
        self.refused = 0
        """How many callers were too many, too slow, or not understood."""
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.setMaxPendingConnections(MOST_CALLERS)
        self._server.newConnection.connect(self._come)

    def listen(self, address: str) -> bool:
        """Listen at a full path, or at the name of a pipe; tell whether that is possible."""
        return bool(address) and self._server.listen(address)

    def close(self) -> None:
        """Hear nobody any more."""
        self._server.close()
        for caller in list(self._callers):
            self._part(caller)

    def _come(self) -> None:
        while (caller := self._server.nextPendingConnection()) is not None:
            if len(self._callers) >= MOST_CALLERS:
                self.refused += 1
                caller.abort()
                caller.deleteLater()
                continue
            caller.setReadBufferSize(MAX_REQUEST + 1)
            self._callers[caller] = b""
            caller.readyRead.connect(lambda caller=caller: self._read(caller))
            caller.disconnected.connect(lambda caller=caller: self._part(caller))
            QTimer.singleShot(CALL_TIME, caller, lambda caller=caller: self._late(caller))
            self._read(caller)

    def _read(self, caller: QLocalSocket) -> None:
        if caller not in self._callers:
            return
        room = MAX_REQUEST + 1 - len(self._callers[caller])
        said = self._callers[caller] + bytes(caller.read(room).data())
        self._callers[caller] = said
        if said.count(b"\n") < 2 and len(said) <= MAX_REQUEST:
            return  # there is more to come
        try:
            request = parse(said)
        except RequestError:
            self.refused += 1
            self._part(caller)
            return
        caller.write(DONE)
        caller.flush()
        self._callers.pop(caller)
        caller.disconnectFromServer()
        caller.deleteLater()
        self._heard(request)

    def _late(self, caller: QLocalSocket) -> None:
        if caller in self._callers:
            self.refused += 1
            self._part(caller)

    def _part(self, caller: QLocalSocket) -> None:
        if self._callers.pop(caller, None) is not None:
            caller.abort()
            caller.deleteLater()
