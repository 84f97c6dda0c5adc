"""What bytes from outside reach in `app`: announcements, words in frames, files."""

import ipaddress
import struct
from collections.abc import Iterable
from types import SimpleNamespace

from fuzz.target import KIB, Run, joined, parted, prepared, refused, target, vectors
from zeroconf import DNSIncoming, DNSOutgoing, IPVersion, ServiceInfo
from zeroconf._cache import DNSCache
from zeroconf.asyncio import AsyncServiceInfo

from app import handed_over, links, policy, recent_meetings, settings
from app import settings_file as settings_files
from app.meeting import chat, live_text, reactions
from app.meeting.files import wire
from app.meeting.files.names import LONGEST, safe_name
from app.meeting.view import Reaction
from app.meeting_point.desk import Desk, HangUp
from app.net.addresses import AddressError, InterfaceAddress, parse_address
from app.net.candidates import MOST_ADDRESSES, TAG_BYTES, TAGS, instance_of, read_candidate
from app.net.discovery import SERVICE
from app.net.router import igd, nat_pmp, pcp
from app.net.router.http_answer import HttpError, is_complete, parse_answer
from app.net.router.media_door import link_named_in
from app.net.router.terms import LONGEST_LEASE, Protocol, RouterError, Wanted
from app.team_servers import MOST_SERVERS, TeamServersError, parse_team_servers
from crypto.errors import MalformedError

HERE = (
    InterfaceAddress("eth0", 2, "192.168.7.9", 24),
    InterfaceAddress("eth0", 2, "fe80::9%2", 64),
)
DOOR = Wanted(Protocol.TCP, 47100, 47100)
ROUTER_SEEN_AT = ipaddress.IPv4Address("203.0.113.5")


def _announcement() -> Iterable[bytes]:
    name = f"{bytes(8).hex()}.{SERVICE}"
    info = ServiceInfo(
        SERVICE,
        name,
        port=47100,
        properties={b"v": b"1", b"t": bytes(TAGS * TAG_BYTES)},
        server=f"{b'x' * 8!r}.local.",
        addresses=[bytes([192, 168, 7, 2])],
    )
    out = DNSOutgoing(0x8400)
    for record in (info.dns_pointer(), info.dns_service(), info.dns_text(), *info.dns_addresses()):
        out.add_answer_at_time(record, 0)
    return out.packets()


@target(_announcement, longest=9000, calls=20_000, memory=1024 * KIB)
def announcement(data: bytes) -> None:
    """An mDNS packet of anybody on the network, as the library hands it on to us."""
    packet = DNSIncoming(data)
    if not packet.valid:
        return
    cache = DNSCache()
    records = packet.answers()
    cache.async_add_records(records)
    here = SimpleNamespace(cache=cache)
    for name in {record.name for record in records if instance_of(record.name)}:
        info = AsyncServiceInfo(SERVICE, name)
        if not info.load_from_cache(here):
            continue
        hosts = info.parsed_scoped_addresses(IPVersion.All)
        candidate = read_candidate(name, info.port, info.properties, hosts, HERE)
        if candidate is not None:
            assert 0 < len(candidate.addresses) <= MOST_ADDRESSES
            assert len(candidate.tags) == TAGS


def _router_datagrams() -> Iterable[bytes]:
    mapped = bytes(10) + b"\xff\xff" + ROUTER_SEEN_AT.packed
    yield struct.pack("!BBBBII12x", 2, 0x81, 0, 0, 120, 9) + struct.pack(
        "!12sB3xHH16s", bytes(12), 6, DOOR.port, 7100, mapped
    )
    yield struct.pack("!BBHIHHI", 0, 130, 0, 7, DOOR.port, 7100, 120)
    yield struct.pack("!BBHI4s", 0, 128, 0, 7, ROUTER_SEEN_AT.packed)
    yield (
        b"HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n"
        b"LOCATION: http://192.168.7.1:5000/root.xml\r\n\r\n"
    )


@target(_router_datagrams)
def router_datagram(data: bytes) -> None:
    """A datagram that should be a router's answer: PCP, NAT-PMP or a UPnP search."""
    for understand in (
        lambda: pcp.response(data, DOOR, bytes(12)),
        lambda: nat_pmp.response(data, DOOR, ROUTER_SEEN_AT),
    ):
        with refused(RouterError):
            grant = understand()
            if grant is not None:
                assert 0 < grant.lease <= LONGEST_LEASE
                assert 0 < grant.outside.port < 65536
    with refused(RouterError):
        nat_pmp.outside_address(data)
    with refused(RouterError):
        location = igd.found(data, "192.168.7.1")
        assert location is None or location.host == "192.168.7.1"


