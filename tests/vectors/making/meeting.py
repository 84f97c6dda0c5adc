"""The sections about messages."""

from collections.abc import Iterator
from dataclasses import replace

from vectors.making.cast import ADA, BOB, CY, Case, case, refused, section, seed
from vectors.making.keys import CALL_ID, EID, acks, box
from vectors.making.log import everything
from vectors.making.values import OPERATIONS, fields_of

from crypto import messages as m
from crypto.blocks import Block, Genesis
from crypto.envelope import Message, SignedMessage
from crypto.errors import CryptoError
from crypto.operations import Rekey, Remove, SetChat, SetPolicy
from crypto.policy import Policy
from crypto.servers import Credentials, relay_label

SECRET = b"what the relays know"  # as it is typed, in UTF-8


def sections() -> dict[str, Case]:
    """Return all sections about messages."""
    return {
        "messages": section(
            "Every type of message from its fields, as PROTOCOL.md lists them. signer is the seed "
            "of the key whose signature stands behind the body; objects inside objects are bytes.",
            map(_message, _examples()),
        ),
        "read_messages": section(
            "Bytes taken apart, or refused for being malformed; no signature is checked here. All "
            "bytes of the section before are read as they were written, and refused if cut off, "
            "continued, or of another version.",
            _read(),
        ),
        "credentials": section(
            "What a member shows a relay, from the secret that the leader and the relay share.",
            _credentials(),
        ),
    }


def _examples() -> Iterator[tuple[str, Message, bytes | None, bytes]]:
    """Yield what it is, the message, the seed of who signs, and the meeting it is signed for."""
    log = everything()
    genesis, call_id = log[0].genesis, log[0].call_id
    about = m.About(title="Tea at four", host_name="Ada", people=3, flags=m.AboutFlag(7))
    request = BOB.request(call_id)
    sealed = box(ADA.dev, 1, 1, seed("sender secret Ada 1"))
    for reason in m.DenyReason:
        yield f"reason {reason.value}", m.Denied(reason=reason), None, b""
    yield "a meeting", about, None, b""
    quiet = m.About(title="", host_name="A. \u00c4rger \U0001f44b", people=0)
    yield "no title, no flags", quiet, None, b""
    host = m.HostBody(genesis=genesis.encode(), about=about.encode())
    yield "who opened the meeting", host, None, b""
    yield "who leads it later", replace(host, request=request.encode()), None, b""
    yield "a member", m.MemberBody(dev=BOB.dev), None, b""
    yield "with addresses", request, BOB.seed_of_d, call_id
    bare = BOB.request(call_id, name="\u6f22", addresses=(), capabilities=2**32 - 1)
    yield "without addresses", bare, BOB.seed_of_d, call_id
    join = m.Join.create(request.encode(), seed("T2"), BOB.identity.sign)
    yield "a newcomer", join, None, b""
    yield "a member", m.MemberAuth.create(call_id, BOB.dev, EID, seed("T2"), BOB.sign), None, b""
    yield "for Bob and Cy", log[2].welcome(seed("call secret")), None, b""
    yield "of Bob", acks()[1], BOB.seed_of_csk, CALL_ID
    key_box = m.KeyBox(
        eid=EID, sender=ADA.dev, to=BOB.dev, generation=1, kem_id=BOB.kem.kem_id, sealed=sealed
    )
    yield "for Bob", key_box, None, b""
    numbers = {"epoch": 7, "term": 1, "acks": 2**63 | 5, "keys": 5, "reveals": 1}
    yield "of the slots 0, 2 and 63", m.Sync(eid=EID, digest=seed("digest"), **numbers), None, b""
    yield from _by_bob()
    order = m.Order(dev=BOB.dev, number=7, operation=Remove(CY.dev))
    for operation in (Remove(CY.dev), SetPolicy(Policy()), SetChat(CY.dev, allowed=True)):
        order = replace(order, operation=operation).signed(CALL_ID, BOB.sign)
        yield OPERATIONS[type(operation)], order, BOB.seed_of_csk, CALL_ID
    for favour in m.Favour:
        yield f"favour {favour.value}", m.Ask(what=favour), None, b""
    yield "of Bob", m.ContactHalf(half=seed("half Bob")), None, b""
    visitors = tuple(
        m.Visitor(one.request(call_id).join_id, one.public, one.name) for one in (BOB, CY)
    )
    yield "two who wait", m.LobbyNews(visitors=visitors), None, b""
    yield "nobody waits", m.LobbyNews(visitors=()), None, b""
    for admit in (True, False):
        yield f"admit: {admit}", m.Verdict(join_id=request.join_id, admit=admit), None, b""
    yield from _servers()
    yield "a meeting", genesis, ADA.seed_of_d, call_id
    leaders = {ADA.dev: ADA, BOB.dev: BOB}
    for roster in log[1:11] + log[-1:]:
        block = roster.recent[-1]
        what = " and ".join(OPERATIONS[type(each)] for each in block.operations)
        yield what, block, leaders[block.leader].seed_of_csk, call_id
    one = log[-1].recent[-1]
    other = replace(one, operations=(Rekey(),), raw=b"").signed(call_id, ADA.sign)
    yield "two last blocks", m.Evidence(first=one.encode(), second=other.encode()), None, b""


