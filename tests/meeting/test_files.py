"""Files between people in a meeting: offered, taken, held, resumed, refused; in simulated time."""

from dataclasses import replace

import pytest
from fakes.file_people import People, Someone, digest_of
from hypothesis import given, settings
from hypothesis import strategies as st

from app.meeting.files import desk as desks
from app.meeting.files import wire
from app.meeting.files.delivery import MAX_WINDOW, READ_AHEAD, READ_SIZE
from app.meeting.files.desk import Allowed
from app.meeting.files.orders import WriteTarget
from app.meeting.files.parcel import IN_MEMORY, WINDOW
from app.meeting.view import FileState
from app.meeting.wishes import (
    AcceptFile,
    CancelFile,
    DeclineFile,
    HoldFile,
    LookAtFile,
    SaveFile,
)

CONTENT = bytes(range(256)) * 4000  # about a megabyte: several windows


def offered(content: bytes = CONTENT, name: str = "plan.pdf") -> tuple[People, Someone, Someone]:
    people = People("Ada", "Ben")
    ada, ben = people.everyone.values()
    ada.offers(name, content)
    people.until(lambda: bool(ben.cards))
    return people, ada, ben


def under_way(least: int = 100_000) -> tuple[People, Someone, Someone]:
    people, ada, ben = offered()
    ben.files.grant(AcceptFile(ben.card.key), people.now)
    people.until(lambda: ben.leg.done >= least)
    assert ben.leg.state is FileState.RUNNING
    return people, ada, ben


def test_a_file_that_is_accepted_arrives_whole_and_both_see_it():
    people, ada, ben = offered()
    assert (ben.card.file_name, ben.card.size, ben.leg.state) == (
        "plan.pdf",
        len(CONTENT),
        FileState.OFFERED,
    )
    ben.files.grant(AcceptFile(ben.card.key), people.now)
    people.until(lambda: ada.leg.state is FileState.DONE)
    assert ben.leg.state is FileState.DONE
    assert ben.disk.files == {"plan.pdf": CONTENT}
    people.turn()
    assert ada.disk.open_sources == {}


def test_nothing_of_a_file_moves_before_somebody_says_yes():
    people, ada, ben = offered()
    people.run(30.0)
    assert ada.leg.done == 0
    assert not ada.files.flowing()
    assert ben.disk.parts == {}


def test_who_declines_gets_nothing_and_the_other_learns_of_it():
    people, ada, ben = offered()
    ben.files.grant(DeclineFile(ben.card.key), people.now)
    people.until(lambda: ada.leg.state is FileState.DECLINED)
    assert ben.disk.files == {}
    people.turn()
    assert ada.disk.open_sources == {}


def test_a_file_of_no_bytes_arrives():
    people, ada, ben = offered(b"")
    ben.files.grant(AcceptFile(ben.card.key), people.now)
    people.until(lambda: ada.leg.state is FileState.DONE)
    assert ben.disk.files == {"plan.pdf": b""}


def test_everybody_takes_the_same_offer_at_their_own_pace():
    people = People("Ada", "Ben", "Cleo", "Dan")
    ada, ben, cleo, dan = people.everyone.values()
    ada.offers("plan.pdf", CONTENT)
    people.until(lambda: all(each.cards for each in (ben, cleo, dan)))
    ben.files.grant(AcceptFile(ben.card.key), people.now)
    people.until(lambda: ben.leg.done > 300_000)
    cleo.files.grant(AcceptFile(cleo.card.key), people.now)
    dan.files.grant(DeclineFile(dan.card.key), people.now)
    people.until(lambda: ada.card.legs[1].state is FileState.DONE)
    assert [leg.state for leg in ada.card.legs] == [
        FileState.DONE,
        FileState.DONE,
        FileState.DECLINED,
    ]
    assert ben.disk.files == cleo.disk.files == {"plan.pdf": CONTENT}


def test_a_file_for_one_person_is_offered_to_nobody_else():
    people = People("Ada", "Ben", "Cleo")
    ada, ben, cleo = people.everyone.values()
    ada.offers("plan.pdf", CONTENT, to=ben.dev)
    people.run(30.0)
    assert ben.cards
    assert not cleo.cards
    assert not ada.card.to_all


def test_who_comes_later_is_offered_nothing_of_before_and_cannot_ask_for_it():
    people, ada, ben = offered()
    cleo = people.comes("Cleo")
    people.run(30.0)
    assert not cleo.cards
    file_id = ben.card.key[-wire.ID_BYTES :]
    people.says(cleo, ada, wire.Want(file_id, 0, 1000).encode())
    people.run(1.0)
    assert ada.files.refused["want"] == 1
    assert not ada.files.flowing()


