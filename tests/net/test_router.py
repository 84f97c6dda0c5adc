"""What is understood of a router's answers, and what is refused: no router is needed for it."""

import asyncio
import ipaddress
import struct

import pytest
from fakes.lying_router import answers_http

from app.net.addresses import Address
from app.net.router import conversation, doorman, gateway, http_answer, igd, nat_pmp, pcp
from app.net.router.door import Router
from app.net.router.doorman import Doorman, DoorState, Phase
from app.net.router.http_answer import Answer, HttpError, parse_answer
from app.net.router.terms import (
    LEASE,
    LONGEST_LEASE,
    Grant,
    Protocol,
    RouterError,
    Wanted,
    Why,
    granted,
)
from app.net.router.xml_tree import XmlError, parse_xml
from app.rules import EVERYWHERE

WANTED = Wanted(Protocol.TCP, 47100, 47100)
NONCE = bytes(range(12))
CLIENT = ipaddress.ip_address("192.168.1.10")
OUTSIDE = ipaddress.ip_address("203.0.113.5")
GATEWAY = "192.168.1.1"
LOCATION = igd.Url(GATEWAY, 5000, "/root.xml")
SERVICE = igd.Service("urn:schemas-upnp-org:service:WANIPConnection:1", LOCATION)


def pcp_answer(
    *, result=0, lifetime=120, nonce=NONCE, protocol=6, inside=47100, port=7100, host="203.0.113.5"
) -> bytes:
    mapped = ipaddress.IPv6Address(f"::ffff:{host}" if "." in host else host).packed
    head = struct.pack("!BBBBII12x", 2, 0x81, 0, result, lifetime, 99)
    return head + struct.pack("!12sB3xHH16s", nonce, protocol, inside, port, mapped)


def why(call, *arguments, **more) -> Why:
    with pytest.raises(RouterError) as refusal:
        call(*arguments, **more)
    return refusal.value.why


# PCP


def test_a_pcp_request_is_written_as_the_standard_says():
    request = pcp.request(WANTED, CLIENT, NONCE, LEASE)
    assert len(request) == 60
    assert request[:8] == bytes([2, 1, 0, 0]) + LEASE.to_bytes(4)
    assert request[8:24] == bytes(10) + b"\xff\xff" + CLIENT.packed
    assert request[24:36] == NONCE
    assert request[36:44] == bytes([6, 0, 0, 0]) + (47100).to_bytes(2) + (47100).to_bytes(2)
    assert request[44:] == bytes(10) + b"\xff\xff" + bytes(4)


def test_a_pcp_grant_says_where_people_knock_and_for_how_long():
    grant = pcp.response(pcp_answer(), WANTED, NONCE)
    assert grant is not None
    assert grant.outside == Address("203.0.113.5", 7100)
    assert grant.lease == 120
    assert pcp.given_back(pcp_answer(lifetime=0), WANTED, NONCE)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        pcp_answer()[:59],
        pcp_answer() + b"x",
        pcp_answer() + bytes(1100),
        pcp_answer(nonce=bytes(12)),
        pcp_answer(protocol=17),
        pcp_answer(inside=22),
        bytes([2, 1]) + pcp_answer()[2:],  # a request
        bytes([2, 0x82]) + pcp_answer()[2:],  # another opcode
    ],
)
def test_what_answers_another_question_is_no_pcp_answer(data: bytes):
    assert pcp.response(data, WANTED, NONCE) is None


