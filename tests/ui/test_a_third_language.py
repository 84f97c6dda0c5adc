"""Another language is one more file: everything that is shown comes out of it."""

import dataclasses
import importlib.util
import re
import shutil
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.pofile import read_po, write_po
from fakes.screen_walk import NAMES, called, seen, shot_of, standing, text_of, top
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QComboBox, QMenu, QTextEdit, QWidget

from app import i18n
from app.help_pages import TOPICS, help_page
from app.i18n import _, available_languages, ngettext, use_language
from app.names import clean
from app.ui import web_address
from app.ui.appearance import Appearance
from app.ui.assets import emoji_table
from app.ui.samples_chat import ODD_LINK
from app.ui.widgets.setting_rows import _language

ROOT = Path(__file__).resolve().parents[2]
CODE = "eo"  # Esperanto: nobody has translated Conclave into it yet
OPEN, CLOSE = "⟦", "⟧"
INNERMOST = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
BREAK = "\u200b"  # a line may end here
LINK = re.compile(r"conclave:\S+")
WORD = re.compile(r"[^\W\d_]{2,}")
SAID_SO = {  # names, keys, units and signs: the same in every language
    "Conclave", "English", "Deutsch", "Esperanto", "Mara", "Lindt", "conclave", "json", "Esc",
    "Ctrl", "Alt", "Shift", "Space", "Tab", "Home", "End", "Return", "PgUp", "PgDown", "Del",
    "kbit", "ms", "Mbit", "px", "MB", "kB", "GB", "fps", "Hz", "dB",
}  # fmt: skip


def load_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "translations", ROOT / "packaging" / "translations.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["translations"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    return load_tool()