# -- pauses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["giver", "taker"])
def test_either_side_can_make_a_pause_and_go_on(who: str):
    people, ada, ben = under_way()
    one, other = (ada, ben) if who == "giver" else (ben, ada)
    one.files.grant(HoldFile(one.card.key, on=True), people.now)
    people.run(1.0)
    assert (one.leg.state, one.leg.held_by_me) == (FileState.HELD, True)
    assert (other.leg.state, other.leg.held_by_them) == (FileState.HELD, True)
    done = ben.leg.done
    people.run(30.0)
    assert ben.leg.done == done
    one.files.grant(HoldFile(one.card.key, on=False), people.now)
    people.until(lambda: ada.leg.state is FileState.DONE)
    assert ben.disk.files == {"plan.pdf": CONTENT}


def test_a_pause_of_one_side_is_not_ended_by_the_other():
    people, ada, ben = under_way()
    ada.files.grant(HoldFile(ada.card.key, on=True), people.now)
    ben.files.grant(HoldFile(ben.card.key, on=True), people.now)
    people.run(1.0)
    ben.files.grant(HoldFile(ben.card.key, on=False), people.now)
    people.run(20.0)
    assert ben.leg.state is FileState.HELD
    ada.files.grant(HoldFile(ada.card.key, on=False), people.now)
    people.until(lambda: ada.leg.state is FileState.DONE)


# -- the path -------------------------------------------------------------------------------------


def test_after_a_break_it_goes_on_where_it_was():
    people, ada, ben = under_way()
    people.breaks(ada, ben)
    people.run(20.0)
    assert ben.leg.state is FileState.AWAY
    assert ada.leg.state is FileState.AWAY
    stored = ben.leg.done
    writes: list[int] = []
    do = ben.disk.do

    def watch(order):
        if isinstance(order, WriteTarget):
            writes.append(order.offset)
        return do(order)

    ben.disk.do = watch
    people.mends(ada, ben)
    people.until(lambda: ada.leg.state is FileState.DONE)
    assert writes[0] == stored
    assert ben.disk.files == {"plan.pdf": CONTENT}


def test_an_offer_that_was_lost_on_the_way_is_made_again():
    people = People("Ada", "Ben")
    ada, ben = people.everyone.values()
    people.breaks(ada, ben)
    ada.offers("plan.pdf", CONTENT)
    people.run(5.0)
    assert not ben.cards
    people.mends(ada, ben)
    people.run(1.0)
    assert len(ben.cards) == 1


def test_an_end_that_nobody_heard_of_is_told_again():
    people, ada, ben = under_way(len(CONTENT) - 40_000)
    people.until(lambda: ada.leg.state is FileState.CHECKING)
    people.breaks(ada, ben)
    people.run(1.0)
    people.mends(ada, ben)
    people.until(lambda: ada.leg.state is FileState.DONE)
    assert ben.disk.files == {"plan.pdf": CONTENT}


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    size=st.integers(0, 600_000),
    events=st.lists(
        st.tuples(st.integers(1, 12), st.sampled_from(["break", "hold_a", "hold_b", "lose"])),
        max_size=12,
    ),
)
def test_whatever_the_path_does_the_file_arrives_as_it_was(
    seed: int, size: int, events: list[tuple[int, str]]
):
    people = People("Ada", "Ben", seed=seed)
    ada, ben = people.everyone.values()
    content = people.random.randbytes(size)
    ada.offers("x.bin", content)
    people.until(lambda: bool(ben.cards))
    ben.files.grant(AcceptFile(ben.card.key), people.now)
    for turns, event in events:
        for _ in range(turns):
            people.turn()
        match event:
            case "break":
                people.breaks(ada, ben)
                people.turn()
                people.mends(ada, ben)
            case "lose":  # a key that came too late: some messages were never opened
                for messages in people.wire.values():
                    messages.clear()
            case "hold_a" | "hold_b":
                one = ada if event == "hold_a" else ben
                one.files.grant(HoldFile(one.card.key, on=True), people.now)
                people.turn()
                one.files.grant(HoldFile(one.card.key, on=False), people.now)
    people.until(lambda: ada.leg.state is FileState.DONE)
    assert ben.disk.files == {"x.bin": content}
    assert ben.disk.parts == {}


# -- what goes wrong ------------------------------------------------------------------------------


