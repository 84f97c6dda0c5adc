"""What a person in the meeting asks for: the events that come from a hand, not from the network."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Admit:
    """Let somebody in who knocks."""

    join_id: bytes


@dataclass(frozen=True)
class Deny:
    """Turn somebody away who knocks."""

    join_id: bytes


@dataclass(frozen=True)
class Remove:
    """Put a person out for the rest of this meeting."""

    dev: bytes


@dataclass(frozen=True)
class Say:
    """Send a line of chat."""

    text: str


@dataclass(frozen=True)
class SetMicrophone:
    """Switch one's own microphone on or off."""

    on: bool


@dataclass(frozen=True)
class SetCamera:
    """Switch one's own camera on or off."""

    on: bool


@dataclass(frozen=True)
class SetLobby:
    """Make newcomers wait for the host, or let them straight in."""

    on: bool


@dataclass(frozen=True)
class SetLocked:
    """Lock the meeting: nobody can knock any more."""

    on: bool


@dataclass(frozen=True)
class CodesMatch:
    """Everybody read the same code aloud: mark every device of that epoch as verified."""

    epoch: int


@dataclass(frozen=True)
class CodesDiffer:
    """Somebody read another code: stop sending, show the alarm."""

    epoch: int


@dataclass(frozen=True)
class Trust:
    """Accept the changed key of a person who is held."""

    dev: bytes


@dataclass(frozen=True)
class Distrust:
    """Keep sending nothing to a person whose key changed."""

    dev: bytes


@dataclass(frozen=True)
class Leave:
    """Go, and let the others go on."""


@dataclass(frozen=True)
class End:
    """End the meeting for everybody (host only)."""


Wish = (
    Admit
    | Deny
    | Remove
    | Say
    | SetMicrophone
    | SetCamera
    | SetLobby
    | SetLocked
    | CodesMatch
    | CodesDiffer
    | Trust
    | Distrust
    | Leave
    | End
)
