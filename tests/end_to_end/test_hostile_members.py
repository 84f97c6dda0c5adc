"""Members that lie: nothing they send is seen or heard, and the counters say why.

The victim and every other member are processes of their own, joined by real ICE, DTLS-SRTP and
data channels; only the keys are fixed, so that a liar can be given any of them.
"""

from typing import Any

import pytest
from fakes.members import VICTIM, Member, Victim

from bench.cast import a_cast

pytestmark = pytest.mark.slow

TRICKS = {
    "honest": "honest",
    "stranger": "wrong key",
    "parrot": "replay",
    "forger": "tamper",
    "impostor": "misattribute",
    "juggler": "swap",
    "removed": "honest",
}
WATCHED_S = 4.0

Figures = dict[str, Any]


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Figures]:
    """Let everybody begin honestly, then lie for a while; return what each one counted."""
    recording = tmp_path_factory.mktemp("victim") / "heard.wav"
    slots = {name: number for number, name in enumerate([VICTIM, *TRICKS])}
    settings = {
        "slots": slots,
        "others": list(TRICKS),
        "honest": ["honest"],
        "removed": ["removed"],
        "recording": str(recording),
    }
    with a_cast() as cast:
        cast.add(VICTIM, Victim, settings)
        for name, trick in TRICKS.items():
            cast.add(name, Member, {**settings, "trick": trick})
        return cast.measure(warm_up_s=0.5, seconds=WATCHED_S)


def came_from(figures: dict[str, Figures], name: str) -> Figures:
    """Return what the victim made of one member's frames."""
    return dict(figures[VICTIM][name])


def test_the_honest_member_is_seen_and_heard_among_all_the_liars(figures: dict[str, Figures]):
    came = came_from(figures, "honest")
    assert came["pictures"] >= 10
    assert came["packets"] >= 40
    assert came["refused"] == 0


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("stranger", "forged"),
        ("parrot", "replayed"),
        ("forger", "forged"),
        ("impostor", "forged"),
        ("juggler", "forged"),
        ("removed", "unknown_key"),
    ],
)
def test_a_liar_is_neither_seen_nor_heard_and_the_counters_say_why(
    figures: dict[str, Figures], name: str, reason: str
):
    came = came_from(figures, name)
    assert (came["pictures"], came["packets"], came["opened"]) == (0, 0, 0)
    assert came[reason] > 20
    assert came[reason] == came["forged"] + came["replayed"] + came["unknown_key"]
    assert came["malformed"] == 0


def test_the_liars_did_lie(figures: dict[str, Figures]):
    for name, trick in TRICKS.items():
        assert (figures[name]["lies"] > 50) == (trick != "honest"), name


def test_a_removed_member_cannot_open_what_is_sent_afterwards(figures: dict[str, Figures]):
    removed = figures["removed"]
    assert removed["refused"]["unknown_key"] > 20
    assert removed["opened"] <= 15  # under way, or sealed, before the key was switched
