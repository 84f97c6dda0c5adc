"""Noticing another address, and that this computer was asleep; in simulated time."""

from app.net.address_watch import ASLEEP, LOOK_EVERY, AddressWatch, present_addresses
from app.net.addresses import InterfaceAddress


class Computer:
    """A computer whose addresses a test changes."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = list(hosts)
        self.asked = 0

    def __call__(self) -> list[InterfaceAddress]:
        self.asked += 1
        return [InterfaceAddress("eth0", 2, host, 24) for host in self.hosts]


def test_a_new_address_and_one_that_is_gone_are_noticed_once():
    computer = Computer("192.0.2.7", "fe80::1%2")
    watch = AddressWatch(0.0, computer)
    assert not watch.changed(LOOK_EVERY)
    computer.hosts = ["192.0.2.9", "fe80::1%2"]
    assert not watch.changed(LOOK_EVERY + 0.1), "it is not time to look yet"
    assert watch.changed(2 * LOOK_EVERY)
    assert watch.is_gone("192.0.2.7")
    assert not watch.is_gone("192.0.2.9")
    assert not watch.is_gone("fe80::1%eth0"), "the scope is no part of it"
    assert not watch.changed(3 * LOOK_EVERY)


def test_the_system_is_asked_every_two_seconds_however_often_somebody_looks():
    computer = Computer("192.0.2.7")
    watch = AddressWatch(0.0, computer)
    for tenth in range(100):
        watch.changed(tenth / 10)
    assert computer.asked <= 1 + 10.0 / LOOK_EVERY


def test_a_long_time_that_is_missing_was_sleep():
    watch = AddressWatch(0.0, Computer("192.0.2.7"))
    assert not watch.changed(0.1)
    assert watch.changed(0.2 + ASLEEP)
    assert not watch.changed(0.3 + ASLEEP)


def test_this_computer_is_at_its_own_addresses():
    watch = AddressWatch(0.0, present_addresses)
    assert not watch.is_gone("127.0.0.1")
    assert watch.is_gone("192.0.2.77")
