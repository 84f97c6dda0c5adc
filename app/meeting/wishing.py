"""What a person asks for, taken to the part of the meeting that does it."""

from typing import assert_never

from app.meeting.assembly import Assembly
from app.meeting.leading import Lead
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
    SetSharingForAll,
    StopRinging,
    StopSharing,
    Trust,
    Wish,
)
from crypto.messages import SignedLeave
from crypto.operations import Remove as RemoveOperation
from crypto.operations import RemoveReason
from crypto.policy import PolicyFlag
from crypto.vault_content import Verified


class Wishing:
    """Carries out wishes; what a person may not do changes nothing."""

    def __init__(self, table: Assembly, lead: Lead) -> None:
        self._table = table
        self._lead = lead

    def grant(self, wish: Wish, now: float) -> None:
        """Do what a person asked for."""
        table, talk = self._table, self._table.talk
        match wish:
            case Say(text):
                if not table.alarm:
                    talk.say(table.roster.members[table.me.dev].name, text, now)
            case SetMicrophone(on):
                talk.use_devices(on, talk.camera_on)
            case SetCamera(on):
                talk.use_devices(talk.microphone_on, on)
            case Leave():
                self._leave(now)
            case End():
                self._lead.end(now)
            case CodesMatch() | CodesDiffer() | Trust() | Distrust() | NumberMatches() | Scanned():
                self._judge(wish, now)
            case Admit() | Deny() | Remove() | SetLobby() | SetLocked():
                self._host(wish)
            case SetRole() | HandOver() | SetChat() | SetChatForAll() | SetSharingForAll():
                pass
            case Mute() | MuteAll() | AskToUnmute() | AnswerAsk() | StopSharing():
                pass
            case LowerHand() | RaiseHand():
                pass
            case NewInvitation() | Revoke() | SetPassword() | AllowPasswords():
                pass
            case AddContact(dev):
                if (member := table.paths.get(dev)) is not None:
                    table.ties.add(member, now)
            case IgnoreContact(dev):
                table.ties.ignore(dev)
            case Ring() | StopRinging():
                pass
            case _:
                assert_never(wish)

    def _host(self, wish: Admit | Deny | Remove | SetLobby | SetLocked) -> None:
        """Do what the host may do with the door and with people."""
        hosting = self._lead.hosting
        if hosting is None:
            return
        match wish:
            case Admit(join_id):
                hosting.admit(join_id)
            case Deny(join_id):
                hosting.deny(join_id)
            case Remove(dev):
                if dev in self._table.paths:
                    hosting.order(RemoveOperation(dev, RemoveReason.BY_HOST))
            case SetLobby(on):
                self._lead.set_policy(PolicyFlag.LOBBY, on)
            case SetLocked(on):
                self._lead.set_policy(PolicyFlag.LOCKED, on)
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
            case CodesMatch(epoch):
                current = epoch == table.roster.epoch and not table.alarm
                if current and table.epochs.code is not None:
                    for member in table.paths:
                        table.trust.verified(member, Verified.CODE)
            case CodesDiffer(epoch):
                if epoch == table.roster.epoch:
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
        if member is not None and member.held:
            table.trust.accept(member)
            table.epochs.release(member)
            table.paths.release(dev, now)

    def _leave(self, now: float) -> None:
        table = self._table
        if self._lead.hosting:
            self._lead.end(now)
            return
        leave = SignedLeave(dev=table.me.dev, join_id=table.me.join_id)
        table.paths.send_all(leave.signed(table.roster.call_id, table.me.sign).encode())
        table.finish("left")
