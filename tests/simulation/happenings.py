"""What people and their computers do in a meeting, and what befalls the network; nobody lies."""

from fakes.seat import Seat
from simulation.hard_cases import HARD_CASES
from simulation.moderation import MODERATION
from simulation.setting import WEATHERS
from simulation.storm import Happening, Storm

from app.meeting.wishes import (
    Leave,
    Remove,
    Say,
    SetCamera,
    SetLobby,
    SetLocked,
    SetMicrophone,
)

MOST = 32  # people who ever come to one meeting, beyond those who were there at first
MAY_RETURN = (
    "left",
    "left_behind",
    "host_lost",
    "refused",
    "locked",
    "full",
    "removed",
    "unreachable",
)


def nothing(storm: Storm) -> str:
    return ""


def somebody_comes(storm: Storm) -> str:
    if len(storm.everybody) >= min(MOST, 2 * storm.setting.people + 2) or not storm.leader:
        return ""
    return storm.comes(storm.newcomer())


def somebody_comes_back(storm: Storm) -> str:
    gone = [s for s in storm.everybody if s.dead or s.ended in MAY_RETURN]
    return storm.comes(storm.rng.choice(gone), again=True) if gone else ""


def somebody_leaves(storm: Storm) -> str:
    seat = a_guest(storm)
    if seat is None:
        return ""
    storm.table.wish(seat, Leave())
    return f"{seat.name} leaves"


def somebody_crashes(storm: Storm) -> str:
    seat = a_guest(storm)
    if seat is None:
        return ""
    storm.table.kill(seat)
    return f"the program of {seat.name} dies"


def the_leader_crashes(storm: Storm) -> str:
    seat = storm.leader
    if seat is None or len(storm.alive) < 3:
        return ""
    storm.table.kill(seat)
    return f"the program of {seat.name} dies, who leads"


def the_leader_leaves(storm: Storm) -> str:
    seat = storm.leader
    if seat is None or len(storm.alive) < 3:
        return ""
    storm.table.wish(seat, Leave())
    return f"{seat.name} leaves, who leads"


def somebody_is_removed(storm: Storm) -> str:
    leader, seat = storm.leader, a_guest(storm)
    if leader is None or seat is None or not storm.roster(leader).is_member(seat.dev):
        return ""
    storm.removed.add(seat.dev)
    storm.table.wish(leader, Remove(seat.dev))
    if leader.honest and storm.roster(leader).is_member(seat.dev):
        raise storm.broken(f"{leader.name} does not get rid of {seat.name}")
    return f"{leader.name} removes {seat.name}"


def everybody_is_seen(storm: Storm) -> str:
    for seat in storm.alive:
        storm.table.streams(seat, b"picture", 1)
    return ""


def somebody_writes(storm: Storm) -> str:
    if not storm.alive:
        return ""
    seat = storm.rng.choice(storm.alive)
    storm.table.wish(seat, Say("a line of chat"))
    return f"{seat.name} writes"


def somebody_switches_a_device(storm: Storm) -> str:
    if not storm.alive:
        return ""
    seat, on = storm.rng.choice(storm.alive), storm.rng.random() < 0.5
    name, wish = storm.rng.choice((("microphone", SetMicrophone), ("camera", SetCamera)))
    consents = storm.promises.consents[seat.dev]
    (consents.add if on else consents.discard)(name)
    storm.table.wish(seat, wish(on))
    return f"{seat.name}: {wish.__name__} {on}"


def the_door_changes(storm: Storm) -> str:
    leader = storm.leader
    if leader is None:
        return ""
    wish, on = storm.rng.choice((SetLobby, SetLocked)), storm.rng.random() < 0.4
    storm.table.wish(leader, wish(on))
    return f"{leader.name}: {wish.__name__} {on}"


def a_clock_jumps(storm: Storm) -> str:
    if not storm.alive:
        return ""
    seat, seconds = storm.rng.choice(storm.alive), storm.rng.choice((-86_400, -20, 20, 86_400))
    seat.clock_off += seconds
    return f"the clock of {seat.name} jumps by {seconds} s"