@target(
    lambda: [
        bytes.fromhex("000100102112a442") + bytes(12) + b"\x00\x06\x00\x09ours:them\x00\x00\x00",
        bytes.fromhex("000100082112a442") + bytes(12) + b"\x00\x24\x00\x04\x00\x00\x00\x01",
    ]
)
def check_at_the_media_door(data: bytes) -> None:
    """A datagram of anybody on the internet, at the port that the router opened for media."""
    name = link_named_in(data)
    assert name is None or name.encode("ascii", "replace") in data or "\ufffd" in name


def _router_answers() -> Iterable[bytes]:
    bodies = (
        b"<root><device><serviceList><service><serviceType>"
        b"urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>"
        b"<controlURL>/ctl</controlURL></service></serviceList></device></root>",
        b"<s:E><u:GetExternalIPAddressResponse><NewExternalIPAddress>203.0.113.5"
        b"</NewExternalIPAddress></u:GetExternalIPAddressResponse></s:E>",
        b"<s:E><UPnPError><errorCode>718</errorCode></UPnPError></s:E>",
    )
    for body in bodies:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    yield b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n0\r\n\r\n"


@target(_router_answers, calls=20_000, memory=1024 * KIB)
def router_answer(data: bytes) -> None:
    """What a router's web service sends, until it hangs up."""
    is_complete(data)
    with refused(HttpError, RouterError):
        answer = parse_answer(data)
        for understand in (igd.outside_address, igd.check_opened, igd.check_closed):
            with refused(RouterError):
                understand(answer)
        location = igd.Url("192.168.7.1", 5000, "/root.xml")
        services = igd.services(answer, location)
        assert all(service.control.host == location.host for service in services)


@target(lambda: [b"192.0.2.7:47100", b"[2001:db8::7]:1", b"fe80::1%eth0", b"localhost"])
def typed_address(data: bytes) -> None:
    """An address that somebody was told to type."""
    text = data.decode("utf-8", "surrogateescape")
    for any_host in (False, True):
        with refused(AddressError):
            address = parse_address(text, any_host=any_host)
            assert parse_address(str(address), any_host=any_host) == address


@target(
    lambda: [
        b"stun:192.0.2.7 turn:[2001:db8::7]:443?transport=tcp",
        b"turns:192.0.2.7?pin=" + b"A" * 43 + b"\nmeet:192.0.2.7:7443?key=" + b"_" * 43,
    ]
)
def team_servers(data: bytes) -> None:
    """Servers that somebody was told to enter."""
    with refused(TeamServersError):
        servers = parse_team_servers(data.decode("utf-8", "surrogateescape"))
        assert len(servers) <= MOST_SERVERS
        assert parse_team_servers(" ".join(map(str, servers))) == servers


@target(
    lambda: [chat.Line(text, bytes(8)).encode() for text in ("hello", "\U0001f44b")], longest=65_536
)
def chat_line(data: bytes) -> None:
    """What a member says."""
    with refused(MalformedError):
        assert chat.Line.parse(data).encode() == data


@target(
    lambda: [
        live_text.Whole(bytes(8), 1, "hello").encode(),
        live_text.Change(bytes(8), 2, 5, 0, " \U0001f44b").encode(),
    ],
    longest=65_536,
)
def text_being_written(data: bytes) -> None:
    """What a member lets others read while it is being written."""
    with refused(MalformedError):
        assert live_text.parse(data).encode() == data


@target(
    lambda: [
        wire.Offer(bytes(8), 1_000_000, "plan.pdf").encode(),
        wire.Part(bytes(8), 4096, b"hello").encode(),
        wire.End(bytes(8), bytes(32)).encode(),
        wire.Stopped(bytes(8), wire.Stop.WITHDRAWN).encode(),
        wire.Hold(bytes(8), on=True).encode(),
        wire.Want(bytes(8), 0, 262_144, again=True).encode(),
        wire.Refuse(bytes(8), wire.Refusal.DECLINED).encode(),
        wire.Have(bytes(8)).encode(),
    ],
    longest=16_384,
)
def file_message(data: bytes) -> None:
    """What a member says about a file."""
    with refused(MalformedError):
        assert wire.parse(data).encode() == data


@target(
    lambda: [b"plan.pdf", b"../../etc/passwd", "\u202egpj.exe".encode(), b"con", b"." * 300],
    longest=1024,
    calls=12_000,
)
def file_name(data: bytes) -> None:
    """What a member calls a file."""
    made = safe_name(data.decode("utf-8", "surrogateescape"))
    assert safe_name(made) == made
    assert 0 < len(made.encode()) <= LONGEST
    assert not {"/", "\\", ":", "\0"} & set(made)
    assert made[0] != "."


