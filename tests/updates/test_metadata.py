"""What is believed of an update: tampered, old, frozen, mixed, endless ones are refused."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fakes.releases import (
    A_MONTH,
    ADA,
    BEN,
    CLEO,
    CLOCK,
    DORA,
    MALLORY,
    NOW,
    PACKAGE,
    KeyPair,
    Publisher,
    package_of,
    signed,
    signed_bytes,
    signers,
)

from app.updates.envelope import pre_authentication, read_envelope
from app.updates.errors import UpdateError
from app.updates.metadata import (
    LARGEST_PACKAGE,
    LONGEST,
    MOST_ROOTS,
    Known,
    Release,
    believe,
    believed_before,
    index_of,
    number,
    payload_of,
    payload_type,
    read_anchor,
    read_release,
)

LATER = NOW + timedelta(days=1)


def refused(known: Known, index: bytes, now: Any = LATER) -> str:
    """Return why an index is not believed."""
    with pytest.raises(UpdateError) as error:
        believe(known, index, now)
    return error.value.code


def test_what_is_signed_as_it_must_be_is_believed() -> None:
    publisher = Publisher()
    known, release = believe(publisher.known, publisher.index(), LATER)
    assert (release.conclave, release.packages) == ("0.2.0", (PACKAGE,))
    assert (known.root.version, known.timestamp, known.release) == (1, 1, 1)
    again, _release = believe(known, publisher.index(), LATER)  # the same once more
    assert again == known


def test_the_bytes_that_are_signed_are_those_of_dsse() -> None:
    """The example of DSSE's own protocol.md."""
    covered = pre_authentication("http://example.com/HelloWorld", b"hello world")
    assert covered == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


# Tampered ---------------------------------------------------------------------------------------


def test_every_changed_byte_of_what_is_signed_is_noticed() -> None:
    publisher = Publisher()
    parts = json.loads(publisher.index())
    for role in ("timestamp", "release"):
        payload = base64.b64decode(parts[role]["payload"])
        for place in range(0, len(payload), 7):
            changed = bytearray(payload)
            changed[place] ^= 1
            forged = {**parts[role], "payload": base64.b64encode(changed).decode()}
            index = json.dumps({**parts, role: forged}).encode()
            assert refused(publisher.known, index) in ("forged", "mixed")


@pytest.mark.parametrize("role", ["timestamp_by", "release_by"])
@pytest.mark.parametrize("keys", [(), (MALLORY,), (ADA, BEN, CLEO)])
def test_only_the_keys_of_a_role_sign_for_it(role: str, keys: tuple[KeyPair, ...]) -> None:
    publisher = Publisher()
    changes: Any = {role: keys}
    assert refused(publisher.known, publisher.index(**changes)) == "forged"


def test_the_key_of_one_role_is_nothing_in_another() -> None:
    publisher = Publisher()
    assert refused(publisher.known, publisher.index(release_by=(CLOCK,))) == "forged"
    assert refused(publisher.known, publisher.index(timestamp_by=(DORA,))) == "forged"
    release = signed(publisher.release(), DORA, CLOCK)
    swapped = index_of(publisher.roots, release, release)  # well signed, but no timestamp
    assert refused(publisher.known, swapped) == "forged"


def test_one_key_counts_once_however_often_it_signs() -> None:
    two = {
        "root": signers(ADA, BEN, CLEO, threshold=2),
        "release": signers(DORA, ADA, threshold=2),
        "timestamp": signers(CLOCK),
    }
    publisher = Publisher(roots=[signed(Publisher().root(signers=two), ADA, BEN)])
    assert refused(publisher.known, publisher.index(release_by=(DORA,))) == "forged"
    believe(publisher.known, publisher.index(release_by=(DORA, ADA)), LATER)
    parts = json.loads(publisher.index(release_by=(DORA,)))
    parts["release"]["signatures"] *= 2
    assert refused(publisher.known, json.dumps(parts).encode()) == "malformed"
    parts["release"]["signatures"][1] = {
        **parts["release"]["signatures"][0],
        "keyid": DORA.public.hex().upper(),  # another name for the same key
    }
    assert refused(publisher.known, json.dumps(parts).encode()) == "malformed"


# Old --------------------------------------------------------------------------------------------


def test_nothing_older_than_what_was_seen_is_believed() -> None:
    publisher = Publisher()
    known, _release = believe(publisher.known, publisher.index(5), LATER)
    assert refused(known, publisher.index(4)) == "old"
    assert refused(known, publisher.index(4, timestamp=6)) == "old"  # a new word for an old release
    assert refused(known, publisher.index(5, timestamp=4)) == "old"
    believe(known, publisher.index(5, timestamp=6), LATER)


