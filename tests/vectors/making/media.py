"""The sections about what travels on links."""

import ipaddress
from collections.abc import Iterator
from typing import Any

from vectors.making.cast import Case, case, refused, section, seed

from app.meeting import chat, live_text, reactions
from app.meeting.view import Reaction
from media import sealing
from media.errors import LinkError
from media.path import rtcp, rtp_packet
from media.path.link_parameters import Candidate, LinkParameters
from media.video import vp8

STREAMS = {
    "microphone": rtp_packet.MICROPHONE,
    "camera": rtp_packet.CAMERA,
    "screen": rtp_packet.SCREEN,
    "repeat": rtp_packet.REPEAT,
    "repair": rtp_packet.REPAIR,
    "padding": rtp_packet.PADDING,
}


def sections() -> dict[str, Case]:
    """Return all sections about links."""
    return {
        "link_parameters": section(
            "The payload of Signals. candidates are address, port and priority.", _parameters()
        ),
        "small_messages": section(
            "Chat lines and text that is being written (context 8), states and reactions "
            "(context 9), before they are sealed.",
            _small(),
        ),
        "pictures": section(
            "Pictures before they are sealed, and the flags of the sealed frame.", _pictures()
        ),
        "rtp_packets": section("RTP packets before SRTP.", _rtp()),
        "rtcp_packets": section("RTCP packets before SRTP.", _rtcp()),
    }


def _parameters() -> Iterator[Case]:
    four, six = ["192.0.2.7", 50_000, 2**31 - 1], ["2001:db8::7", 1024, 1]
    longest = {"ufrag": "abcd" * 8, "password": "p+/9" * 16}
    yield _parameter("no candidate")
    yield _parameter("IPv4", candidates=[four])
    yield _parameter("IPv4 and IPv6, the longest texts", candidates=[four, six], **longest)
    for what, change in (
        ("a short ufrag", {"ufrag": "abc"}),
        ("a long password", {"password": "p" * 65}),
        ("a letter that ICE does not have", {"ufrag": "abc-"}),
    ):
        yield _parameter(what, **change)


def _parameter(what: str, **changes: Any) -> Case:
    given: Case = {
        "session": seed("session")[:8].hex(),
        "fingerprint": seed("certificate").hex(),
        "ufrag": "abcd",
        "password": "p" * 22,
        "candidates": [],
    }
    given |= changes
    candidates = tuple(
        Candidate(ipaddress.ip_address(host), port, priority)
        for host, port, priority in given["candidates"]
    )
    fingerprint = bytes.fromhex(given["fingerprint"])
    session = bytes.fromhex(given["session"])
    parameters = LinkParameters(given["ufrag"], given["password"], fingerprint, candidates, session)
    payload = parameters.encode()
    try:
        LinkParameters.parse(payload)
    except LinkError:
        return refused(what, given, "malformed")
    return case(what, given, {"payload": payload.hex()})


def _small() -> Iterator[Case]:
    for text in ("Hello", "Gr\u00fc\u00dfe \U0001f44b"):
        given = {"id": _LINE_ID.hex(), "chat": text}
        yield case("a chat line", given, {"frame": chat.Line(text, _LINE_ID).encode().hex()})
    for number, text in ((1, "Gr\u00fc"), (2**32 - 1, "")):
        whole = live_text.Whole(_LINE_ID, number, text)
        given = {"id": _LINE_ID.hex(), "number": number, "whole": text}
        yield case("all of a text that is being written", given, {"frame": whole.encode().hex()})
    for at, removed, text in ((3, 0, "\u00dfe"), (0, 4_000, "")):
        change = live_text.Change(_LINE_ID, 2, at, removed, text)
        given = {"id": _LINE_ID.hex(), "number": 2, "at": at, "removed": removed, "change": text}
        yield case("a change of it", given, {"frame": change.encode().hex()})
    for bits in (0, 1, 2, 4, 8, 15, 18):
        named = {name: bool(bits >> place & 1) for place, name in enumerate(_STATES)}
        given = dict(named) | ({"hand_for": 61_000} if named["hand"] else {})
        fields = {_STATES[name]: value for name, value in named.items()}
        state = chat.MediaState(**fields, hand_for=given.get("hand_for", 0))
        yield case(f"the state {bits}", given, {"frame": state.encode().hex()})
    for reaction in Reaction:
        given = {"reaction": reaction.value}
        yield case("a reaction", given, {"frame": reactions.encode(reaction).hex()})


