"""Stories that chance seldom tells: elections, and the leader that is about to be replaced."""

from fakes.seat import Seat
from simulation.storm import Happening, Storm

from app.meeting.wishes import SetLobby, SetLocked

GIVEN_UP = 15.5  # seconds until a channel behind a cut cable is lost
ALMOST = 8.0, 11.0  # seconds without a leader until somebody is about to stand


def heirs_do_not_see_each_other(storm: Storm) -> str:
    """The two who come next are parted, and the leader is lost: both stand at once."""
    leader, heirs = _house(storm)
    if leader is None or len(heirs) < 3:
        return ""
    storm.table.part(heirs[0], heirs[1])
    storm.pass_time(storm.rng.uniform(4.0, GIVEN_UP))
    storm.table.kill(leader)
    storm.trace.note(f"-- {heirs[0].name} and {heirs[1].name} are parted; {leader.name} dies")
    storm.pass_time(storm.rng.uniform(10.0, 16.0))
    return "time passes"


def the_heir_has_missed_something(storm: Storm) -> str:
    """Who comes next was cut off while the log went on, and is back when the leader is lost."""
    leader, heirs = _house(storm)
    if leader is None or len(heirs) < 2:
        return ""
    _cut_off(storm, heirs[0])
    storm.pass_time(storm.rng.uniform(0.0, 1.0))
    _go_on(storm, leader)
    storm.pass_time(storm.rng.uniform(GIVEN_UP, 18.0))
    storm.table.kill(leader)
    storm.trace.note(f"-- {heirs[0].name} is cut off, the log goes on, {leader.name} dies")
    storm.pass_time(storm.rng.uniform(*ALMOST))
    storm.table.heal()
    storm.trace.note("-- every cable is mended")
    storm.pass_time(storm.rng.uniform(0.5, 3.0))
    return "time passes"


def votes_come_late(storm: Storm) -> str:
    """The leader is back with all but the candidate, whose votes are still on their way."""
    leader, heirs = _house(storm)
    if leader is None or len(heirs) < 2:
        return ""
    _cut_off(storm, leader)
    storm.trace.note(f"-- {leader.name}, who leads, is cut off")
    term = storm.roster(heirs[0]).term
    for _ in range(400):  # until there are votes under way
        storm.pass_time(0.1)
        voted = [seat for seat in heirs[1:] if seat.sits and _voted(seat) > term]
        if voted or not heirs[0].sits:
            break
    for seat in storm.everybody:
        if seat is not heirs[0]:
            storm.table.part(heirs[0], seat)
    storm.table.heal(*(seat for seat in storm.everybody if seat is not heirs[0]))
    storm.trace.note(f"-- {leader.name} is back, but not with {heirs[0].name}")
    for _ in range(storm.rng.randrange(1, 6)):
        storm.pass_time(storm.rng.uniform(0.3, 1.5))
        if leader.sits:
            _go_on(storm, leader)
    storm.pass_time(storm.rng.uniform(0.0, 1.0))
    storm.table.heal()
    return "every cable is mended"


def _house(storm: Storm) -> tuple[Seat | None, list[Seat]]:
    """Return who leads, and those who come next, by role and seat."""
    leader = storm.leader
    if leader is None:
        return None, []
    seats = storm.roster(leader).members
    heirs = [seat for seat in storm.honest if seat is not leader and seat.dev in seats]
    return leader, sorted(heirs, key=lambda s: (-seats[s.dev].role, seats[s.dev].slot))


def _cut_off(storm: Storm, one: Seat) -> None:
    for other in storm.everybody:
        if other is not one:
            storm.table.part(one, other)


def _go_on(storm: Storm, leader: Seat) -> None:
    """Let the leader make a block."""
    view = storm.table.view(leader)
    wish = storm.rng.choice((SetLobby(not view.lobby), SetLocked(not view.locked)))
    storm.table.wish(leader, wish)


def _voted(seat: Seat) -> int:
    assert seat.meeting is not None
    return seat.meeting._table.election.floor


HARD_CASES: dict[Happening, int] = {
    heirs_do_not_see_each_other: 6,
    the_heir_has_missed_something: 5,
    votes_come_late: 6,
}
