"""What a device brings to the table: its seat in the log, its keys, what it knows of others."""

from dataclasses import dataclass, field

from app.meeting.contacts import Contacts
from app.meeting.invitations import Invitations
from app.meeting.own_doors import OwnDoors
from crypto.envelope import Sign
from crypto.epoch import GroupKeys
from crypto.roster import Roster


@dataclass(frozen=True)
class Seated:
    """Made by opening a meeting or by being let into one; the machine of a meeting starts here."""

    roster: Roster
    keys: GroupKeys
    dev: bytes
    join_id: bytes
    sign: Sign = field(repr=False)  # with the call key
    call_secret: bytes = field(repr=False)
    contacts: Contacts
    doors: OwnDoors | None = field(default=None, repr=False)
    invitations: Invitations | None = None  # of who opened the meeting
    test_guest: bool = False

    @property
    def hosting(self) -> bool:
        """Tell whether this device leads the meeting."""
        return self.roster.leader == self.dev
