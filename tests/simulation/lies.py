"""What a member tries who means harm: it sits at the table, and its program says what suits."""

from collections.abc import Callable

from fakes.seat import Seat
from fakes.tricks import flipped
from simulation.storm import Happening, Storm

from app.meeting.events import Answered, Reached
from crypto import hpke
from crypto.calling import Caller
from crypto.envelope import SignedMessage
from crypto.exchange import box_info, nonce_commitment, secret_commitment
from crypto.hpke import KemPair
from crypto.messages import (
    Ack,
    Ask,
    ContactHalf,
    Denied,
    DenyReason,
    Favour,
    KeyBox,
    MemberAuth,
    Order,
    SasReveal,
    Signal,
    SignalKind,
    SignedLeave,
    Sync,
    Verdict,
    Vote,
)
from crypto.operations import Rekey, Remove, Role
from crypto.roster import Roster, RosterError

FLOOD = 150  # messages at once
POSED_FOR = 3.0  # seconds that somebody else answers where a member is dialled

Lie = Callable[[Storm, Seat], str]


def told(lie: Lie) -> Happening:
    """Let the liar tell a lie, if it is there."""

    def tell(storm: Storm) -> str:
        liar = storm.liar
        if liar is None or not liar.sits or liar.meeting is None:
            return ""
        return f"{liar.name} {lie(storm, liar)}"

    tell.__name__ = lie.__name__
    return tell


# -- whatever bytes -------------------------------------------------------------------------------


def says_nonsense(storm: Storm, liar: Seat) -> str:
    say(storm, liar, storm.rng.randbytes(storm.rng.randrange(400)))
    return "says nonsense"


def garbles(storm: Storm, liar: Seat) -> str:
    if storm.table.said:
        say(storm, liar, mutated(storm.rng.choice(storm.table.said)[2], storm))
    return "repeats something, not quite as it was"


def repeats(storm: Storm, liar: Seat) -> str:
    if storm.table.said:
        _, _, message = storm.rng.choice(storm.table.said)
        for channel in list(liar.channels):
            storm.table.whisper(liar, channel, message)
    return "repeats to everybody what was said once"


def floods(storm: Storm, liar: Seat) -> str:
    """Say so much for epochs that nobody knows that others must hold or drop it."""
    victim = a_channel(storm, liar)
    for _ in range(FLOOD if victim else 0):
        eid = storm.rng.randbytes(32)
        storm.table.whisper(liar, victim, an_ack(storm, liar, eid, 1).encode())
    return "floods somebody"


# -- about keys -----------------------------------------------------------------------------------


def forges_an_ack(storm: Storm, liar: Seat) -> str:
    """An ack of somebody else, signed by the liar's key."""
    other = another(storm, liar)
    ack = an_ack(storm, liar, roster_of(liar).eid, 1000, dev=other.dev)
    say(storm, liar, ack.encode())
    return f"forges an ack of {other.name}"


def offers_a_bad_key(storm: Storm, liar: Seat) -> str:
    """An ack whose KEM key nobody can seal to."""
    ack = an_ack(storm, liar, roster_of(liar).eid, 2000, kem=bytes(hpke.PUBLIC_BYTES))
    say(storm, liar, ack.encode())
    return "offers a key that is none"


def contradicts_itself(storm: Storm, liar: Seat) -> str:
    """A second ack for one epoch, with another commitment to the code."""
    if storm.rng.random() < 0.8:  # it ends all talk, and then little is left to see
        return "holds its tongue"
    say(storm, liar, an_ack(storm, liar, roster_of(liar).eid, 3000).encode())
    return "says two things about its key"


def plans_false_keys(storm: Storm, liar: Seat) -> str:
    """Boxes with a secret that nobody committed to, in others' names, before their own boxes."""

    def strike() -> None:
        if not liar.sits:
            return
        for to in storm.alive:
            for sender in storm.alive:
                if liar is not to is not sender:
                    say(storm, liar, a_false_box(storm, liar, sender, to), to)

    storm.ambush.plans.append(strike)
    return "will send false keys as soon as the list changes"