def test_a_full_disk_ends_it_and_both_learn_why():
    people, ada, ben = under_way()
    ben.disk.full = True
    people.until(lambda: ada.leg.state.is_over)
    assert (ben.leg.state, ben.leg.why) == (FileState.FAILED, "disk_full")
    assert (ada.leg.state, ada.leg.why) == (FileState.FAILED, "their_disk_full")
    assert ben.disk.parts == {}


def test_a_folder_that_is_gone_ends_it_before_anything_comes():
    people, ada, ben = offered()
    ben.files.grant(AcceptFile(ben.card.key, "gone"), people.now)
    people.until(lambda: ada.leg.state.is_over)
    assert (ben.leg.why, ada.leg.why) == ("folder_gone", "their_disk")


@pytest.mark.parametrize(("fault", "why", "theirs"), [
    ("unreadable", "unreadable", "their_file"),
    ("changed", "changed", "changed"),
])  # fmt: skip
def test_a_source_that_changed_or_went_away_ends_it(fault: str, why: str, theirs: str):
    people, ada, ben = under_way()
    setattr(ada.disk, fault, True)
    people.until(lambda: ben.leg.state.is_over)
    assert (ada.leg.state, ada.leg.why) == (FileState.FAILED, why)
    assert (ben.leg.state, ben.leg.why) == (FileState.FAILED, theirs)
    people.run(0.2)
    assert ben.disk.parts == {}


def test_a_source_that_cannot_be_opened_is_offered_to_nobody():
    people = People("Ada", "Ben")
    ada, ben = people.everyone.values()
    ada.offers("plan.pdf", CONTENT)
    del ada.disk.files["plan.pdf"]
    people.run(15.0)
    assert (ada.leg.state, ada.leg.why) == (FileState.FAILED, "unreadable")
    assert not ben.cards


def test_a_file_with_another_checksum_than_it_should_have_is_not_kept():
    people, ada, ben = under_way()
    wrong = wire.End(ben.card.key[-wire.ID_BYTES :], bytes(32)).encode()
    hear = people.hears

    def lie(who, sender, payload):
        hear(who, sender, wrong if payload[0] == wire.Kind.END else payload)

    people.hears = lie
    people.until(lambda: ada.leg.state.is_over)
    assert (ben.leg.state, ben.leg.why) == (FileState.FAILED, "damaged")
    assert ada.leg.why == "damaged"
    assert ben.disk.files == {}
    assert ben.disk.parts == {}


def test_when_the_giver_leaves_nothing_half_written_stays():
    people, ada, ben = under_way()
    people.goes(ada)
    people.run(0.2)
    assert (ben.leg.state, ben.leg.why) == (FileState.FAILED, "left")
    assert ben.disk.parts == {}


def test_who_is_out_gets_nothing_more():
    people, ada, ben = under_way()
    people.goes(ben)
    assert (ada.leg.state, ada.leg.why) == (FileState.FAILED, "left")
    assert not ada.files.flowing()
    assert ada.files.part(ben.dev, 8192, people.now) is None
    people.turn()
    assert ada.disk.open_sources == {}


@pytest.mark.parametrize("who", ["giver", "taker"])
def test_either_side_can_give_up(who: str):
    people, ada, ben = under_way()
    one = ada if who == "giver" else ben
    one.files.grant(CancelFile(one.card.key), people.now)
    people.until(lambda: ada.leg.state.is_over and ben.leg.state.is_over)
    whys = ("cancelled", "withdrawn") if who == "giver" else ("cancelled_by_them", "cancelled")
    assert (ada.leg.why, ben.leg.why) == whys
    people.run(0.2)
    assert ben.disk.parts == {}
    assert ben.disk.files == {}


def test_at_the_end_of_the_meeting_nothing_of_it_is_left():
    _, ada, ben = under_way()
    for each in (ada, ben):
        each.files.wipe()
        for order in each.files.take_orders():
            each.disk.do(order)
        assert each.cards == ()
    assert ben.disk.parts == {}
    assert ada.disk.open_sources == {}


# -- looking at a picture -------------------------------------------------------------------------


def test_a_picture_can_be_looked_at_without_storing_it():
    people, ada, ben = offered(b"\x89PNG" * 1000, "view.png")
    assert ben.card.fits_memory
    ben.files.grant(LookAtFile(ben.card.key), people.now)
    people.until(lambda: ada.leg.state is FileState.DONE)
    assert ben.card.in_memory
    ben.disk.full = True
    ben.files.grant(SaveFile(ben.card.key), people.now)
    people.run(0.2)
    assert (ben.card.problem, ben.card.in_memory) == ("disk_full", True)


