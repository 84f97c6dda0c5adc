"""Made-up tables for pictures and tests of how people are shown: crowds, faces, who speaks."""

from dataclasses import replace

from app.meeting.view import Badge, Person, Presence
from app.ui.samples import ADA, BEN, CLARA, DAVID, EVE, FRANK, GRETA, PEOPLE, person

_NAMES = (
    "David Friedrich", "Eve Sommer", "Frank Oswald von der Heydt", "Greta", "Hanna Kaya",
    "Ivo Petrović", "Jana Nowak", "Karim Haddad", "Lea Moser", "Mikkel Holm", "Noor Jansen",
    "Olga Sidorova", "Paul Reiter", "Quentin Roux", "Rosa Marín", "Samir Aydin",
)  # fmt: skip


def crowd(count: int) -> tuple[Person, ...]:
    """Return a table of so many people, oneself among them."""
    more = tuple(
        person(
            bytes([20 + n]) * 16,
            name,
            Badge.KNOWN if n % 3 else Badge.NEW,
            microphone_on=n % 4 == 0,
            camera_on=n % 5 != 3,
        )
        for n, name in enumerate(_NAMES)
    )
    return (*PEOPLE, *more)[:count]


def signing(dev: bytes) -> tuple[Person, ...]:
    """Return the table of four, where one speaks by signs and the others watch."""
    quiet = (replace(one, speaking=False) for one in PEOPLE)
    return tuple(
        replace(one, signing=True, speaking=True, microphone_on=False) if one.dev == dev else one
        for one in quiet
    )


def speaking(*devs: bytes) -> tuple[Person, ...]:
    """Return the table of four with these people speaking."""
    return tuple(replace(one, speaking=one.dev in devs) for one in PEOPLE)


FACES = (
    person(ADA, "Ada Brenner", Badge.VERIFIED, presence=Presence.CONNECTING),
    person(BEN, "Ben Okafor", Badge.KNOWN, presence=Presence.SECURING),
    person(CLARA, "Clara Weiß", Badge.NEW, presence=Presence.RECONNECTING),
    person(DAVID, "David Friedrich", Badge.KNOWN, camera_on=False, microphone_on=False),
    person(EVE, "Eve Sommer", Badge.CHANGED, presence=Presence.HELD),
    person(FRANK, "Frank Oswald von der Heydt", Badge.NEW, presence=Presence.UNVERIFIED),
    person(GRETA, "Greta", Badge.NEW, presence=Presence.DIVERGED),
)
"""Everything that can be the matter, each with a face of its own."""
