"""Every key the rest of Conclave uses has its sentence, in English and in German."""

import ast
from pathlib import Path
from typing import get_args

import pytest

from app import person_words, profile, texts
from app.i18n import use_language
from app.meeting.view import Badge, Lock, Notice, Presence, Quality, Role
from app.screens import Progress
from media.path.relay import Trouble

ROOT = Path(__file__).resolve().parents[2]
FAREWELLS = [
    "left",
    "you_ended",
    "ended",
    "removed",
    "refused",
    "invite_used",
    "invite_expired",
    "invite_unknown",
    "locked",
    "full",
    "meeting_over",
    "unreachable",
    "not_host",
    "too_old",
    "host_lost",
    "equivocation",
    "false_list",
    "codes_differ",
    "guest_failed",
    "version",
    "left_behind",
    "password_blocked",
    "contact_unknown",
]
NOTICES = [
    "joined",
    "left",
    "removed",
    "knocks",
    "imitates",
    "key_changed",
    "unverified_video",
    "lobby_on",
    "lobby_off",
    "locked",
    "unlocked",
    "camera_problem",
    "microphone_problem",
    "muted_by",
    "share_stopped_by",
    "share_not_allowed",
    "share_closed",
    "share_lost",
    "share_refused",
    "share_cancelled",
    "shares",
    "hand_lowered_by",
    "asked_to_unmute",
    "removed_by",
    "chat_off_by",
    "chat_on_by",
    "chat_off_all",
    "chat_on_all",
    "sharing_presenters",
    "sharing_all",
    "role_guest",
    "role_participant",
    "role_presenter",
    "role_co_host",
    "you_host",
    "new_host",
    "host_back",
    "diverged",
    "second_device",
    "password_blocked",
    "password_wrong",
    "contact_wants",
    "contact_added",
    "scanned_ok",
    "scanned_wrong",
    "ring_unanswered",
    "old_links_end",
    "frozen",
    "invitation_used",
]
ALARMS = [
    "codes_differ",
    "equivocation",
    "code_mismatch",
]
HOME = [
    "link_malformed",
    "link_expired",
    "address_malformed",
    "gone",
    "unreachable",
]


@pytest.fixture(params=["en", "de"])
def spoken(request: pytest.FixtureRequest) -> str:
    return use_language(request.param)


@pytest.mark.parametrize("key", FAREWELLS)
def test_every_farewell_says_why_and_what_can_be_done(spoken: str, key: str) -> None:
    words = texts.farewell(key)
    assert words.heading.endswith(".")
    assert words.help.endswith(".")


def test_a_farewell_promises_nothing_about_what_somebody_saved() -> None:
    for reason in ("left", "you_ended", "ended"):
        assert texts.farewell(reason).help.endswith("What you saved stays.")


@pytest.mark.parametrize("key", NOTICES)
def test_every_notice_is_a_whole_sentence(spoken: str, key: str) -> None:
    sentence = texts.notice(Notice(1, key, "Ada", "Ben"))
    assert sentence.endswith(".")
    assert "{" not in sentence


@pytest.mark.parametrize("key", [key for key in NOTICES if key.endswith("_by")])
def test_what_somebody_asked_for_is_told_with_their_name(spoken: str, key: str) -> None:
    assert "Ben" in texts.notice(Notice(1, key, "Ada", "Ben"))


@pytest.mark.parametrize("key", ALARMS)
def test_every_alarm_says_what_to_do(spoken: str, key: str) -> None:
    assert texts.alarm(key).count(".") >= 2


@pytest.mark.parametrize("key", HOME)
def test_every_notice_of_the_home_screen_has_words(spoken: str, key: str) -> None:
    assert texts.home_notice(key).endswith(".")


def test_every_notice_of_a_profile_has_words(spoken: str) -> None:
    assert set(texts.PROFILE_NOTICES) == {"opening", *get_args(profile.Notice)}
    for key in texts.PROFILE_NOTICES:
        assert texts.profile_notices([key]).endswith(".")
    assert texts.profile_notices([]) == ""


def test_every_state_has_a_word(spoken: str) -> None:
    assert set(person_words.BADGES) == set(person_words.BADGES_AT_LENGTH) == set(Badge)
    assert set(person_words.ROLES) == set(person_words.ROLES_AT_LENGTH) == set(Role)
    assert set(person_words.QUALITIES) == set(Quality)
    troubles = set(Presence) - {Presence.ME, Presence.CONNECTED}
    assert set(person_words.PRESENCES) == set(person_words.PRESENCES_IN_SHORT) == troubles
    for state in Lock:
        assert texts.lock(state, 2)
    for step in Progress:
        assert all(texts.progress(step, "Ada"))


def test_not_knowing_the_hosts_name_still_makes_a_sentence(spoken: str) -> None:
    assert "{" not in "".join(texts.progress(Progress.WAITING, ""))


def test_a_name_with_braces_stays_a_name() -> None:
    sentence = texts.notice(Notice(1, "joined", "{name} {0} %s"))
    assert "{name} {0} %s" in sentence


def literals(call: str, where: str) -> set[str]:
    """Return the first string given to every call of this name below a folder."""
    found = set()
    for path in (ROOT / where).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                first = node.args[0]
                strings = [n.value for n in ast.walk(first) if isinstance(n, ast.Constant)]
                if name == call:
                    found.update(value for value in strings if isinstance(value, str))
    return found


ENDINGS = {  # what a kind of notice may end in
    "role_": {role.value for role in set(Role) - {Role.HOST}},  # who hosts has notices of their own
    "relay_": {trouble.value for trouble in Trouble},
}


def notices_given() -> set[str]:
    """Return the kinds of notice that the meeting adds by name."""
    found = set()
    for path in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and node.args
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "add"
                and ast.unparse(node.func.value).endswith("notices")
            ):
                found |= named(node.args[0])
    return found


def named(kind: ast.expr) -> set[str]:
    """Return what a kind of notice may be; one that ends in a word stands for all of those."""
    if isinstance(kind, ast.JoinedStr):
        begins = ast.unparse(kind)[2:-1].partition("{")[0]
        return {begins + word for word in ENDINGS[begins]}
    constants = (n.value for n in ast.walk(kind) if isinstance(n, ast.Constant))
    return {word for word in constants if isinstance(word, str)}


def test_every_notice_that_a_meeting_gives_has_words() -> None:
    assert "joined" in notices_given()
    assert notices_given() <= set(texts.NOTICES)


def test_every_alarm_that_a_meeting_raises_has_words() -> None:
    assert literals("_raise_alarm", "app/meeting") <= set(texts.ALARMS)


def test_every_end_of_a_meeting_has_words() -> None:
    reasons = literals("_finish", "app/meeting") | literals("VisitError", "app")
    assert reasons <= set(texts.FAREWELLS)


def test_every_notice_that_leads_home_has_words() -> None:
    known = set(texts.HOME_NOTICES) | set(texts.FAREWELLS) | {""}
    assert literals("_show_home", "app") <= known
