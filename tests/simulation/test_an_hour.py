"""A meeting that people come to and leave all the time holds no more in the end than half-way."""

from fakes.quick_crypto import quick_crypto
from simulation.hour import Day, Hour, weight

from app.meeting.departed import MOST_DEPARTED

DENSE = Day(seconds=150.0, visits=MOST_DEPARTED + 40, hosts=2, losses=6, seed=5)


def test_many_visits_hosts_and_lost_cables_keep_every_promise_and_leave_nothing():
    with quick_crypto():
        hour = Hour(DENSE)
        hour.play()  # raises where a promise is broken
    assert hour.done["visits"] + hour.done["refused"] == DENSE.visits
    assert hour.done["hosts lost"] + hour.done["hosts handed over"] == DENSE.hosts
    assert hour.done["losses"] == DENSE.losses
    full = [each["objects"] for each in hour.weights[len(hour.weights) * 3 // 4 :]]
    assert full[-1] < 1.05 * full[0]


def test_a_list_that_nobody_empties_is_found():
    with quick_crypto():
        hour = Hour(Day(seconds=5.0, visits=1, hosts=0, losses=0))
        hour.play()
    meeting = hour.residents[0].meeting
    assert meeting is not None
    _, before = weight(meeting)
    meeting._talk.forgotten = [bytes([n]) * 40 for n in range(50)]
    assert weight(meeting)[1] >= before + 50
