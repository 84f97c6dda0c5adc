"""A day in half a minute: people come and go, hosts change, cables are out, and nothing stays.

Nobody ever sees a picture that is not theirs to see. `python -m bench.soak` plays ten minutes.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from bench import netlab
from bench.long_call import COUNTED
from bench.soak import Plan, a_day

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

DAY = Plan(seconds=15.0, visits=4, hosts=2, losses=2, visitors=1, seed=3)
LEFT_S = 30.0  # paths that were left, and channels that nobody answers, are closed by then
LATER = {"threads": 1}  # the second decoder begins when there is work for two
MAY_GROW_MB = 25.0  # pools and caches are still being filled


@pytest.fixture(scope="module")
def evening() -> Iterator[dict[str, Any]]:
    """Return what was seen and is held when all visitors have gone."""
    if reason := netlab.why_not():
        pytest.skip(reason)
    with a_day(DAY) as day:
        day.rest()
        before = [dict(member.samples[-1]) for member in day.residents]
        day.play()
        result = day.result()
        for member, held in zip(day.residents, before, strict=True):
            with contextlib.suppress(TimeoutError):  # what is left then is told by the test
                now = member.samples
                member.until(lambda _, n=now, h=held: more_held(h, n[-1]) == {}, "rest", LEFT_S)
        after = [dict(member.samples[-1]) for member in day.residents]
        yield {"before": before, "after": after, **result}


def more_held(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    more = {kind: after[kind] - before[kind] for kind in COUNTED}
    return {kind: count for kind, count in more.items() if count > LATER.get(kind, 0)}


def test_everybody_came_in_and_every_host_was_followed(evening: dict[str, Any]):
    done = evening["done"]
    assert done["visits"] == done["visits with a picture"] == DAY.visits
    assert done.get("hosts handed over", 0) + done.get("hosts lost", 0) == DAY.hosts
    assert done["losses"] == DAY.losses
    assert evening["duplicates"] == 0
    assert evening["errors"] == 0


def test_nobody_saw_a_picture_that_was_not_theirs_to_see(evening: dict[str, Any]):
    assert evening["pictures"] > 200
    assert evening["wrong"] == {}


def test_who_stayed_holds_no_more_than_in_the_morning(evening: dict[str, Any]):
    for before, after in zip(evening["before"], evening["after"], strict=True):
        assert more_held(before, after) == {}
        assert after["megabytes"] - before["megabytes"] < MAY_GROW_MB
