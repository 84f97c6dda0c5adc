"""Whether a peer may still be sent to, and that a path which is silent for long may come back."""

import asyncio
import contextlib

from fakes.media_links import connected_pair, until

from media.path.consent import AGAIN, EXPIRES, INTERVAL, Consent


class Silence(Exception):
    """The story is over."""


def story(monkeypatch, answers) -> list[tuple[float, bool]]:
    """Return (time, given) at each question, in simulated time; `answers` tells by the time."""
    now = 0.0
    seen: list[tuple[float, bool]] = []

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    async def ask() -> bool:
        seen.append((now, consent.given))
        if now > 200.0:
            raise Silence
        return answers(now)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    consent = Consent(ask, lambda: now, lambda: 0.5)
    with contextlib.suppress(Silence):
        asyncio.run(consent.keep())
    return seen


def test_a_peer_that_answers_is_asked_every_five_seconds(monkeypatch):
    seen = story(monkeypatch, lambda now: True)
    assert len(seen) == int(200.0 / INTERVAL) + 1
    assert all(given for _, given in seen)


def test_half_a_minute_without_an_answer_takes_consent_away_and_an_answer_gives_it_back(
    monkeypatch,
):
    seen = story(monkeypatch, lambda now: not 50.0 < now < 120.0)
    refused = [now for now, given in seen if not given]
    assert 50.0 + EXPIRES - INTERVAL <= refused[0] <= 50.0 + EXPIRES + 1.0
    assert refused[-1] <= 120.0 + 2 * AGAIN, "the first answer counts at once"
    asked = [now for now, _ in seen if 60.0 < now < 110.0]
    assert len(asked) > 100, "who comes back is soon heard"


def test_without_consent_nothing_is_sent_and_with_it_the_link_goes_on():
    async def scenario():
        async with connected_pair() as (one, two):
            got = []
            two.on_rtcp = got.append
            report = bytes([0x80, 201, 0, 1]) + (1).to_bytes(4, "big")
            one._consent.given = False
            assert one.send_rtcp(report) == 0
            assert one.counters["without_consent"] == 1
            one._consent.given = True
            assert one.send_rtcp(report)
            await until(lambda: got)
            assert await one._ask_for_consent()

    asyncio.run(scenario())


def test_a_peer_that_is_gone_does_not_consent():
    async def scenario():
        async with connected_pair() as (one, two):
            for protocol in two._connection._protocols:
                protocol.datagram_received = lambda data, address: None
            assert not await one._ask_for_consent()
            assert one.state == "connected", "how long to wait is for others to decide"

    asyncio.run(scenario())