def _servers() -> Iterator[tuple[str, Message, bytes | None, bytes]]:
    """Yield what a leader says of the team's servers."""
    servers = (
        m.Server(m.ServerUse.STUN, "192.0.2.7", 3478),
        m.Server(m.ServerUse.TURN_UDP, "192.0.2.7", 3478),
        m.Server(m.ServerUse.TURN_TCP, "2001:db8::7", 443),
        m.Server(m.ServerUse.TURN_TLS, "192.0.2.7", 5349, seed("key of a relay")),
        m.Server(m.ServerUse.MEETING_POINT, "192.0.2.9", 7443, seed("meeting point key")),
    )
    shown = Credentials.create(SECRET, 1893456000, relay_label(CALL_ID, BOB.dev))
    yield (
        "with credentials for Bob",
        m.Servers(
            servers=servers,
            username=shown.username,
            password=shown.password,
            expiry=shown.expiry,
        ),
        None,
        b"",
    )
    yield "one that relays nothing", m.Servers(servers=servers[:1]), None, b""
    yield "none any more", m.Servers(servers=()), None, b""


def _credentials() -> Iterator[Case]:
    for dev in (ADA.dev, BOB.dev):
        shown = Credentials.create(SECRET, 1893456000, relay_label(CALL_ID, dev))
        yield case(
            "of a member",
            {
                "secret": SECRET.hex(),
                "expiry": shown.expiry,
                "call_id": CALL_ID.hex(),
                "dev": dev.hex(),
            },
            {"username": shown.username, "password": shown.password},
        )


def _by_bob() -> Iterator[tuple[str, Message, bytes | None, bytes]]:
    """Yield what Bob says about an epoch, signed by his CSK."""
    said: list[tuple[str, SignedMessage]] = [
        ("a nonce", m.SasReveal(eid=EID, dev=BOB.dev, nonce=seed("nonce Bob"))),
        ("a farewell", m.SignedLeave(dev=BOB.dev, join_id=seed("Bob join id", 16))),
        (
            "for Ada",
            m.Vote(
                dev=BOB.dev,
                term=2,
                candidate=ADA.dev,
                last_term=1,
                last_epoch=2**40,
                last_eid=EID,
            ),
        ),
    ]
    signal = m.Signal(
        eid=EID,
        sender=BOB.dev,
        to=ADA.dev,
        link_id=3,
        sequence=0,
        signal=m.SignalKind.OFFER,
        payload=b"payload",
    )
    said += [
        (kind.name.lower(), replace(signal, signal=kind, sequence=kind.value - 1))
        for kind in m.SignalKind
    ]
    for what, message in said:
        yield what, message.signed(CALL_ID, BOB.sign), BOB.seed_of_csk, CALL_ID


def _message(example: tuple[str, Message, bytes | None, bytes]) -> Case:
    what, message, signer, call_id = example
    name = type(message).__name__
    found = fields_of(message)
    if isinstance(message, Genesis):
        found = {"suite": 5, **found}
    given: Case = {"name": name, "fields": found}
    if signer is not None:
        given |= {"signer": signer.hex(), "call_id": call_id.hex()}
    data = message.encode()
    if type(message).parse(data) != message:
        raise ValueError(f"{name} is not read as it was written")
    return case(f"{name}: {what}", given, {"type": message.kind, "bytes": data.hex()})


def messages_with_bytes() -> dict[str, bytes]:
    """Return one message of each type in bytes, by name."""
    found: dict[str, bytes] = {}
    for _, message, _, _ in _examples():
        found.setdefault(type(message).__name__, message.encode())
    return found


def _read() -> Iterator[Case]:
    for what, message, _, _ in _examples():
        found = fields_of(message)
        found = {"suite": 5, **found} if isinstance(message, Genesis) else found
        signature = message.signature if isinstance(message, SignedMessage) else b""
        gives = {"name": type(message).__name__, "fields": found, "signature": signature.hex()}
        yield case(f"{gives['name']}: {what}", {"bytes": message.encode().hex()}, gives)
        break
    for what, data in _malformed():
        given = {"bytes": data.hex()}
        try:
            _parse(data)
        except CryptoError:
            yield refused(what, given, "malformed")
        else:
            raise ValueError(f"not refused: {what}")


