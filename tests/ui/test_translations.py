"""German says everything English says, with the same places to fill in, and is up to date."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from app.i18n import _, available_languages, use_language

ROOT = Path(__file__).resolve().parents[2]
GERMAN = ROOT / "resources" / "locale" / "de" / "LC_MESSAGES" / "conclave.po"
PLACES = re.compile(r"\{[^{}]*\}|%(?:\([a-z_]+\))?[sd]")


@pytest.fixture(scope="module")
def german() -> Catalog:
    with GERMAN.open("rb") as file:
        return read_po(file, locale="de")


def forms(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def test_nothing_is_left_untranslated(german: Catalog) -> None:
    assert [m.id for m in messages(german) if not all(forms(m.string) or [""])] == []


def test_nothing_is_guessed(german: Catalog) -> None:
    assert [m.id for m in messages(german) if m.fuzzy] == []


def test_every_translation_has_the_same_places_to_fill(german: Catalog) -> None:
    broken = []
    for message in messages(german):
        wanted = {place for form in forms(message.id) for place in PLACES.findall(form)}
        for form in forms(message.string):
            if set(PLACES.findall(form)) != wanted:
                broken.append(form)
    assert broken == []


def test_no_words_to_translate_stand_where_the_catalogues_tool_cannot_see_them() -> None:
    unseen = [
        f"{path.name}:{call.lineno}"
        for path in (ROOT / "app").rglob("*.py")
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in {"_", "ngettext"}
    ]
    assert unseen == []


def test_sentences_end_as_in_english(german: Catalog) -> None:
    broken = []
    for message in messages(german):
        for one, other in zip(forms(message.id), forms(message.string), strict=True):
            for sign in ".?:":
                if one.rstrip().endswith(sign) != other.rstrip().endswith(sign):
                    broken.append(other)
            if (one[:1] == " ") != (other[:1] == " "):
                broken.append(other)
    assert [text for text in broken if text != "d. MMMM yyyy"] == []


def test_nobody_is_shouted_at(german: Catalog) -> None:
    texts = [form for m in messages(german) for form in (*forms(m.id), *forms(m.string))]
    assert [text for text in texts if "!" in text or "Oops" in text] == []


def test_people_are_addressed_with_sie(german: Catalog) -> None:
    familiar = re.compile(r"\b(du|dich|dir|dein\w*|euch|euer)\b", re.IGNORECASE)
    texts = [form for m in messages(german) for form in forms(m.string)]
    assert [text for text in texts if familiar.search(text)] == []


def test_words_for_machines_stay_out_of_the_window(german: Catalog) -> None:
    jargon = re.compile(r"\b(peer|session|SDP|handshake|ICE|SRTP|exception)\b", re.IGNORECASE)
    texts = [form for m in messages(german) for form in (*forms(m.id), *forms(m.string))]
    assert [text for text in texts if jargon.search(text)] == []


def test_the_catalogues_are_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "packaging" / "translations.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"run packaging/translations.py:\n{done.stderr}"


def test_german_can_be_chosen() -> None:
    assert available_languages() == ("en", "de")
    assert use_language("de") == "de"
    assert _("Leave") == "Verlassen"
