"""What host and co-hosts may do to others, how it is told, and what forgers achieve: nothing."""

import pytest
from fakes.table import Seat, Table, led_by_two

from app.meeting.moderation import ASKED_AGAIN, ORDERS, PACE, QUESTIONS
from app.meeting.view import Act, Power, Role
from app.meeting.wishes import (
    Admit,
    AnswerAsk,
    AskToUnmute,
    Deny,
    HandOver,
    Leave,
    LowerHand,
    Mute,
    MuteAll,
    RaiseHand,
    Remove,
    Say,
    SetCamera,
    SetChat,
    SetChatForAll,
    SetLobby,
    SetLocked,
    SetMicrophone,
    SetRole,
    SetSharingForAll,
    StopSharing,
)
from crypto.frames import Context, OpenedFrame
from crypto.messages import Ask, Favour, LobbyNews, Order, Verdict
from crypto.operations import Remove as RemoveOperation
from crypto.operations import SetChat as SetChatOperation
from crypto.operations import SetPolicy
from crypto.policy import Policy, PolicyFlag
from crypto.requests import Visitor


def person(table: Table, seat: Seat, of: Seat):
    return next(p for p in table.view(seat).people if p.dev == of.dev)


def told(table: Table, seat: Seat) -> list[tuple[str, str, str]]:
    return [(notice.kind, notice.name, notice.by) for notice in table.view(seat).notices]


def channel_to(table: Table, seat: Seat, other: Seat) -> int:
    return seat.meeting._paths[other.dev].channel


def says(table: Table, seat: Seat, to: Seat, message: bytes) -> None:
    """Let a device say anything on its channel to another, whatever its program would say."""
    table.whisper(seat, channel_to(table, seat, to), message)
    table.run(0.5)


def epochs(table: Table, seats: list[Seat]) -> list[int]:
    return [table.view(seat).epoch for seat in seats]


def test_a_role_is_shown_to_all_and_told():
    table, seats = led_by_two("Ada", "Ben", "Cleo")
    for seat in seats:
        assert person(table, seat, seats[0]).role is Role.HOST
        assert person(table, seat, seats[1]).role is Role.CO_HOST
        assert person(table, seat, seats[2]).role is Role.PARTICIPANT
        assert ("role_co_host", "Ben", "") in told(table, seat)
    assert table.view(seats[1]).my_role is Role.CO_HOST


def test_everybody_is_offered_what_they_may_do_and_nothing_else():
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo")
    assert person(table, ada, ben).may == frozenset(Act)
    assert person(table, ben, cleo).may == frozenset(Act) - {Act.SET_ROLE, Act.HAND_OVER}
    assert person(table, ben, ada).may == frozenset()
    assert person(table, cleo, ben).may == frozenset()
    assert person(table, ada, ada).may == frozenset()
    assert table.view(ada).powers == frozenset(Power)
    assert table.view(cleo).powers == {Power.CHAT, Power.SHARE}
    assert table.view(ben).powers == {
        *(Power.ADMIT, Power.SET_LOBBY, Power.LOCK, Power.MUTE_ALL),
        *(Power.SET_CHAT, Power.CHAT, Power.SHARE),
    }


def test_a_co_host_mutes_a_participant_whose_program_says_who_asked():
    table, (_, ben, cleo) = led_by_two("Ada", "Ben", "Cleo")
    table.wish(cleo, SetMicrophone(True))
    table.run(0.5)
    assert person(table, ben, cleo).microphone_on
    table.wish(ben, Mute(cleo.dev))
    table.run(0.5)
    assert not table.view(cleo).microphone_on
    assert not person(table, ben, cleo).microphone_on
    assert ("muted_by", "", "Ben") in told(table, cleo)
    table.wish(cleo, SetMicrophone(True))
    assert table.view(cleo).microphone_on


def test_muting_all_mutes_those_below_and_nobody_else():
    table, seats = led_by_two("Ada", "Ben", "Cleo", "Dan")
    for seat in seats:
        table.wish(seat, SetMicrophone(True))
        table.wish(seat, SetCamera(True))
    table.wish(seats[1], MuteAll())
    table.run(0.5)
    assert [table.view(seat).microphone_on for seat in seats] == [True, True, False, False]
    assert all(table.view(seat).camera_on for seat in seats)
    table.wish(seats[0], MuteAll())
    table.run(0.5)
    assert [table.view(seat).microphone_on for seat in seats] == [True, False, False, False]


