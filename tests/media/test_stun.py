"""STUN messages: written and read again, by public vectors too; hostile bytes only fail."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.path import stun
from media.path.stun import Attribute, Kind, StunError

TRANSACTION = bytes(range(12))
KEY = stun.long_term_key("user", b"realm", "pass")

# RFC 5769, section 2.2: a response with XOR-MAPPED-ADDRESS 192.0.2.1:32853.
RESPONSE = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220"
    "002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004c07d4c96"
)
# RFC 5769, section 2.3: the same for IPv6.
RESPONSE_IPV6 = bytes.fromhex(
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220"
    "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf1"
    "1784c97c8292c275bfe3ed4180280004c8fb0b4c"
)
PASSWORD = b"VOkJxbRl1RmTxUk/WvJxBt"


def test_the_published_responses_are_understood_and_authentic():
    for data, host in (
        (RESPONSE, "192.0.2.1"),
        (RESPONSE_IPV6, "2001:db8:1234:5678:11:2233:4455:6677"),
    ):
        said = stun.parse(data)
        assert said.kind is Kind.BINDING_SUCCESS
        assert said.address(Attribute.MAPPED) == (host, 32853)
        assert said.is_authentic(PASSWORD)
        assert not said.is_authentic(b"another")


def test_the_key_of_long_term_credentials_is_the_published_one():
    # RFC 8489, section 9.2.2
    key = stun.long_term_key("user", b"realm", "pass")
    assert key.hex() == "8493fbc53ba582fb4c044c456bdc40eb"


@pytest.mark.parametrize("peer", [("192.0.2.7", 1), ("2001:db8::7", 65535)])
def test_what_is_written_is_read_again(peer):
    attributes = ((Attribute.PEER, stun.xored(peer, TRANSACTION)), (Attribute.DATA, b"hello"))
    said = stun.parse(stun.message(Kind.SEND, TRANSACTION, attributes, KEY))
    assert (said.kind, said.transaction) == (Kind.SEND, TRANSACTION)
    assert said.address(Attribute.PEER) == peer
    assert said.data() == b"hello"
    assert said.is_authentic(KEY)


def test_what_stands_behind_the_proof_is_passed_over():
    data = stun.message(Kind.DATA, TRANSACTION, ((Attribute.DATA, b"true"),), KEY)
    more = stun.message(Kind.DATA, TRANSACTION, ((Attribute.NONCE, b"forged"),))[20:]
    longer = data[:2] + (len(data) + len(more) - 20).to_bytes(2, "big") + data[4:] + more
    assert stun.parse(longer).is_authentic(KEY)
    with pytest.raises(StunError):
        stun.parse(longer).text(Attribute.NONCE)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        RESPONSE[:-1],
        RESPONSE + b"\0",
        RESPONSE[:4] + bytes(4) + RESPONSE[8:],
        b"\x3f\xff" + RESPONSE[2:],
        stun.message(Kind.DATA, TRANSACTION, [(Attribute.DATA, b"")] * 33),
        stun.message(Kind.DATA, TRANSACTION, [(Attribute.DATA, bytes(stun.MAX_MESSAGE))]),
        stun.message(Kind.DATA, TRANSACTION, [(Attribute.MESSAGE_INTEGRITY, bytes(19))]),
        stun.message(Kind.DATA, TRANSACTION, [(Attribute.DATA, bytes(8))])[:-12]
        + b"\0\x13\xff\xff12345678",
    ],
)
def test_what_is_no_message_is_refused(data: bytes):
    with pytest.raises(StunError):
        stun.parse(data)


def test_a_changed_byte_is_noticed():
    data = bytearray(
        stun.message(Kind.REFRESH_SUCCESS, TRANSACTION, ((Attribute.LIFETIME, bytes(4)),), KEY)
    )
    for position in range(20, len(data)):
        data[position] ^= 1
        with contextlib.suppress(StunError):
            assert not stun.parse(bytes(data)).is_authentic(KEY)
        data[position] ^= 1


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes):
    for whole in (data, b"\1\1" + len(data).to_bytes(2, "big") + stun.COOKIE + TRANSACTION + data):
        with contextlib.suppress(StunError):
            said = stun.parse(whole)
            said.is_authentic(KEY)
            for read in (lambda s=said: s.error, lambda s=said: s.lifetime, said.data):
                with contextlib.suppress(StunError):
                    read()