def channels_break(storm: Storm) -> str:
    one, two = pair(storm)
    storm.table.lose_channels(one, two)
    return f"the channel between {one.name} and {two.name} breaks"


def a_link_breaks(storm: Storm) -> str:
    one, two = pair(storm)
    storm.table.lose_link(one, two)
    return f"the link between {one.name} and {two.name} breaks"


def two_are_parted(storm: Storm) -> str:
    one, two = pair(storm)
    if one is two:
        return ""
    storm.table.part(one, two)
    return f"the cable between {one.name} and {two.name} is cut"


def a_cable_is_pulled(storm: Storm) -> str:
    one, _ = pair(storm)
    for other in storm.everybody:
        if other is not one:
            storm.table.part(one, other)
    return f"{one.name} pulls the cable"


def the_network_falls_apart(storm: Storm) -> str:
    here = storm.rng.sample(storm.everybody, len(storm.everybody) // 2)
    for one in here:
        for two in storm.everybody:
            if two not in here:
                storm.table.part(one, two)
    return f"{' '.join(seat.name for seat in here)} are cut off from the others"


def the_network_heals(storm: Storm) -> str:
    if not storm.table.cut:
        return ""
    if storm.rng.random() < 0.5:
        storm.table.heal()
        return "every cable is mended"
    some = storm.rng.sample(storm.everybody, storm.rng.randrange(2, len(storm.everybody) + 1))
    storm.table.heal(*some)
    return f"cables between {' '.join(seat.name for seat in some)} are mended"


def the_weather_changes(storm: Storm) -> str:
    weather = storm.rng.randrange(len(WEATHERS))
    storm.table.delay, storm.table.loss = WEATHERS[weather]
    return f"weather {weather}"


def long_waiting(storm: Storm) -> str:
    seconds = storm.rng.uniform(3.0, 12.0)
    storm.pass_time(seconds)
    return ""


def pair(storm: Storm) -> tuple[Seat, Seat]:
    """Return two devices that sit there; they may be one."""
    seats = storm.alive or storm.everybody
    return storm.rng.choice(seats), storm.rng.choice(seats)


def a_guest(storm: Storm) -> Seat | None:
    """Return somebody who sits there and does not lead."""
    guests = [seat for seat in storm.alive if storm.roster(seat).leader != seat.dev]
    return storm.rng.choice(guests) if guests else None


def the_leader_is_cut_off(storm: Storm) -> str:
    leader = storm.leader
    if leader is None:
        return ""
    for other in storm.everybody:
        if other is not leader:
            storm.table.part(leader, other)
    return f"{leader.name}, who leads, pulls the cable"


def an_election_goes_on(storm: Storm) -> str:
    """So long that somebody stands, and not always so long that somebody leads."""
    storm.pass_time(storm.rng.uniform(10.0, 14.0))
    return ""


ORDINARY: dict[Happening, int] = {
    nothing: 6,
    long_waiting: 2,
    everybody_is_seen: 4,
    somebody_writes: 3,
    somebody_switches_a_device: 2,
    somebody_comes: 5,
    somebody_comes_back: 3,
    somebody_leaves: 1,
    somebody_crashes: 2,
    somebody_is_removed: 2,
    the_leader_crashes: 2,
    the_leader_leaves: 1,
    the_door_changes: 1,
    **MODERATION,
    a_clock_jumps: 1,
    channels_break: 2,
    a_link_breaks: 2,
    two_are_parted: 2,
    a_cable_is_pulled: 1,
    the_network_falls_apart: 1,
    the_network_heals: 3,
    the_weather_changes: 1,
}

RESTLESS: dict[Happening, int] = ORDINARY | {
    the_leader_crashes: 3,
    the_leader_leaves: 2,
    the_leader_is_cut_off: 8,
    an_election_goes_on: 8,
    the_network_falls_apart: 5,
    the_network_heals: 10,
    the_weather_changes: 3,
    somebody_comes_back: 8,
    **HARD_CASES,
}
