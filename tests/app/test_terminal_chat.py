"""The chat at a terminal: what is typed is understood, what others do is printed once."""

import asyncio
import io
import os
import threading
from dataclasses import replace

import pytest

from app.intents import Intent
from app.meeting.view import ChatLine, LiveText, Reaction, Shown
from app.meeting.wishes import RaiseHand, React, Say, Write
from app.terminal_chat import LONGEST, TerminalChat, read_lines
from app.ui.samples import ADA, BEN, CHAT, MORNING, PEOPLE, view


class Desk:
    """Somebody at a terminal: notes what is printed and what is asked for."""

    def __init__(self) -> None:
        self.printed: list[str] = []
        self.asked: list[Intent] = []
        self.chat = TerminalChat(self.printed.append, self.asked.append)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("Hello all\n", Say("Hello all")),
        ("  spaced  \n", Say("spaced")),
        ("/hand\n", RaiseHand(True)),
        ("/react applause\n", React(Reaction.APPLAUSE)),
        ("/write half a sen\n", Write("half a sen")),
        ("/write\n", Write("")),
    ],
)
def test_a_typed_line_is_understood(typed: str, asked: Intent):
    desk = Desk()
    desk.chat.typed(typed)
    assert desk.asked == [asked]
    assert desk.printed == []


@pytest.mark.parametrize("typed", ["/react", "/react sadness", "/leave", "/", "/hand up high"])
def test_an_unknown_command_is_never_sent_and_tells_which_there_are(typed: str):
    desk = Desk()
    desk.chat.typed(typed)
    assert desk.asked == []
    assert "/hand" in desk.printed[0]
    assert "cheer" in desk.printed[0]


def test_an_empty_line_does_nothing():
    desk = Desk()
    desk.chat.typed("  \n")
    assert (desk.asked, desk.printed) == ([], [])


def test_a_hand_that_is_up_is_taken_down():
    desk = Desk()
    desk.chat.show(view(hand_up=True, chat=()))
    desk.chat.typed("/hand")
    assert desk.asked == [RaiseHand(False)]


def test_what_others_write_is_printed_once_and_harmless():
    desk = Desk()
    evil = ChatLine(BEN, "Ben\x1b[2J", "two\x1b]0;x\x07\nlines", MORNING, False)
    for _again in range(2):
        desk.chat.show(view(chat=(*CHAT[:2], evil)))
    assert desk.printed == [
        "Ada Brenner: Good morning. Can all see the second page?",
        "Ben[2J: two]0;x\n    lines",
    ]
    desk.chat.show(view(chat=(evil, CHAT[2])))
    assert desk.printed[2:] == ["Ben Okafor: I will take the minutes."]


def test_what_is_being_written_is_printed_as_it_changes():
    desk = Desk()
    for text in ("Hel", "Hel", "Hello"):
        desk.chat.show(view(chat=(), live_texts=(LiveText(ADA, "Ada", text),)))
    desk.chat.show(view(chat=()))
    assert desk.printed == ["Ada is writing: Hel", "Ada is writing: Hello"]


def test_a_sign_is_printed_each_time_it_is_shown():
    desk = Desk()
    for until in (5.0, 5.0, 8.0):
        sign = Shown(Reaction.CHEER, until)
        people = tuple(replace(p, reaction=sign) if p.dev == ADA else p for p in PEOPLE)
        desk.chat.show(view(chat=(), people=people))
    assert desk.printed == ["Ada Brenner shows: Cheers"] * 2


def test_lines_are_read_to_the_end_and_one_at_a_time():
    taken: list[str] = []

    async def read() -> None:
        done = asyncio.Event()

        def take(line: str) -> None:
            taken.append(line)
            if len(taken) == 3:
                done.set()

        read_lines(io.StringIO("one\n" + "x" * (LONGEST + 5) + "\ntwo\n"), take)
        await done.wait()

    asyncio.run(read())
    assert taken == ["one\n", "x" * LONGEST, "two\n"]


def test_a_terminal_that_is_still_open_keeps_nobody_in_a_meeting_that_is_over():
    ours, theirs = os.pipe()
    taken: list[str] = []

    async def read() -> threading.Thread:
        return read_lines(terminal, taken.append)

    with os.fdopen(ours) as terminal:
        reader = asyncio.run(read())
        os.write(theirs, b"too late\n")
        reader.join(10)
        assert not reader.is_alive()
    os.close(theirs)
    assert taken == []
