"""What a peer says about how it can be reached: strict bytes, and only its own addresses."""

import contextlib
import ipaddress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from media.errors import LinkError
from media.path.link_parameters import (
    MAX_CANDIDATES,
    SESSION_BYTES,
    Candidate,
    LinkParameters,
    is_usable,
)

ICE = st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/")
ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).filter(is_usable)
CANDIDATES = st.lists(
    st.builds(Candidate, ADDRESSES, st.integers(1024, 65_535), st.integers(1, 2**31 - 1)),
    max_size=MAX_CANDIDATES,
    unique_by=lambda candidate: (candidate.address, candidate.port),
)
PARAMETERS = st.builds(
    LinkParameters,
    st.text(ICE, min_size=4, max_size=32),
    st.text(ICE, min_size=22, max_size=64),
    st.binary(min_size=32, max_size=32),
    CANDIDATES.map(tuple),
    st.binary(min_size=SESSION_BYTES, max_size=SESSION_BYTES),
)


def some(*hosts: str, port: int = 5000) -> LinkParameters:
    return LinkParameters(
        "abcd",
        "p" * 22,
        bytes(32),
        tuple(Candidate(ipaddress.ip_address(host), port, 9) for host in hosts),
    )


@given(PARAMETERS)
@settings(max_examples=40)
def test_parameters_survive_their_bytes(parameters):
    encoded = parameters.encode()
    assert len(encoded) <= 512
    assert LinkParameters.parse(encoded) == parameters


@given(st.binary(max_size=600))
def test_no_bytes_raise_anything_but_link_error(data):
    with contextlib.suppress(LinkError):
        LinkParameters.parse(data)


@given(PARAMETERS, st.integers(0, 600), st.integers(0, 255))
@example(some("10.0.0.1"), 0, 2)
def test_one_altered_byte_is_read_or_refused_and_stays_canonical(parameters, place, value):
    data = bytearray(parameters.encode())
    data[place % len(data)] = value
    try:
        found = LinkParameters.parse(bytes(data))
    except LinkError:
        return
    assert found.encode() == bytes(data)


@given(PARAMETERS, st.integers(1, 600))
@settings(max_examples=40)
def test_cut_off_or_longer_bytes_are_refused(parameters, cut):
    data = parameters.encode()
    with pytest.raises(LinkError):
        LinkParameters.parse(data[: -min(cut, len(data))])
    with pytest.raises(LinkError):
        LinkParameters.parse(data + bytes(cut))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "224.0.0.251", "255.255.255.255",
        "240.0.0.1", "::", "::1", "ff02::fb", "fe80::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "2002:7f00:1::", "fec0::1",
    ],
)  # fmt: skip
def test_addresses_of_nobody_or_everybody_are_refused(host):
    with pytest.raises(LinkError, match="address"):
        LinkParameters.parse(some(host).encode())


def test_this_computer_itself_is_an_address_only_for_peers_on_it():
    parameters = some("127.0.0.1", "::1")
    assert LinkParameters.parse(parameters.encode(), allow_loopback=True) == parameters


def test_link_local_addresses_are_some_only_for_peers_on_the_same_link():
    parameters = some("fe80::7", "febf::7")
    assert LinkParameters.parse(parameters.encode(), link_local=True) == parameters
    for other in ("::1", "ff02::fb", "fec0::1"):
        with pytest.raises(LinkError, match="address"):
            LinkParameters.parse(some(other).encode(), link_local=True)


@pytest.mark.parametrize("host", ["10.1.2.3", "192.168.0.9", "169.254.7.7", "8.8.8.8", "fd00::7"])
def test_addresses_of_one_computer_are_fine(host):
    assert LinkParameters.parse(some(host).encode()) == some(host)


def test_well_known_ports_and_doubles_are_refused():
    with pytest.raises(LinkError, match="port"):
        LinkParameters.parse(some("10.0.0.1", port=53).encode())
    with pytest.raises(LinkError, match="twice"):
        LinkParameters.parse(some("10.0.0.1", "10.0.0.1").encode())


def test_the_password_is_not_shown():
    assert "p" * 22 not in repr(some("10.0.0.1"))
