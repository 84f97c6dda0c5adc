"""What must become of a meeting once the network is healed, whatever happened before."""

from dataclasses import dataclass

from fakes.seat import Seat
from simulation.setting import FINE
from simulation.storm import Storm

from app.meeting.view import Power, Presence
from app.meeting.wishes import Remove, Say
from crypto.roster import Roster

HEALED = 5.0  # seconds until all is well again once the network is, if somebody leads
ELECTED = 20.0  # seconds until somebody leads, if the leader is lost and a majority is there
LEFT_BEHIND = 12.0  # seconds until those know who lost their seat behind a cut cable
STEP = 0.1
MOMENT = 0.5  # seconds for what was under way
LAST_WORDS = "Can you all hear me?"


@dataclass(frozen=True)
class Outcome:
    """How a meeting ended."""

    settled_after: float | None  # seconds from a healed network until all was well
    elected_after: float | None = None  # seconds until somebody led, where nobody did
    how: str = ""


def calm_down(storm: Storm) -> Outcome:
    """Heal the network; raise BrokenPromiseError unless all is well in time."""
    storm.trace.note("-- everything is mended")
    table = storm.table
    table.delay, table.loss = FINE
    table.poses.clear()
    table.heal()
    begun = table.now
    if not storm.alive:
        return Outcome(None, how="nobody is left")
    if storm.misled:
        storm.pass_time(HEALED)
        check_lies_came_out(storm)
        return Outcome(None, how="who leads lies, or did")
    elected = None
    if not is_led(storm):
        storm.pass_time(MOMENT)
    if not is_led(storm):
        if not has_majority(storm) and not is_there_who_leads(storm):
            return frozen(storm)
        while not is_led(storm):
            if table.now > begun + ELECTED:
                raise storm.broken(f"nobody leads after {ELECTED} s")
            storm.pass_time(STEP)
        elected = table.now - begun
        storm.trace.note(f"-- somebody leads after {elected:.1f} s")
        begun = table.now
    while not all_is_well(storm):
        if is_alarmed(storm):
            return Outcome(None, elected, "a member lies about its keys: nobody sends any more")
        if table.now > begun + HEALED:
            raise storm.broken(f"not all was well after {HEALED} s")
        storm.answer_knocks()
        put_out_the_absent(storm)
        storm.pass_time(STEP)
    settled = table.now - begun
    storm.trace.note(f"-- all is well after {settled:.1f} s")
    check_words_arrive(storm, [seat for seat in seated(storm) if seat.honest])
    while any(will_be_told(storm, seat) for seat in storm.alive):
        if table.now > begun + LEFT_BEHIND:
            raise storm.broken("somebody does not notice to be out")
        storm.pass_time(0.5)
    return Outcome(settled, elected)


def seated(storm: Storm) -> list[Seat]:
    """Return whoever runs and sits at the table of whoever leads."""
    leader = storm.leader
    return present(storm, storm.roster(leader)) if leader else []


def present(storm: Storm, roster: Roster) -> list[Seat]:
    """Return whoever runs, has a seat of a list, and can be reached by those who stand there.

    Who stands elsewhere and knows none of those who came since cannot be reached if those are
    gone whom all know, and who remember the blocks that it lacks.
    """
    there = [seat for seat in storm.alive if storm.roster(seat).eid == roster.eid]
    others = [seat for seat in storm.alive if seat not in there]
    found = there
    while found:
        found = [one for one in others if any(find_each_other(storm, one, two) for two in found)]
        there = there + found
        others = [seat for seat in others if seat not in found]
    return [seat for seat in there if has_seat(storm, roster, seat)]


def has_seat(storm: Storm, roster: Roster, seat: Seat) -> bool:
    """Tell whether a device's own seat is on a list: that very one, no earlier or later."""
    mine = storm.roster(seat).members[seat.dev]
    return roster.is_member(seat.dev) and roster.members[seat.dev].seat == mine.seat


def find_each_other(storm: Storm, one: Seat, two: Seat) -> bool:
    """Tell whether each of two has the other's seat on its list, or the second will show why."""
    here, there = storm.roster(one), storm.roster(two)
    if not has_seat(storm, there, one):
        return False
    shows = any(block.prev == here.eid for block in there.recent)
    return has_seat(storm, here, two) or shows


def will_be_told(storm: Storm, seat: Seat) -> bool:
    """Tell whether a device lost its seat, and somebody it knows remembers that it had one."""
    known = [other for other in seated(storm) if has_seat(storm, storm.roster(seat), other)]
    return seat not in seated(storm) and any(
        other.meeting is not None and other.meeting._table.departed.call_key(seat.dev)
        for other in known
    )


def is_led(storm: Storm) -> bool:
    """Tell whether somebody leads, and nobody thinks of anybody else."""
    leader = storm.leader
    if leader is None:
        return False
    roster = storm.roster(leader)
    return all(
        storm.place(seat) <= (roster.term, roster.epoch) and not is_in_doubt(storm, seat)
        for seat in present(storm, roster)
    )