def test_a_router_that_speaks_nat_pmp_only_says_so():
    with pytest.raises(pcp.UnsupportedVersionError):
        pcp.response(bytes([0, 0x81, 0, 1]) + bytes(4), WANTED, NONCE)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (pcp_answer(result=2), Why.REFUSED),  # NOT_AUTHORIZED
        (pcp_answer(result=7), Why.NO_OUTSIDE),
        (pcp_answer(result=8), Why.TAKEN),
        (pcp_answer(lifetime=0), Why.REFUSED),
        (pcp_answer(lifetime=2**32 - 1), Why.FOREVER),
        (pcp_answer(port=0), Why.NONSENSE),
        (pcp_answer(host="10.0.0.2"), Why.BEHIND_ANOTHER),
        (pcp_answer(host="100.64.3.4"), Why.BEHIND_ANOTHER),
        (pcp_answer(host="127.0.0.1"), Why.NONSENSE),
        (pcp_answer(host="224.0.0.1"), Why.NONSENSE),
        (pcp_answer(host="255.255.255.255"), Why.NONSENSE),
        (pcp_answer(host="0.0.0.0"), Why.NO_OUTSIDE),
        (pcp_answer(host="::1"), Why.NONSENSE),
        (pcp_answer(host="fe80::1"), Why.BEHIND_ANOTHER),
    ],
)
def test_a_refusal_or_a_lie_of_pcp_is_no_grant(answer: bytes, reason: Why):
    assert why(pcp.response, answer, WANTED, NONCE) is reason


# NAT-PMP


def pmp_answer(*, version=0, opcode=130, result=0, inside=47100, port=7100, lifetime=120) -> bytes:
    return struct.pack("!BBHIHHI", version, opcode, result, 7, inside, port, lifetime)


def test_nat_pmp_asks_for_the_address_and_for_the_door():
    assert nat_pmp.request(WANTED, LEASE) == struct.pack("!BBHHHI", 0, 2, 0, 47100, 47100, LEASE)
    assert nat_pmp.request(WANTED, 0) == struct.pack("!BBHHHI", 0, 2, 0, 47100, 0, 0)
    told = struct.pack("!BBHI4s", 0, 128, 0, 7, OUTSIDE.packed)
    assert nat_pmp.outside_address(told) == OUTSIDE
    grant = nat_pmp.response(pmp_answer(), WANTED, OUTSIDE)
    assert grant is not None
    assert grant.outside == Address("203.0.113.5", 7100)
    assert nat_pmp.given_back(pmp_answer(port=0, lifetime=0), WANTED)


@pytest.mark.parametrize(
    "data",
    [b"", pmp_answer()[:-1], pmp_answer(version=2), pmp_answer(opcode=129), pmp_answer(inside=1)],
)
def test_what_answers_another_question_is_no_nat_pmp_answer(data: bytes):
    assert nat_pmp.response(data, WANTED, OUTSIDE) is None
    assert nat_pmp.outside_address(data) is None


def test_refusals_of_nat_pmp():
    assert why(nat_pmp.response, pmp_answer(result=2), WANTED, OUTSIDE) is Why.REFUSED
    assert why(nat_pmp.response, pmp_answer(result=4), WANTED, OUTSIDE) is Why.TAKEN
    no_network = struct.pack("!BBHI4s", 0, 128, 3, 7, bytes(4))
    assert why(nat_pmp.outside_address, no_network) is Why.NO_OUTSIDE
    private = ipaddress.IPv4Address("192.168.0.2")
    assert why(nat_pmp.response, pmp_answer(), WANTED, private) is Why.BEHIND_ANOTHER


# UPnP


def found(location: str) -> bytes:
    return (
        "HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n"
        f"LOCATION: {location}\r\n\r\n"
    ).encode()


def described(control="/ctl", kind=SERVICE.kind, base="") -> Answer:
    base = f"<URLBase>{base}</URLBase>" if base else ""
    text = (
        f'<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0">{base}<device>'
        "<deviceList><device><serviceList><service>"
        f"<serviceType>{kind}</serviceType><controlURL>{control}</controlURL>"
        "</service></serviceList></device></deviceList></device></root>"
    )
    return Answer(200, text.encode())


def soap(inner: str, status=200) -> Answer:
    return Answer(status, f'<s:Envelope xmlns:s="x"><s:Body>{inner}</s:Body></s:Envelope>'.encode())