def test_what_is_large_or_no_picture_is_not_held_in_memory():
    for name, size in (("view.png", IN_MEMORY + 1), ("tool.exe", 10), ("view.png", 0)):
        people = People("Ada", "Ben")
        ada, ben = people.everyone.values()
        people.says(ada, ben, wire.Offer(bytes(8), size, name).encode())
        people.turn()
        assert not ben.card.fits_memory
        ben.files.grant(LookAtFile(ben.card.key), people.now)
        people.turn()
        assert ben.leg.state is FileState.OFFERED


# -- what people are allowed ----------------------------------------------------------------------


def test_where_receiving_is_switched_off_nothing_is_shown_and_who_offers_is_told():
    people = People("Ada", "Ben")
    ada, ben = people.everyone.values()
    ben.files.allowed = Allowed(receive=False)
    ada.offers("plan.pdf", CONTENT)
    people.until(lambda: ada.leg.state.is_over)
    assert ada.leg.why == "their_rules"
    assert not ben.cards


def test_where_sending_is_switched_off_nothing_is_opened():
    people = People("Ada", "Ben")
    ada, ben = people.everyone.values()
    ada.files.allowed = Allowed(send=False)
    ada.offers("plan.pdf", CONTENT)
    people.run(1.0)
    assert not ada.cards
    assert not ben.cards
    assert ada.disk.open_sources == {}


def test_who_may_not_write_offers_nothing():
    people = People("Ada", "Ben")
    people.may_offer = False
    ada, ben = people.everyone.values()
    ada.offers("plan.pdf", CONTENT)
    people.run(1.0)
    assert not ben.cards
    assert ben.files.refused["offer"] >= 1


# -- hostile members ------------------------------------------------------------------------------


def id_of(who: Someone) -> bytes:
    return who.card.key[-wire.ID_BYTES :]


def test_parts_that_nobody_asked_for_are_counted_and_thrown_away():
    people, ada, ben = offered()
    for offset in (0, 5, 10**12):
        people.says(ada, ben, wire.Part(id_of(ben), offset, bytes(8000)).encode())
    people.says(ada, ben, wire.Part(b"nobody's", 0, b"x").encode())
    people.run(1.0)
    assert ben.files.refused["part"] == 4
    assert ben.leg.state is FileState.OFFERED


def test_more_than_was_asked_for_is_not_kept():
    people, _, ben = offered(bytes(10 * WINDOW))
    ada = Someone(people, next(iter(people.everyone)))  # a program that sends whatever it likes
    people.everyone[ada.dev] = ada
    ben.files.grant(AcceptFile(ben.card.key), people.now)
    people.turn()
    kept = 0
    ben.disk.do = lambda order: None  # a disk that takes its time
    for number in range(100):
        part = wire.Part(id_of(ben), number * 8192, bytes(8192))
        people.hears(ben, ada.dev, part.encode())
    kept = sum(
        len(order.data) for order in ben.files.take_orders() if isinstance(order, WriteTarget)
    )
    assert kept <= WINDOW
    assert ben.files.refused["part"] >= 100 - WINDOW // 8192 - 1


def test_endless_offers_cost_little():
    people = People("Ada", "Ben")
    ada, ben = people.everyone.values()
    for number in range(5000):
        offer = wire.Offer(number.to_bytes(8, "big"), 1, "x")
        people.hears(ben, ada.dev, offer.encode())
    assert len(ben.cards) <= desks.BURST
    assert ben.files.refused["offer"] >= 4900
    for number in range(5000, 6000):
        people.now += 10.0
        people.hears(ben, ada.dev, wire.Offer(number.to_bytes(8, "big"), 1, "x").encode())
    assert len(ben.cards) <= desks.MOST_OPEN
    assert len(ben.files.take_orders()) <= 2000


def test_who_offers_and_takes_back_for_ever_fills_no_memory():
    people = People("Ada", "Ben")
    ada, ben = people.everyone.values()
    for number in range(1000):
        people.now += 10.0
        file_id = number.to_bytes(8, "big")
        people.hears(ben, ada.dev, wire.Offer(file_id, 1, "x").encode())
        people.hears(ben, ada.dev, wire.Stopped(file_id, wire.Stop.WITHDRAWN).encode())
    assert len(ben.cards) == desks.MOST_SHOWN


@pytest.mark.parametrize("want", [
    wire.Want(bytes(8), 10**6 * 2, 10**6 * 2),  # more than the file has
    wire.Want(bytes(8), 500_000, 500_001),  # what was never sent
    wire.Want(bytes(8), 0, MAX_WINDOW + 1),  # more than anybody may want at once
])  # fmt: skip
def test_wants_that_cannot_be_are_counted_and_change_nothing(want: wire.Want):
    people = People("Ada", "Ben")
    ada, ben = people.everyone.values()
    ada.offers("plan.pdf", bytes(2 * MAX_WINDOW)[: 2 * 10**6])
    people.until(lambda: bool(ben.cards))
    people.hears(ada, ben.dev, replace(want, id=id_of(ben)).encode())
    assert ada.files.refused["want"] == 1
    assert ada.leg.state is FileState.OFFERED