def _parse(data: bytes) -> None:
    kinds = {Genesis.kind: Genesis, Block.kind: Block}
    if data and data[0] in kinds:
        kinds[data[0]].parse(data)
    else:
        m.parse(data)


def _malformed() -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    some = messages_with_bytes()
    data = some["SignedLeave"]
    yield "SignedLeave: cut off by a byte", data[:-1]
    yield "SignedLeave: with a byte behind", data + b"\0"
    yield "SignedLeave: of version 2", data[:1] + b"\2" + data[2:]
    yield "SignedLeave: a length one too high", _length(data, 1)
    yield "SignedLeave: a length one too low", _length(data, -1)
    yield "a type that does not exist", b"\x7f" + some["Denied"][1:]
    yield "Denied: a reason that does not exist", some["Denied"][:-1] + b"\0"
    yield "About: a flag that does not exist", some["About"][:-1] + b"\x80"
    title = b"Tea at four"
    for what, name, line, longest in (
        ("title", "About", bytes([len(title)]) + title, 120),
        ("host's name", "About", b"\3Ada", 64),
        ("name", "JoinRequest", b"\3Bob", 64),
    ):
        longer = bytes([longest + 1]) + b"x" * (longest + 1)
        yield f"{name}: a {what} of {longest + 1} bytes", _grown(some[name], line, longer)
    count, entry = b"\2\x09192.0.2.7", b"\x09192.0.2.8\xb7\xfc"
    more = b"\5" + entry * 3 + count[1:]
    yield "JoinRequest: five addresses", _grown(some["JoinRequest"], count, more)
    for what, line in (
        ("a line feed", b"Tea\nat four"),
        ("a letter that turns the line round", b"Te\xe2\x80\xaet for"),
        ("bytes that are no UTF-8", b"Tea \xff four"),
        ("a lone surrogate", b"Tea \xed\xa0\x80ur "),
    ):
        yield f"About: a title with {what}", some["About"].replace(title, line)
    host, other = b"192.0.2.7", b"2001:db8::7"
    for what, address in (
        ("not in its canonical spelling", b"2001:DB8::7"),
        ("IPv4 dressed as IPv6", b"::ffff:1:23"),
        ("with a zone", b"fe80::1%eth"),
    ):
        yield f"JoinRequest: an address {what}", some["JoinRequest"].replace(other, address)
    yield "JoinRequest: a name of a host", some["JoinRequest"].replace(host, b"localhost")
    port = (47100).to_bytes(2, "big")
    yield "JoinRequest: port 0", some["JoinRequest"].replace(host + port, host + bytes(2))
    yield "JoinRequest: an empty name", some["JoinRequest"].replace(b"\3Bob", b"\3   ")
    yield (
        "Signal: a kind that does not exist",
        some["Signal"].replace(b"\1\0\7payload", b"\5\0\7payload"),
    )
    yield "Ask: a favour that does not exist", some["Ask"][:-1] + b"\5"
    yield "Verdict: neither yes nor no", some["Verdict"][:-1] + b"\2"
    there = b"\x09192.0.2.7"
    for what, host in (("this computer", b"127.0.0.1"), ("everybody", b"224.0.0.1")):
        yield f"Servers: {what}", some["Servers"].replace(there, b"\x09" + host)
    yield (
        "Servers: a use that does not exist",
        some["Servers"].replace(b"\1" + there, b"\6" + there),
    )
    yield (
        "Servers: a pin where there is no TLS",
        some["Servers"].replace(b"\1" + there, b"\4" + there),
    )
    yield "Servers: not ASCII", some["Servers"].replace(b"1893456000:", b"189345600\xc3\xa4")
    end = bytes.fromhex("080000")
    yield "Order: an operation for leaders only", _with_operation(some["Order"], end)
    suite = some["Genesis"]
    yield "Genesis: another suite", suite[:7] + b"\4" + suite[8:]
    policy = bytes([0, 3, 8])
    yield "Genesis: a rule that does not exist", suite.replace(policy, b"\0\x83\x08")
    yield "Genesis: a meeting of one", suite.replace(policy, b"\0\3\1")
    yield "Genesis: a meeting of 31", suite.replace(policy, b"\0\3\x1f")


def _with_operation(order: bytes, operation: bytes) -> bytes:
    body = order[6:26] + operation
    return order[:2] + len(body).to_bytes(4, "big") + body + order[-64:]


def _grown(data: bytes, before: bytes, after: bytes) -> bytes:
    """Put something longer in the place of a field, and say the new length of the body."""
    return _length(data.replace(before, after), len(after) - len(before))


def _length(data: bytes, by: int) -> bytes:
    length = int.from_bytes(data[2:6], "big") + by
    return data[:2] + (length & 0xFFFFFFFF).to_bytes(4, "big") + data[6:]