def test_somebody_who_is_asked_to_unmute_decides():
    table, (ada, _, cleo) = led_by_two("Ada", "Ben", "Cleo")
    for answer in (False, True):
        table.wish(ada, AskToUnmute(cleo.dev))
        table.run(0.5)
        assert table.view(cleo).asked_by == "Ada"
        assert not table.view(cleo).microphone_on
        table.wish(cleo, AnswerAsk(answer))
        assert table.view(cleo).asked_by == ""
        assert table.view(cleo).microphone_on is answer
    assert not table.view(cleo).camera_on
    table.wish(cleo, SetMicrophone(False))
    table.wish(cleo, AnswerAsk(True))
    assert not table.view(cleo).microphone_on


def test_who_says_no_is_not_asked_without_end():
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo")
    asked = 0
    for _ in range(30):
        for one in (ada, ben):
            table.wish(one, AskToUnmute(cleo.dev))
        table.run(0.2)
        asked += bool(table.view(cleo).asked_by)
        table.wish(cleo, AnswerAsk(False))
    assert asked == QUESTIONS
    table.run(1 / ASKED_AGAIN)
    table.wish(ada, AskToUnmute(cleo.dev))
    table.run(0.2)
    assert table.view(cleo).asked_by == "Ada"
    assert not table.view(cleo).microphone_on


def test_a_hand_goes_up_with_its_time_and_may_be_taken_down():
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo")
    table.wish(cleo, RaiseHand(True))
    table.run(0.5)
    up = person(table, ben, cleo).hand_since
    assert table.view(cleo).hand_up
    assert table.wall() - 1 < up <= table.wall()
    table.run(10)
    assert person(table, ben, cleo).hand_since == up
    table.wish(ben, LowerHand(cleo.dev))
    table.run(0.5)
    assert not table.view(cleo).hand_up
    assert person(table, ada, cleo).hand_since == 0
    assert ("hand_lowered_by", "", "Ben") in told(table, cleo)


def test_a_request_for_what_is_so_already_says_nothing():
    table, (ada, _, cleo) = led_by_two("Ada", "Ben", "Cleo")
    before = told(table, cleo)
    for wish in (Mute(cleo.dev), LowerHand(cleo.dev), StopSharing(cleo.dev)):
        table.wish(ada, wish)
    table.run(1)
    assert told(table, cleo) == before


@pytest.mark.parametrize("what", list(Favour))
def test_a_request_by_who_may_not_ask_changes_nothing(what: Favour):
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo")
    for seat in (ada, ben):
        table.wish(seat, RaiseHand(True))
        table.wish(seat, SetMicrophone(what is not Favour.ASK_TO_UNMUTE))
    table.run(0.5)
    for asker, asked in ((cleo, ada), (cleo, ben), (ben, ada)):
        before = told(table, asked)
        says(table, asker, asked, Ask(what=what).encode())
        view = table.view(asked)
        assert view.hand_up
        assert view.microphone_on is (what is not Favour.ASK_TO_UNMUTE)
        assert (view.asked_by, told(table, asked)) == ("", before)
        assert channel_to(table, asker, asked) in asker.channels
    assert ada.meeting._moderation.refused == 2


def test_a_co_host_removes_a_participant_and_everybody_sees_who_did():
    table, (ada, ben, cleo, dan) = led_by_two("Ada", "Ben", "Cleo", "Dan")
    table.wish(ben, Remove(dan.dev))
    table.run(0.5)
    assert dan.ended == "removed"
    for seat in (ada, ben, cleo):
        assert ("removed_by", "Dan", "Ben") in told(table, seat)
        assert len(table.view(seat).people) == 3
    table.sends(ada, b"for three")
    assert not isinstance(table.opens_frame(dan, table.frames[-1]), OpenedFrame)
    assert table.frames[-1].key not in dan.hoard


def test_a_co_host_acts_on_no_co_host_and_not_on_the_host():
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo")
    table.wish(ada, SetRole(cleo.dev, Role.CO_HOST))
    table.run(0.5)
    before = epochs(table, [ada, ben, cleo])
    for wish in (Remove(cleo.dev), Remove(ada.dev), SetChat(cleo.dev, False), HandOver(ben.dev)):
        table.wish(ben, wish)
    for number, dev in enumerate((ada.dev, cleo.dev), 5):
        order = Order(dev=ben.dev, number=number, operation=RemoveOperation(dev))
        signed = order.signed(ada.meeting.roster.call_id, ben.meeting._me.sign)
        says(table, ben, ada, signed.encode())
    assert epochs(table, [ada, ben, cleo]) == before
    assert not any(seat.ended for seat in (ada, ben, cleo))