def upnp_error(code: str) -> Answer:
    return soap(
        f"<s:Fault><detail><UPnPError><errorCode>{code}</errorCode></UPnPError></detail></s:Fault>",
        500,
    )


def test_a_description_is_looked_for_on_the_router_itself():
    assert igd.found(found(f"http://{GATEWAY}:5000/root.xml"), GATEWAY) == LOCATION
    assert igd.found(b"NOTIFY * HTTP/1.1\r\n\r\n", GATEWAY) is None
    assert igd.found(b"HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\n\r\n", GATEWAY) is None
    assert igd.found(found("x" * 3000), GATEWAY) is None


@pytest.mark.parametrize(
    "location",
    [
        "",
        "http://192.168.1.2:5000/root.xml",
        "http://router.local/root.xml",
        "https://192.168.1.1/root.xml",
        "file:///etc/passwd",
        "http://192.168.1.1@203.0.113.9/",
        "http://192.168.1.1:0/",
        "http://192.168.1.1:99999/",
        "http://192.168.1.1:80/a b",
        "http://192.168.1.1.203.0.113.9/",
        "http://[::ffff:192.168.1.1]/",
        "http://0300.0250.1.1/",
    ],
)
def test_a_description_anywhere_else_is_refused(location: str):
    assert why(igd.found, found(location), GATEWAY) is Why.NONSENSE


def test_the_service_that_opens_doors_is_found_in_a_description():
    (service,) = igd.services(described(), LOCATION)
    assert service == igd.Service(SERVICE.kind, igd.Url(GATEWAY, 5000, "/ctl"))
    (service,) = igd.services(described(control="ctl"), igd.Url(GATEWAY, 80, "/a/b.xml"))
    assert service.control.path == "/a/ctl"
    (service,) = igd.services(described(base=f"http://{GATEWAY}:81/"), LOCATION)
    assert service.control.port == 81
    assert why(igd.services, described(kind="urn:x:service:Layer3Forwarding:1"), LOCATION)


@pytest.mark.parametrize(
    "answer",
    [
        described(control="http://203.0.113.9/ctl"),
        described(control="//203.0.113.9/ctl"),
        described(control="ftp://192.168.1.1/"),
        described(control="/a\tb"),
        described(control="/" + "a" * 300),
        described(base="http://203.0.113.9/"),
        Answer(200, b"<root>"),
        Answer(200, b'<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>'),
        Answer(200, b"\xff\xfe"),
    ],
)
def test_a_description_that_leads_elsewhere_is_refused(answer: Answer):
    assert why(igd.services, answer, LOCATION) is Why.NONSENSE


def test_a_door_is_asked_for_with_a_lease_and_for_this_computer():
    asked = igd.ask_door(SERVICE, WANTED, "192.168.1.10", LEASE).decode()
    head, _, body = asked.partition("\r\n\r\n")
    assert f'SOAPAction: "{SERVICE.kind}#AddPortMapping"' in head
    assert f"Content-Length: {len(body)}" in head
    tree = parse_xml(body.encode()).all("AddPortMapping")[0]
    assert tree.value("NewInternalClient") == "192.168.1.10"
    assert tree.value("NewLeaseDuration") == str(LEASE)
    assert tree.value("NewExternalPort") == tree.value("NewInternalPort") == "47100"


def test_the_answers_of_upnp():
    told = (
        "<u:GetExternalIPAddressResponse xmlns:u='x'>"
        "<NewExternalIPAddress>{}</NewExternalIPAddress></u:GetExternalIPAddressResponse>"
    )
    assert igd.outside_address(soap(told.format("203.0.113.5"))) == OUTSIDE
    assert why(igd.outside_address, soap(told.format(""))) is Why.NO_OUTSIDE
    assert why(igd.outside_address, soap(told.format("203.0.113.5.6"))) is Why.NONSENSE
    igd.check_opened(soap("<u:AddPortMappingResponse xmlns:u='x'/>"))
    igd.check_closed(upnp_error("714"))
    assert why(igd.check_opened, upnp_error("718")) is Why.TAKEN
    assert why(igd.check_opened, upnp_error("725")) is Why.FOREVER
    assert why(igd.check_opened, upnp_error("606")) is Why.REFUSED
    assert why(igd.check_opened, upnp_error("9" * 30)) is Why.REFUSED
    assert why(igd.check_opened, soap("<other/>")) is Why.REFUSED