def test_what_was_kept_counts_also_after_it_ended() -> None:
    publisher = Publisher()
    kept = publisher.index(5)
    known = believed_before(publisher.known, kept)
    assert (known.timestamp, known.release) == (5, 5)
    assert refused(publisher.known, kept, NOW + 2 * A_MONTH) == "expired"


# Frozen -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("months", [1, 7, 13])  # timestamp; release, too; root, too
def test_what_has_ended_is_not_believed(months: int) -> None:
    publisher = Publisher()
    assert refused(publisher.known, publisher.index(), NOW + months * A_MONTH) == "expired"


def test_each_part_ends_by_itself() -> None:
    publisher = Publisher()
    late = Publisher(now=NOW + 20 * A_MONTH)
    release = signed(publisher.release(), DORA)
    stamp = signed(late.timestamp(release), CLOCK)
    index = index_of(publisher.roots, stamp, release)
    assert refused(publisher.known, index, NOW + 7 * A_MONTH) == "expired"  # the release
    release = signed(late.release(), DORA)
    index = index_of(publisher.roots, signed(late.timestamp(release), CLOCK), release)
    assert refused(publisher.known, index, NOW + 13 * A_MONTH) == "expired"  # the root
    believe(publisher.known, index, NOW + 11 * A_MONTH)


def test_the_moment_of_the_end_is_too_late() -> None:
    publisher = Publisher()
    believe(publisher.known, publisher.index(), NOW + A_MONTH - timedelta(seconds=1))
    assert refused(publisher.known, publisher.index(), NOW + A_MONTH) == "expired"


# Mixed ------------------------------------------------------------------------------------------


def test_parts_of_two_releases_do_not_fit_together() -> None:
    publisher = Publisher()
    one, two = json.loads(publisher.index(1)), json.loads(publisher.index(2, conclave="0.3.0"))
    assert refused(publisher.known, json.dumps({**two, "release": one["release"]}).encode()) == (
        "mixed"
    )
    assert refused(
        publisher.known, json.dumps({**two, "timestamp": one["timestamp"]}).encode()
    ) == ("mixed")


def test_of_two_releases_with_one_number_the_one_that_the_timestamp_names_counts() -> None:
    publisher = Publisher()
    one, two = (signed(publisher.release(1, name), DORA) for name in ("0.2.0", "0.3.0"))
    stamp = signed(publisher.timestamp(one), CLOCK)
    believe(publisher.known, index_of(publisher.roots, stamp, one), LATER)
    assert refused(publisher.known, index_of(publisher.roots, stamp, two)) == "mixed"


def test_timestamp_and_release_name_the_same_version() -> None:
    publisher = Publisher()
    release = signed(publisher.release(3), DORA)
    stamp = signed(publisher.timestamp(release, 1, number=4), CLOCK)
    assert refused(publisher.known, index_of(publisher.roots, stamp, release)) == "mixed"


# Roots ------------------------------------------------------------------------------------------


def new_keys(version: int, *, root: KeyPair = CLEO, release: KeyPair = DORA, **more: Any) -> Any:
    roles = {
        "root": signers(ADA, root, threshold=2),
        "release": signers(release),
        "timestamp": signers(CLOCK),
    }
    return Publisher().root(version, signers=roles, **more)


def test_a_root_is_changed_by_the_keys_before_it_and_its_own() -> None:
    publisher = Publisher()
    publisher.roots.append(signed(new_keys(2, root=MALLORY), ADA, BEN, MALLORY))
    known, _release = believe(publisher.known, publisher.index(), LATER)
    assert known.root.version == 2
    assert MALLORY.public in known.root.signers["root"].keys


@pytest.mark.parametrize(
    "keys",
    [(), (ADA,), (MALLORY,), (ADA, MALLORY), (ADA, BEN), (BEN, CLEO)],
    ids=lambda keys: "-".join(str(key.number) for key in keys),
)
def test_a_root_that_one_of_both_sides_did_not_sign_is_forged(keys: tuple[KeyPair, ...]) -> None:
    publisher = Publisher()
    publisher.roots.append(signed(new_keys(2, root=MALLORY), *keys))
    assert refused(publisher.known, publisher.index()) == "forged"


def test_no_root_may_be_left_out() -> None:
    publisher = Publisher()
    second, third = (signed(new_keys(version), ADA, BEN, CLEO) for version in (2, 3))
    assert refused(publisher.known, publisher.index(roots=[third])) == "mixed"
    assert refused(publisher.known, publisher.index(roots=[third, second])) == "mixed"
    known, _release = believe(publisher.known, publisher.index(roots=[second, third]), LATER)
    assert known.root.version == 3
    believe(known, publisher.index(roots=[]), LATER)  # who knows them all needs none


def test_a_root_that_ended_may_still_be_passed_but_not_be_the_last() -> None:
    publisher = Publisher()
    second = signed(new_keys(2, expires=NOW - A_MONTH), ADA, BEN, CLEO)
    third = signed(new_keys(3), ADA, CLEO)
    believe(publisher.known, publisher.index(roots=[second, third]), LATER)
    assert refused(publisher.known, publisher.index(roots=[second])) == "expired"