_LINE_ID = bytes(range(8))
_STATES = {
    "microphone": "microphone_on",
    "camera": "camera_on",
    "hand": "hand_up",
    "sharing": "sharing",
    "signing": "signing",
}


def _pictures() -> Iterator[Case]:
    for what, key, layer, needs in (
        ("a key frame", 1, 0, 0),
        ("layer 0", 0, 0, 0),
        ("layer 1", 0, 1, 0),
        ("layer 2 that needs layer 1", 0, 2, 1),
    ):
        data = bytes([0x10 | (not key), 2, 0]) + b"\x9d\x01\x2a" + bytes(8)
        flags = sealing.frame_flags(bool(key), layer, bool(needs))
        picture = vp8.VideoFrame(2, bool(key), layer, bool(needs), 65_535, 255, data)
        frame = vp8.pack(picture)
        if vp8.unpack(flags, frame) != picture:
            raise ValueError("a picture does not unpack")
        given = {"key": key, "layer": layer, "needs_layer_1": needs}
        given |= {"size": 2, "number": 65_535, "group": 255, "vp8": data.hex()}
        yield case(what, given, {"flags": flags, "frame": frame.hex()})


def _rtp() -> Iterator[Case]:
    piece = b"\x10" + seed("piece")
    repeat = rtp_packet.repetition(rtp_packet.CAMERA, 65_534, piece)
    for stream, marker, payload in (
        ("microphone", True, seed("sound")),
        ("camera", False, piece),
        ("screen", True, piece),
        ("repeat", False, repeat),
        ("repair", False, seed("parity")),
        ("padding", False, bytes(8)),
    ):
        fields = (65_535, 2**32 - 1, marker, payload, 513)
        packet = rtp_packet.build(STREAMS[stream], *fields)
        names = ("sequence", "timestamp", "marker", "payload", "number")
        given = {"stream": stream, **dict(zip(names, fields, strict=True))}
        yield case(stream, {**given, "payload": payload.hex()}, {"packet": packet.hex()})


def _rtcp() -> Iterator[Case]:
    sequences = [5, 6, 9, 21, 22, 65_535, 0]
    parts: list[tuple[Case, bytes]] = [
        ({"part": "NACK", "SSRC": 2, "sequences": sequences}, rtcp.nack(2, sequences)),
        ({"part": "PLI", "SSRC": 2}, rtcp.picture_loss(2)),
        (
            {"part": "heartbeat", "sent": 2**40, "echo": 7, "held": 5},
            rtcp.heartbeat(rtcp.HeartbeatReport(2**40, 7, 5)),
        ),
        (
            {
                "part": "arrivals",
                "reference": 2**32 - 1,
                "first": 65_535,
                "packets": 8,
                "octets": 900,
                "offsets": [0, 65_535, 4],
            },
            rtcp.arrivals(rtcp.ArrivalReport(2**32 - 1, 65_535, 8, 900, (0, 65_535, 4))),
        ),
        (
            {"part": "want", "context": 1, "lines": 360, "fps": 30, "number": 7},
            rtcp.want(rtcp.WantReport(1, 360, 30, 7)),
        ),
    ]
    for part, packet in parts:
        yield case(part["part"], {"parts": [part]}, {"packet": packet.hex()})
    whole = b"".join(packet for _, packet in parts)
    yield case("all in one", {"parts": [part for part, _ in parts]}, {"packet": whole.hex()})