# HTTP and XML


def test_http_answers_with_a_length_in_chunks_and_until_the_end():
    assert parse_answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc") == Answer(200, b"ab")
    assert parse_answer(b"HTTP/1.0 500\r\n\r\nabc") == Answer(500, b"abc")
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\n\r\n"
    )
    assert parse_answer(chunked) == Answer(200, b"abc")
    assert http_answer.is_complete(b"HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nab")
    assert not http_answer.is_complete(b"HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\na")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: 1\r\nA: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: 1\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\nab\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 9000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + bytes(70_000),
    ],
)
def test_http_that_is_not_understood_is_refused(data: bytes):
    with pytest.raises(HttpError):
        parse_answer(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a>",
        b"<a/><b/>",
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b"<a>&unknown;</a>",
        b"<a>" * 100 + b"</a>" * 100,
        b"<a>" + b"<b/>" * 3000 + b"</a>",
        b"<a>" + b"x" * 5000 + b"</a>",
    ],
)
def test_xml_with_document_types_or_too_much_of_it_is_refused(data: bytes):
    with pytest.raises(XmlError):
        parse_xml(data)


def test_a_web_service_that_never_answers_or_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(conversation, "HTTP_TIME", 0.3)

    async def ask(answer: bytes | None) -> Why:
        async with answers_http(lambda _: answer) as port:
            url = igd.Url("127.0.0.1", port, "/")
            with pytest.raises(RouterError) as refusal:
                await conversation.fetch(url, igd.get(url))
            return refusal.value.why

    assert asyncio.run(ask(None)) is Why.SILENT
    assert asyncio.run(ask(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(100_000))) is Why.NONSENSE


# Grants and gateways


def test_a_grant_is_an_address_that_others_can_reach_and_ends_soon():
    assert granted(OUTSIDE, 7100, 120).outside == Address("203.0.113.5", 7100)
    mapped = ipaddress.ip_address("::ffff:203.0.113.5")
    assert granted(mapped, 7100, 120).outside.host == "203.0.113.5"
    assert why(granted, OUTSIDE, 7100, LONGEST_LEASE + 1) is Why.FOREVER