def test_who_begins_anew_without_end_makes_nobody_read_without_end():
    people, ada, ben = under_way()
    for _ in range(1000):
        people.hears(ada, ben.dev, wire.Want(id_of(ben), 0, WINDOW, again=True).encode())
    reads = [order for order in ada.files.take_orders() if type(order).__name__ == "ReadSource"]
    assert len(reads) <= 10 * (READ_AHEAD // READ_SIZE)
    assert ada.files.refused["want"] >= 900


def test_a_member_cannot_speak_about_the_files_of_another():
    people = People("Ada", "Ben", "Cleo")
    ada, ben, cleo = people.everyone.values()
    ada.offers("plan.pdf", CONTENT, to=ben.dev)
    people.until(lambda: bool(ben.cards))
    file_id = id_of(ben)
    for message in (
        wire.Want(file_id, 0, 1000),
        wire.Refuse(file_id, wire.Refusal.DECLINED),
        wire.Have(file_id),
    ):
        people.hears(ada, cleo.dev, message.encode())
    for other in (
        wire.Stopped(file_id, wire.Stop.WITHDRAWN),
        wire.End(file_id, bytes(32)),
        wire.Hold(file_id, on=True),
    ):
        people.hears(ben, cleo.dev, other.encode())
    assert ada.leg.state is FileState.OFFERED
    assert ben.leg.state is FileState.OFFERED
    assert ada.files.refused.total() == ben.files.refused.total() == 3


def test_nobody_has_a_file_before_all_of_it_was_sent():
    people, ada, ben = under_way()
    people.hears(ada, ben.dev, wire.Have(id_of(ben)).encode())
    assert ada.leg.state is FileState.RUNNING
    assert ada.files.refused["have"] == 1


def test_a_second_file_under_the_same_id_is_none():
    people, ada, ben = offered()
    people.hears(ben, ada.dev, wire.Offer(id_of(ben), 5, "other.exe").encode())
    assert ben.card.file_name == "plan.pdf"
    assert ben.files.refused["offer"] == 1


@settings(max_examples=200)
@given(messages=st.lists(st.one_of(
    st.binary(max_size=60),
    st.builds(
        lambda kind, rest: bytes([kind]) + bytes(8) + rest,
        st.integers(1, 8),
        st.binary(max_size=40),
    ),
    st.builds(
        lambda offset, size: wire.Part(bytes(8), offset, bytes(size)).encode(),
        st.integers(0, WINDOW * 2),
        st.integers(1, 8192),
    ),
    st.builds(
        lambda offset, more, held, again: wire.Want(
            bytes(8), offset, offset + more, held, again
        ).encode(),
        st.integers(0, WINDOW * 2), st.integers(0, MAX_WINDOW), st.booleans(), st.booleans(),
    ),
), max_size=40))  # fmt: skip
def test_whatever_a_member_says_neither_side_breaks_and_memory_stays_bounded(messages):
    people = People("Ada", "Ben")
    ada, ben = people.everyone.values()
    people.random.randbytes = bytes
    ada.offers("plan.pdf", CONTENT)
    people.until(lambda: bool(ben.cards))
    ben.files.grant(AcceptFile(ben.card.key), people.now)
    for message in messages:
        people.hears(ada, ben.dev, message)
        people.hears(ben, ada.dev, message)
        people.turn()
    assert len(ada.cards) <= 2 + len(messages)
    if b"".join(ben.disk.parts.values()):
        assert sum(map(len, ben.disk.parts.values())) <= len(CONTENT)
    for name, content in ben.disk.files.items():
        if name == "plan.pdf":
            assert digest_of(content) == digest_of(CONTENT)


# -- progress -------------------------------------------------------------------------------------


def test_speed_and_time_left_are_those_of_the_last_seconds():
    people, ada, ben = under_way(300_000)
    for leg in (ada.leg, ben.leg):
        assert leg.speed == pytest.approx(8192 / 0.05, rel=0.5)
        assert leg.seconds_left == pytest.approx((len(CONTENT) - leg.done) / leg.speed, rel=0.01)
    people.breaks(ada, ben)
    assert ben.leg.speed == 0.0
    assert ben.leg.seconds_left is None