def test_an_order_counts_once_and_only_with_the_name_of_its_giver():
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo")
    table.wish(ben, SetChat(cleo.dev, False))
    table.run(0.5)
    order = next(m for seat, _, m in table.said if seat is ben and m[0] == Order.kind)
    table.wish(ada, SetChat(cleo.dev, True))
    table.run(0.5)
    before = epochs(table, [ada, ben, cleo])
    says(table, ben, ada, order)
    assert epochs(table, [ada, ben, cleo]) == before
    says(table, cleo, ada, order)  # carried by somebody else: the channel ends
    assert epochs(table, [ada, ben, cleo]) == before
    assert person(table, ada, cleo).chat_allowed


def test_a_forged_role_and_orders_of_a_participant_change_nothing():
    table, (ada, ben, cleo, dan) = led_by_two("Ada", "Ben", "Cleo", "Dan")
    before = epochs(table, [ada, ben, cleo])
    for wish in (SetRole(cleo.dev, Role.HOST), SetRole(cleo.dev, Role.CO_HOST)):
        table.wish(cleo, wish)
    for operation in (RemoveOperation(ben.dev), SetChatOperation(ben.dev, False)):
        order = Order(dev=cleo.dev, number=1, operation=operation)
        signed = order.signed(ada.meeting.roster.call_id, cleo.meeting._me.sign)
        says(table, cleo, ada, signed.encode())
    posing = Order(dev=ben.dev, number=9, operation=RemoveOperation(dan.dev))
    channel = channel_to(table, cleo, ada)
    says(
        table, cleo, ada, posing.signed(ada.meeting.roster.call_id, cleo.meeting._me.sign).encode()
    )
    assert channel not in cleo.channels
    assert epochs(table, [ada, ben, cleo]) == before
    assert not any(seat.ended for seat in (ada, ben, cleo, dan))
    assert table.view(cleo).my_role is Role.PARTICIPANT


def test_a_co_host_who_orders_all_the_time_is_obeyed_once_a_second():
    table, (ada, ben, _) = led_by_two("Ada", "Ben", "Cleo")
    roster, sign = ada.meeting.roster, ben.meeting._me.sign
    channel = channel_to(table, ben, ada)
    for number in range(1, 151):
        flags = PolicyFlag.LOBBY if number % 2 else PolicyFlag(0)
        order = Order(
            dev=ben.dev,
            number=number,
            operation=SetPolicy(Policy(flags, roster.policy.most_people)),
        )
        table.whisper(ben, channel, order.signed(roster.call_id, sign).encode())
    table.run(3)
    assert ORDERS <= ada.meeting.roster.epoch - roster.epoch <= ORDERS + 3 * PACE
    assert ada.meeting._moderation.refused >= 150 - ORDERS - 3 * PACE
    assert len(set(epochs(table, [ada, ben]))) == 1


def test_the_host_makes_nobody_a_second_host():
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo")
    before = table.view(ada).epoch
    table.wish(ada, SetRole(cleo.dev, Role.HOST))
    table.run(0.5)
    assert table.view(ben).epoch == before
    assert person(table, ben, cleo).role is Role.PARTICIPANT


def test_who_may_not_write_is_read_by_nobody_even_if_their_program_sends():
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo")
    table.wish(ben, SetChat(cleo.dev, False))
    table.run(0.5)
    assert ("chat_off_by", "", "Ben") in told(table, cleo)
    assert Power.CHAT not in table.view(cleo).powers
    table.wish(cleo, Say("may I"))
    cleo.meeting._talk.say("Cleo", "I do anyway", table.now)
    table.wish(cleo, RaiseHand(False))
    table.run(0.5)
    assert any(context == Context.CHAT for _, context, _ in ada.heard)
    assert table.view(ada).chat == table.view(ben).chat == ()
    table.wish(ben, SetChat(cleo.dev, True))
    table.run(0.5)
    assert ("chat_on_by", "", "Ben") in told(table, cleo)
    table.wish(cleo, Say("thanks"))
    table.run(0.5)
    assert [line.text for line in table.view(ada).chat] == ["thanks"]


@pytest.mark.parametrize("leaves", [True, False])
def test_who_may_not_write_does_not_get_the_chat_back_by_coming_again(leaves: bool):
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo")
    table.wish(ben, SetChat(cleo.dev, False))
    table.run(0.5)
    if leaves:
        table.wish(cleo, Leave())
        table.run(0.5)
        assert not ada.meeting.roster.is_member(cleo.dev)
    table.knocks_again(cleo, ada)
    table.run(2)
    for seat in (ada, ben, cleo):
        assert not seat.meeting.roster.members[cleo.dev].chat_allowed
    cleo.meeting._talk.say("Cleo", "here again", table.now)
    table.run(0.5)
    assert table.view(ada).chat == table.view(ben).chat == ()
    table.wish(ada, SetChat(cleo.dev, True))
    table.wish(cleo, Leave())
    table.run(0.5)
    table.knocks_again(cleo, ada)
    table.run(2)
    assert ada.meeting.roster.members[cleo.dev].chat_allowed


