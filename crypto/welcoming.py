"""What a newcomer checks of the roster that its host hands over at the door."""

from crypto import rules
from crypto.blocks import Genesis
from crypto.errors import MalformedError
from crypto.joining import Welcome, used_join_id
from crypto.leading import Leader
from crypto.membership import Member, State
from crypto.operations import Role
from crypto.refusal import RosterError


def checked_state(welcome: Welcome, genesis: Genesis, leader: Leader) -> State:
    """Return the roster before the newcomer's own block; RosterError if it cannot be true.

    `genesis` and `leader` are those that the handshake authenticated. The newcomer believes this
    leader about who is in; a device that only says to lead leads it to a list nobody else has,
    where it hears nobody and is heard by nobody.
    """
    if welcome.genesis != genesis.encode():
        raise RosterError("welcome", "welcome is for another meeting")
    try:
        state = State.parse(welcome.state)
    except MalformedError as error:
        raise RosterError("malformed", str(error)) from error
    _check_leader(state, genesis, leader)
    devs = {member.dev for member in state.members}
    call_keys = {member.call_key for member in state.members}
    if not len(devs) == len(call_keys) == len(state.members) or state.removed & devs:
        raise RosterError("welcome", "state seats somebody twice or who was removed")
    for member in state.members:
        _check_member(member, state, genesis)
    return state


def _check_leader(state: State, genesis: Genesis, leader: Leader) -> None:
    if state.leader != leader.dev or state.ended:
        raise RosterError("welcome", "state has another leader, or is over")
    seat = state.member(leader.dev)
    if seat is None:
        if state.epoch or leader != Leader.founder(genesis):
            raise RosterError("welcome", "state does not seat its leader")
    elif seat.call_key != leader.call_key:
        raise RosterError("welcome", "state gives the leader another call key")


def _check_member(member: Member, state: State, genesis: Genesis) -> None:
    rules.checked_request(member.request.encode(), genesis.call_id)
    if (member.role is Role.HOST) != (member.dev == state.leader):
        raise RosterError("welcome", "state has a host who does not lead")
    if not 0 < member.joined_epoch <= state.epoch:
        raise RosterError("welcome", "state seats somebody in an epoch that cannot be")
    if used_join_id(genesis.call_id, member.request.join_id) not in state.used:
        raise RosterError("welcome", "state forgets a join")
