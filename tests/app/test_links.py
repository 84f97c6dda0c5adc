"""Links in what people write: found where they are plain, and nowhere else."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.links import LONGEST, MOST, Leads, pieces


def links(text: str) -> list[str]:
    return [piece.text for piece in pieces(text) if piece.leads is not Leads.NOWHERE]


@given(st.text(alphabet=st.sampled_from("htps:/conlavej#i .,()[]@\\\n\u202eé\u200d"), max_size=60))
def test_all_pieces_together_are_the_text(text: str):
    assert "".join(piece.text for piece in pieces(text)) == text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://example.org/a?b=c#d now", "https://example.org/a?b=c#d"),
        ("HTTP://EXAMPLE.org", "HTTP://EXAMPLE.org"),
        ("(https://example.org/a_(b))", "https://example.org/a_(b)"),
        ("Is it https://example.org/?", "https://example.org/"),
        ("https://example.org/a, and", "https://example.org/a"),
        ("“https://example.org”", "https://example.org"),
        ("<https://example.org>", "https://example.org"),
        ("https://user:word@example.org:8443/x", "https://user:word@example.org:8443/x"),
        ("https://münchen.example/straße", "https://münchen.example/straße"),
        ("here: conclave:join#AUAAAGkgq3yC_-x.", "conclave:join#AUAAAGkgq3yC_-x"),
        ("https://good.example\\@evil.example", "https://good.example"),
        ("https://good.example\u202e/moc.live", "https://good.example"),
        ("https://example.org\u200b.evil.example", "https://example.org"),
    ],
)
def test_a_plain_link_is_found_and_ends_where_it_should(text: str, found: str):
    assert links(text) == [found]


@pytest.mark.parametrize(
    "text",
    [
        "www.example.org",
        "example.org",
        "somebody@example.org",
        "mailto:somebody@example.org",
        "ftp://example.org",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "xhttps://example.org",
        "view-source:https://example.org",
        "https://",
        "http://.",
        "conclave:verify#AAAA",
        "conclave:join#",
        "conclave:settings",
        "smb://example.org/share",
        "https://" + "a" * LONGEST,
    ],
)
def test_everything_else_stays_plain_text(text: str):
    assert links(text) == []


def test_an_invitation_is_told_from_the_web():
    found = {p.leads for p in pieces("https://a.example conclave:join#AA") if p.text.strip()}
    assert found == {Leads.WEB, Leads.MEETING}


def test_a_megabyte_of_links_is_looked_through_quickly():
    for text in (
        "https://a.example " * 60_000,
        "https://" * 130_000,
        "https://" + ")" * 10**6,
        "(" * 10**6,
        "http" * 250_000,
    ):
        before = time.process_time()
        assert len(links(text)) <= MOST
        assert time.process_time() - before < 2
