"""Members of a call in processes of their own, some of them hostile; real links, fixed keys."""

import asyncio
import time
from typing import Any

from fakes.tricks import Trickster

from bench.cast import Mail
from bench.conclave_media import GENERATION, Party, base_key_of, dev_of
from crypto.frames import Sealer
from media.sound.desk import SoundDesk
from media.sound.microphone import open_microphone
from media.sound.speaker import open_speaker
from media.video.camera import TestPicture

VICTIM = "victim"
NEXT = GENERATION + 1
BEGUN_S = 60.0  # seconds from connected to seen and heard; on a quiet computer it is one
SETTLED_S = 1.5  # without anything accepted from a liar: nothing honest is under way any more


class Member:
    """Sends a test picture and a test tone to the victim; plays the trick of the settings."""

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        self._mail = mail
        self._desk = SoundDesk(time.monotonic)
        slots: dict[str, int] = settings["slots"]
        self._sealer = Trickster(settings["trick"])
        self._sealer.use(slots[mail.name], GENERATION, base_key_of(mail.name))
        self._party = Party(mail, slots, self._sealer, self._desk)
        self._opened_before = 0
        self._watching: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Connect, and send honestly at first."""
        await self._party.connect(VICTIM, True)
        call = self._party.call
        call.set_camera(TestPicture())
        call.set_microphone(open_microphone("test", time.monotonic))
        await self._mail.take("seen", VICTIM)

    async def reset(self) -> None:
        """Begin with the lies."""
        self._sealer.begun = True
        self._mail.send(VICTIM, "lying")
        self._opened_before = self._party.openers[VICTIM].opened

    async def figures(self) -> dict[str, Any]:
        """Return how many lies were told, and what could still be read of the victim."""
        opener = self._party.openers[VICTIM]
        return {
            "lies": self._sealer.lies,
            "opened": opener.opened - self._opened_before,
            "refused": dict(opener.refused),
        }

    async def close(self) -> None:
        """Hang up."""
        await self._party.call.close()
        self._desk.close()


class Victim:
    """Receives from all others and says what it saw, heard and refused from each.

    When the measurement begins it removes the members that the settings name: their keys go, and
    everything it sends from then on is sealed with a new key that the others only get.
    """

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        self._mail = mail
        self._others: list[str] = settings["others"]
        self._removed: list[str] = settings["removed"]
        self._honest: list[str] = settings["honest"]
        self._slots: dict[str, int] = settings["slots"]
        self._recording: str = settings["recording"]
        self._desk = SoundDesk(time.monotonic)
        self._sealer = Sealer()
        self._sealer.use(self._slots[VICTIM], GENERATION, base_key_of(VICTIM))
        self._party = Party(mail, self._slots, self._sealer, self._desk)
        self._pictures = dict.fromkeys(self._others, 0)
        self._before: dict[str, Any] = {}

    async def start(self) -> None:
        """Connect to all, send a test picture, and wait until each of them was seen and heard."""
        await asyncio.gather(*(self._party.connect(name, False) for name in self._others))
        call = self._party.call
        self._desk.start_speaker(open_speaker(self._recording, time.monotonic))
        call.set_camera(TestPicture())
        for name in self._others:
            self._watch(name)
        try:
            async with asyncio.timeout(BEGUN_S):
                while not all(map(self._has_seen_and_heard, self._others)):  # noqa: ASYNC110 - threads count
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            raise TimeoutError(self._whom_it_waits_for()) from error
        for name in self._others:
            self._mail.send(name, "seen")

    async def reset(self) -> None:
        """Remove who is to be removed; count as soon as what was sent honestly has been used."""
        for name in self._others:
            await self._mail.take("lying", name)
        for name in self._removed:
            self._party.openers[name].clear()
        if self._removed:
            self._sealer.use(self._slots[VICTIM], NEXT, base_key_of("a new key"))
            self._party.call.keys_switched(True)
        liars = [name for name in self._others if name not in self._honest]
        self._before = self._counts()
        while True:
            await asyncio.sleep(SETTLED_S)
            now = self._counts()
            changed = any(
                self._accepted(now, name) != self._accepted(self._before, name) for name in liars
            )
            self._before = now
            if not changed:
                return

    async def figures(self) -> dict[str, Any]:
        """Return, for each of the others, what came since the reset."""
        now = self._counts()
        return {
            name: {key: now[name][key] - self._before[name][key] for key in now[name]}
            for name in self._others
        }

    async def close(self) -> None:
        """Hang up."""
        await self._party.call.close()
        self._desk.close()

    @staticmethod
    def _accepted(counts: dict[str, dict[str, int]], name: str) -> list[int]:
        return [counts[name][key] for key in ("pictures", "packets", "opened")]

    def _watch(self, name: str) -> None:
        slot = self._party.call.picture_slot(dev_of(name))

        def count() -> None:
            if slot.take() is not None:
                self._pictures[name] += 1

        slot.on_put = count
        count()  # a picture that lies there already wakes nobody

    def _has_seen_and_heard(self, name: str) -> bool:
        counts = self._counts()[name]
        return bool(counts["pictures"] > 5 and counts["packets"] > 10)

    def _whom_it_waits_for(self) -> str:
        """Return who was not seen and heard, what came of each, and how busy this computer is."""
        call = self._party.call.stats()
        lines = [f"after {BEGUN_S:.0f} s; this computer: {call.computer}"]
        for name in self._others:
            if not self._has_seen_and_heard(name):
                peer = call.peers[dev_of(name)]
                state = self._party.links[name].state
                pictures, packets = self._pictures[name], peer.audio.packets
                lines.append(
                    f"{name}: {state}, {pictures} pictures, {packets} packets, {peer.video}"
                )
        return "not seen and heard " + "\n".join(lines)

    def _counts(self) -> dict[str, dict[str, int]]:
        stats = self._party.call.stats().peers
        return {
            name: {
                "pictures": self._pictures[name],
                "packets": self._desk.stats(dev_of(name)).packets,
                "opened": self._party.openers[name].opened,
                "refused": stats[dev_of(name)].frames.refused,
                **{str(why): n for why, n in self._party.openers[name].refused.items()},
            }
            for name in self._others
        }
