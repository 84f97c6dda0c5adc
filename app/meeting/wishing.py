"""What a person asks for, taken to the part of the meeting that does it."""

from typing import assert_never

from app.meeting.assembly import Assembly
from app.meeting.calling import Calling
from app.meeting.leading import Lead
from app.meeting.moderation import Moderation
from app.meeting.reception import Reception
from app.meeting.wishes import (
    AddContact,
    Admit,
    AllowPasswords,
    AnswerAsk,
    AskToUnmute,
    CodesDiffer,
    CodesMatch,
    Deny,
    Distrust,
    End,
    HandOver,
    IgnoreContact,
    Leave,
    LowerHand,
    Mute,
    MuteAll,
    NewInvitation,
    NumberMatches,
    RaiseHand,
    React,
    Remove,
    Revoke,
    Ring,
    Say,
    Scanned,
    SetCamera,
    SetChat,
    SetChatForAll,
    SetLobby,
    SetLocked,
    SetMicrophone,
    SetPassword,
    SetRole,
    SetScreen,
    SetSharingForAll,
    SpeakBySigns,
    StopRinging,
    StopSharing,
    Trust,
    Wish,
    Write,
)
from crypto.messages import Favour, SignedLeave
from crypto.operations import Role
from crypto.operations import SetRole as SetRoleOperation
from crypto.policy import PolicyFlag
from crypto.vault_content import Verified


