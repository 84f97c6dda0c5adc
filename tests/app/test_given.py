"""Secrets that somebody gives the program: from where, in which order, and what is refused."""

from pathlib import Path

import pytest

from app.argument_checks import UsageError
from app.given import MAX_FILE, MEETING_VARIABLE, first_line, meeting_password
from app.options import PasswordChoice


def nobody(_: str) -> str:
    raise AssertionError("nobody is to be asked")


def file_with(folder: Path, text: str) -> Path:
    path = folder / "secret"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_counts_before_the_environment_which_forgets_it_all_the_same(tmp_path: Path):
    environ = {MEETING_VARIABLE: "red heron", "HOME": "/"}
    choice = PasswordChoice(file_with(tmp_path, "blue heron\r\nsecond line\n"))
    assert meeting_password(choice, environ, nobody) == "blue heron"
    assert environ == {"HOME": "/"}


def test_without_a_file_the_environment_counts_and_without_both_there_is_none():
    environ = {MEETING_VARIABLE: "red heron"}
    assert meeting_password(PasswordChoice(), environ, nobody) == "red heron"
    assert meeting_password(PasswordChoice(), environ, nobody) == ""
    assert meeting_password(PasswordChoice(), {MEETING_VARIABLE: "  "}, nobody) == ""


def test_who_is_asked_types_it_twice():
    said = iter(["blue heron", "blue heron"])
    choice = PasswordChoice(ask=True)
    assert meeting_password(choice, {}, lambda _: next(said)) == "blue heron"
    said = iter(["blue heron", "blue heroine"])
    with pytest.raises(UsageError, match="differ"):
        meeting_password(choice, {}, lambda _: next(said))


def test_an_empty_answer_is_no_password_by_accident(tmp_path: Path):
    with pytest.raises(UsageError, match="one letter"):
        meeting_password(PasswordChoice(ask=True), {}, lambda _: " ")
    with pytest.raises(UsageError, match="one letter"):
        meeting_password(PasswordChoice(file_with(tmp_path, "   \n")), {}, nobody)


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "empty"), ("\nblue heron", "empty"), ("x" * (MAX_FILE + 1), "large"), ("x" * 129, "128")],
)
def test_a_file_of_no_use_is_said_in_one_line(tmp_path: Path, text: str, why: str):
    with pytest.raises(UsageError, match=why) as error:
        meeting_password(PasswordChoice(file_with(tmp_path, text)), {}, nobody)
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path: Path):
    path = tmp_path / "secret"
    with pytest.raises(UsageError):
        meeting_password(PasswordChoice(path), {}, nobody)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError):
        meeting_password(PasswordChoice(path), {}, nobody)
    with pytest.raises(ValueError, match="utf-8"):
        first_line(path)
