"""Meetings that were visited lately: kept only if wanted, sealed, and a way back where there is."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.export import collected
from app.intents import CallContact, JoinLink, JoinNearby
from app.meeting.contacts import Contact, Contacts
from app.meeting.view import Badge
from app.memory import ProfileMemory
from app.nearby import Found
from app.profile import Profile
from app.recent_meetings import FILE as RECENTS
from app.recent_meetings import MOST, Recent, encode, noted, parse
from app.recents import Recents
from app.screens import NearbyMeeting, WayBack
from app.ui.samples import ALONE, MANY, meeting
from crypto.errors import MalformedError
from crypto.identity import Identity, device_id
from crypto.invite import Invite, InviteFlag

NOW = 1_800_000_000.0
LIMITS = (1, 8192)  # argon2id at its least, so that a test takes no time
HOST = Identity(bytes(32)).public
HOST_DEV = device_id(HOST)
LINK = Invite(InviteFlag.LOBBY, int(NOW) + 3600, bytes(16), bytes(20), bytes(16), ()).link()
BUDGET = Recent("Budget 2027", "Ada", int(NOW), HOST_DEV, LINK)


class FakeNearby:
    """A list of visible meetings."""

    def __init__(self, *keys: bytes) -> None:
        self.found = {str(n): key for n, key in enumerate(keys)}

    @property
    def meetings(self) -> tuple[NearbyMeeting, ...]:
        return tuple(
            NearbyMeeting(key, "T", "Ada", 1, False, True, Badge.KNOWN) for key in self.found
        )

    def get(self, key: str) -> Found | None:
        from app.meeting.entrance import Told

        told = Told("T", "Ada", self.found[key], Badge.KNOWN, 1, False, True)
        return Found((), told)


class Shelf:
    """A list in memory."""

    def __init__(self, *recents: Recent) -> None:
        self.kept = recents

    def recents(self) -> tuple[Recent, ...]:
        return self.kept

    def keep_recents(self, recents: tuple[Recent, ...]) -> None:
        self.kept = recents


NOBODY = Contacts({})
NOTHING = FakeNearby()


def recents(shelf: Shelf, *, wanted: bool = True, now: float = NOW) -> Recents:
    return Recents(shelf, lambda: now, lambda: wanted)


def ada_is_a_contact() -> Contacts:
    contact = Contact(public_key=HOST, name="Ada", secret=b"s" * 32)
    return Contacts({HOST_DEV: contact})


# What is kept -----------------------------------------------------------------------------------


def test_a_list_comes_out_as_it_went_in() -> None:
    own = Recent("Mine", "Mara", 5)
    assert parse(encode((BUDGET, own))) == (BUDGET, own)
    assert parse(encode(())) == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"conclave vault\n\1",
        encode(()) + b"\0",
        encode((BUDGET,))[:-1],
        encode((BUDGET,))[:17] + b"\xff" + encode((BUDGET,))[18:],
        encode((replace(BUDGET, link="é"),)).replace(b"?", b"\xff"),
    ],
)
def test_bytes_that_are_no_list_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse(data)


def test_a_list_is_short_and_the_same_meeting_stands_in_it_once() -> None:
    kept: tuple[Recent, ...] = ()
    for number in range(MOST + 5):
        kept = noted(kept, replace(BUDGET, title=f"Meeting {number}"))
    assert len(kept) == MOST
    again = noted(kept, replace(kept[3], when=int(NOW) + 9))
    assert len(again) == MOST
    assert again[0].when == int(NOW) + 9


def test_what_is_too_long_is_cut_and_a_link_that_is_too_long_is_left_out() -> None:
    (one,) = parse(encode((replace(BUDGET, title="ä" * 999, link="conclave:" + "x" * 999),)))
    assert one.title.startswith("ää")
    assert one.link == ""


def test_no_link_stands_where_meetings_are_printed() -> None:
    assert LINK not in repr(BUDGET)


# Only if wanted ---------------------------------------------------------------------------------


def test_nothing_is_remembered_unless_somebody_wants_it() -> None:
    shelf = Shelf()
    recents(shelf, wanted=False).note(meeting(people=MANY).view, LINK)
    assert shelf.kept == ()
    recents(shelf).note(meeting(people=MANY).view, LINK)
    assert len(shelf.kept) == 1


def test_who_wants_it_no_more_has_nothing_left_at_once() -> None:
    shelf = Shelf(BUDGET)
    wanted = [True]
    made = Recents(shelf, lambda: NOW, lambda: wanted[0])
    wanted[0] = False
    made.obey()
    assert shelf.kept == ()


def test_what_was_left_by_a_version_that_kept_it_goes_when_it_is_not_wanted() -> None:
    shelf = Shelf(BUDGET)
    recents(shelf, wanted=False)
    assert shelf.kept == ()


def test_the_test_guest_is_not_remembered() -> None:
    shelf = Shelf()
    recents(shelf).note(meeting(people=MANY, test_guest=True).view, "")
    assert shelf.kept == ()


def test_a_meeting_of_ones_own_keeps_no_link() -> None:
    shelf = Shelf()
    recents(shelf).note(meeting(people=ALONE).view, LINK)
    (one,) = shelf.kept
    assert one.is_own
    assert one.link == ""


def test_one_is_forgotten_or_all() -> None:
    shelf = Shelf(BUDGET, replace(BUDGET, title="Other"))
    made = recents(shelf)
    made.forget("0")
    assert [one.title for one in shelf.kept] == ["Other"]
    made.forget("99")
    assert len(shelf.kept) == 1
    made.forget("")
    assert shelf.kept == ()


# The way back -----------------------------------------------------------------------------------


def way(made: Recents, nearby: FakeNearby = NOTHING, contacts: Contacts = NOBODY) -> WayBack:
    (card,) = made.cards(nearby, contacts)  # type: ignore[arg-type]
    return card.way


def test_the_same_host_nearby_comes_before_the_link_and_the_link_before_a_call() -> None:
    made = recents(Shelf(BUDGET))
    assert way(made, FakeNearby(HOST), ada_is_a_contact()) is WayBack.NEARBY
    assert way(made, FakeNearby(b"x" * 32), ada_is_a_contact()) is WayBack.LINK
    late = recents(Shelf(BUDGET), now=NOW + 9999)
    assert way(late, NOTHING, ada_is_a_contact()) is WayBack.CALL
    assert way(late) is WayBack.NONE
    assert way(recents(Shelf(Recent("Mine", "Mara", 5)))) is WayBack.START


def test_the_way_back_is_an_ordinary_way_in() -> None:
    made = recents(Shelf(BUDGET))
    nearby = FakeNearby(b"x" * 32, HOST)
    assert made.departure("0", "Mara", nearby, NOBODY) == JoinNearby("1", "Mara")  # type: ignore[arg-type]
    assert made.departure("0", "Mara", NOTHING, NOBODY) == JoinLink(LINK, "Mara")  # type: ignore[arg-type]
    late = recents(Shelf(BUDGET), now=NOW + 9999)
    contacts = ada_is_a_contact()
    assert late.departure("0", "Mara", NOTHING, contacts) == CallContact(HOST_DEV, "Mara")  # type: ignore[arg-type]
    assert late.departure("0", "Mara", NOTHING, NOBODY) is None  # type: ignore[arg-type]
    assert made.departure("7", "Mara", NOTHING, NOBODY) is None  # type: ignore[arg-type]


# On the disk ------------------------------------------------------------------------------------


def opened(folder: Path) -> Profile:
    return Profile.open(folder, passphrase="only for this test", limits=LIMITS)


def test_the_list_lies_sealed_beside_the_vault_and_survives_the_program(tmp_path: Path) -> None:
    profile = opened(tmp_path)
    memory = ProfileMemory(profile, lambda: NOW)
    memory.keep_recents((BUDGET,))
    memory.close()
    profile.close()
    written = (tmp_path / RECENTS).read_bytes()
    assert b"Budget" not in written
    assert b"conclave:join" not in written
    assert os.stat(tmp_path / RECENTS).st_mode & 0o077 == 0
    again = opened(tmp_path)
    memory = ProfileMemory(again, lambda: NOW)
    assert memory.recents() == (BUDGET,)
    memory.keep_recents(())
    memory.close()
    again.close()
    assert not (tmp_path / RECENTS).exists()


def test_a_copy_of_everything_that_is_kept_tells_them_without_their_links(tmp_path: Path) -> None:
    profile = opened(tmp_path / "profile")
    memory = ProfileMemory(profile, lambda: NOW)
    memory.keep_recents((BUDGET,))
    memory.close()
    copied = collected(profile, tmp_path, {}, datetime.now(UTC))
    profile.close()
    assert "Budget 2027" in str(copied)
    assert LINK not in str(copied)


@pytest.mark.parametrize("damage", [b"", b"garbage", "vault"])
def test_a_damaged_list_is_no_list_and_harms_nothing(tmp_path: Path, damage) -> None:
    profile = opened(tmp_path)
    content = (tmp_path / "vault").read_bytes() if damage == "vault" else damage
    (tmp_path / RECENTS).write_bytes(content)
    memory = ProfileMemory(profile, lambda: NOW)
    assert memory.recents() == ()
    memory.close()
    profile.close()