def test_a_key_that_was_replaced_signs_nothing_more() -> None:
    publisher = Publisher()
    publisher.roots.append(signed(new_keys(2, release=MALLORY), ADA, BEN, CLEO))
    assert refused(publisher.known, publisher.index(release_by=(DORA,))) == "forged"
    believe(publisher.known, publisher.index(release_by=(MALLORY,)), LATER)


def test_who_counted_far_ahead_with_a_stolen_key_blocks_nothing_after_it_is_replaced() -> None:
    publisher = Publisher()
    known, _release = believe(publisher.known, publisher.index(2_000_000_000), LATER)
    assert refused(known, publisher.index(7)) == "old"
    roles = {**publisher.root().signers, "release": signers(BEN), "timestamp": signers(CLEO)}
    publisher.roots.append(signed(publisher.root(2, signers=roles), ADA, BEN))
    index = publisher.index(7, release_by=(BEN,), timestamp_by=(CLEO,))
    assert believe(known, index, LATER)[0].release == 7


def test_an_anchor_is_a_root_that_signed_itself() -> None:
    publisher = Publisher()
    assert read_anchor(publisher.anchor).root == publisher.root()
    for envelope in (
        signed(publisher.root(), ADA),
        signed(publisher.root(), ADA, BEN, kind=payload_type("release")),
        signed(publisher.release(), ADA, BEN),
    ):
        with pytest.raises(UpdateError):
            read_anchor(json.dumps(envelope.as_object()).encode())


# Endless and malformed --------------------------------------------------------------------------


def test_more_than_an_index_holds_is_refused() -> None:
    publisher = Publisher()
    assert refused(publisher.known, publisher.index() + b" " * LONGEST) == "too_large"
    roots = publisher.roots * (MOST_ROOTS + 1)
    assert refused(publisher.known, publisher.index(roots=roots)) == "malformed"


@pytest.mark.parametrize(
    "index",
    [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"roots": [], "roots": []}'],
)
def test_what_is_no_index_is_refused(index: bytes) -> None:
    assert refused(Publisher().known, index) == "malformed"


def changed_package(**changes: Any) -> Release:
    return replace(Publisher().release(), packages=(replace(PACKAGE, **changes),))


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "../conclave.tar.gz"},
        {"name": "/etc/passwd"},
        {"name": "a/b"},
        {"name": ".hidden"},
        {"name": "a..b"},
        {"name": ""},
        {"name": "x" * 101},
        {"length": 0},
        {"length": -1},
        {"length": LARGEST_PACKAGE + 1},
        {"length": 1.5},
        {"length": True},
        {"sha256": b"short"},
        {"system": "Linux; rm"},
        {"kind": ""},
    ],
    ids=str,
)
def test_a_package_is_what_a_package_can_be(changes: dict[str, Any]) -> None:
    publisher = Publisher()
    release = signed(changed_package(**changes), DORA)
    index = index_of(publisher.roots, signed(publisher.timestamp(release), CLOCK), release)
    assert refused(publisher.known, index) == "malformed"


@pytest.mark.parametrize("field", ["role", "version", "expires", "conclave", "packages"])
def test_a_release_has_its_fields_and_no_others(field: str) -> None:
    raw = json.loads(payload_of(Publisher().release()))
    assert read_release(raw) == Publisher().release()
    for wrong in ({k: v for k, v in raw.items() if k != field}, {**raw, field: None}):
        with pytest.raises(UpdateError):
            read_release(wrong)
    with pytest.raises(UpdateError):
        read_release({**raw, "more": 1})


def test_a_package_stands_there_once() -> None:
    twice = [package_of("a.deb", b"1"), package_of("a.deb", b"2")]
    publisher = Publisher()
    assert refused(publisher.known, publisher.index(packages=twice)) == "malformed"


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "1.2.3.4", "1.02.3", "v1.2.3", "1.2.3rc1", "١.2.3"]
)
def test_a_version_is_three_numbers(text: str) -> None:
    with pytest.raises(UpdateError):
        number(text)


def test_versions_are_compared_as_numbers() -> None:
    assert number("0.10.0") > number("0.9.9")


@pytest.mark.parametrize("time", ["2026-11-22", "2026-11-22T20:00:00+", "2026-1-022T20:00:00Z", 5])
def test_a_time_is_written_in_one_way(time: object) -> None:
    raw = {**json.loads(payload_of(Publisher().release())), "expires": time}
    with pytest.raises(UpdateError):
        read_release(raw)


def test_an_envelope_is_read_as_it_is_written() -> None:
    envelope = signed_bytes("some/type", b"\x00payload", ADA, BEN)
    assert read_envelope(json.loads(json.dumps(envelope.as_object()))) == envelope
