"""What a host tries who means harm: it signs whatever suits, and shows it to whom it suits.

Once it has shown two lists its own program falls silent, lest it give the lie away.
"""

from dataclasses import replace

from fakes.seat import Seat
from simulation.lies import Lie, another, roster_of, sign_of, told
from simulation.storm import Happening, Storm

from app.meeting.opening import Applicant
from app.meeting.seated import Seated
from crypto.blocks import Block
from crypto.epoch import GroupKeys
from crypto.messages import Gossip
from crypto.operations import Add, Operation, Rekey, Remove, RemoveReason
from crypto.roster import Roster, RosterError

WITHHELD_FOR = 6.0  # seconds


def shows_two_lists(storm: Storm, liar: Seat) -> str:
    """Each half is shown a list on which somebody of the other half is missing, or a new key."""
    others = [seat for seat in storm.alive if seat is not liar]
    storm.rng.shuffle(others)
    half = len(others) // 2
    halves = others[:half], others[half : len(others) - storm.rng.randrange(2)]
    for here, there in (halves, halves[::-1]):
        roster = roster_of(liar)
        for _ in range(storm.rng.randrange(1, 3)):
            operation: Operation = Rekey()
            if there and storm.rng.random() < 0.7 and roster.is_member(there[0].dev):
                operation = Remove(there[0].dev, RemoveReason.SILENT)
            block, roster = a_block(storm, liar, roster, operation)
            show(storm, liar, block, here)
    falls_silent(liar)
    names = [" ".join(seat.name for seat in part) for part in halves]
    return f"shows two lists: one to {names[0]}, one to {names[1]}"


def adds_a_ghost(storm: Storm, liar: Seat) -> str:
    """Somebody gets a seat, and only some are told."""
    others = [seat for seat in storm.alive if seat is not liar]
    told_of_it = storm.rng.sample(others, len(others) // 2)
    ghost = storm.newcomer()
    ghost.honest = False
    random, call_id = storm.table.rng.randbytes, roster_of(liar).call_id
    applicant = Applicant.create(ghost.identity, ghost.name, ((ghost.host, 47100),), random)
    request = applicant.request(call_id, random(16), random)
    try:
        block, roster = a_block(storm, liar, roster_of(liar), Add(request.encode()))
    except RosterError:
        storm.everybody.remove(ghost)
        return "has no room for a ghost"
    show(storm, liar, block, told_of_it)
    assert liar.meeting is not None
    seated = Seated(
        roster=roster,
        keys=GroupKeys(call_id, ghost.dev, applicant.call_key.sign, applicant.kem, random),
        dev=ghost.dev,
        join_id=request.join_id,
        sign=applicant.call_key.sign,
        call_secret=liar.meeting._me.call_secret,
        contacts=ghost.contacts,
    )
    storm.table.sits_down(ghost, seated)
    falls_silent(liar)
    return f"gives {ghost.name} a seat, of which only {' '.join(s.name for s in told_of_it)} hear"


def withholds_blocks(storm: Storm, liar: Seat) -> str:
    """Some get no blocks from the host for a while; others pass them on."""
    victims = storm.rng.sample(storm.alive, len(storm.alive) // 2)

    def withheld(seat: Seat, to: Seat, message: bytes) -> bool:
        return seat is liar and to in victims and message[:1] == bytes([Gossip.kind])

    storm.table.withheld = withheld
    storm.table.later(lambda: setattr(storm.table, "withheld", None), WITHHELD_FOR)
    return f"withholds blocks from {' '.join(seat.name for seat in victims)}"


def signs_what_no_rule_allows(storm: Storm, liar: Seat) -> str:
    """A block with a false hash, of an earlier time, with a request that was used, or nothing."""
    roster = roster_of(liar)
    newest = roster.recent[-1] if roster.recent else None
    if newest is None:
        return "has nothing to sign"
    adds = [op for block in roster.recent for op in block.operations if isinstance(op, Add)]
    used = storm.rng.choice(adds) if adds else Rekey()
    block = Block(
        call_id=roster.call_id,
        term=roster.term,
        epoch=roster.epoch + 1,
        prev=roster.eid,
        time_ms=roster.state.time_ms + 1,
        leader=liar.dev,
        operations=(Rekey(),),
        roster_hash=newest.roster_hash,
    )
    crafted = storm.rng.choice(
        (
            block,
            replace(block, time_ms=0),
            replace(block, operations=()),
            replace(block, operations=(used,)),
            replace(block, operations=(Remove(liar.dev),)),
            replace(block, prev=newest.prev),
            replace(block, term=roster.term + 1),
        )
    )
    shown = crafted.signed(roster.call_id, sign_of(liar)).encode()
    show(storm, liar, shown, [another(storm, liar)])
    return "signs a block that no rule allows"


def lets_a_used_request_in(storm: Storm, liar: Seat) -> str:
    """Somebody who left is seated again by the request of then, if the rules allow it."""
    roster = roster_of(liar)
    adds = [op for block in roster.recent for op in block.operations if isinstance(op, Add)]
    for used in adds:
        try:
            block, _ = a_block(storm, liar, roster, used)
        except RosterError:
            continue
        show(storm, liar, block, [seat for seat in storm.alive if seat is not liar])
        return "seats somebody by an old request"
    return "finds no old request that seats anybody"


def a_block(storm: Storm, liar: Seat, roster: Roster, operation: Operation) -> tuple[bytes, Roster]:
    """Return a block that the rules allow, and the list after it."""
    now_ms = roster.state.time_ms + storm.rng.randrange(1, 1000)
    return roster.propose((operation,), now_ms, sign_of(liar))


def show(storm: Storm, liar: Seat, block: bytes, whom: list[Seat]) -> None:
    """Show a block to some."""
    storm.log.trusting = False
    for channel, (seat, _) in list(liar.channels.items()):
        if seat in whom:
            storm.table.whisper(liar, channel, block)


def falls_silent(liar: Seat) -> None:
    """Let the liar's own program do nothing more."""
    assert liar.meeting is not None
    liar.meeting.step = lambda event, now: []  # type: ignore[method-assign]


def led(lie: Lie) -> Lie:
    """Let a lie be told only by who leads."""

    def tell(storm: Storm, liar: Seat) -> str:
        leads = roster_of(liar).leader == liar.dev
        return lie(storm, liar) if leads else "leads no more"

    tell.__name__ = lie.__name__
    return tell


HOST_LIES: dict[Happening, int] = {
    told(led(lie)): weight
    for lie, weight in {
        shows_two_lists: 2,
        adds_a_ghost: 2,
        withholds_blocks: 4,
        signs_what_no_rule_allows: 4,
        lets_a_used_request_in: 3,
    }.items()
}
