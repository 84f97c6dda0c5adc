"""How often somebody may make this device do something."""

import itertools

from app.meeting.patience import CALM, Patience


def uses(patience: Patience, until: float, step: float = 0.1) -> list[float]:
    """Use it whenever it is ready; return when that was."""
    found = []
    for number in range(round(until / step)):
        if patience.ready(number * step):
            patience.use(number * step)
            found.append(number * step)
    return found


def test_the_first_time_is_at_once_and_each_pause_is_twice_the_one_before():
    moments = uses(Patience(1.0, 8.0), 40.0)
    pauses = [round(b - a) for a, b in itertools.pairwise(moments)]
    assert moments[0] == 0.0
    assert pauses == [1, 2, 4, 8, 8, 8, 8]


def test_calm_brings_the_short_pauses_back():
    patience = Patience(1.0, 8.0)
    uses(patience, 20.0)
    later = 20.0 + CALM + 1.0
    patience.use(later)
    assert not patience.ready(later + 0.9)
    assert patience.ready(later + 1.0)


def test_what_is_forgiven_is_ready_at_once():
    patience = Patience(1.0, 8.0)
    patience.use(5.0)
    assert not patience.ready(5.5)
    patience.forgive()
    assert patience.ready(5.5)
