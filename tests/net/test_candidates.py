"""What announcements may claim, and how many of them are kept."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.net.addresses import Address, InterfaceAddress
from app.net.candidates import (
    MOST_CANDIDATES,
    MOST_PER_HOST,
    TAGS,
    Candidate,
    CandidateList,
    instance_of,
    read_candidate,
)
from app.net.room_tags import HOUR, PUBLIC_DISCOVERY_KEY, hour_of, matches, room_tag, tags_for

LAN = (
    InterfaceAddress("eth0", 2, "192.0.2.9", 24),
    InterfaceAddress("eth0", 2, "fe80::9%2", 64),
)
NAME = "0123456789abcdef._conclave._tcp.local."
INSTANCE = bytes.fromhex("0123456789abcdef")
GOOD = {b"v": b"1", b"t": bytes(128)}
NOW = 1_795_000_000.0


def seeded(seed: int = 1):
    return random.Random(seed).randbytes


def test_a_good_announcement_becomes_a_candidate() -> None:
    candidate = read_candidate(NAME, 47100, GOOD, ["192.0.2.7", "fe80::7%2"], LAN)
    assert candidate == Candidate(
        INSTANCE, (Address("192.0.2.7", 47100), Address("fe80::7%2", 47100)), (bytes(8),) * 16
    )


@pytest.mark.parametrize(
    "hosts",
    [
        ["127.0.0.1"],
        ["224.0.0.251", "ff02::fb%2", "255.255.255.255", "192.0.2.255"],
        ["198.51.100.1"],
        ["0.0.0.0"],
        ["fe80::7"],
        [],
    ],
)
def test_an_announcement_cannot_send_us_to_anybody_but_a_neighbour(hosts: list[str]) -> None:
    assert read_candidate(NAME, 47100, GOOD, hosts, LAN) is None


@pytest.mark.parametrize(
    ("name", "port", "properties"),
    [
        ("Anna's meeting._conclave._tcp.local.", 5, GOOD),
        ("0123456789ABCDEF._conclave._tcp.local.", 5, GOOD),
        ("0123456789abcdef._http._tcp.local.", 5, GOOD),
        (NAME, 0, GOOD),
        (NAME, 65_536, GOOD),
        (NAME, None, GOOD),
        (NAME, 5, {}),
        (NAME, 5, {b"v": b"2", b"t": bytes(128)}),
        (NAME, 5, {b"v": b"1", b"t": None}),
        (NAME, 5, {b"v": b"1", b"t": bytes(127)}),
    ],
)
def test_what_is_not_an_announcement_of_ours_is_passed_over(name, port, properties) -> None:
    assert read_candidate(name, port, properties, ["192.0.2.7"], LAN) is None


@given(st.text(max_size=80))
def test_no_name_is_misread(name: str) -> None:
    assert instance_of(name) is None or name.endswith("._conclave._tcp.local.")


def test_thousands_of_addresses_become_a_few() -> None:
    hosts = [f"192.0.2.{n}" for n in range(1, 255)] * 50
    candidate = read_candidate(NAME, 5, GOOD, hosts, LAN)
    assert candidate is not None
    assert len(candidate.addresses) == 8


def test_the_list_of_candidates_never_grows_beyond_its_limit() -> None:
    seen = CandidateList()
    draw = seeded()
    for number in range(10_000):
        host = f"192.0.2.{number % 250 + 1}"
        assert seen.saw(Candidate(draw(8), (Address(host, 5),), ()))
    assert len(seen) == MOST_CANDIDATES
    assert seen.dropped == 10_000 - MOST_CANDIDATES


def test_one_computer_cannot_crowd_the_others_out() -> None:
    seen = CandidateList()
    draw = seeded()
    others = [Candidate(draw(8), (Address(f"192.0.2.{n}", 5),), ()) for n in range(1, 20)]
    for candidate in others:
        seen.saw(candidate)
    for _ in range(1000):
        seen.saw(Candidate(draw(8), (Address("192.0.2.200", 5),), ()))
    assert set(others) <= set(seen)
    assert len(seen) == len(others) + MOST_PER_HOST


def test_the_least_recently_seen_goes_first() -> None:
    seen = CandidateList()
    crowd = [
        Candidate(bytes([n]) * 8, (Address(f"192.0.2.{n}", 5),), ())
        for n in range(1, MOST_CANDIDATES + 2)
    ]
    for candidate in crowd[:-1]:
        seen.saw(candidate)
    assert not seen.saw(crowd[0])
    seen.saw(crowd[-1])
    assert crowd[0] in set(seen)
    assert crowd[1] not in set(seen)


def test_a_room_is_recognised_with_its_key_only() -> None:
    draw = seeded()
    key, other, instance = draw(32), draw(32), draw(8)
    tags = tags_for([key, PUBLIC_DISCOVERY_KEY], instance, hour_of(NOW), draw)
    candidate = Candidate(instance, (), tags)
    assert len(tags) == TAGS
    assert len(set(tags)) == TAGS
    assert matches(candidate, key, NOW)
    assert matches(candidate, PUBLIC_DISCOVERY_KEY, NOW)
    assert not matches(candidate, other, NOW)
    assert not matches(Candidate(draw(8), (), tags), key, NOW)


def test_clocks_may_differ_by_an_hour_and_not_by_a_day() -> None:
    draw = seeded()
    key, instance = draw(32), draw(8)
    candidate = Candidate(instance, (), tags_for([key], instance, hour_of(NOW), draw))
    assert matches(candidate, key, NOW + HOUR)
    assert matches(candidate, key, NOW - HOUR)
    assert not matches(candidate, key, NOW + 3 * HOUR)
    assert not matches(candidate, key, NOW + 24 * HOUR)


def test_a_tag_of_another_hour_or_instance_is_another_tag() -> None:
    key = bytes(range(32))
    tags = {
        room_tag(key, instance, hour)
        for instance in (bytes(8), bytes(range(8)))
        for hour in range(50)
    }
    assert len(tags) == 100


def test_an_announcement_with_one_room_looks_like_one_with_fourteen_contacts_called() -> None:
    draw = seeded()
    one = tags_for([draw(32)], draw(8), 7, draw)
    full = tags_for([draw(32) for _ in range(TAGS)], draw(8), 7, draw)
    assert [len(tag) for tag in one] == [len(tag) for tag in full] == [8] * 16
    assert list(one) == sorted(one)
    assert list(full) == sorted(full)
    with pytest.raises(ValueError, match="room"):
        tags_for([draw(32) for _ in range(TAGS + 1)], draw(8), 7, draw)
