"""What holds for a whole meeting: who is let in how, how many, who may chat and share."""

from dataclasses import dataclass
from enum import IntFlag
from typing import Self

from crypto.errors import MalformedError
from crypto.wire import Reader, Writer

MOST_PEOPLE = 30  # what one Welcome holds, and more than a full mesh carries
USUAL_PEOPLE = 8  # a full mesh with video


class PolicyFlag(IntFlag):
    """Yes or no for a whole meeting."""

    LOBBY = 1  # somebody must be admitted by a person
    VISIBLE = 2  # anyone on this network may knock
    LOCKED = 4  # nobody is let in
    CHAT_OFF = 8  # only co-hosts and the host write
    PRESENTERS_SHARE = 16  # participants do not share their screen
    PASSWORD = 32  # who knocks must know a password
    LAN_ONLY = 64  # nobody sends anything past the local networks; as it was opened, for good


_ALL = 127


@dataclass(frozen=True)
class Policy:
    """The rules of one meeting; ValueError unless it is for 2 to 30 people."""

    flags: PolicyFlag = PolicyFlag.LOBBY
    most_people: int = USUAL_PEOPLE

    def __post_init__(self) -> None:
        if not 2 <= self.most_people <= MOST_PEOPLE:
            raise ValueError(f"a meeting has 2 to {MOST_PEOPLE} people")

    @property
    def lobby(self) -> bool:
        """Tell whether a person admits each newcomer."""
        return PolicyFlag.LOBBY in self.flags

    @property
    def visible(self) -> bool:
        """Tell whether anyone on this network may knock."""
        return PolicyFlag.VISIBLE in self.flags

    @property
    def locked(self) -> bool:
        """Tell whether nobody is let in."""
        return PolicyFlag.LOCKED in self.flags

    @property
    def chat_off(self) -> bool:
        """Tell whether only co-hosts and the host write."""
        return PolicyFlag.CHAT_OFF in self.flags

    @property
    def presenters_share(self) -> bool:
        """Tell whether one must be a presenter at least to share a screen."""
        return PolicyFlag.PRESENTERS_SHARE in self.flags

    @property
    def password(self) -> bool:
        """Tell whether who knocks must know a password."""
        return PolicyFlag.PASSWORD in self.flags

    @property
    def lan_only(self) -> bool:
        """Tell whether nobody sends anything past the local networks."""
        return PolicyFlag.LAN_ONLY in self.flags

    def write(self, writer: Writer) -> None:
        """Flags u16, most people u8."""
        writer.uint(self.flags, 2).uint(self.most_people, 1)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Refuse flags and sizes nobody knows."""
        flags = PolicyFlag(reader.flag_bits(_ALL, 2))
        try:
            return cls(flags, reader.uint(1))
        except ValueError as error:
            raise MalformedError("policy is out of range") from error