def is_in_doubt(storm: Storm, seat: Seat) -> bool:
    """Tell whether a device is about to follow, or to be, another leader."""
    assert seat.meeting is not None
    return seat.meeting._table.election.is_open(storm.roster(seat))


def has_majority(storm: Storm) -> bool:
    """Tell whether more than half of those on the newest list are there."""
    if not storm.alive:
        return False
    newest = storm.roster(max(storm.alive, key=storm.place))
    return 2 * len(present(storm, newest)) > len(newest.members)


def is_there_who_leads(storm: Storm) -> bool:
    """Tell whether the newest list names somebody who runs, and may not know it yet."""
    if not storm.alive:
        return False
    newest = storm.roster(max(storm.alive, key=storm.place))
    return any(seat.dev == newest.leader for seat in storm.alive)


def put_out_the_absent(storm: Storm) -> None:
    """Let whoever leads remove those on the list who are not there any more."""
    leader = storm.leader
    if leader is None:
        return
    here = {seat.dev for seat in seated(storm)}
    for dev in storm.roster(leader).members:
        if dev not in here:
            storm.removed.add(dev)
            storm.table.wish(leader, Remove(dev))


def is_alarmed(storm: Storm) -> bool:
    """Tell whether somebody honest was told that the meeting is broken."""
    return any(storm.table.view(seat).alarm for seat in storm.honest)


def all_is_well(storm: Storm) -> bool:
    """Tell whether everybody sees, hears and reads the same."""
    if storm.leader is None or any(is_coming(seat) for seat in storm.everybody):
        return False
    devs = {seat.dev for seat in seated(storm)}
    seats = [seat for seat in seated(storm) if seat.honest]
    honest = {seat.dev for seat in seats}
    views = [storm.table.view(seat) for seat in seats]
    return (
        len({(view.epoch, view.code) for view in views}) == 1
        and (len(devs) == 1 or views[0].code is not None)
        and all({person.dev for person in view.people} == devs for view in views)
        and all(
            person.presence in (Presence.ME, Presence.CONNECTED)
            for view in views
            for person in view.people
            if person.dev in honest
        )
        and all(
            one.sealing in two.keys and any(other is two for other, _ in one.channels.values())
            for one in seats
            for two in seats
            if one is not two
        )
    )


def is_coming(seat: Seat) -> bool:
    """Tell whether somebody stands at the door."""
    return seat.meeting is None and not seat.dead and not seat.ended


def check_words_arrive(storm: Storm, seats: list[Seat]) -> None:
    """Whatever anybody says now is read by everybody."""
    speaker = storm.rng.choice(seats)
    if Power.CHAT not in storm.table.view(speaker).powers:
        return
    storm.table.wish(speaker, Say(LAST_WORDS))
    storm.pass_time(1.0)
    for seat in seats:
        if not any(line.text == LAST_WORDS for line in storm.table.view(seat).chat):
            raise storm.broken(f"{seat.name} does not read what {speaker.name} writes")


def frozen(storm: Storm) -> Outcome:
    """Without a majority nobody comes or goes, it is said, and media goes on.

    Two who stand apart and never met cannot recognise each other without a third. Who voted for
    another takes no more blocks of a leader before, and waits for the next one.
    """
    storm.pass_time(ELECTED)
    if not storm.alive:
        return Outcome(None, how="nobody is left")
    newest = storm.roster(max(storm.alive, key=storm.place))
    here = present(storm, newest)
    for one in here:
        view = storm.table.view(one)
        led = any(seat.dev == storm.roster(one).leader for seat in storm.alive)
        if not (view.frozen or view.electing or led):
            raise storm.broken(f"{one.name} does not see that nobody leads")
        for person in view.people:
            two = next((seat for seat in here if seat.dev == person.dev), None)
            if two is None or two is one or not storm.roster(two).is_member(one.dev):
                continue
            same = storm.roster(one).eid == storm.roster(two).eid
            if not same and waits_for_a_leader(storm, one, two):
                continue
            if not same or person.presence is not Presence.CONNECTED:
                raise storm.broken(f"{one.name} does not hear {two.name}")
    return Outcome(None, how="no majority: frozen")


def waits_for_a_leader(storm: Storm, one: Seat, two: Seat) -> bool:
    """Tell whether of two the one who is behind has voted in a later term than that log's."""
    behind, ahead = sorted((one, two), key=storm.place)
    assert behind.meeting is not None
    return behind.meeting._table.election.floor > storm.roster(ahead).term


def check_lies_came_out(storm: Storm) -> None:
    """Of two who are members to each other, nobody stands elsewhere at the same place."""
    for one in storm.honest:
        for two in storm.honest:
            here, there = storm.roster(one), storm.roster(two)
            together = here.is_member(two.dev) and there.is_member(one.dev)
            if together and storm.place(one) == storm.place(two) and here.eid != there.eid:
                raise storm.broken(f"{one.name} and {two.name} do not notice who lies")