def a_false_box(storm: Storm, liar: Seat, sender: Seat, to: Seat) -> bytes:
    """Return a box that opens, for the next key of its sender, with a secret that is not it."""
    roster, owners = roster_of(liar), storm.promises.owners
    public = next((key for key, devs in reversed(owners.items()) if to.dev in devs), b"")
    if not public or sender.sealing is None:
        return b""
    generation = sender.sealing[2] + 1
    info = box_info(roster.call_id, roster.eid, sender.dev, to.dev, generation)
    return KeyBox(
        eid=roster.eid,
        sender=sender.dev,
        to=to.dev,
        generation=generation,
        kem_id=hpke.kem_id(public),
        sealed=hpke.seal(public, info, bytes(32)),
    ).encode()


def reveals_another_nonce(storm: Storm, liar: Seat) -> str:
    other = another(storm, liar)
    reveal = SasReveal(eid=roster_of(liar).eid, dev=other.dev, nonce=bytes(32))
    say(storm, liar, signed(liar, reveal))
    return f"reveals a nonce of {other.name}"


def lacks_everything(storm: Storm, liar: Seat) -> str:
    """A Sync that makes others send everything again, or shows an epoch that is not theirs."""
    roster = roster_of(liar)
    eid = storm.rng.choice((roster.eid, storm.rng.randbytes(32)))
    sync = Sync(eid=eid, term=0, epoch=0, acks=0, keys=0, reveals=0, digest=bytes(32))
    for channel in list(liar.channels):
        storm.table.whisper(liar, channel, sync.encode())
    return "says that it lacks everything"


def gives_keys_away(storm: Storm, liar: Seat) -> str:
    """Whatever boxes were on their way, handed to somebody outside."""
    stranger = storm.table.stranger("a stranger")
    victim = another(storm, liar)
    channel, _ = storm.table.reach_out(stranger, victim)
    for _, _, message in list(storm.table.said):
        if message[:1] == bytes([KeyBox.kind]):
            storm.table.whisper(stranger, channel, message)
    return f"lets a stranger say to {victim.name} what was said of keys"


# -- about the log --------------------------------------------------------------------------------


def signs_a_block(storm: Storm, liar: Seat) -> str:
    """A block as only the leader may make it."""
    roster = roster_of(liar)
    storm.log.trusting = storm.log.trusting and roster.leader != liar.dev
    target = another(storm, liar)
    operation = storm.rng.choice((Rekey(), Remove(target.dev)))
    try:
        block, _ = roster.propose((operation,), roster.state.time_ms + 1, sign_of(liar))
    except RosterError:
        block = re_signed(roster, liar)
    for channel in list(liar.channels):
        storm.table.whisper(liar, channel, block)
    return "makes a block"


def says_goodbye_for_another(storm: Storm, liar: Seat) -> str:
    other = another(storm, liar)
    leave = SignedLeave(dev=other.dev, join_id=storm.rng.randbytes(16))
    say(storm, liar, signed(liar, leave))
    return f"says goodbye for {other.name}"


def sends_somebody_away(storm: Storm, liar: Seat) -> str:
    other = another(storm, liar)
    say(storm, liar, Denied(reason=storm.rng.choice(list(DenyReason))).encode(), other)
    return f"sends {other.name} away"


def votes(storm: Storm, liar: Seat) -> str:
    """A vote for whomever, in whatever term, perhaps in somebody else's name."""
    roster = roster_of(liar)
    voter, candidate = storm.rng.choice((liar, another(storm, liar))), another(storm, liar)
    for _ in range(storm.rng.randrange(1, 3)):
        vote = Vote(
            dev=voter.dev,
            term=roster.term + storm.rng.randrange(1, 20),
            candidate=storm.rng.choice((candidate.dev, liar.dev)),
            last_term=roster.term,
            last_epoch=roster.epoch + storm.rng.randrange(2),
            last_eid=roster.eid,
        )
        for channel in list(liar.channels):
            storm.table.whisper(liar, channel, signed(liar, vote))
    storm.log.trusting = False
    return f"votes, as {voter.name}"