@target(
    lambda: [b"see https://example.org/a_(b)?c=d#e), conclave:join#AUAA and HTTP://x"],
    longest=16_000,
    calls=40_000,
)
def links_in_a_line(data: bytes) -> None:
    """What a member wrote, in parts: all of them are the text again, links are plain."""
    text = data.decode("utf-8", "replace")
    parts = list(links.pieces(text))
    assert "".join(part.text for part in parts) == text
    found = [part.text for part in parts if part.leads is not links.Leads.NOWHERE]
    assert len(found) <= links.MOST
    assert all(len(link) <= links.LONGEST and not set(link) & set("\\ \n\u202e") for link in found)


@target(lambda: [reactions.encode(reaction) for reaction in Reaction])
def reaction(data: bytes) -> None:
    """A sign that a member shows."""
    with refused(MalformedError):
        assert reactions.encode(reactions.parse(data)) == data


@target(
    lambda: [
        chat.MediaState(*(bool(bits >> place & 1) for place in range(4))).encode()
        for bits in range(16)
    ]
)
def media_state(data: bytes) -> None:
    """What a member says of its microphone and camera."""
    with refused(MalformedError):
        assert chat.MediaState.parse(data).encode() == data


@target(
    lambda: [b'{"name": "Ada", "lobby": false, "picture_height": 360}', b"{}", b"[" * 2000],
    longest=65_536,
    calls=40_000,
    memory=2048 * KIB,
)
def settings_file(data: bytes) -> None:
    """A file of settings."""
    with refused(ValueError, RecursionError):
        for name, value in settings_files._parse(data).items():
            assert settings.checked(name, value) == value


@target(
    lambda: [
        b'{"lobby": true, "allow_chat": false, "networks": ["10.0.0.0/8", "fd00::/8"]}',
        b"[1]",
    ],
    longest=65_536,
    calls=40_000,
    memory=4096 * KIB,
)
def policy_file(data: bytes) -> None:
    """An organisation's policy: whatever it is, it is taken, and never read as nothing at all."""
    read = policy.parse_policy(data)
    assert all(settings.checked(name, value) == value for name, value in read.settings.items())
    assert read.settings or read.rules != policy.FREE or data.strip().startswith(b"{")


@target(
    lambda: [
        handed_over.encode(request)
        for request in (
            handed_over.ShowWindow("token"),
            handed_over.OfferLink("conclave:join#AUAAAGkgq3yCq0sYmGMu4VfQKcNw8R3oTzL5JHd2", "t"),
            handed_over.OfferLink("[fe80::1%eth0]:47100"),
            handed_over.ToggleMicrophone(),
            handed_over.Close(),
        )
    ]
)
def second_start(data: bytes) -> None:
    """What another process of this user says at the door of the window."""
    with refused(handed_over.RequestError):
        assert handed_over.encode(handed_over.parse(data)) == data


@target(
    lambda: [
        recent_meetings.encode(()),
        recent_meetings.encode(
            (
                recent_meetings.Recent("Budget", "Ada", 5, bytes(16), "conclave:join#A"),
                recent_meetings.Recent("Mine", "Mara", 6),
            )
        ),
    ],
    longest=16_384,
    calls=10_000,
)
def recent_list(data: bytes) -> None:
    """The list of meetings that were visited lately, once its seal is open."""
    with refused(MalformedError):
        recent_meetings.parse(data)


def _visits() -> list[bytes]:
    """Return what people say to a meeting point one after the other."""
    said = [bytes.fromhex(case["gives"]["bytes"]) for case in vectors("meeting_point_words")]
    return [joined([b"\1" + each for each in said]), joined([b"\2" + each for each in said[4:]])]


@prepared(_visits, longest=16_384, calls=60_000, memory=1024 * KIB)
def meeting_point() -> Run:
    """The desk of a meeting point, at which sixteen people say what they like."""
    number = iter(range(1, 10**9))

    def visit(data: bytes) -> None:
        desk = Desk(lambda _context: bytes(64), lambda count: next(number).to_bytes(count, "big"))
        here = set(range(1, 17))
        for one in here:
            desk.came(one, bytes(32), f"192.0.2.{one}", 0.0)
        for said in parted(data):
            channel = 1 + said[0] % 16 if said else 1
            if channel not in here:
                continue
            orders = desk.heard(channel, said[1:], 1.0)
            for order in orders:
                if isinstance(order, HangUp) and order.channel in here:
                    here.discard(order.channel)
                    desk.gone(order.channel)
        for one in here:
            desk.gone(one)
        desk.poll(100.0)
        assert (desk.tags, desk.waiting) == (0, 0)

    return visit
