"""The messages about files: strict, bounded, one way to write each."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.meeting.files import wire
from crypto.errors import MalformedError
from crypto.sframe import MAX_HEADER_BYTES, TAG_BYTES

ID = bytes(range(8))
IDS, SIZES = st.binary(min_size=8, max_size=8), st.integers(0, wire.MAX_SIZE)
NAMES = st.text(
    alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=0, max_size=60
)
WANTS = st.builds(
    lambda id_, offset, more, held, again: wire.Want(
        id_, offset, min(wire.MAX_SIZE, offset + more), held, again
    ),
    IDS, SIZES, SIZES, st.booleans(), st.booleans(),
)  # fmt: skip
MESSAGES = st.one_of(
    st.builds(wire.Offer, IDS, SIZES, NAMES),
    st.builds(wire.Part, IDS, SIZES, st.binary(min_size=1, max_size=wire.MAX_PART)),
    st.builds(wire.End, IDS, st.binary(min_size=32, max_size=32)),
    st.builds(wire.Stopped, IDS, st.sampled_from(wire.Stop)),
    st.builds(wire.Hold, IDS, st.booleans()),
    WANTS,
    st.builds(wire.Refuse, IDS, st.sampled_from(wire.Refusal)),
    st.builds(wire.Have, IDS),
)


@given(MESSAGES)
def test_a_message_arrives_as_it_was_said(message: wire.FileMessage):
    assert wire.parse(message.encode()) == message


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_malformed(noise: bytes):
    with contextlib.suppress(MalformedError):
        assert wire.parse(noise).encode() == noise


@given(st.integers(1, 8), st.binary(max_size=60))
def test_any_bytes_of_a_known_kind_are_a_message_or_malformed(kind: int, noise: bytes):
    data = bytes([kind]) + noise
    with contextlib.suppress(MalformedError):
        assert wire.parse(data).encode() == data


@given(MESSAGES, st.binary(min_size=1, max_size=4))
def test_nothing_may_follow_a_message(message: wire.FileMessage, more: bytes):
    if not isinstance(message, wire.Part):
        with pytest.raises(MalformedError):
            wire.parse(message.encode() + more)


@pytest.mark.parametrize("bad", [
    b"",
    b"\1",
    b"\0" + ID,  # no such kind
    b"\x09" + ID,
    b"\2" + ID + bytes(8),  # a part of nothing
    b"\2" + ID + bytes(8) + bytes(wire.MAX_PART + 1),
    b"\1" + ID + b"\xff" * 8 + b"\1x",  # larger than any file
    b"\1" + ID + bytes(8) + b"\3a\nb",  # a name of two lines
    b"\1" + ID + bytes(8) + b"\4\xe2\x80\xaex",  # a name that turns the reading direction
    b"\1" + ID + bytes(8) + b"\2\xff\xfe",  # no UTF-8
    b"\4" + ID + b"\0",
    b"\4" + ID + b"\4",
    b"\5" + ID + b"\2",
    b"\6" + ID + bytes(8) + bytes(8) + b"\4",
    b"\6" + ID + (5).to_bytes(8, "big") + (4).to_bytes(8, "big") + b"\0",  # a limit before it
    b"\7" + ID + b"\0",
    b"\7" + ID + b"\x08",
])  # fmt: skip
def test_what_no_sender_writes_is_refused(bad: bytes):
    with pytest.raises(MalformedError):
        wire.parse(bad)


def test_the_longest_part_fits_one_message_of_the_data_channel():
    sealed = 1 + MAX_HEADER_BYTES + 7 + TAG_BYTES  # flags, header, media time and length, tag
    part = wire.Part(ID, wire.MAX_SIZE - wire.MAX_PART, bytes(wire.MAX_PART)).encode()
    assert 1 + sealed + len(part) <= 16 * 1024
