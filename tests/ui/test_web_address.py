"""An address is judged by what a browser would make of it, not by what it looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui import web_address


@pytest.mark.parametrize(
    ("text", "host", "plain", "before", "port"),
    [
        ("https://example.org/a", "example.org", "example.org", "", 0),
        ("https://EXAMPLE.org:443", "example.org", "example.org", "", 0),
        ("http://example.org:8080", "example.org", "example.org", "", 8080),
        ("https://bank.example@evil.example/x", "evil.example", "evil.example", "bank.example", 0),
        ("https://ada:word@evil.example", "evil.example", "evil.example", "ada:word", 0),
        ("https://аррӏе.com", "аррӏе.com", "xn--80ak6aa92e.com", "", 0),
        ("https://xn--80ak6aa92e.com", "аррӏе.com", "xn--80ak6aa92e.com", "", 0),
        ("https://münchen.de", "münchen.de", "xn--mnchen-3ya.de", "", 0),
        ("https://ｅｖｉｌ.example", "evil.example", "evil.example", "", 0),
        ("https://good。example", "good.example", "good.example", "", 0),
        ("http://2130706433/", "127.0.0.1", "127.0.0.1", "", 0),
        ("http://0x7f.1/", "127.0.0.1", "127.0.0.1", "", 0),
        ("http://[::1]:81/", "::1", "::1", "", 81),
    ],
)
def test_the_real_host_is_named(text: str, host: str, plain: str, before: str, port: int):
    address = web_address.read(text)
    assert address is not None
    assert (address.host, address.plain_host) == (host, plain)
    assert (address.before_host, address.port) == (before, port)
    assert address.is_foreign == (host != plain)
    assert address.encrypted == text.startswith("https")


@pytest.mark.parametrize(
    "text",
    [
        "https://%65vil.example",
        "https://good.example%00.evil.example",
        "https://good.example\\@evil.example",
        "https://a..b",
        "https:///path",
        "https://good.example:99999",
        "https://exa\u200cmple.com",
        "https://a b.example",
        "http://[fe80::1%25eth0]/",
        "ftp://example.org",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "",
    ],
)
def test_what_could_be_misread_is_no_address(text: str):
    assert web_address.read(text) is None


@given(st.text(max_size=40))
def test_what_is_opened_is_plain_and_leads_where_it_was_said(text: str):
    address = web_address.read("https://" + text)
    if address is not None:
        assert address.whole.isascii()
        assert "\\" not in address.whole.partition("?")[0]
        again = web_address.read(address.whole)
        assert again is not None
        assert (again.plain_host, again.port) == (address.plain_host, address.port)


def test_a_host_without_a_name_is_told():
    numbers = [web_address.read(f"http://{host}/") for host in ("192.0.2.7", "[2001:db8::7]")]
    assert all(one is not None and one.is_number for one in numbers)
    named = web_address.read("https://example7.org")
    assert named is not None
    assert not named.is_number
