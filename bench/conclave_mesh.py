"""One of many in a call by Conclave's media path: sends and receives pictures and sound."""

import asyncio
import time
from typing import Any

from app.engine import LoopWatch, settle
from app.ui.layout import grid
from bench.cast import Mail
from bench.conclave_media import ClipCamera, Party, dev_of, grey_of
from bench.received import Received
from bench.threads import cpu_by_thread, difference
from media.cpu import ProcessorMeter, cores
from media.load_gauge import LoadGauge
from media.slot import Slot
from media.sound.desk import SoundDesk
from media.sound.stand_ins import NoSpeaker, ToneMicrophone
from media.stats import AudioStats
from media.video.picture import Picture

WINDOW = 1280, 720  # pixels of the meeting window whose tiles are asked for
READ_EVERY = 10  # pictures: reading each one's time code would cost as much as opening it


class Participant:
    """Sends camera and microphone to everybody, shows everybody in a tile, hears everybody.

    Settings: "names" of all, "width" and "height" of the own camera; perhaps "tiles" by name
    (width, height), else those of a window's grid; and "processes" by name of those who are
    played by a process of another name.
    """

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        names: list[str] = settings["names"]
        self._names = names
        self.others = [name for name in names if name != mail.name]
        self._camera = ClipCamera(settings["width"], settings["height"])
        tile = grid(len(names), *WINDOW)[0]
        everybody = dict.fromkeys(names, (tile.width, tile.height))
        self._tiles: dict[str, tuple[int, int]] = settings.get("tiles", everybody)
        self._processes: dict[str, str] = settings.get("processes", {})
        self._sound = SoundDesk(time.monotonic)
        slots = {name: number for number, name in enumerate(names)}
        self._loop_watch = LoopWatch(asyncio.get_running_loop())
        gauge = LoadGauge(ProcessorMeter(cores()).look, lambda: self._loop_watch.stats)
        self._party = Party(mail, slots, sound=self._sound, gauge=gauge)
        self.viewers = {
            name: _Viewer(self._party.call.picture_slot(dev_of(name))) for name in names
        }
        self._sound_at_reset: dict[str, AudioStats] = {}
        self._threads_at_reset: dict[str, float] = {}

    async def start(self) -> None:
        """Connect to everybody, switch everything on, wait for a picture of each."""
        party, own = self._party, self._party.mail.name
        for name, tile in self._tiles.items():
            party.call.set_tile(dev_of(name), *tile, True)
        self._sound.start_speaker(NoSpeaker(time.monotonic))
        party.call.set_microphone(ToneMicrophone(time.monotonic))
        place = self._names.index
        await asyncio.gather(
            *(
                party.connect(name, place(own) < place(name), self._processes.get(name, name))
                for name in self.others
            )
        )
        party.call.set_camera(self._camera)
        await asyncio.gather(*(self.viewers[name].first.wait() for name in self.others))
        settle()
        self._loop_watch.start()  # only now: to begin is no sign of a slow computer

    async def reset(self) -> None:
        """Count from now on."""
        for name in self.others:
            self.viewers[name].received.reset()
        self._sound_at_reset = self._sounds()
        self._threads_at_reset = cpu_by_thread()

    async def figures(self) -> dict[str, Any]:
        """Return what was seen and heard of each, what was sent, and the CPU of each thread."""
        threads = difference(self._threads_at_reset, cpu_by_thread())
        stats, sounds = self._party.call.stats(), self._sounds()
        seen = {name: self.viewers[name].received.figures() for name in self.others}
        for name in self.others:
            seen[name]["concealed"] = concealed(self._sound_at_reset[name], sounds[name])
            peer = stats.peers[dev_of(name)]
            seen[name]["sent_kbps"] = peer.sent.video_kbps + peer.sent.audio_kbps
            seen[name]["counters"] = dict(peer.counters)
        return {
            "threads": threads,
            "seen": seen,
            "sent": [size.height for size in stats.encoded],
            "step": stats.computer.step,
            "counters": dict(stats.counters),
        }

    async def close(self) -> None:
        """Hang up."""
        self._loop_watch.stop()
        await self._party.call.close()
        self._sound.close()

    def _sounds(self) -> dict[str, AudioStats]:
        peers = self._party.call.stats().peers
        return {name: peers[dev_of(name)].audio for name in self.others}


class _Viewer:
    """Takes one person's pictures on the decoder's thread, as a window would soon after."""

    def __init__(self, slot: Slot[Picture]) -> None:
        self.received = Received(READ_EVERY)
        self.first = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._slot = slot
        slot.on_put = self._look

    def _look(self) -> None:
        picture = self._slot.take()
        if picture is not None:
            self.received.see(grey_of(picture), time.monotonic())
            if not self.first.is_set():
                self._loop.call_soon_threadsafe(self.first.set)


def concealed(before: AudioStats, after: AudioStats) -> float:
    """Return the share of the sound played between two readings that was made up."""
    packets = [stats.packets + stats.lost for stats in (before, after)]
    made_up = after.concealed_ratio * packets[1] - before.concealed_ratio * packets[0]
    return max(0.0, made_up / (packets[1] - packets[0])) if packets[1] > packets[0] else 1.0
