"""Files in whole meetings: who may offer them, who is offered them, what happens to whom goes."""

import pytest
from fakes.table import Seat, Table

from app.meeting.events import DataFrom
from app.meeting.files import wire
from app.meeting.files.orders import CloseSource, DropTarget, OpenTarget, SourceOpened, Tell
from app.meeting.view import FileState, SharedFile
from app.meeting.wishes import (
    AcceptFile,
    CodesDiffer,
    Leave,
    OfferFile,
    Remove,
    SetChat,
    SetChatForAll,
)
from crypto.frames import Context

ID = b"file 001"


def three() -> tuple[Table, Seat, Seat, Seat]:
    table = Table()
    ada, ben, cleo = (table.person(name) for name in ("Ada", "Ben", "Cleo"))
    table.opens(ada, lobby=False)
    for guest in (ben, cleo):
        table.knocks(guest, ada)
        table.until(lambda guest=guest: guest.meeting is not None)
    table.run(3.0)
    return table, ada, ben, cleo


def orders(seat: Seat) -> list[object]:
    assert seat.meeting is not None
    return list(seat.meeting.files.take_orders())


def told(seat: Seat) -> set[bytes]:
    """Return who is told anything about files."""
    return {order.dev for order in orders(seat) if isinstance(order, Tell)}


def says(table: Table, seat: Seat, to: Seat, message: wire.FileMessage) -> None:
    """Have a member's program say something about a file to another one."""
    table.event(to, DataFrom(seat.dev, Context.FILES, message.encode()))


def offers(table: Table, seat: Seat, to: bytes = b"") -> None:
    """Offer a file whose source opens at once."""
    assert seat.meeting is not None
    table.wish(seat, OfferFile("/home/x/plan.pdf", to))
    (card,) = table.view(seat).files
    opened = SourceOpened(card.key[-wire.ID_BYTES :], "plan.pdf", 100)
    seat.meeting.files.disk(opened, table.now)


def cards(table: Table, seat: Seat) -> tuple[SharedFile, ...]:
    return table.view(seat).files


def test_an_offer_goes_to_everybody_who_is_in():
    table, ada, ben, cleo = three()
    offers(table, ada)
    assert told(ada) == {ben.dev, cleo.dev}


def test_an_offer_comes_with_the_name_of_who_makes_it_and_is_announced():
    table, ada, ben, _ = three()
    says(table, ada, ben, wire.Offer(ID, 100, "plan.pdf"))
    (card,) = cards(table, ben)
    assert (card.name, card.file_name, card.legs[0].state) == ("Ada", "plan.pdf", FileState.OFFERED)
    assert table.view(ben).notices[-1].kind == "file_offered"


def test_who_may_not_chat_offers_nothing_and_what_they_offer_is_not_shown():
    table, ada, ben, cleo = three()
    table.wish(ada, SetChat(ben.dev, allowed=False))
    table.run(2.0)
    table.wish(ben, OfferFile("/home/x/plan.pdf"))
    assert cards(table, ben) == ()
    says(table, ben, cleo, wire.Offer(ID, 100, "plan.pdf"))
    assert cards(table, cleo) == ()
    assert cleo.meeting is not None
    assert cleo.meeting.files.refused["offer"] == 1


def test_while_only_hosts_chat_others_offer_nothing():
    table, ada, ben, cleo = three()
    table.wish(ada, SetChatForAll(on=False))
    table.run(2.0)
    table.wish(ben, OfferFile("/home/x/plan.pdf"))
    assert cards(table, ben) == ()
    offers(table, ada)
    assert told(ada) == {ben.dev, cleo.dev}


def test_who_is_removed_gets_nothing_more_and_others_do():
    table, ada, ben, cleo = three()
    offers(table, ada)
    file_id = cards(table, ada)[0].key[-wire.ID_BYTES :]
    says(table, ben, ada, wire.Want(file_id, 0, 100))
    says(table, cleo, ada, wire.Want(file_id, 0, 100))
    assert ada.meeting is not None
    assert ada.meeting.files.flowing() == {ben.dev, cleo.dev}
    orders(ada)
    table.wish(ada, Remove(ben.dev))
    assert ada.meeting.files.flowing() == {cleo.dev}
    assert ada.meeting.files.part(ben.dev, 8192, table.now) is None
    assert told(ada) == set()
    assert [leg.state for leg in cards(table, ada)[0].legs] == [FileState.FAILED, FileState.RUNNING]


def test_when_who_offered_leaves_what_came_so_far_is_removed():
    table, ada, ben, _ = three()
    says(table, ada, ben, wire.Offer(ID, 100, "plan.pdf"))
    key = cards(table, ben)[0].key
    table.wish(ben, AcceptFile(key))
    assert OpenTarget(key, "", "plan.pdf", 100) in orders(ben)
    table.wish(ada, Leave())
    table.until(lambda: cards(table, ben)[0].legs[0].state is FileState.FAILED)
    assert DropTarget(key) in orders(ben)


def test_who_comes_again_is_offered_nothing_of_before():
    table, ada, ben, cleo = three()
    offers(table, ada)
    orders(ada)
    table.wish(ben, Leave())
    table.run(3.0)
    table.knocks_again(ben, ada)
    table.run(15.0)
    assert ben.dev not in told(ada)
    file_id = cards(table, ada)[0].key[-wire.ID_BYTES :]
    says(table, ben, ada, wire.Want(file_id, 0, 100))
    assert ada.meeting is not None
    assert ada.meeting.files.flowing() == set()
    assert cleo.meeting is not None


def test_after_an_alarm_nothing_is_offered():
    table, ada, _, _ = three()
    assert ada.meeting is not None
    table.wish(ada, CodesDiffer(ada.meeting.roster.eid))
    table.wish(ada, OfferFile("/home/x/plan.pdf"))
    assert cards(table, ada) == ()


def test_a_stranger_to_the_meeting_offers_nothing():
    table, ada, _, _ = three()
    table.event(ada, DataFrom(b"n" * 16, Context.FILES, wire.Offer(ID, 1, "x").encode()))
    assert cards(table, ada) == ()


@pytest.mark.parametrize("payload", [b"", b"\0", b"\1", bytes(40), b"\xff" * 100])
def test_what_is_no_message_about_a_file_changes_nothing(payload: bytes):
    table, ada, ben, _ = three()
    table.event(ada, DataFrom(ben.dev, Context.FILES, payload))
    assert cards(table, ada) == ()


def test_at_the_end_sources_are_let_go_and_nothing_is_kept():
    table, ada, ben, _ = three()
    offers(table, ada)
    says(table, ben, ada, wire.Offer(ID, 100, "plan.pdf"))
    key = next(card.key for card in cards(table, ada) if not card.mine)
    table.wish(ada, AcceptFile(key))
    meeting = ada.meeting
    assert meeting is not None
    meeting.files.take_orders()
    table.wish(ada, Leave())
    left = meeting.files.take_orders()
    assert {type(order) for order in left} == {CloseSource, DropTarget}
    assert meeting.files.shown("Ada", table.now) == ()