def gives_orders(storm: Storm, liar: Seat) -> str:
    """An order that only a co-host may give."""
    other, roster = another(storm, liar), roster_of(liar)
    number = roster.members[liar.dev].last_order + 1
    order = Order(dev=liar.dev, number=number, operation=Remove(other.dev))
    if roster.members[liar.dev].role >= Role.CO_HOST:
        storm.removed.add(other.dev)  # it may do that
    for channel in list(liar.channels):
        storm.table.whisper(liar, channel, signed(liar, order))
    return f"orders that {other.name} be removed"


def asks_favours(storm: Storm, liar: Seat) -> str:
    for what in Favour:
        say(storm, liar, Ask(what=what).encode())
    say(storm, liar, Verdict(join_id=storm.rng.randbytes(16), admit=True).encode())
    say(storm, liar, ContactHalf(half=bytes(32)).encode())
    return "asks for favours"


# -- as somebody else -----------------------------------------------------------------------------


def signals_for_another(storm: Storm, liar: Seat) -> str:
    sender, to = another(storm, liar), another(storm, liar)
    signal = Signal(
        eid=roster_of(liar).eid,
        sender=sender.dev,
        to=to.dev,
        link_id=99,
        sequence=0,
        signal=SignalKind.OFFER,
        payload=b"mine",
    )
    say(storm, liar, signed(liar, signal), to)
    return f"offers {to.name} a link in the name of {sender.name}"


def poses_as_a_member(storm: Storm, liar: Seat) -> str:
    """Dial somebody and claim to be somebody else, with the secret that all members know."""
    assert liar.meeting is not None
    victim, other = another(storm, liar), another(storm, liar)
    me = liar.meeting._me
    channel, exporter = storm.table.reach_out(liar, victim)
    caller = Caller(me.call_secret, exporter, storm.rng.randbytes)
    storm.table.whisper(liar, channel, caller.hello())
    storm.table.run(0.1)  # whatever the answer: the transcript is not needed to be wrong
    proof = MemberAuth.create(me.roster.call_id, other.dev, me.roster.eid, bytes(32), me.sign)
    storm.table.whisper(liar, channel, proof.encode())
    for channel, (seat, _) in list(liar.channels.items()):
        if seat is victim and storm.table.said:
            storm.table.whisper(liar, channel, storm.rng.choice(storm.table.said)[2])
    return f"tells {victim.name} to be {other.name}"


def answers_for_another(storm: Storm, liar: Seat) -> str:
    other = another(storm, liar)
    storm.table.poses[other.dev] = liar
    storm.table.later(lambda: storm.table.poses.pop(other.dev, None), POSED_FOR)
    for seat in storm.alive:
        storm.table.lose_channels(seat, other)
    return f"answers where {other.name} is dialled"


def stands_in_the_middle(storm: Storm, liar: Seat) -> str:
    """Two channels, and every word passed on: their exporter values differ."""
    one, two = another(storm, liar), another(storm, liar)
    between = storm.table.stranger("somebody between")
    mine, mine_value = storm.table.rng.randbytes(32), storm.table.rng.randbytes(32)
    near, _ = storm.table.connect(one, between)
    far, theirs = storm.table.connect(between, two)
    del mine
    storm.table.later(lambda: storm.table.event(one, Reached(near, mine_value, two.dev)))
    storm.table.later(lambda: storm.table.event(two, Answered(theirs, bytes(32))))
    storm.table.run(0.1)
    for seat, _, message in list(storm.table.said)[-5:]:
        if seat is one:
            storm.table.whisper(between, far, message)
    return f"lets somebody stand between {one.name} and {two.name}"


# -- on the links ---------------------------------------------------------------------------------


