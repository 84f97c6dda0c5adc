"""What people with a role do to others and to the whole meeting; only what their screen offers."""

from simulation.storm import Happening, Storm

from app.meeting.view import Act, Person, Power, Role
from app.meeting.wishes import (
    AnswerAsk,
    AskToUnmute,
    HandOver,
    LowerHand,
    Mute,
    MuteAll,
    RaiseHand,
    Remove,
    SetChat,
    SetChatForAll,
    SetLobby,
    SetLocked,
    SetRole,
    SetSharingForAll,
    StopSharing,
    Wish,
)

GIVEN = (Role.GUEST, Role.PARTICIPANT, Role.PRESENTER, Role.CO_HOST, Role.CO_HOST)


def somebody_moderates(storm: Storm) -> str:
    """Somebody does to another what the screen offers."""
    offered = [
        (seat, person, act)
        for seat in storm.alive
        for person in storm.table.view(seat).people
        for act in sorted(person.may, key=lambda act: act.value)
    ]
    if not offered:
        return ""
    seat, person, act = storm.rng.choice(offered)
    if act is Act.REMOVE:
        storm.removed.add(person.dev)
    storm.table.wish(seat, _done_to(storm, person, act))
    return f"{seat.name}: {act.value} {person.name}"


def somebody_gets_a_role(storm: Storm) -> str:
    leader = storm.leader
    if leader is None:
        return ""
    person = storm.rng.choice(storm.table.view(leader).people)
    role = storm.rng.choice(GIVEN)
    storm.table.wish(leader, SetRole(person.dev, role))
    return f"{leader.name} makes {person.name} a {role.value}"


def somebody_uses_a_power(storm: Storm) -> str:
    """Somebody changes what holds for all, as the screen offers."""
    changes: dict[Power, type[SetLobby | SetLocked | SetChatForAll | SetSharingForAll]] = {
        Power.SET_LOBBY: SetLobby,
        Power.LOCK: SetLocked,
        Power.SET_CHAT: SetChatForAll,
        Power.SET_SHARING: SetSharingForAll,
    }
    able = [seat for seat in storm.alive if changes.keys() & storm.table.view(seat).powers]
    if not able:
        return ""
    seat, on = storm.rng.choice(able), storm.rng.random() < 0.5
    held = sorted(changes.keys() & storm.table.view(seat).powers, key=lambda power: power.value)
    change = changes[storm.rng.choice(held)]
    storm.table.wish(seat, change(on))
    return f"{seat.name}: {change.__name__} {on}"


def everybody_is_muted(storm: Storm) -> str:
    able = [seat for seat in storm.alive if Power.MUTE_ALL in storm.table.view(seat).powers]
    if not able:
        return ""
    seat = storm.rng.choice(able)
    storm.table.wish(seat, MuteAll())
    return f"{seat.name} mutes everybody"


def somebody_is_asked(storm: Storm) -> str:
    """Whoever was asked to speak says yes or no; whoever was not raises a hand."""
    asked = [seat for seat in storm.alive if storm.table.view(seat).asked_by]
    if not asked:
        seat, up = storm.rng.choice(storm.alive or storm.everybody), storm.rng.random() < 0.5
        storm.table.wish(seat, RaiseHand(up))
        return f"{seat.name}: hand {'up' if up else 'down'}"
    seat, yes = storm.rng.choice(asked), storm.rng.random() < 0.5
    if yes:
        storm.promises.consents[seat.dev].add("microphone")
    storm.table.wish(seat, AnswerAsk(yes))
    return f"{seat.name} is asked to speak and says {'yes' if yes else 'no'}"


def _done_to(storm: Storm, person: Person, act: Act) -> Wish:
    match act:
        case Act.MUTE:
            return Mute(person.dev)
        case Act.ASK_TO_UNMUTE:
            return AskToUnmute(person.dev)
        case Act.STOP_SHARING:
            return StopSharing(person.dev)
        case Act.LOWER_HAND:
            return LowerHand(person.dev)
        case Act.SET_CHAT:
            return SetChat(person.dev, storm.rng.random() < 0.5)
        case Act.REMOVE:
            return Remove(person.dev)
        case Act.SET_ROLE:
            return SetRole(person.dev, storm.rng.choice(GIVEN))
        case Act.HAND_OVER:
            return HandOver(person.dev)


MODERATION: dict[Happening, int] = {
    somebody_moderates: 4,
    somebody_gets_a_role: 2,
    somebody_uses_a_power: 2,
    everybody_is_muted: 1,
    somebody_is_asked: 2,
}
