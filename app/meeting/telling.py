"""What people are told when the log grows: who came to do what, and which rules hold now."""

from collections.abc import Iterable

from app.meeting.notices import Notices
from crypto.blocks import Block
from crypto.messages import Order
from crypto.operations import Ordered
from crypto.policy import Policy, PolicyFlag
from crypto.requests import Orderable
from crypto.roster import Roster

POLICIES = {
    PolicyFlag.LOBBY: ("lobby_on", "lobby_off"),
    PolicyFlag.LOCKED: ("locked", "unlocked"),
    PolicyFlag.CHAT_OFF: ("chat_off_all", "chat_on_all"),
    PolicyFlag.PRESENTERS_SHARE: ("sharing_presenters", "sharing_all"),
}
"""What is said when a rule begins to hold, and when it ends."""


def orders(blocks: Iterable[Block], before: Roster) -> list[tuple[str, Orderable]]:
    """Return what co-hosts had the leader do, each with the co-host's name."""
    given: list[tuple[str, Orderable]] = []
    for block in blocks:
        for operation in block.operations:
            if isinstance(operation, Ordered):
                order = Order.parse(operation.order)
                member = before.members.get(order.dev)
                given.append((member.name if member else "", order.operation))
    return given


def tell(
    notices: Notices,
    before: Roster,
    after: Roster,
    given: Iterable[tuple[str, Orderable]],
    me: bytes,
) -> None:
    """Say what changed between two rosters, except for who came and went."""
    _tell_lead(notices, before, after, me)
    _tell_roles(notices, before, after)
    _tell_policy(notices, before.policy, after.policy)
    could, can = before.members.get(me), after.members.get(me)
    if could and can and could.chat_allowed != can.chat_allowed:
        by = next((name for name, what in given if getattr(what, "dev", b"") == me), "")
        kind = "chat_on_by" if can.chat_allowed else "chat_off_by"
        notices.add(kind, by=by or _leader_name(before))


def _tell_lead(notices: Notices, before: Roster, after: Roster, me: bytes) -> None:
    if before.leader == after.leader:
        return
    if after.leader == me:
        notices.add("you_host")
    else:
        notices.add("new_host", _leader_name(after))
    if me in (before.leader, after.leader):
        notices.add("old_links_end")


def _tell_roles(notices: Notices, before: Roster, after: Roster) -> None:
    leaders = {before.leader, after.leader}  # theirs is told already, or goes without saying
    for dev, member in after.members.items():
        old = before.members.get(dev)
        changed = old is not None and old.seat == member.seat and old.role != member.role
        if changed and not (dev in leaders and before.leader != after.leader):
            notices.add(f"role_{member.role.name.lower()}", member.name)


def _tell_policy(notices: Notices, before: Policy, after: Policy) -> None:
    for flag, (on, off) in POLICIES.items():
        if (flag in before.flags) != (flag in after.flags):
            notices.add(on if flag in after.flags else off)


def _leader_name(roster: Roster) -> str:
    leader = roster.members.get(roster.leader)
    return leader.name if leader else ""