def plays_others_frames(storm: Storm, liar: Seat) -> str:
    """Frames of others, and old ones of its own, over its own links, as sound, picture or chat."""
    heard = list(storm.promises.frames)
    for sealed in storm.rng.sample(heard, min(5, len(heard))):
        storm.table.inject(liar, storm.rng.choice((0, 1, 8, 9)), sealed)
        storm.table.inject(
            liar, storm.rng.choice((0, 1, 8, 9)), flipped(sealed, storm.rng.randrange(99))
        )
    return "plays frames again"


# -- what they are made of ------------------------------------------------------------------------


def sign_of(seat: Seat) -> Callable[[bytes], bytes]:
    assert seat.meeting is not None
    return seat.meeting._me.sign


def roster_of(seat: Seat) -> Roster:
    assert seat.meeting is not None
    return seat.meeting.roster


def signed(seat: Seat, message: SignedMessage) -> bytes:
    """Return a message with the liar's own signature, whatever it says."""
    return message.signed(roster_of(seat).call_id, sign_of(seat)).encode()


def another(storm: Storm, liar: Seat) -> Seat:
    """Return somebody else who sits there; the liar if nobody does."""
    others = [seat for seat in storm.alive if seat is not liar]
    return storm.rng.choice(others) if others else liar


def a_channel(storm: Storm, liar: Seat, to: Seat | None = None) -> int:
    """Return one of the liar's channels, to somebody in particular if possible; 0 for none."""
    channels = [c for c, (seat, _) in liar.channels.items() if to in (None, seat)]
    return storm.rng.choice(channels) if channels else 0


def say(storm: Storm, liar: Seat, message: bytes, to: Seat | None = None) -> None:
    """Say something to somebody, or to anybody."""
    if message:
        storm.table.whisper(liar, a_channel(storm, liar, to), message)


def an_ack(
    storm: Storm,
    liar: Seat,
    eid: bytes,
    generation: int,
    *,
    dev: bytes = b"",
    kem: bytes = b"",
) -> Ack:
    """Return an ack that the liar signed."""
    call_id, dev, secret = roster_of(liar).call_id, dev or liar.dev, storm.rng.randbytes(32)
    return Ack(
        eid=eid,
        dev=dev,
        generation=generation,
        commitment=secret_commitment(call_id, eid, dev, generation, secret),
        next_kem=kem or KemPair(storm.rng.randbytes(32)).public,
        sas_commitment=nonce_commitment(eid, dev, storm.rng.randbytes(32)),
    ).signed(call_id, sign_of(liar))


def re_signed(roster: Roster, liar: Seat) -> bytes:
    """Return the newest block with the liar's signature in place of the leader's."""
    if not roster.recent:
        return b""
    return signed(liar, roster.recent[-1])


def mutated(message: bytes, storm: Storm) -> bytes:
    """Return a message with a few bytes changed, added or cut off."""
    rng, data = storm.rng, bytearray(message)
    for _ in range(rng.randrange(1, 4)):
        match rng.randrange(4):
            case 0 if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
            case 1:
                del data[rng.randrange(len(data) + 1) :]
            case 2:
                data += rng.randbytes(rng.randrange(20))
            case 3 if data:
                data[0] = rng.randrange(64)
    return bytes(data)


LIES: dict[Happening, int] = {
    told(lie): weight
    for lie, weight in {
        says_nonsense: 1,
        garbles: 3,
        repeats: 3,
        floods: 1,
        forges_an_ack: 2,
        offers_a_bad_key: 1,
        contradicts_itself: 1,
        plans_false_keys: 4,
        reveals_another_nonce: 2,
        lacks_everything: 2,
        gives_keys_away: 1,
        signs_a_block: 2,
        says_goodbye_for_another: 2,
        sends_somebody_away: 2,
        votes: 2,
        gives_orders: 2,
        asks_favours: 1,
        signals_for_another: 2,
        poses_as_a_member: 2,
        answers_for_another: 1,
        stands_in_the_middle: 1,
        plays_others_frames: 3,
    }.items()
}