class Wishing:
    """Carries out wishes; what a person may not do changes nothing."""

    def __init__(
        self,
        table: Assembly,
        lead: Lead,
        moderation: Moderation,
        reception: Reception,
        calling: Calling,
    ) -> None:
        self._table = table
        self._lead = lead
        self._moderation = moderation
        self._reception = reception
        self._calling = calling

    def grant(self, wish: Wish, now: float) -> None:
        """Do what a person asked for."""
        table, talk = self._table, self._table.talk
        match wish:
            case Say(text):
                if self._may_write:
                    talk.say(table.roster.members[table.me.dev].name, text, now)
            case Write(text):
                talk.write(text if self._may_write else "", now)
            case React() | RaiseHand() | SpeakBySigns():
                self._gesture(wish, now)
            case SetMicrophone(on):
                talk.use_devices(on, talk.camera_on)
                self._moderation.answer(accept=False)
            case SetCamera(on):
                talk.use_devices(talk.microphone_on, on)
            case SetScreen(on, why):
                self._share(on, why)
            case AnswerAsk(accept):
                self._moderation.answer(accept)
            case Leave(successor):
                self._leave(successor, now)
            case End():
                self._lead.end(now)
            case CodesMatch() | CodesDiffer() | Trust() | Distrust() | NumberMatches() | Scanned():
                self._judge(wish, now)
            case Admit(join_id):
                self._reception.decide(join_id, admit=True)
            case Deny(join_id):
                self._reception.decide(join_id, admit=False)
            case Remove() | SetRole() | HandOver() | SetChat():
                self._moderate(wish)
            case Mute() | MuteAll() | AskToUnmute() | StopSharing() | LowerHand():
                self._ask(wish)
            case SetLobby() | SetLocked() | SetChatForAll() | SetSharingForAll():
                self._rule(wish)
            case NewInvitation() | Revoke() | SetPassword() | AllowPasswords():
                self._open_doors(wish)
            case AddContact(dev):
                if (member := table.paths.get(dev)) is not None:
                    table.ties.add(member, now)
            case IgnoreContact(dev):
                table.ties.ignore(dev)
            case Ring(dev):
                self._calling.ring(dev, now)
            case StopRinging(dev):
                self._calling.stop(dev)
            case _:
                table.files.grant(wish, now, may_offer=self._may_write)

    def _gesture(self, wish: React | RaiseHand | SpeakBySigns, now: float) -> None:
        """Show the others what one would show with one's hands."""
        talk = self._table.talk
        match wish:
            case React(reaction):
                talk.react(reaction, now)
            case RaiseHand(up):
                talk.raise_hand(up)
            case SpeakBySigns(on):
                talk.sign(on)

    @property
    def _may_write(self) -> bool:
        table = self._table
        return not table.alarm and table.may_chat(table.me.dev)

    def _share(self, on: bool, why: str) -> None:
        """Show one's own screen, if the rules let this person, or end that and say why."""
        table = self._table
        if on and table.may_share(table.me.dev) and not table.alarm:
            table.talk.share(True)
        elif not on and table.talk.sharing:
            table.talk.share(False)
            if why:
                table.notices.add(why)

    def _moderate(self, wish: Remove | SetRole | HandOver | SetChat) -> None:
        """Have something written down about one person."""
        match wish:
            case Remove(dev):
                self._moderation.remove(dev)
            case SetChat(dev, allowed):
                self._moderation.set_chat(dev, allowed)
            case SetRole(dev, role):
                self._lead.order(SetRoleOperation(dev, Role[role.name]))
            case HandOver(dev):
                self._lead.hand_over(dev)
            case _:
                assert_never(wish)

    def _ask(self, wish: Mute | MuteAll | AskToUnmute | StopSharing | LowerHand) -> None:
        """Ask others' programs for a favour."""
        ask = self._moderation.ask
        match wish:
            case Mute(dev):
                ask(Favour.MUTE, [dev])
            case MuteAll():
                ask(Favour.MUTE, [member.dev for member in self._table.paths])
            case AskToUnmute(dev):
                ask(Favour.ASK_TO_UNMUTE, [dev])
            case StopSharing(dev):
                ask(Favour.STOP_SHARING, [dev])
            case LowerHand(dev):
                ask(Favour.LOWER_HAND, [dev])
            case _:
                assert_never(wish)

    def _rule(self, wish: SetLobby | SetLocked | SetChatForAll | SetSharingForAll) -> None:
        """Let another rule hold for everybody."""
        rule = self._moderation.set_policy
        match wish:
            case SetLobby(on):
                rule(PolicyFlag.LOBBY, on)
            case SetLocked(on):
                rule(PolicyFlag.LOCKED, on)
            case SetChatForAll(on):
                rule(PolicyFlag.CHAT_OFF, not on)
            case SetSharingForAll(on):
                rule(PolicyFlag.PRESENTERS_SHARE, not on)
            case _:
                assert_never(wish)

    def _open_doors(self, wish: NewInvitation | Revoke | SetPassword | AllowPasswords) -> None:
        """Do what the host may do with links and the password."""
        hosting, day = self._lead.hosting, self._table.wall()
        if hosting is None:
            return
        match wish:
            case NewInvitation(label, single_use, lifetime, as_guest):
                hosting.invitations.add(
                    day, label, single_use=single_use, lifetime=lifetime, as_guest=as_guest
                )
            case Revoke(number):
                hosting.revoke(number, day)
            case SetPassword(password):
                if not password and self._moderation.is_firm(PolicyFlag.PASSWORD):
                    return
                asked = hosting.change_password(password)
                self._moderation.set_policy(PolicyFlag.PASSWORD, asked)
            case AllowPasswords():
                hosting.invitations.passwords.allow()
            case _:
                assert_never(wish)

    def _judge(
        self,
        wish: CodesMatch | CodesDiffer | Trust | Distrust | NumberMatches | Scanned,
        now: float,
    ) -> None:
        """Note what a person found out about the others' devices."""
        table = self._table
        match wish:
            case CodesMatch(eid):
                current = eid == table.roster.eid and not table.alarm
                if current and table.epochs.code is not None:
                    for member in table.paths:
                        table.trust.verified(member, Verified.CODE)
            case CodesDiffer(eid):
                if eid == table.roster.eid:
                    table.raise_alarm("codes_differ")
            case Trust(dev):
                self._accept_changed_key(dev, now)
            case Distrust(_):
                pass  # they stay held: that is how things stand already
            case NumberMatches(dev):
                if (found := table.paths.get(dev)) is not None:
                    table.trust.verified(found, Verified.NUMBER)
            case Scanned(text):
                if (found := table.verification.scanned(text, table.paths)) is not None:
                    self._accept_changed_key(found.dev, now)  # it is in front of this person
                    table.trust.verified(found, Verified.NUMBER)
            case _:
                assert_never(wish)

    def _accept_changed_key(self, dev: bytes, now: float) -> None:
        table = self._table
        member = table.paths.get(dev)
        if member is not None and member.held and not member.lied:
            table.trust.accept(member, table.roster.members)
            table.epochs.release(member)
            table.paths.release(dev, now)

    def _leave(self, successor: bytes, now: float) -> None:
        """Go; who leads hands over first, and whoever is alone ends the meeting."""
        table = self._table
        if table.leads:
            self._lead.leave(successor, now)
        if table.over:
            return
        leave = SignedLeave(dev=table.me.dev, join_id=table.me.join_id)
        table.paths.send_all(leave.signed(table.roster.call_id, table.me.sign).encode())
        table.finish("left")
