"""The panel of chat: links that ask, hostile text, reading along, saving, what is new."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication, QFileDialog

from app.intents import JoinLink, SaveChat, SetSetting
from app.meeting.view import Badge, ChatLine, LiveText, Power
from app.meeting.wishes import LONGEST_LINE, Say, Write
from app.screens import ChatSaved
from app.ui.samples import (
    ADA,
    BEN,
    CHAT,
    CLARA,
    ME,
    MORNING,
    PEOPLE,
    as_participant,
    meeting,
)
from app.ui.views import chat as chat_view
from app.ui.views import open_link, sayings
from app.ui.views.open_link import OpenLinkSheet
from app.ui.web_address import WebAddress, read


def said(text: str, dev: bytes = ADA, at: float = 600.0) -> ChatLine:
    names = {ADA: "Ada Brenner", BEN: "Ben Okafor", ME: "Mara Lindt"}
    return ChatLine(dev, names[dev], text, MORNING + at, dev == ME)


def opened(stand, *lines: ChatLine):
    stand.show(meeting(chat=lines or CHAT))
    stand.press("chat")
    return stand.window.view.chat


def plain(panel) -> str:
    text = panel.text.toPlainText()
    return text.replace("\u2068", "").replace("\u2069", "")


def follow(panel, link: str) -> None:
    """Click on a link that stands in the text."""
    cursor = panel.text.document().find(link)
    assert not cursor.isNull(), f"{link} does not stand there"
    cursor.setPosition(cursor.selectionStart() + 1)
    where = panel.text.cursorRect(cursor).center() + QPoint(2, 0)
    anchor = panel.text.anchorAt(where)
    assert anchor, f"{link} is no link"
    panel.text.anchorClicked.emit(anchor)
    QApplication.processEvents()


@pytest.fixture
def announced(monkeypatch) -> list[str]:
    """What is said to screen readers."""
    told: list[str] = []
    for module in (sayings, chat_view):
        monkeypatch.setattr(module, "announce", lambda _source, words: told.append(words))
    return told


# Names ------------------------------------------------------------------------------------------


def known_as(stand, badge: Badge, chat: tuple[ChatLine, ...], here: bool = True):
    people = tuple(replace(p, badge=badge) if p.dev == ADA else p for p in PEOPLE)
    people = tuple(p for p in people if here or p.dev != ADA)
    stand.show(meeting(people=people, chat=chat))
    return stand.window.view.chat


def test_who_was_verified_stands_without_quotes_also_above_what_they_said_before(stand) -> None:
    lines = (said("first 😀"), said("between", BEN, 700), said("second", at=800))
    panel = known_as(stand, Badge.NEW, lines)
    stand.press("chat")
    assert plain(panel).count("“Ada Brenner”") == 2
    known_as(stand, Badge.VERIFIED, lines)
    assert "“" not in plain(panel)
    assert plain(panel).count("Ada Brenner") == 2
    assert [text for text in ("first 😀", "between", "second") if text in plain(panel)]
    known_as(stand, Badge.NEW, lines)  # it was taken back
    assert plain(panel).count("“Ada Brenner”") == 2
    assert panel.rebuilt == 0


def test_a_name_that_is_written_anew_keeps_its_looks_the_time_and_what_was_marked(stand) -> None:
    panel = known_as(stand, Badge.NEW, (said("take this home"),))
    stand.press("chat")
    before = plain(panel)
    marked = panel.text.document().find("this")
    panel.text.setTextCursor(marked)
    known_as(stand, Badge.VERIFIED, (said("take this home"),))
    assert plain(panel) == before.replace("“", "").replace("”", "")
    assert panel.text.textCursor().selectedText() == "this"
    name = panel.text.document().find("Ada Brenner").charFormat()
    time = panel.text.document().find("take").charFormat()
    assert name.fontWeight() > time.fontWeight()


def test_who_left_is_called_as_they_were_known_last(stand) -> None:
    lines = (said("bye"),)
    panel = known_as(stand, Badge.VERIFIED, lines)
    stand.press("chat")
    known_as(stand, Badge.VERIFIED, lines, here=False)
    assert "“" not in plain(panel)
    known_as(stand, Badge.VERIFIED, (*lines, said("it came late", at=900)), here=False)
    assert "“" not in plain(panel)


# Links ------------------------------------------------------------------------------------------


def test_a_link_opens_only_after_a_question_that_names_its_host(stand, monkeypatch) -> None:
    gone: list[WebAddress] = []
    monkeypatch.setattr(open_link.web_address, "open_in_browser", gone.append)
    panel = opened(stand, said("See https://docs.example.org/a?b=c please"))
    follow(panel, "https://docs.example.org")
    host = stand.find("open_link_host").text().replace("\u200b", "")
    assert host == "\u2068docs.example.org\u2069"
    assert gone == []
    assert stand.find("open_link_cancel").hasFocus()
    stand.press("open_link_cancel")
    assert gone == []


def test_what_is_opened_is_what_was_read(stand) -> None:
    gone: list[WebAddress] = []
    stand.show(meeting())
    address = read("https://EXAMPLE.org/ü")
    assert address is not None
    sheet = OpenLinkSheet(stand.window.view._context, address, gone.append)
    sheet.open_sheet()
    sheet.go.click()
    assert [one.whole for one in gone] == ["https://example.org/%C3%BC"]


@pytest.mark.parametrize(
    ("link", "host", "remarks"),
    [
        ("https://example.org/", "example.org", []),
        ("http://example.org/", "example.org", ["not encrypted"]),
        ("https://bank.example@evil.example/", "evil.example", ["bank.example"]),
        ("https://ada:word@evil.example/", "evil.example", ["ada:word"]),
        ("https://аррӏе.com/", "аррӏе.com", ["xn--80ak6aa92e.com"]),
        ("https://example.org:8443/", "example.org", ["8443"]),
        ("https://192.0.2.7/", "192.0.2.7", ["number of a computer"]),
    ],
)
def test_what_is_odd_about_an_address_is_said(
    stand, link: str, host: str, remarks: list[str]
) -> None:
    stand.show(meeting())
    address = read(link)
    assert address is not None
    sheet = OpenLinkSheet(stand.window.view._context, address)
    assert host in sheet.host.text().replace("\u200b", "")
    found = [words.replace("\u200b", "") for _kind, words in open_link.remarks(address)]
    assert len(found) == len(remarks)
    for words, remark in zip(found, remarks, strict=True):
        assert remark in words
    sheet.deleteLater()


def test_an_invitation_is_joined_by_conclave_itself(stand) -> None:
    panel = opened(stand, said("Come over: conclave:join#AUAAAGkgq3yC"))
    follow(panel, "conclave:join")
    assert stand.said == []
    assert stand.find("join_link_cancel").hasFocus()
    stand.press("join_link_go")
    assert stand.said == [JoinLink("conclave:join#AUAAAGkgq3yC", "Mara")]


@pytest.mark.parametrize(
    "text",
    [
        "https://good.example%00.evil.example",
        "https://%65vil.example",
        "javascript:alert(1)",
        "file:///etc/passwd",
        '<a href="https://evil.example">good.example</a>',
        "[good](data:text/html,x)",
        "conclave:verify#AAAA",
    ],
)
def test_what_could_be_misread_is_no_link(stand, text: str) -> None:
    panel = opened(stand, said(text))
    assert text in plain(panel)
    hrefs = {link.text for link in panel.text._links}
    assert hrefs <= {"https://evil.example"}  # that one is what it says


def test_a_link_can_be_reached_and_followed_by_keyboard_alone(stand) -> None:
    panel = opened(stand, said("https://example.org"))
    panel.text.setFocus(Qt.FocusReason.TabFocusReason)
    stand.qtbot.keyClick(panel.text, Qt.Key.Key_Tab)
    stand.qtbot.keyClick(panel.text, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert "example.org" in stand.find("open_link_host").text().replace("\u200b", "")


def test_nothing_is_ever_loaded(stand) -> None:
    panel = opened(stand, said('<img src="file:///etc/passwd">'))
    assert panel.text.loadResource(2, "file:///etc/passwd") is None
    assert '<img src="file:///etc/passwd">' in plain(panel)


# Hostile text -----------------------------------------------------------------------------------

OVERRIDES = "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F)))
HOSTILE = {
    "directions": f"invoice{OVERRIDES}fdp.exe",
    "zero width": "pass\u200bword\u2060\ufeff\u00ad",
    "controls": "a\x00b\x07c\x1b[31md\x7f\x85e",
    "accents": "a" + "\u0301" * 2000,
    "html": "<script>alert(1)</script><b>x</b>&lt;<img src=x onerror=y>",
    "surrogates": "\ud800x\udfff",
    "separators": "a\u2028b\u2029c\x0bd\x0ce",
    "megabyte": "x" * 2**20,
    "megabyte of lines": "\n" * 2**20 + "end",
    "megabyte of links": "https://a.example/ " * 55_000,
    "emoji": "👩‍👩‍👧‍👦" * 3000,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_text_is_shown_harmlessly_and_told_harmlessly(
    stand, announced: list[str], what: str
) -> None:
    panel = opened(stand)
    text, name = HOSTILE[what], HOSTILE[what][:2000]
    line = ChatLine(ADA, name, text, MORNING + 900, False)
    live = LiveText(ADA, name, text)
    stand.show(meeting(chat=(*CHAT, line), live_texts=(live,)))
    shown = panel.text.toPlainText()
    card = panel.live.cards[0]
    for text in (plain(panel), *announced, card.who.text(), card.text.text()):
        bare = text.replace("\u2068", "").replace("\u2069", "").replace("\u200b", "")
        assert not set(bare) & set(OVERRIDES + "\x00\x07\x1b\x7f\x85\u2060\ufeff\ud800\udfff")
    assert len(shown) < LONGEST_LINE + 2000
    assert len(announced) == 1
    assert len(announced[0]) < 1000
    assert len(card.text.text()) < 500
    assert panel.width() < 400


def test_what_is_copied_is_plain_text(stand) -> None:
    panel = opened(stand, said("one\ntwo <b>three</b>"))
    panel.text.selectAll()
    copied = panel.text.createMimeDataFromSelection()
    assert copied.formats() == ["text/plain"]
    assert copied.text().endswith("one\ntwo <b>three</b>")


# Writing ----------------------------------------------------------------------------------------


def test_a_text_that_is_too_long_is_refused_with_a_sentence_and_not_cut(
    stand, announced: list[str]
) -> None:
    panel = opened(stand)
    panel.field.setPlainText("x" * (LONGEST_LINE + 3))
    assert "3 characters too many" in panel.refused.text()
    stand.press("chat_send")
    assert stand.said == []
    assert len(panel.field.toPlainText()) == LONGEST_LINE + 3
    assert "3 characters too many" in announced[0]
    panel.field.setPlainText("x" * LONGEST_LINE)
    assert panel.refused.isHidden()
    stand.press("chat_send")
    assert stand.said == [Say("x" * LONGEST_LINE)]


def test_a_megabyte_is_not_even_pasted(stand, announced: list[str]) -> None:
    panel = opened(stand)
    pasted = QMimeData()
    pasted.setText("x" * 2**20)
    panel.field.insertFromMimeData(pasted)
    assert panel.field.toPlainText() == ""
    assert "1048576 characters" in panel.refused.text()
    assert announced == [panel.refused.text()]


def test_what_is_pasted_is_plain_text(stand) -> None:
    panel = opened(stand)
    pasted = QMimeData()
    pasted.setHtml("<b>bold</b>")
    pasted.setText("bold")
    panel.field.insertFromMimeData(pasted)
    assert panel.field.toPlainText() == "bold"


# Reading along ----------------------------------------------------------------------------------


def wrote(stand) -> list[str]:
    return [intent.text for intent in stand.said if isinstance(intent, Write)]


def test_nobody_reads_along_unless_it_is_wished(stand) -> None:
    panel = opened(stand)
    stand.qtbot.keyClicks(panel.field, "Hello")
    assert wrote(stand) == []
    assert panel.field.placeholderText() == "Write to all"


def test_who_wishes_it_is_read_letter_by_letter_until_the_line_is_sent(stand) -> None:
    panel = opened(stand)
    stand.press("chat_let_read")
    assert panel.let_read.switch.isChecked()
    assert panel.field.placeholderText() == "All read this as you write"
    stand.qtbot.keyClicks(panel.field, "Hel")
    stand.qtbot.keyClick(panel.field, Qt.Key.Key_Backspace)
    assert wrote(stand) == ["H", "He", "Hel", "He"]
    stand.qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    assert stand.said[-1] == Say("He")


def test_the_choice_to_be_read_is_a_setting(stand) -> None:
    opened(stand)
    stand.press("chat_let_read")
    assert SetSetting("live_text", True) in stand.said


@pytest.mark.parametrize("way", ["switch", "close", "chat off"])
def test_reading_along_ends_when_it_is_switched_off_closed_or_forbidden(stand, way: str) -> None:
    panel = opened(stand)
    stand.press("chat_let_read")
    stand.qtbot.keyClicks(panel.field, "secret")
    if way == "switch":
        stand.press("chat_let_read")
    elif way == "close":
        stand.press("chat_close")
    else:
        stand.show(as_participant(powers=frozenset({Power.SHARE}), chat_open=False))
    assert wrote(stand)[-1] == ""
    assert panel.field.toPlainText() == "secret"


def test_what_others_are_writing_stands_apart_from_what_they_sent(stand) -> None:
    panel = opened(stand)
    texts = (LiveText(ADA, "Ada Brenner", "I thi"), LiveText(CLARA, "Clara Weiß", "<b>no</b>"))
    stand.show(meeting(live_texts=texts))
    assert "I thi" not in plain(panel)
    first, second, third = panel.live.cards
    assert "Ada Brenner" in first.who.text()
    assert first.who.text().endswith("is writing")
    assert (first.text.text(), second.text.text()) == ("I thi", "<b>no</b>")
    assert second.text.textFormat() == Qt.TextFormat.PlainText
    assert "“Clara Weiß”" in second.who.text()
    assert third.isHidden()
    stand.show(meeting())
    assert panel.live.isHidden()


def test_only_some_are_shown_writing_at_once_and_the_others_counted(stand) -> None:
    panel = opened(stand)
    texts = tuple(LiveText(bytes([n]) * 16, f"P{n}", "x") for n in range(5))
    stand.show(meeting(live_texts=texts))
    assert panel.live.more.text() == "2 more people are writing"


# What is new ------------------------------------------------------------------------------------


def many(count: int, dev: bytes = ADA) -> tuple[ChatLine, ...]:
    return tuple(said(f"Line {number}", dev, number) for number in range(count))


def test_who_reads_further_up_is_not_moved_and_told_what_came(stand, settle) -> None:
    panel = opened(stand, *many(100))
    settle()
    bar = panel.text.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    bar.setValue(10)
    stand.show(meeting(chat=many(103)))
    settle()
    assert bar.value() == 10
    assert stand.find("chat_to_end").text() == "3 new messages below"
    stand.press("chat_to_end")
    assert bar.value() == bar.maximum()
    assert panel.to_end.isHidden()


def test_who_reads_at_the_end_stays_there(stand, settle) -> None:
    panel = opened(stand, *many(100))
    settle()
    stand.show(meeting(chat=many(120), live_texts=(LiveText(BEN, "Ben", "mo"),)))
    settle()
    bar = panel.text.verticalScrollBar()
    assert bar.value() == bar.maximum()
    assert "New" not in plain(panel).split("\n")


def test_a_mark_says_where_the_new_begins_and_goes_when_it_was_read(stand, settle) -> None:
    stand.show(meeting(chat=many(3)))
    stand.show(meeting(chat=(*many(3), said("Coffee?", BEN), said("Now?", BEN))))
    stand.press("chat")
    panel = stand.window.view.chat
    settle()
    lines = plain(panel).split("\n")
    assert lines.count("New") == 1
    assert lines.index("Line 2") < lines.index("New") < lines.index("Coffee?")
    stand.press("chat_close")
    stand.press("chat")
    assert "New" not in plain(panel).split("\n")
    assert "Coffee?" in plain(panel)


def test_a_full_chat_is_not_written_anew_with_every_line(stand) -> None:
    panel = opened(stand, *many(2000))
    for number in range(1, 50):
        slid = tuple(said(f"Line {n}", ADA, n) for n in range(number, 2000 + number))
        stand.show(meeting(chat=slid))
    assert panel.rebuilt == 0
    assert plain(panel).count("Line 2048\n") + plain(panel).endswith("Line 2048") == 1
    stand.show(meeting(chat=many(10, BEN)))
    assert panel.rebuilt == 1
    assert "Line 2048" not in plain(panel)


def test_own_lines_stand_elsewhere_than_others(stand) -> None:
    panel = opened(stand)
    document = panel.text.document()
    own = document.find("Thank you. Ten minutes")
    other = document.find("I will take the minutes.")
    assert own.blockFormat().leftMargin() > other.blockFormat().leftMargin()


def test_new_lines_are_told_when_the_chat_is_closed_and_not_while_it_is_read(
    stand, announced: list[str]
) -> None:
    stand.show(meeting())
    assert announced == []
    stand.show(meeting(chat=(*CHAT, said("Coffee?", BEN))))
    assert [words.replace("\u2068", "").replace("\u2069", "") for words in announced] == [
        "Ben Okafor writes: Coffee?"
    ]
    stand.press("chat")
    panel = stand.window.view.chat
    panel.text.setFocus()
    stand.show(meeting(chat=(*CHAT, said("Coffee?", BEN), said("Tea?", BEN), said("Me", ME))))
    assert len(announced) == 1


def test_of_many_lines_at_once_only_the_number_is_told(stand, announced: list[str]) -> None:
    stand.show(meeting(chat=()))
    stand.show(meeting(chat=many(40)))
    assert announced == ["40 new messages"]


# Saving -----------------------------------------------------------------------------------------


def test_the_chat_is_saved_only_where_somebody_asks_for_it(
    stand, monkeypatch, settle: Callable[[], None]
) -> None:
    opened(stand)
    for chosen in ("", "/somewhere/chat.txt"):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, c=chosen: (c, ""))
        stand.press("chat_save")
    assert stand.said == [SaveChat("/somewhere/chat.txt")]


@pytest.mark.parametrize(("well", "words"), [(True, "was saved"), (False, "could not be saved")])
def test_how_saving_went_is_said_once(stand, well: bool, words: str) -> None:
    opened(stand)
    screen = replace(meeting(), chat_saved=ChatSaved(1, well))
    stand.show(screen)
    assert words in stand.window.view.stage.toast.text
    stand.window.view.stage.toast.clear()
    stand.show(screen)
    assert stand.window.view.stage.toast.text == ""


def test_an_empty_chat_cannot_be_saved(stand) -> None:
    stand.show(meeting(chat=()))
    stand.press("chat")
    assert stand.window.view.chat.save.isHidden()


def test_a_change_of_colours_keeps_every_line_and_every_link(stand, dressed) -> None:
    panel = opened(stand, said("https://example.org"))
    before = plain(panel)
    dressed.choose("dark")
    QApplication.processEvents()
    assert plain(panel) == before
    cursor = QTextCursor(panel.text.document().find("https"))
    assert cursor.charFormat().isAnchor()