def test_when_the_chat_is_off_only_host_and_co_hosts_write():
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo")
    table.wish(ben, SetChatForAll(False))
    table.run(0.5)
    for seat in (ada, ben, cleo):
        assert not table.view(seat).chat_open
        assert ("chat_off_all", "", "") in told(table, seat)
        table.wish(seat, Say(f"by {seat.name}"))
    table.run(0.5)
    assert {line.text for line in table.view(ada).chat} == {"by Ada", "by Ben"}


def test_a_co_host_locks_and_opens_the_lobby_but_gives_no_rights_away():
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo")
    for wish in (SetLocked(True), SetLobby(True)):
        table.wish(ben, wish)
        table.run(0.5)
    assert table.view(cleo).locked
    assert table.view(cleo).lobby
    before = table.view(ada).epoch
    table.wish(ben, SetSharingForAll(False))
    table.wish(cleo, SetLocked(False))
    table.run(0.5)
    assert table.view(ada).epoch == before
    table.wish(ada, SetSharingForAll(False))
    table.run(0.5)
    assert not table.view(cleo).sharing_open
    assert Power.SHARE not in table.view(cleo).powers


def test_a_co_host_sees_who_knocks_and_lets_them_in():
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo", lobby=True)
    dan, eve = table.person("Dan"), table.person("Eve")
    for seat in (dan, eve):
        table.knocks(seat, ada)
        table.run(0.5)
    assert [knock.name for knock in table.view(ben).knocks] == ["Dan", "Eve"]
    assert ("knocks", "Dan", "") in told(table, ben)
    assert table.view(cleo).knocks == ()
    first, second = table.view(ben).knocks
    table.wish(ben, Admit(first.join_id))
    table.wish(ben, Deny(second.join_id))
    table.run(1.5)
    assert eve.ended == "refused"
    assert dan.meeting is not None
    assert table.view(ben).knocks == table.view(ada).knocks == ()


def test_a_new_co_host_hears_who_waits_and_one_no_more_does_not():
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo", lobby=True)
    dan = table.person("Dan")
    table.knocks(dan, ada)
    table.run(0.5)
    table.wish(ada, SetRole(cleo.dev, Role.CO_HOST))
    table.wish(ada, SetRole(ben.dev, Role.PARTICIPANT))
    table.run(0.5)
    assert [knock.name for knock in table.view(cleo).knocks] == ["Dan"]
    assert table.view(ben).knocks == ()
    table.wish(ben, Admit(table.view(cleo).knocks[0].join_id))
    says(table, ben, ada, Verdict(join_id=table.view(ada).knocks[0].join_id, admit=True).encode())
    table.run(1)
    assert dan.meeting is None


def test_a_participant_neither_decides_at_the_door_nor_invents_who_waits():
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo", lobby=True)
    dan = table.person("Dan")
    table.knocks(dan, ada)
    table.run(0.5)
    join_id = table.view(ada).knocks[0].join_id
    for admit in (True, False):
        says(table, cleo, ada, Verdict(join_id=join_id, admit=admit).encode())
    table.run(1)
    assert dan.meeting is None
    assert not dan.ended
    invented = Visitor(bytes(16), bytes(32), "The President")
    says(table, cleo, ben, LobbyNews(visitors=(invented,)).encode())
    assert [knock.name for knock in table.view(ben).knocks] == ["Dan"]


def test_after_a_hand_over_the_old_hosts_word_counts_as_a_co_hosts():
    table, (ada, ben, cleo, dan) = led_by_two("Ada", "Ben", "Cleo", "Dan")
    table.wish(ada, HandOver(ben.dev))
    table.run(1)
    table.wish(ada, Remove(dan.dev))
    table.run(0.5)
    assert dan.ended == "removed"
    assert ("removed_by", "Dan", "Ada") in told(table, cleo)
    table.wish(ada, SetRole(cleo.dev, Role.CO_HOST))
    table.run(0.5)
    assert person(table, ben, cleo).role is Role.PARTICIPANT


def test_a_rule_of_the_leaders_organisation_is_switched_off_by_nobody_while_it_leads():
    table, (ada, ben, _) = led_by_two("Ada", "Ben", "Cleo", lobby=True, firm=PolicyFlag.LOBBY)
    for seat in (ada, ben):
        table.wish(seat, SetLobby(False))
        table.run(0.5)
        assert table.view(ada).lobby
    table.wish(ben, SetLocked(True))
    table.run(0.5)
    assert table.view(ada).locked
    table.wish(ada, HandOver(ben.dev))
    table.run(1)
    table.wish(ben, SetLobby(False))
    table.run(0.5)
    assert not table.view(ada).lobby
