"""The chat as a file: as it was read, nobody's line looks like another's, only for this user."""

import asyncio
import os
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.meeting.view import ChatLine
from app.screens import ChatSaved
from app.transcript import ChatSaving, transcript
from app.ui.samples import ADA, BEN, CHAT, MORNING, view


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_every_line_stands_with_its_time_and_name_under_its_day():
    text = transcript("Budget 2027", CHAT[:3])
    assert text.split("\n") == [
        "Chat of the meeting “Budget 2027”",
        "",
        "2023-11-14",
        "10:13 Ada Brenner: Good morning. Can all see the second page?",
        "10:14 Mara Lindt: Yes.",
        "10:16 Ben Okafor: I will take the minutes.",
        "",
    ]


def test_nobodys_line_looks_like_anothers():
    forged = "Hello\n10:14 Mara Lindt: I agree.\u2028\u202e10:15 Mara: yes"
    lines = (ChatLine(BEN, "Ben\n10:13 Mara Lindt", forged, MORNING, False),)
    text = transcript("T", lines)
    assert sum(line.startswith("10:") for line in text.split("\n")) == 1
    assert "\u202e" not in text
    assert "    10:14 Mara Lindt: I agree." in text


def test_a_new_day_is_named():
    late = replace(CHAT[1], at=MORNING + 86_400)
    assert "\n2023-11-15\n" in transcript("T", (CHAT[0], late))


def test_only_this_user_can_read_the_file_and_how_it_went_is_told(tmp_path: Path):
    told: list[ChatSaved | None] = []
    saving = ChatSaving(lambda: told.append(saving.outcome))
    path = tmp_path / "chat.txt"
    asyncio.run(saving.save(view(), path))
    assert path.read_text(encoding="utf-8") == transcript("Budget 2027", CHAT)
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert told == [ChatSaved(1, True)]


@pytest.mark.parametrize("where", ["", "missing/chat.txt", "chat\0.txt"])
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, where: str):
    saving = ChatSaving(lambda: None)
    asyncio.run(saving.save(view(), tmp_path / where))
    asyncio.run(saving.save(view(), tmp_path / where))
    assert saving.outcome == ChatSaved(2, False)
    assert list(tmp_path.iterdir()) == []


def test_lone_surrogates_do_not_keep_the_chat_from_being_saved(tmp_path: Path):
    odd = (ChatLine(ADA, "A\ud800", "x\udfff", MORNING, False),)
    saving = ChatSaving(lambda: None)
    asyncio.run(saving.save(view(chat=odd), tmp_path / "chat.txt"))
    assert saving.outcome == ChatSaved(1, True)
