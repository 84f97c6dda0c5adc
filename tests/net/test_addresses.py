"""What may be typed, offered and dialled."""

import socket

import pytest

from app.net.addresses import (
    Address,
    AddressError,
    InterfaceAddress,
    hosts_to_offer,
    interface_addresses,
    is_diallable,
    is_on_link,
    normalised,
    outward_hosts,
    parse_address,
    socket_address,
    with_zones,
)

LAN = (
    InterfaceAddress("eth0", 2, "192.0.2.9", 24),
    InterfaceAddress("eth0", 2, "fd12::9", 64),
    InterfaceAddress("eth0", 2, "fe80::9%2", 64),
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("192.0.2.7", Address("192.0.2.7", 47100)),
        (" 192.0.2.7:5000\n", Address("192.0.2.7", 5000)),
        ("fd12::7", Address("fd12::7", 47100)),
        ("[fd12::7]", Address("fd12::7", 47100)),
        ("[FD12:0::7]:5000", Address("fd12::7", 5000)),
        ("[fe80::1%eth0]:5000", Address("fe80::1%eth0", 5000)),
    ],
)
def test_a_typed_address_is_understood(typed: str, meant: Address) -> None:
    assert parse_address(typed) == meant
    assert parse_address(str(meant)) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        ":",
        ":80",
        "example.org",
        "example.org:80",
        "localhost:80",
        "192.0.2.7:",
        "192.0.2.7:0",
        "192.0.2.7:65536",
        "192.0.2.7:+80",
        "192.0.2.7:８０",
        "192.0.2.256",
        "192.0.2.007",
        "1.2.3",
        "[fd12::7",
        "[fd12::7]5000",
        "[192.0.2.7",
        "fd12::7::1",
        "192.0.2.7:80:80",
        "1" * 10_000,
    ],
)
def test_what_is_no_numeric_address_gets_one_clear_line(typed: str) -> None:
    with pytest.raises(AddressError) as refusal:
        parse_address(typed)
    assert str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_only_for_listening_an_empty_host_and_port_zero_mean_any() -> None:
    assert parse_address(":0", any_host=True) == Address("", 0)
    assert parse_address("0.0.0.0:7", any_host=True) == Address("0.0.0.0", 7)


@pytest.mark.parametrize("host", ["192.0.2.7", "10.0.0.1", "169.254.3.4", "fd12::7", "fe80::1%2"])
def test_one_other_computer_may_be_dialled(host: str) -> None:
    assert is_diallable(host)


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",
        "0.1.2.3",
        "127.0.0.1",
        "127.8.8.8",
        "224.0.0.251",
        "239.1.2.3",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "ff02::fb",
        "ff02::fb%2",
        "fe80::1",
        "::ffff:192.0.2.7",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "2001:0:1::1",
        "example.org",
        "printer.local",
        "",
    ],
)
def test_what_is_not_one_other_computer_is_never_dialled(host: str) -> None:
    assert not is_diallable(host)


def test_this_computer_is_dialled_only_when_asked_for() -> None:
    assert is_diallable("127.0.0.1", allow_loopback=True)
    assert is_diallable("::1", allow_loopback=True)
    assert not is_diallable("224.0.0.1", allow_loopback=True)


def test_on_link_means_a_machine_in_a_network_of_ours() -> None:
    assert is_on_link("192.0.2.77", LAN)
    assert is_on_link("fd12::1:2", LAN)
    assert is_on_link("fe80::1%2", LAN)
    assert not is_on_link("198.51.100.1", LAN)
    assert not is_on_link("192.0.2.255", LAN)
    assert not is_on_link("192.0.2.0", LAN)
    assert not is_on_link("example.org", LAN)


def test_link_local_addresses_are_offered_only_where_there_is_nothing_else() -> None:
    assert hosts_to_offer(LAN) == ("192.0.2.9", "fd12::9")
    loopback = InterfaceAddress("lo", 1, "127.0.0.1", 8)
    assert hosts_to_offer((loopback, LAN[2])) == ("fe80::9",), "the zone stays at home"
    without_a_router = InterfaceAddress("eth0", 2, "169.254.3.4", 16)
    assert hosts_to_offer((loopback, LAN[2], without_a_router)) == ("169.254.3.4", "fe80::9")
    assert hosts_to_offer((loopback,)) == ("127.0.0.1",)


def test_a_link_local_address_of_somebody_else_is_looked_for_on_every_interface() -> None:
    wifi = InterfaceAddress("wlan0", 3, "fe80::a%3", 64)
    told = [Address("192.0.2.7", 5), Address("fe80::7", 5), Address("fe80::8%2", 5)]
    assert with_zones(told, (*LAN, wifi)) == [
        Address("192.0.2.7", 5),
        Address("fe80::7%2", 5),
        Address("fe80::7%3", 5),
        Address("fe80::8%2", 5),
    ]
    assert with_zones(told[1:2], LAN[:2]) == [], "no interface speaks link-local IPv6"


def test_the_address_that_leads_outward_is_offered_first() -> None:
    bridge = InterfaceAddress("docker0", 3, "172.17.0.1", 16)
    offered = hosts_to_offer((bridge, *LAN), frozenset({"192.0.2.9"}))
    assert offered == ("192.0.2.9", "fd12::9", "172.17.0.1")


def test_a_vpn_that_leads_outward_does_not_take_the_place_of_the_lan() -> None:
    vpn = InterfaceAddress("tun0", 4, "10.8.0.2", 24)
    for outward in ({"10.8.0.2"}, {"10.8.0.2", "fd12::9"}):
        assert hosts_to_offer((*LAN, vpn), frozenset(outward)) in (
            ("10.8.0.2", "192.0.2.9", "fd12::9"),
            ("192.0.2.9", "10.8.0.2", "fd12::9"),
        ), "a link has room for two"


def test_this_computers_addresses_can_be_listed_without_sending_anything() -> None:
    found = interface_addresses(allow_loopback=True)
    assert "127.0.0.1" in {entry.host for entry in found}
    assert all(is_diallable(entry.host, allow_loopback=True) for entry in found)
    assert not {entry.host for entry in interface_addresses()} & {"127.0.0.1", "::1"}
    assert all(":" in host or "." in host for host in outward_hosts())


def test_socket_names_become_addresses() -> None:
    assert normalised(("192.0.2.7", 5)) == Address("192.0.2.7", 5)
    assert normalised(("::ffff:192.0.2.7", 5, 0, 0)) == Address("192.0.2.7", 5)
    assert normalised(("fe80::1", 5, 0, 3)) == Address("fe80::1%3", 5)


def test_addresses_become_socket_names_without_a_resolver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", None)
    assert socket_address(Address("fe80::1%3", 5)) == (socket.AF_INET6, ("fe80::1", 5, 0, 3))
    assert socket_address(Address("192.0.2.7", 5)) == (socket.AF_INET, ("192.0.2.7", 5))
    with pytest.raises(OSError, match=r"."):
        socket_address(Address("fe80::1%no-such-interface", 5))
