"""What kind of meeting a seed stands for: how many people, what weather, who is hostile."""

import random
from dataclasses import dataclass
from enum import Enum
from typing import Self

SIZES = {2: 24, 3: 24, 4: 16, 5: 10, 6: 7, 7: 5, 8: 4, 10: 3, 13: 2, 17: 1, 23: 1, 30: 1}
"""How many people are there at first, and how often of 98 times."""

WEATHERS = (
    ((0.001, 0.02), 0.0),  # a cable
    ((0.001, 0.3), 0.02),  # Wi-Fi
    ((0.02, 0.8), 0.1),  # Wi-Fi two walls away
)
"""Delay from and to, in seconds, and which part is lost."""

FINE = WEATHERS[0]


class Hostile(Enum):
    """Who of those inside lies."""

    NOBODY = "nobody"
    MEMBER = "a member"
    HOST = "the host"


@dataclass(frozen=True)
class Setting:
    """A meeting before it begins."""

    seed: int
    people: int
    weather: int  # an index into WEATHERS
    hostile: Hostile
    lobby: bool
    restless: bool  # those who lead are lost again and again, and the network falls apart
    steps: int

    @classmethod
    def drawn(cls, seed: int) -> Self:
        """Return what a seed stands for."""
        rng = random.Random(seed)
        people = rng.choices(list(SIZES), list(SIZES.values()))[0]
        hostile = rng.choices(list(Hostile), [5, 3, 2])[0]
        return cls(
            seed=seed,
            people=people,
            weather=rng.randrange(len(WEATHERS)),
            hostile=hostile if people > 2 else Hostile.NOBODY,
            lobby=rng.random() < 0.2,
            restless=people > 2 and rng.random() < 0.3,
            steps=max(6, 40 - 2 * people),
        )

    @property
    def delay(self) -> tuple[float, float]:
        """Seconds that a message is under way."""
        return WEATHERS[self.weather][0]

    @property
    def loss(self) -> float:
        """Which part of what is sent gets lost."""
        return WEATHERS[self.weather][1]

    def __str__(self) -> str:
        lobby = ", the lobby is on" if self.lobby else ""
        restless = ", who leads is often lost" if self.restless else ""
        return (
            f"seed {self.seed}: {self.people} people, {self.hostile.value} lies, "
            f"weather {self.weather}{lobby}{restless}"
        )
