"""What is said to a UPnP Internet Gateway Device, and what is understood of its answers.

UPnP Device Architecture 1.1 (discovery, description, SOAP) and WANIPConnection:2. All values that
are put into XML here are numbers, numeric addresses or constants.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from app.net.addresses import Address
from app.net.router.http_answer import Answer, HttpError, parse_head
from app.net.router.terms import RouterError, Wanted, Why
from app.net.router.xml_tree import Element, XmlError, parse_xml

GROUP: Final = ("239.255.255.250", 1900)
SEARCH: Final = (
    b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\n'
    b"ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n"
)
MAX_FOUND: Final = 2_048  # bytes of an answer to the search

_URL: Final = re.compile(r"http://(\d{1,3}(?:\.\d{1,3}){3})(?::(\d{1,5}))?(/[!-~]{0,255})?")
_PATH: Final = re.compile(r"/?[!-~]{1,255}")
_SERVICES: Final = (
    "urn:schemas-upnp-org:service:WANIPConnection:2",
    "urn:schemas-upnp-org:service:WANIPConnection:1",
    "urn:schemas-upnp-org:service:WANPPPConnection:1",
)
_MOST_SERVICES: Final = 3  # that are tried
_CONFLICT: Final = frozenset({718, 727})  # and 727: the external port must be a wildcard
_ONLY_PERMANENT: Final = 725
_NOTHING_THERE: Final = 714  # when a door is given back: it is closed already
_ENVELOPE: Final = (
    '<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
    '<u:{action} xmlns:u="{service}">{arguments}</u:{action}></s:Body></s:Envelope>\r\n'
)


@dataclass(frozen=True, slots=True)
class Url:
    """A place on the gateway itself."""

    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the gateway that opens doors."""

    kind: str
    control: Url


def parse_url(text: str, gateway: str) -> Url:
    """Read a URL that must lie on the gateway itself; raises RouterError."""
    match = _URL.fullmatch(text)
    port = int(match.group(2) or 80) if match else 0
    if match is None or match.group(1) != gateway or not 0 < port < 65536:
        raise RouterError(Why.NONSENSE, "a description that is not on the router")
    return Url(gateway, port, match.group(3) or "/")


def found(data: bytes, gateway: str) -> Url | None:
    """Return where the gateway describes itself; None for what is no answer to the search."""
    if len(data) > MAX_FOUND:
        return None
    try:
        status, fields = parse_head(data.partition(b"\r\n\r\n")[0])
    except HttpError:
        return None
    if status != 200 or "InternetGatewayDevice" not in fields.get("st", ""):
        return None
    return parse_url(fields.get("location", ""), gateway)


def get(url: Url) -> bytes:
    """Return the request for a description."""
    return (
        f"GET {url.path} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nConnection: close\r\n\r\n"
    ).encode("ascii")


def services(answer: Answer, location: Url) -> tuple[Service, ...]:
    """Return the services that open doors, the newest kind first; raises RouterError."""
    if answer.status != 200:
        raise RouterError(Why.REFUSED, f"HTTP {answer.status}")
    root = _tree(answer.body)
    base = location
    if stated := root.value("URLBase"):
        base = parse_url(stated, location.host)
    known = []
    for service in root.all("service"):
        kind, control = service.value("serviceType"), service.value("controlURL")
        if kind in _SERVICES:
            known.append(Service(kind, _resolved(control, base)))
    known.sort(key=lambda service: _SERVICES.index(service.kind))
    if not known:
        raise RouterError(Why.REFUSED, "it has no service that opens doors")
    return tuple(known[:_MOST_SERVICES])


def ask_address(service: Service) -> bytes:
    """Return the request for the outside address."""
    return _soap(service, "GetExternalIPAddress", {})


def ask_door(service: Service, wanted: Wanted, client: str, lease: int) -> bytes:
    """Return the request for a door at the suggested port, for `lease` seconds."""
    return _soap(
        service,
        "AddPortMapping",
        {
            "NewRemoteHost": "",
            "NewExternalPort": str(wanted.suggested),
            "NewProtocol": str(wanted.protocol),
            "NewInternalPort": str(wanted.port),
            "NewInternalClient": client,
            "NewEnabled": "1",
            "NewPortMappingDescription": "Conclave",
            "NewLeaseDuration": str(lease),
        },
    )


def give_back(service: Service, wanted: Wanted, outside: Address) -> bytes:
    """Return the request to close a door."""
    arguments = {
        "NewRemoteHost": "",
        "NewExternalPort": str(outside.port),
        "NewProtocol": str(wanted.protocol),
    }
    return _soap(service, "DeletePortMapping", arguments)


def outside_address(answer: Answer) -> ipaddress.IPv4Address:
    """Return the router's outside address; raises RouterError."""
    text = _result(answer, "GetExternalIPAddressResponse").value("NewExternalIPAddress")
    if not text:
        raise RouterError(Why.NO_OUTSIDE)
    try:
        return ipaddress.IPv4Address(text)
    except ValueError as error:
        raise RouterError(Why.NONSENSE, "no outside address") from error


def check_opened(answer: Answer) -> None:
    """Raise RouterError unless the door is open; Why.TAKEN: another port may be free."""
    _result(answer, "AddPortMappingResponse")


def check_closed(answer: Answer) -> None:
    """Raise RouterError unless the door is closed."""
    try:
        _result(answer, "DeletePortMappingResponse")
    except _UpnpError as error:
        if error.code != _NOTHING_THERE:
            raise


class _UpnpError(RouterError):
    def __init__(self, code: int) -> None:
        why = Why.TAKEN if code in _CONFLICT else Why.REFUSED
        super().__init__(Why.FOREVER if code == _ONLY_PERMANENT else why, f"UPnP error {code}")
        self.code = code


def _soap(service: Service, action: str, arguments: dict[str, str]) -> bytes:
    filled = "".join(f"<{name}>{value}</{name}>" for name, value in arguments.items())
    body = _ENVELOPE.format(action=action, service=service.kind, arguments=filled).encode("ascii")
    url = service.control
    head = (
        f"POST {url.path} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\n"
        f'SOAPAction: "{service.kind}#{action}"\r\nContent-Type: text/xml; charset="utf-8"\r\n'
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body


def _result(answer: Answer, name: str) -> Element:
    """Return the element that answers an action; raises RouterError."""
    root = _tree(answer.body)
    if answer.status == 200 and (results := root.all(name)):
        return results[0]
    for error in root.all("UPnPError"):
        code = error.value("errorCode")
        if code.isascii() and code.isdigit() and len(code) <= 3:
            raise _UpnpError(int(code))
    raise RouterError(Why.REFUSED, f"HTTP {answer.status}")


def _tree(body: bytes) -> Element:
    try:
        return parse_xml(body)
    except XmlError as error:
        raise RouterError(Why.NONSENSE, "XML that is not understood") from error


def _resolved(text: str, base: Url) -> Url:
    if text.startswith("http:"):
        return parse_url(text, base.host)
    if _PATH.fullmatch(text) is None or "://" in text or text.startswith("//"):
        raise RouterError(Why.NONSENSE, "a service that is not on the router")
    path = text if text.startswith("/") else base.path.rpartition("/")[0] + "/" + text
    return Url(base.host, base.port, path)
