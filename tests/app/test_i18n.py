"""Languages: chosen, followed from the system, and English wherever something is missing."""

import gettext
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import i18n
from app.i18n import _, available_languages, language, ngettext, system_languages, use_language


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    domain = gettext.textdomain()
    yield
    use_language("en")
    gettext.textdomain(domain)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A catalogue with one German message and one German plural."""
    header = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
    messages = {"": header, "Leave": "Verlassen", "one\0%d people": "eine Person\0%d Personen"}
    path = tmp_path / "de" / "LC_MESSAGES" / "conclave.mo"
    path.parent.mkdir(parents=True)
    path.write_bytes(compiled(messages))
    return tmp_path


def compiled(messages: dict[str, str]) -> bytes:
    """Return the bytes of a .mo file (GNU gettext manual, section 10.3)."""
    keys = sorted(messages)
    ids = [key.encode() for key in keys]
    texts = [messages[key].encode() for key in keys]
    start = 28 + 16 * len(keys)
    table, data = [], b""
    for group in (ids, texts):
        for text in group:
            table.append(struct.pack("<2I", len(text), start + len(data)))
            data += text + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(keys), 28, 28 + 8 * len(keys), 0, 0)
    return head + b"".join(table) + data


def test_a_chosen_language_is_spoken(folder: Path) -> None:
    assert use_language("de", folder=folder) == "de"
    assert _("Leave") == "Verlassen"
    assert ngettext("one", "%d people", 3) == "%d Personen"
    assert language() == "de"


def test_what_is_not_translated_is_said_in_english(folder: Path) -> None:
    use_language("de", folder=folder)
    assert _("Something new") == "Something new"
    assert ngettext("a chair", "%d chairs", 2) == "%d chairs"


def test_the_system_is_followed_as_far_as_possible(folder: Path) -> None:
    assert use_language(system=("fr", "de", "en"), folder=folder) == "de"
    assert use_language(system=("en", "de"), folder=folder) == "en"
    assert use_language(system=("fr",), folder=folder) == "en"
    assert _("Leave") == "Leave"


def test_an_unknown_or_broken_language_falls_back_to_english(folder: Path) -> None:
    assert use_language("tlh", folder=folder) == "en"
    assert use_language("../../etc", folder=folder) == "en"
    (folder / "de" / "LC_MESSAGES" / "conclave.mo").write_bytes(b"\xde\x12\x04\x95rubbish")
    gettext._translations.clear()  # type: ignore[attr-defined]  # its cache of opened files
    assert use_language("de", folder=folder) == "en"
    assert _("Leave") == "Leave"


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"LANG": "de_AT.UTF-8"}, ("de",)),
        ({"LANG": "de_DE", "LC_ALL": "en_GB.UTF-8"}, ("en",)),
        ({"LANGUAGE": "de_CH:fr:en", "LANG": "it_IT"}, ("de", "fr", "en", "it")),
        ({"LANG": "C.UTF-8"}, ("en",)),
        ({"LC_ALL": "POSIX"}, ("en",)),
        ({"LANG": "sr@latin"}, ("sr",)),
        ({"LANG": "../../x"}, ()),
    ],
)
def test_the_systems_wishes_are_read(environment: dict[str, str], wanted: tuple[str, ...]) -> None:
    assert system_languages(environment) == wanted


def test_every_language_with_a_catalogue_can_be_chosen(folder: Path) -> None:
    assert available_languages(folder) == ("en", "de")
    assert available_languages(folder / "nowhere") == ("en",)
    assert i18n.mark("Leave") == "Leave"
