"""What an address of the web really leads to, read once and opened as it was read."""

import re
from dataclasses import dataclass

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

_PLAIN_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?\.?|[0-9a-f:.]+")
_PORTS = {"http": 80, "https": 443}
_DECODED = QUrl.ComponentFormattingOption.FullyDecoded
_ENCODED = QUrl.ComponentFormattingOption.FullyEncoded


@dataclass(frozen=True)
class WebAddress:
    """An address whose parts a person can judge before it is opened."""

    host: str  # as people write it, in any script
    plain_host: str  # the same in the letters that the network uses
    before_host: str  # what stands before an @ in it: looks like a host, and is none
    port: int  # 0: the usual one
    encrypted: bool
    whole: str  # nothing but ASCII: what is opened

    @property
    def is_foreign(self) -> bool:
        """Tell whether the host is written with letters that can look like others."""
        return self.host != self.plain_host

    @property
    def is_number(self) -> bool:
        """Tell whether the host is a bare number on the network, without a name."""
        last = self.plain_host.rstrip(".").rpartition(".")[2]
        return ":" in self.plain_host or last.isdigit()


def read(text: str) -> WebAddress | None:
    """Return what an address leads to; None if it is not http or https, or can be misread."""
    url = QUrl(text, QUrl.ParsingMode.StrictMode)
    scheme = url.scheme().lower()
    host, plain = url.host(_DECODED), url.host(_ENCODED)
    if not url.isValid() or scheme not in _PORTS or not _PLAIN_HOST.fullmatch(plain):
        return None
    port = url.port()
    return WebAddress(
        host=host,
        plain_host=plain,
        before_host=":".join(filter(None, (url.userName(_DECODED), url.password(_DECODED)))),
        port=0 if port in (-1, _PORTS[scheme]) else port,
        encrypted=scheme == "https",
        whole=bytes(url.toEncoded().data()).decode("ascii"),
    )


def open_in_browser(address: WebAddress) -> None:
    """Hand an address to the system's browser, in the very letters that were read."""
    QDesktopServices.openUrl(QUrl(address.whole, QUrl.ParsingMode.StrictMode))
