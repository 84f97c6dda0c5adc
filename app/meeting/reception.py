"""Who waits in the lobby, for every co-host to see and to decide: the leader acts on it."""

from app.meeting.assembly import Assembly
from app.meeting.leading import Lead
from app.meeting.member import Member
from app.meeting.view import Knock
from crypto import rights
from crypto.identity import device_id
from crypto.messages import LobbyNews, Verdict
from crypto.operations import Role
from crypto.requests import Visitor
from crypto.rights import Right


class Reception:
    """The lobby as each device sees it: its own where it leads, news of it where it helps."""

    def __init__(self, table: Assembly, lead: Lead) -> None:
        self._table = table
        self._lead = lead
        self._news: tuple[Visitor, ...] = ()
        self._source = b""  # the leader that told them
        self._told: tuple[object, ...] = ()
        self.refused = 0  # verdicts of members who may not decide

    @property
    def knocks(self) -> tuple[Knock, ...]:
        """Who waits, in the order they came, as far as it is this person's to know."""
        if hosting := self._lead.hosting:
            return hosting.knocks
        if not self._may_decide(self._table.me.dev) or self._source != self._table.roster.leader:
            return ()
        return tuple(self._knock(visitor) for visitor in self._news)

    def decide(self, join_id: bytes, admit: bool) -> None:
        """Let somebody in who waits, or turn them away; a co-host has the leader do it."""
        table = self._table
        if hosting := self._lead.hosting:
            hosting.admit(join_id) if admit else hosting.deny(join_id)
        elif any(knock.join_id == join_id for knock in self.knocks):
            verdict = Verdict(join_id=join_id, admit=admit)
            table.paths.send(table.roster.leader, verdict.encode())

    def hear_news(self, member: Member, news: LobbyNews) -> None:
        """As a co-host: take in who waits; only the leader knows."""
        if member.dev != self._table.roster.leader:
            self.refused += 1
            return
        known = {visitor.join_id for visitor in self._news}
        self._news, self._source = news.visitors, member.dev
        if self._may_decide(self._table.me.dev):
            for visitor in news.visitors:
                if visitor.join_id not in known:
                    self._table.notices.add("knocks", visitor.name)

    def hear_verdict(self, member: Member, verdict: Verdict) -> None:
        """As the leader: do what a co-host decided."""
        if not self._may_decide(member.dev) or self._lead.hosting is None:
            self.refused += 1
            return
        waits = any(request.join_id == verdict.join_id for request in self._lead.hosting.waiting)
        if waits and verdict.admit:
            self._table.unseen.add(verdict.join_id)
        self.decide(verdict.join_id, verdict.admit)

    def tell(self) -> None:
        """As the leader: tell the co-hosts who waits, when that or they have changed."""
        if (hosting := self._lead.hosting) is None:
            self._told = ()
            return
        helpers = [m for m in self._table.paths if m.channel and self._may_decide(m.dev)]
        visitors = tuple(
            Visitor(request.join_id, request.device_key, request.name)
            for request in hosting.waiting
        )
        news = visitors, tuple((helper.dev, helper.channel) for helper in helpers)
        if news != self._told:
            self._told = news
            message = LobbyNews(visitors=visitors).encode()
            for helper in helpers:
                self._table.paths.send(helper.dev, message)

    def _may_decide(self, dev: bytes) -> bool:
        roster = self._table.roster
        role = roster.members[dev].role if roster.is_member(dev) else Role.GUEST
        return rights.may(role, Right.ADMIT, roster.policy)

    def _knock(self, visitor: Visitor) -> Knock:
        contacts, dev = self._table.me.contacts, device_id(visitor.device_key)
        return Knock(
            join_id=visitor.join_id,
            name=visitor.name,
            badge=contacts.badge(dev, visitor.name),
            imitates=contacts.imitated(dev, visitor.name),
        )
