"""The product with one rule taken away: a simulation that does not notice is too tame."""

import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import ModuleType
from unittest.mock import patch

from app.meeting import election
from app.meeting.assembly import Assembly
from app.meeting.election import Election
from app.meeting.epochs import Epochs
from app.meeting.hosting import Hosting
from app.meeting.moderation import Moderation
from crypto import rights, rules, votes
from crypto.epoch import GroupKeys
from crypto.membership import State
from crypto.roster import Roster
from crypto.sframe import ReplayWindow


@dataclass(frozen=True)
class Weakness:
    """Some lines of one function, and what stands there instead."""

    owner: type | ModuleType
    function: str
    lines: str
    instead: str

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Put the weakened function in place until the end of the `with` block."""
        with patch.object(self.owner, self.function, self._weakened()):
            yield

    def _weakened(self) -> Callable[..., object]:
        function = inspect.getattr_static(self.owner, self.function)
        source = textwrap.dedent(inspect.getsource(function))
        assert source.count(self.lines) == 1, f"{self.function} reads otherwise now: {self.lines}"
        weak = source.replace(self.lines, self.instead)
        space = dict(vars(sys.modules[function.__module__]))
        exec(compile(weak, f"weakened {self.function}", "exec"), space)
        made = space[self.function]
        assert callable(made)
        return made


RULES: dict[str, tuple[Weakness, ...]] = {
    "a key belongs to one place in the log": (
        Weakness(GroupKeys, "_is_current", "message.eid == self._now.eid", "True"),
    ),
    "after a removal the very next frame has a new key": (
        Weakness(GroupKeys, "enter", "at_once=removal or bool(gone)", "at_once=False"),
    ),
    "who sees two lists stops and shows them": (
        Weakness(Assembly, "accept", "self.accuse(error.evidence)", "pass"),
    ),
    "blocks are passed on, and shown to who lags": (
        Weakness(
            Assembly,
            "turn",
            "self.gossip.pass_on(",
            "source == self.me.dev and self.gossip.pass_on(",
        ),
        Weakness(Epochs, "compare", "if not report.same:", "if False:"),
    ),
    "a block does what it says": (
        Weakness(Roster, "followed_by", "if state.roster_hash != block.roster_hash:", "if False:"),
    ),
    "a request seats somebody once": (
        Weakness(rules, "_add", "if used in state.used:", "if False:"),
    ),
    "who was removed does not come back": (
        Weakness(rules, "_add", "if dev in state.removed:", "if False:"),
        Weakness(Hosting, "_barred", "if dev in roster.removed:", "if False:"),
    ),
    "a number rests before another gets it": (
        Weakness(State, "free_slot", "if epoch - freed < SLOT_REST", "if False"),
    ),
    "only who may remove others removes": (
        Weakness(rights, "may_to", "role >= LEAST[right] and target < role", "True"),
        Weakness(rules, "_obey", "_permit(member.role >= Role.CO_HOST)", "pass"),
        Weakness(Moderation, "obey", "role is not Role.CO_HOST:", "role is None:"),
    ),
    "one vote a term": (Weakness(Election, "hear", " or vote.term <= self.floor", ""),),
    "who voted takes no block of an earlier term": (
        Weakness(Assembly, "accept", "self.election.floor", "0"),
    ),
    "nobody votes for a log that is behind": (
        Weakness(Election, "_may_lead", "if theirs < mine or (", "if False and ("),
    ),
    "more than half must vote": (
        Weakness(votes, "is_majority", "votes * 2 > members", "votes * 2 >= members"),
        Weakness(election, "is_majority", "votes * 2 > members", "votes * 2 >= members"),
    ),
    "a frame is heard once": (Weakness(ReplayWindow, "accepts", "return ", "return True or "),),
    "a secret fits its commitment": (
        Weakness(GroupKeys, "take_box", "not sodium.equal(commitment, ack.commitment)", "False"),
    ),
    "nobody switches on another's microphone": (
        Weakness(
            Moderation, "hear", "self.asked_by = member.name", "talk.use_devices(True, False)"
        ),
    ),
}
"""What the simulation must notice, by the rule that is taken away."""


@contextmanager
def without(rule: str) -> Iterator[None]:
    """Play with a product that does not keep one rule."""
    with ExitStack() as stack:
        for weakness in RULES[rule]:
            stack.enter_context(weakness.applied())
        yield
