import contextlib
import gc
import random
import ssl
import weakref
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL

from crypto.channel import (
    GROUP,
    MAX_AT_ONCE,
    MAX_EARLY_INPUT,
    MAX_EARLY_MESSAGE,
    MAX_HANDSHAKE_INPUT,
    Channel,
    ChannelError,
)
from crypto.wire import MAX_MESSAGE

Pair = Callable[[], tuple[Channel, Channel]]
Carry = Callable[[Channel, Channel], tuple[list[bytes], list[bytes]]]


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(ChannelError) as refused:
        action()
    return refused.value.code


def test_two_ends_agree_on_the_hybrid_group_and_the_exporter(channels: Pair):
    caller, callee = channels()
    assert caller.established
    assert callee.established
    assert caller.exporter == callee.exporter
    assert len(caller.exporter) == 32
    for end in (caller, callee):
        assert end._tls.get_group_name() == GROUP
        assert end._tls.get_protocol_version_name() == "TLSv1.3"


def test_every_channel_has_an_exporter_and_a_certificate_of_its_own(channels: Pair):
    pairs = [channels() for _ in range(3)]
    assert len({caller.exporter for caller, _ in pairs}) == 3
    keys = {
        caller._tls.get_peer_certificate(as_cryptography=True).public_key().public_bytes_raw()
        for caller, _ in pairs
    }
    assert len(keys) == 3


def test_the_caller_shows_no_certificate_and_the_callee_one_that_names_nobody(channels: Pair):
    caller, callee = channels()
    assert callee._tls.get_peer_certificate() is None
    certificate = caller._tls.get_peer_certificate(as_cryptography=True)
    assert certificate.subject == certificate.issuer == x509.Name([])
    assert certificate.serial_number == 1
    assert certificate.not_valid_before_utc.year == 2000
    assert len(certificate.extensions) == 0


def test_messages_arrive_whole_and_in_order(channels: Pair, carry: Carry):
    caller, callee = channels()
    there = [b"", b"a", bytes(4096), b"end"]
    back = [b"answer", b""]
    for message in there:
        caller.send(message)
    for message in back:
        callee.send(message)
    assert carry(caller, callee) == (back, there)


@given(st.lists(st.integers(1, 3000), max_size=20), st.integers(0, 2**32))
@settings(max_examples=25)
def test_messages_do_not_depend_on_how_the_network_cuts_the_stream(sizes: list[int], seed: int):
    rng = random.Random(seed)
    caller, callee = Channel.initiate(), Channel.accept()
    sent = [rng.randbytes(size) for size in sizes]
    got: list[bytes] = []
    waiting = list(sent)
    while True:
        if caller.established:
            for message in waiting:
                caller.send(message)
            waiting = []
        ahead, back = caller.outgoing(), callee.outgoing()
        if not ahead and not back:
            break
        while ahead:
            cut = rng.choice([1, 2, 5, 100, 5000])
            got += callee.receive(ahead[:cut])
            ahead = ahead[cut:]
        assert caller.receive(back) == []
    assert got == sent


def test_one_byte_at_a_time_is_enough_to_shake_hands():
    caller, callee = Channel.initiate(), Channel.accept()
    for _ in range(3):
        for byte in caller.outgoing():
            callee.receive(bytes([byte]))
        for byte in callee.outgoing():
            caller.receive(bytes([byte]))
    assert caller.exporter == callee.exporter


def test_a_stranger_may_say_4_kib_and_an_authenticated_peer_64(channels: Pair, carry: Carry):
    for authenticated, limit in ((False, MAX_EARLY_MESSAGE), (True, MAX_MESSAGE)):
        caller, callee = channels()
        callee.authenticated = authenticated
        caller.send(bytes(limit))
        assert carry(caller, callee) == ([], [bytes(limit)])
        if limit < MAX_MESSAGE:
            caller.send(bytes(limit + 1))
            longer = caller.outgoing()
            assert code_of(lambda end=callee, data=longer: end.receive(data)) == "too_long"


def test_a_length_beyond_the_limit_is_refused_before_the_message_comes(channels: Pair):
    caller, callee = channels()
    callee.authenticated = True
    caller._tls.send((MAX_MESSAGE + 1).to_bytes(4, "big"))
    assert code_of(lambda: callee.receive(caller.outgoing())) == "too_long"


