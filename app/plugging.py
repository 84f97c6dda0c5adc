"""What becomes of a choice when devices come and go: fall back, take back, offer. Pure."""

from dataclasses import dataclass, replace
from typing import Literal

from app.screens import Device, Offer

Kind = Literal["camera", "microphone", "speaker"]

KINDS: tuple[Kind, ...] = ("camera", "microphone", "speaker")
NONE = "none"
DEFAULT = "default"  # what the system chooses, also when it changes its mind
_SYSTEM = ("", DEFAULT)
MOST_WORDS = 60  # characters of a name that is offered
UNKNOWN = Offer("")  # something that has no name before it is used


@dataclass(frozen=True)
class Choice:
    """What to use: texts that open_camera, open_microphone and open_speaker understand.

    "" and "default" follow the system. Of the kinds in `remembered` the choice was made another
    day: that device may be missing today, and then the system's choice is taken until it is back.
    """

    camera: str = ""
    microphone: str = ""
    speaker: str = ""
    remembered: frozenset[Kind] = frozenset()

    def of(self, kind: Kind) -> str:
        """Return the text for one kind of device."""
        return str(getattr(self, kind))


@dataclass(frozen=True)
class Found:
    """What is there, by kind; the system's own choice first."""

    cameras: tuple[Device, ...] = ()
    microphones: tuple[Device, ...] = ()
    speakers: tuple[Device, ...] = ()

    def of(self, kind: Kind) -> tuple[Device, ...]:
        """Return the devices of one kind."""
        return {
            "camera": self.cameras,
            "microphone": self.microphones,
            "speaker": self.speakers,
        }[kind]


@dataclass(frozen=True)
class Moved:
    """A chosen device went, or came back; `instead` is what the system chooses, if anything."""

    kind: Kind
    gone: bool
    name: str
    instead: str = ""


@dataclass(frozen=True)
class Look:
    """What one look at the devices comes to; "" is used where there is none.

    Of the kinds in `followed` it is the system that chooses what is used.
    """

    camera: str = ""
    microphone: str = ""
    speaker: str = ""
    followed: frozenset[Kind] = frozenset()
    moved: tuple[Moved, ...] = ()
    offer: Offer | None = None

    def of(self, kind: Kind) -> str:
        """Return what is used of one kind."""
        return str(getattr(self, kind))


class Plugging:
    """Remembers what was there, so that it can tell what is new."""

    def __init__(self) -> None:
        self._seen: Found | None = None
        self._missing: dict[Kind, str] = {}  # chosen, by the name it had, and away
        self._offer: Offer | None = None

    def missing(self, kind: Kind) -> bool:
        """Tell whether the chosen device of this kind is away."""
        return kind in self._missing

    def chosen(self, kind: Kind) -> None:
        """Somebody chose a device of this kind: what was away, or offered, is not meant."""
        self._missing.pop(kind, None)
        self._offer = _without(self._offer, kind)

    def answered(self) -> Offer | None:
        """Take the offer away; return what it was."""
        offer, self._offer = self._offer, None
        return offer

    def offer_unknown(self) -> None:
        """Something for sound came, and what it is cannot be found out yet."""
        self._offer = self._offer or UNKNOWN

    @property
    def offer(self) -> Offer | None:
        """What was plugged in and not answered yet."""
        return self._offer

    def look(self, found: Found, choice: Choice) -> Look:
        """Take in what is there now; tell what is used from now on, and what is to be said."""
        before, self._seen = self._seen, found
        moved = tuple(
            change for kind in KINDS if (change := self._follow(kind, before, found, choice))
        )
        if before is not None:
            self._offer = self._still(found)
            self._propose(before, found, choice, {change.name for change in moved})
        used = {kind: self._used(kind, found, choice) for kind in KINDS}
        followed = frozenset(
            kind for kind in KINDS if choice.of(kind) in _SYSTEM or kind in self._missing
        )
        return Look(**used, followed=followed, moved=moved, offer=self._offer)

    def _used(self, kind: Kind, found: Found, choice: Choice) -> str:
        wanted, there = choice.of(kind), found.of(kind)
        if wanted == NONE:
            return ""
        if wanted not in _SYSTEM and kind not in self._missing:
            return next((d.key for d in there if wanted in (d.key, d.name)), wanted)
        return there[0].key if there else ""

    def _follow(
        self, kind: Kind, before: Found | None, found: Found, choice: Choice
    ) -> Moved | None:
        """Notice whether the chosen device of one kind went or came back."""
        wanted = choice.of(kind)
        there = _named(found.of(kind), wanted)
        if kind in self._missing:
            if there is None:
                return None
            name = self._missing.pop(kind)
            return Moved(kind, False, name)
        if wanted in (*_SYSTEM, NONE) or there is not None:
            return None
        was = None if before is None else _named(before.of(kind), wanted)
        if was is None and not (before is None and kind in choice.remembered):
            return None  # never a device of this computer: a file, a test, a part of a name
        if was is None and _is_made(wanted):
            return None
        name = was.name if was is not None else wanted
        self._missing[kind] = name
        rest = found.of(kind)
        return Moved(kind, True, name, rest[0].name if rest else "")

    def _propose(self, before: Found, found: Found, choice: Choice, known: set[str]) -> None:
        """Offer what is new; a headset brings its microphone and its speaker."""
        new: dict[Kind, Device] = {}
        for kind in KINDS:
            had = {device.key for device in before.of(kind)}
            for device in found.of(kind):
                used = self._used(kind, found, choice) == device.key
                if device.key not in had and device.name not in known and not used:
                    new[kind] = device
        if not new:
            return
        offer = self._offer or Offer("")
        offer = replace(offer, **{kind: device.key for kind, device in new.items()})
        sound = [_name(found, kind, offer) for kind in ("microphone", "speaker")]
        names = [name for name in sound if name] or [_name(found, "camera", offer)]
        self._offer = replace(offer, name=shared_name(names))

    def _still(self, found: Found) -> Offer | None:
        """Return the offer without what was unplugged again."""
        offer = self._offer
        for kind in KINDS:
            key = offer.of(kind) if offer is not None else ""
            if key and all(device.key != key for device in found.of(kind)):
                offer = _without(offer, kind)
        return offer


def shared_name(names: list[str]) -> str:
    """Return the words that all of these names begin with; the first name where there are none."""
    words = [name.split() for name in names]
    shared = []
    for column in zip(*words, strict=False):
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    text = " ".join(shared) if shared and len(" ".join(shared)) > 2 else names[0]
    return text if len(text) <= MOST_WORDS else text[: MOST_WORDS - 1] + "…"


def _named(devices: tuple[Device, ...], wanted: str) -> Device | None:
    """Return the device that a choice means: by key, by name, or by a part that only one has."""
    if wanted in _SYSTEM:
        return None
    for device in devices:
        if wanted in (device.key, device.name):
            return device
    alike = [device for device in devices if wanted.casefold() in device.name.casefold()]
    return alike[0] if len(alike) == 1 else None


def _is_made(wanted: str) -> bool:
    """Tell whether a choice is no device at all, but a test or a file."""
    return wanted.partition(":")[0] == "test" or "." in wanted[-5:]


def _name(found: Found, kind: Kind, offer: Offer) -> str:
    key = offer.of(kind)
    return next((device.name for device in found.of(kind) if device.key == key), "")


def _without(offer: Offer | None, kind: Kind) -> Offer | None:
    if offer is None:
        return None
    offer = replace(offer, **{kind: ""})
    return offer if any(offer.of(kind) for kind in KINDS) else None