PROC = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
{more}eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
"""


def test_the_router_of_the_best_route_is_read_from_what_linux_tells():
    if struct.pack("=H", 1) != struct.pack("<H", 1):
        pytest.skip("the example was written on a little-endian machine")
    first = ipaddress.IPv4Address("192.168.1.1")
    assert gateway.best_of_proc(PROC.format(more="")) == first
    worse = "wlan0\t00000000\t0100000A\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
    assert gateway.best_of_proc(PROC.format(more=worse)) == first
    tunnel = "tun0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0\n"
    assert gateway.best_of_proc(PROC.format(more=tunnel)) is None
    assert gateway.best_of_proc("Iface\n") is None


def test_the_router_is_read_from_what_other_systems_print():
    macos = (
        "   route to: default\ndestination: default\n    gateway: 192.168.1.1\n  interface: en0\n"
    )
    assert gateway.best_of_macos(macos) == ipaddress.IPv4Address("192.168.1.1")
    assert gateway.best_of_macos("    gateway: index: 14\n  interface: utun3\n") is None
    windows = (
        "Aktive Routen:\n"
        "     Netzwerkziel    Netzwerkmaske          Gateway    Schnittstelle Metrik\n"
        "          0.0.0.0          0.0.0.0      192.168.1.1     192.168.1.23     25\n"
        "          0.0.0.0          0.0.0.0          10.0.0.1        10.0.0.7     75\n"
    )
    assert gateway.best_of_windows(windows) == ipaddress.IPv4Address("192.168.1.1")
    vpn = windows + "          0.0.0.0          0.0.0.0    Verbindung         10.8.0.2      5\n"
    assert gateway.best_of_windows(vpn) is None


# Who keeps a door open


class FakeWay:
    """A way that opens a door for `lease` seconds, as often as `refuses_after` says."""

    name = "a way"

    def __init__(self, lease: int = 2, refuses_after: int = 99) -> None:
        self.lease, self.left = lease, refuses_after
        self.opened: list[Wanted] = []
        self.closed: list[Address] = []

    async def greet(self) -> None:
        pass

    async def open(self, wanted: Wanted) -> Grant:
        self.left -= 1
        if self.left < 0:
            raise RouterError(Why.REFUSED)
        self.opened.append(wanted)
        return Grant(Address("203.0.113.5", 7100), self.lease)

    async def close(self, wanted: Wanted, outside: Address) -> None:
        self.closed.append(outside)


class Keeping:
    """A doorman with one fake way, and what it showed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *ways: FakeWay) -> None:
        monkeypatch.setattr(doorman, "SHORTEST_PAUSE", 0.01)
        monkeypatch.setattr(doorman, "TRY_AGAIN", 0.05)

        async def find(*_: object) -> Router:
            return Router(ways)

        monkeypatch.setattr(Router, "find", find)
        self.shown: list[DoorState] = []
        self.doorman = Doorman(47100, EVERYWHERE, bytes, self._note)

    def _note(self) -> None:
        self.shown.append(self.doorman.state)

    async def until(self, check) -> None:
        for _ in range(1000):
            if check():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(self.shown)


def test_a_door_is_renewed_at_the_place_it_has_and_given_back_at_the_end(monkeypatch):
    async def run() -> None:
        way = FakeWay(lease=1)
        keeping = Keeping(monkeypatch, way)
        keeping.doorman.open()
        assert await keeping.doorman.settled() == Address("203.0.113.5", 7100)
        await keeping.until(lambda: len(way.opened) >= 2)
        assert [wanted.suggested for wanted in way.opened[:2]] == [47100, 7100]
        await keeping.doorman.close()
        assert way.closed == [Address("203.0.113.5", 7100)]
        assert [state.phase for state in keeping.shown] == [Phase.ASKING, Phase.OPEN, Phase.CLOSED]

    asyncio.run(run())


def test_the_next_way_is_taken_where_one_does_not_want_to(monkeypatch):
    async def run() -> None:
        keeping = Keeping(monkeypatch, FakeWay(refuses_after=0), way := FakeWay())
        keeping.doorman.open()
        assert await keeping.doorman.settled() is not None
        assert len(way.opened) == 1
        await keeping.doorman.close()

    asyncio.run(run())


def test_a_router_that_never_opens_is_not_asked_again_by_itself(monkeypatch):
    async def run() -> None:
        keeping = Keeping(monkeypatch, way := FakeWay(refuses_after=0))
        keeping.doorman.open()
        assert await keeping.doorman.settled() is None
        assert keeping.doorman.state.why == Why.REFUSED
        await asyncio.sleep(0.2)
        assert way.left == -1
        await keeping.doorman.close()
        assert way.closed == []

    asyncio.run(run())


def test_a_door_that_was_lost_is_asked_for_again_and_meanwhile_said_to_be_closed(monkeypatch):
    async def run() -> None:
        way = FakeWay(lease=1, refuses_after=1)
        keeping = Keeping(monkeypatch, way)
        keeping.doorman.open()
        await keeping.until(lambda: keeping.doorman.state.phase is Phase.FAILED)
        way.left = 99
        await keeping.until(lambda: keeping.doorman.state.phase is Phase.OPEN)
        await keeping.doorman.close()

    asyncio.run(run())
