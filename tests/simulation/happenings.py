"""What people and their computers do in a meeting, and what befalls the network; nobody lies."""

from fakes.seat import Seat
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
MAY_RETURN = ("left", "host_lost", "refused", "locked", "full", "removed", "unreachable")


def nothing(storm: Storm) -> str:
    return ""


def somebody_comes(storm: Storm) -> str:
    if len(storm.everybody) >= min(MOST, 2 * storm.setting.people + 2) or not storm.host.sits:
        return ""
    seat = storm.newcomer()
    storm.table.knocks(seat, storm.host)
    return f"{seat.name} comes"


def somebody_comes_back(storm: Storm) -> str:
    gone = [s for s in storm.everybody if s.dead or s.ended in MAY_RETURN]
    gone = [seat for seat in gone if seat is not storm.host]
    if not gone or not storm.host.sits:
        return ""
    seat = storm.rng.choice(gone)
    storm.table.knocks_again(seat, storm.host)
    return f"{seat.name} comes back"


def somebody_leaves(storm: Storm) -> str:
    if not storm.guests:
        return ""
    seat = storm.rng.choice(storm.guests)
    storm.table.wish(seat, Leave())
    return f"{seat.name} leaves"


def somebody_crashes(storm: Storm) -> str:
    if not storm.guests:
        return ""
    seat = storm.rng.choice(storm.guests)
    storm.table.kill(seat)
    return f"the program of {seat.name} dies"


def somebody_is_removed(storm: Storm) -> str:
    members = [s for s in storm.guests if storm.host.sits and in_sight(storm, s)]
    if not members:
        return ""
    seat = storm.rng.choice(members)
    storm.removed.add(seat.dev)
    storm.table.wish(storm.host, Remove(seat.dev))
    return f"{storm.host.name} removes {seat.name}"


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
    wish = storm.rng.choice((SetMicrophone, SetCamera))
    storm.table.wish(seat, wish(on))
    return f"{seat.name}: {wish.__name__} {on}"


def the_door_changes(storm: Storm) -> str:
    if not storm.host.sits:
        return ""
    wish, on = storm.rng.choice((SetLobby, SetLocked)), storm.rng.random() < 0.4
    storm.table.wish(storm.host, wish(on))
    return f"{storm.host.name}: {wish.__name__} {on}"


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
    storm.table.heal()
    return "every cable is mended"


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


def in_sight(storm: Storm, seat: Seat) -> bool:
    """Tell whether the host has somebody on the list."""
    return storm.roster(storm.host).is_member(seat.dev)


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
    the_door_changes: 1,
    a_clock_jumps: 1,
    channels_break: 2,
    a_link_breaks: 2,
    two_are_parted: 2,
    a_cable_is_pulled: 1,
    the_network_falls_apart: 1,
    the_network_heals: 3,
    the_weather_changes: 1,
}