def test_a_stranger_who_talks_on_and_on_is_refused(channels: Pair):
    caller, callee = channels()
    received: list[int] = []

    def talk_on() -> None:
        for _ in range(2 * MAX_EARLY_INPUT // MAX_EARLY_MESSAGE):
            caller.send(bytes(MAX_EARLY_MESSAGE))
            received.append(len(callee.receive(caller.outgoing())[0]))

    assert code_of(talk_on) == "too_long"
    assert MAX_EARLY_INPUT // 2 < sum(received) < MAX_EARLY_INPUT


def test_thousands_of_empty_messages_cost_a_moment_and_the_channel(channels: Pair):
    """Each has four bytes; a stranger could otherwise keep us busy with a hundred kilobytes."""
    for authenticated in (False, True):
        caller, callee = channels()
        callee.authenticated = authenticated
        caller._tls.sendall(bytes(4 * MAX_AT_ONCE))
        assert callee.receive(caller.outgoing()) == [b""] * MAX_AT_ONCE
        caller._tls.sendall(bytes(4 * (MAX_AT_ONCE + 1)))
        assert code_of(lambda one=caller, end=callee: end.receive(one.outgoing())) == "flood"


def test_an_endless_handshake_is_refused():
    callee = Channel.accept()
    hello = b"\x01\x00\xff\xf0" + bytes(0xFFF0)  # a ClientHello that is 64 KiB long
    received: list[int] = []

    def never_end() -> None:
        for start in range(0, len(hello), 1000):
            part = hello[start : start + 1000]
            record = b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part
            callee.receive(record)
            received.append(len(record))

    assert code_of(never_end) == "too_long"
    assert 1000 < sum(received) <= MAX_HANDSHAKE_INPUT


def test_too_long_a_message_and_one_before_the_handshake_are_our_own_mistake(channels: Pair):
    caller, _ = channels()
    with pytest.raises(ValueError, match="too long"):
        caller.send(bytes(MAX_MESSAGE + 1))
    with pytest.raises(ValueError, match="not established"):
        Channel.initiate().send(b"x")
    with pytest.raises(ValueError, match="not established"):
        _ = Channel.accept().exporter


def test_a_goodbye_ends_a_channel_in_good_order(channels: Pair, carry: Carry):
    caller, callee = channels()
    caller.send(b"last words")
    caller.close()
    assert carry(caller, callee) == ([], [b"last words"])
    assert callee.finished
    callee.end()
    callee.close()
    caller.receive(callee.outgoing())
    caller.end()
    assert code_of(lambda: caller.send(b"more")) == "closed"
    assert code_of(lambda: callee.send(b"more")) == "closed"


def test_a_stream_that_just_ends_was_cut_off(channels: Pair):
    for end in (*channels(), Channel.initiate(), Channel.accept()):
        assert code_of(end.end) == "truncated"
        assert not end.established


def test_a_stream_cut_at_any_byte_is_noticed(channels: Pair):
    caller, callee = channels()
    caller.send(b"pay 100")
    caller.close()
    stream = caller.outgoing()
    for cut in range(0, len(stream), 3):
        one, fresh = channels()
        one.send(b"pay 100")
        one.close()
        fresh.receive(one.outgoing()[:cut])
        assert code_of(fresh.end) == "truncated"
    assert callee.receive(stream) == [b"pay 100"]
    callee.end()


def test_a_goodbye_within_a_message_is_a_cut(channels: Pair):
    caller, callee = channels()
    caller._tls.send(b"\0\0\0\x09half")
    caller.close()
    assert code_of(lambda: callee.receive(caller.outgoing())) == "truncated"


def test_bytes_after_the_goodbye_are_refused(channels: Pair):
    caller, callee = channels()
    caller.close()
    callee.receive(caller.outgoing())
    assert code_of(lambda: callee.receive(b"more")) == "closed"


def test_after_close_what_comes_is_ignored(channels: Pair):
    caller, callee = channels()
    callee.send(b"crossing")
    caller.close()
    assert caller.receive(callee.outgoing()) == []
    caller.end()


@given(st.data())
@settings(max_examples=30)
def test_any_flipped_bit_on_the_wire_kills_the_channel(data: st.DataObject):
    caller, callee = Channel.initiate(), Channel.accept()
    while not callee.established:
        callee.receive(caller.outgoing())
        caller.receive(callee.outgoing())
    caller.send(b"hello")
    stream = bytearray(caller.outgoing())
    position = data.draw(st.integers(0, 8 * len(stream) - 1))
    stream[position // 8] ^= 1 << position % 8
    try:
        got = callee.receive(bytes(stream))
        callee.end()
    except ChannelError as error:
        code = error.code
    assert code in ("tls", "truncated")
    assert got == [] if code == "truncated" else True
    assert not callee.established


@given(st.binary(min_size=1, max_size=300), st.booleans())
@settings(max_examples=200)
def test_receiving_is_total(data: bytes, calls: bool):
    end = Channel.initiate() if calls else Channel.accept()
    end.outgoing()
    code = code_of(lambda: (end.receive(data), end.end()))
    assert code in ("tls", "truncated")
    assert not end.established


@given(st.data())
@settings(max_examples=40)
def test_a_changed_handshake_ends_in_no_channel_or_in_the_same_for_both(data: st.DataObject):
    """Only what TLS ignores, such as the version of a record, may be changed without effect."""
    caller, callee = Channel.initiate(), Channel.accept()
    flight = bytearray(caller.outgoing())
    callee_changes = data.draw(st.booleans())
    if not callee_changes:
        flight[data.draw(st.integers(0, len(flight) - 1))] ^= data.draw(st.integers(1, 255))
    codes = set()
    try:
        callee.receive(bytes(flight))
        answer = bytearray(callee.outgoing())
        if callee_changes:
            answer[data.draw(st.integers(0, len(answer) - 1))] ^= data.draw(st.integers(1, 255))
        caller.receive(bytes(answer))
        callee.receive(caller.outgoing())
    except ChannelError as error:
        codes.add(error.code)
    assert codes <= {"tls", "too_long"}
    if caller.established and callee.established:
        assert caller.exporter == callee.exporter


def test_after_an_error_a_channel_is_dead(channels: Pair):
    _, callee = channels()
    first = code_of(lambda: callee.receive(b"\x17\x03\x03\x00\x20" + bytes(32)))
    assert first == "tls"
    assert callee.outgoing() != b""  # the alert
    assert callee.outgoing() == b""
    for action in (callee.end, lambda: callee.receive(b""), lambda: callee.send(b"")):
        assert code_of(action) == "tls"
    callee.close()
    assert callee.outgoing() == b""


def test_a_dead_channel_is_freed_at_once(channels: Pair):
    """Without waiting for the garbage collector: a stranger can make many and break them."""
    caller, callee = channels()
    with pytest.raises(ChannelError):
        callee.receive(b"no TLS record at all")
    gone = weakref.ref(callee)
    gc.disable()
    try:
        del callee
        assert gone() is None
    finally:
        gc.enable()
    assert caller.established


def classical_certificate(folder: Path) -> Path:
    """A certificate and key in one PEM file, as the standard library wants them."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "classical")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    file = folder / "classical.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


def talk(channel: Channel, other: ssl.SSLObject, to_other: ssl.MemoryBIO, back: ssl.MemoryBIO):
    for _ in range(6):
        to_other.write(channel.outgoing())
        with contextlib.suppress(ssl.SSLError):  # it waits, or complains; both reach the channel
            other.do_handshake()
        channel.receive(back.read())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2])
@pytest.mark.parametrize("calls", [True, False], ids=["we call", "we are called"])
def test_a_classical_peer_is_refused(tmp_path: Path, version: ssl.TLSVersion, calls: bool):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if calls else ssl.PROTOCOL_TLS_CLIENT)
    if calls:
        context.load_cert_chain(classical_certificate(tmp_path))
    else:
        context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = version
    with contextlib.suppress(ssl.SSLError):  # an OpenSSL that refuses knows no hybrid groups yet
        context.set_ecdh_curve("X25519" if calls else "prime256v1")  # a newer one is hybrid too
    to_other, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    other = context.wrap_bio(to_other, back, server_side=calls)
    channel = Channel.initiate() if calls else Channel.accept()
    expected = "group" if version is ssl.TLSVersion.TLSv1_3 else "tls"
    assert code_of(lambda: talk(channel, other, to_other, back)) == expected
    assert not channel.established
    with pytest.raises(ValueError, match="not established"):
        _ = channel.exporter


def test_a_session_is_never_resumed(channels: Pair):
    """A caller that kept its session and offers it again gets a handshake from the beginning."""
    caller, _ = channels()
    session = caller._tls.get_session()
    assert session is not None
    for callee in (Channel.accept(), Channel.accept()):
        again = SSL.Connection(caller._tls.get_context(), None)
        again.set_connect_state()
        again.set_session(session)
        with pytest.raises(SSL.WantReadError):
            again.do_handshake()
        callee.receive(again.bio_read(65_536))
        answer = callee.outgoing()
        assert len(answer) > 1400  # with a certificate and an encapsulated secret
        again.bio_write(answer)
        again.do_handshake()
        assert again.get_group_name() == GROUP
        callee.receive(again.bio_read(65_536))
        assert callee.exporter != caller.exporter


def test_a_channel_does_not_show_its_keys(channels: Pair):
    caller, callee = channels()
    assert repr(caller) == "<Channel open>"
    assert repr(Channel.accept()) == "<Channel new>"
    caller.close()
    assert repr(caller) == "<Channel closed>"
    with pytest.raises(ChannelError):
        callee.end()
    assert repr(callee) == "<Channel dead>"
