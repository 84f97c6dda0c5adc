"""Whom this device knows already: badges, changed keys, and names that imitate a known one."""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from app.meeting.view import Badge
from crypto.vault_content import Verified

LOOKALIKES = str.maketrans(
    {
        "\u0430": "a",
        "\u0435": "e",
        "\u043e": "o",
        "\u0440": "p",
        "\u0441": "c",
        "\u0443": "y",
        "\u0445": "x",
        "\u0456": "i",
        "\u0458": "j",
        "\u0501": "d",
        "\u04bb": "h",
        "\u04cf": "l",
        "\u03b1": "a",
        "\u03bf": "o",
        "\u03c1": "p",
        "\u03bd": "v",
        "\u03ba": "k",
        "\u03c4": "t",
        "\u03b9": "i",
        "0": "o",
        "1": "l",
        "|": "l",
        "$": "s",
        "@": "a",
        "5": "s",
        "3": "e",
    }
)
"""Letters of other scripts, and digits, that pass for a Latin letter at a glance."""


NO_NAMES = frozenset({"guest", "gast"})
"""What Conclave calls those who gave no name, folded: two of them are two people."""


@dataclass(frozen=True)
class Contact:
    """A device that was met before: its identity key and the name it used."""

    public_key: bytes
    name: str
    verified: Verified = Verified.NOT_YET
    first_seen: float = 0.0  # Unix time; 0: in this meeting
    verified_when: float = 0.0  # Unix time; 0: in this meeting, or not yet
    secret: bytes = field(default=b"", repr=False)  # to call each other by; empty: no contact


def same_name(name: str) -> str:
    """Fold a name so that spelling variants of one name become equal."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def skeleton(name: str) -> str:
    """Fold a name so that names which look alike become equal: accents, scripts, spaces."""
    bare = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    kept = (letter for letter in bare if unicodedata.category(letter)[0] not in "MCZP")
    return "".join(kept).translate(LOOKALIKES)


class Contacts:
    """The pinned devices by their short id; the vault keeps them between meetings."""

    def __init__(self, known: Mapping[bytes, Contact]) -> None:
        self._known = dict(known)

    def badge(self, dev: bytes, name: str) -> Badge:
        """Tell how well a device is known that claims a name.

        CHANGED means: a person of exactly this name is known with another key, and this
        key was never seen.
        """
        contact = self._known.get(dev)
        if contact is not None:
            return Badge.VERIFIED if contact.verified else Badge.KNOWN
        return Badge.CHANGED if self.namesakes(dev, name) else Badge.NEW

    def namesakes(self, dev: bytes, name: str) -> frozenset[bytes]:
        """Return the other known devices of exactly this name; "guest" is nobody's."""
        wanted = same_name(name)
        if wanted in NO_NAMES:
            return frozenset()
        return frozenset(
            known
            for known, other in self._known.items()
            if known != dev and same_name(other.name) == wanted
        )

    def get(self, dev: bytes) -> Contact | None:
        """Return what is known of a device, None if it was never met."""
        return self._known.get(dev)

    def secret(self, dev: bytes) -> bytes:
        """Return what a contact and this device call each other by; b"" for who is none."""
        contact = self._known.get(dev)
        return contact.secret if contact else b""

    def callable(self) -> dict[bytes, Contact]:
        """Return everybody who can be called without a link, by device."""
        return {dev: contact for dev, contact in self._known.items() if contact.secret}

    def befriend(self, dev: bytes, contact: Contact) -> None:
        """Pin a device if it is new, and note the secret to call each other by from now on."""
        self.remember(dev, contact)
        self._known[dev] = replace(self._known[dev], secret=contact.secret)

    def forget(self, dev: bytes) -> None:
        """Drop a device: it is new again."""
        self._known.pop(dev, None)

    def imitated(self, dev: bytes, name: str) -> str:
        """Return the name of another known contact that a device's name resembles, or "".

        A CHANGED one says so by its badge. A known device is flagged as well when it comes under
        somebody else's name; two people who were met under one name are not.
        """
        wanted, own = skeleton(name), self._known.get(dev)
        if not wanted or self.badge(dev, name) is Badge.CHANGED:
            return ""
        if own is not None and skeleton(own.name) == wanted:
            return ""
        for known, other in self._known.items():
            if known != dev and skeleton(other.name) == wanted:
                return other.name
        return ""

    def remember(self, dev: bytes, contact: Contact) -> None:
        """Pin a device, or note how it was verified; what was verified stays verified.

        The name stays the one that it was met under: nobody slips into another's by renaming.
        """
        old = self._known.get(dev)
        if old is None:
            self._known[dev] = contact
        elif contact.verified > old.verified:
            self._known[dev] = replace(
                old, verified=contact.verified, verified_when=contact.verified_when
            )

    def replaced_by(self, dev: bytes, name: str, keep: Collection[bytes] = ()) -> list[bytes]:
        """Drop and return the pins of this name that the user gave up for another key.

        Those of `keep` stay: they are other people, and here.
        """
        old = sorted(self.namesakes(dev, name) - set(keep))
        for other in old:
            del self._known[other]
        return old