@pytest.fixture
def locale(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the catalogues, where one can try something out."""
    made = tmp_path / "locale"
    shutil.copytree(ROOT / "resources" / "locale", made)
    monkeypatch.setattr(tool, "LOCALE", made)
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    monkeypatch.setattr(tool, "SOURCES", ROOT / "app")
    return made


def pseudo(text: str) -> str:
    """Return a text that can be told from every other, with its places to fill."""
    lead = text[: len(text) - len(text.lstrip())]
    return f"{lead}{OPEN}{text.strip()}{CLOSE}"


def add_language(locale: Path, tool: ModuleType) -> Path:
    """Add one file, as a translator would: the template, and every message translated."""
    catalogue = tool._new(CODE)
    with (locale / "conclave.pot").open("rb") as file:
        template = read_po(file)
    for message in template:
        if message.id:
            one = message.id if isinstance(message.id, str) else None
            forms = pseudo(one) if one else tuple(pseudo(form) for form in message.id)
            catalogue.add(message.id, forms, context=message.context)
    path = locale / CODE / "LC_MESSAGES" / "conclave.po"
    path.parent.mkdir(parents=True)
    with path.open("wb") as written:
        write_po(written, catalogue)
    return path


def test_one_more_file_is_one_more_language(locale: Path, tool: ModuleType) -> None:
    add_language(locale, tool)
    assert tool.main([]) == 0
    assert available_languages(locale) == ("en", "de", CODE)
    assert use_language(CODE, folder=locale) == CODE
    assert _("Leave") == "⟦Leave⟧"
    assert ngettext("{count} new message", "{count} new messages", 2) == "⟦{count} new messages⟧"
    assert _language(CODE) == "Esperanto"


def test_an_empty_file_is_filled_with_what_there_is_to_translate(
    locale: Path, tool: ModuleType
) -> None:
    path = locale / "fr" / "LC_MESSAGES" / "conclave.po"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    assert tool.main([]) == 0
    with path.open("rb") as file:
        ids = {str(message.id) for message in read_po(file, locale="fr")}
    assert "Leave" in ids
    assert use_language("fr", folder=locale) == "fr"
    assert _("Leave") == "Leave"  # English, until somebody translates it


@pytest.mark.parametrize("check", [[], ["--check"]])
@pytest.mark.parametrize("lost", ["Raus", "{nom} ist weg.", "{name} {name2} ging."])
def test_a_translation_that_lost_a_place_to_fill_is_refused(
    locale: Path,
    tool: ModuleType,
    capsys: pytest.CaptureFixture[str],
    lost: str,
    check: list[str],
) -> None:
    path = locale / "de" / "LC_MESSAGES" / "conclave.po"
    text = path.read_text(encoding="utf-8")
    right = re.search(r'msgid "\{name\} left."\nmsgstr "(.*)"', text)
    assert right is not None
    path.write_text(text.replace(right.group(1), lost, 1), encoding="utf-8")
    assert tool.main(check) == 1
    assert "has to have {name}" in capsys.readouterr().err


def test_every_language_has_as_many_plural_forms_as_it_needs(tool: ModuleType) -> None:
    for path in sorted((ROOT / "resources" / "locale").glob("*/LC_MESSAGES/conclave.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parent.parent.name)
        for message in catalogue:
            if message.pluralizable:
                assert len(message.string) == catalogue.num_plurals
                assert all(message.string), message.id


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory, tool: ModuleType) -> Path:
    """The catalogues with the third language compiled."""
    made = tmp_path_factory.mktemp("spoken") / "locale"
    shutil.copytree(ROOT / "resources" / "locale", made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tool, "LOCALE", made)
        patch.setattr(tool, "ROOT", made.parent)
        patch.setattr(tool, "SOURCES", ROOT / "app")
        assert tool.main([]) == 0
        add_language(made, tool)
        assert tool.main([]) == 0
    return made


def strings_in(value: object) -> Iterator[str]:
    """Yield every text in a screen: what people wrote, not what Conclave says."""
    match value:
        case str():
            yield value
            yield from re.findall(r"[\w.-]+", value)
        case Enum():
            return
        case tuple() | list() | frozenset():
            for one in value:
                yield from strings_in(one)
        case _ if dataclasses.is_dataclass(value):
            for field in dataclasses.fields(value):
                yield from strings_in(getattr(value, field.name))


def shown(window: QWidget) -> Iterator[tuple[str, str]]:
    """Yield (where, words) of everything that people read or hear."""
    yield "title", window.windowTitle()
    for widget in seen(top(window)):  # type: ignore[arg-type]
        where = called(widget)
        if not isinstance(widget, QTextEdit):
            yield where, text_of(widget)
        yield where, str(getattr(widget, "placeholderText", str)())
        for words in (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()):
            yield where, words
        if isinstance(widget, QComboBox):
            for index in range(widget.count()):
                yield where, widget.itemText(index)
    popup = QApplication.activePopupWidget()
    for action in popup.findChildren(QAction) if isinstance(popup, QMenu) else ():
        yield "menu", action.text()


def left_in_english(words: str, written: set[str]) -> list[str]:
    """Return what is left of some words when all that was translated is taken away."""
    before, words = "", LINK.sub(" ", words.replace(BREAK, ""))
    while before != words:
        before, words = words, INNERMOST.sub(" ", words)
    for text in sorted(written, key=len, reverse=True):
        words = words.replace(text.replace(BREAK, ""), " ")
    return [word for word in WORD.findall(words) if word not in SAID_SO]


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_is_shown_can_be_translated(
    qapp: QApplication,
    dressed: Appearance,
    speaking: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setattr(i18n, "resource", lambda *_parts: speaking)
    assert use_language(CODE) == CODE
    screen = shot_of(name).screen
    written = {text for text in strings_in(screen) if len(text) > 1}
    written |= {clean(text).removesuffix("…") for text in written}
    written |= {help_page(topic).title for topic in TOPICS}  # English where nobody wrote one
    written |= {emoji.name for emoji in emoji_table()}
    written |= {address.host} if (address := web_address.read(ODD_LINK)) else set()
    with standing(qapp, dressed, name) as window:
        left = {
            f"{where}: {rest}"
            for where, words in shown(window)
            if (rest := left_in_english(words, written))
        }
    assert left == set()
