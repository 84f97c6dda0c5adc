"""One of many in a call by Conclave's media path: sends and receives pictures and sound."""

import asyncio
import time
from typing import Any

from app.engine import LoopWatch
from app.garbage import settle
from app.ui.layout import grid
from bench.cast import Mail
from bench.conclave_media import ClipCamera, Party, dev_of, grey_of
from bench.contenders.stage import Role
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


class Participant:
    """Sends camera and microphone to all others, shows each in a tile (settings: Role)."""

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        self._role = role = Role(mail.name, **settings)
        self.watched = role.watched
        self._sound = SoundDesk(time.monotonic) if role.sound else None
        slots = {name: number for number, name in enumerate(role.names)}
        self._loop_watch = LoopWatch(asyncio.get_running_loop())
        gauge = LoadGauge(ProcessorMeter(cores()).look, lambda: self._loop_watch.stats)
        self._party = Party(mail, slots, sound=self._sound, gauge=gauge)
        self.viewers = {
            name: _Viewer(self._party.call.picture_slot(dev_of(name)), role.read_every)
            for name in role.watched
        }
        self._kbps, self._looks = 0.0, 0
        self._sampling: asyncio.Task[None] | None = None
        self._sound_at_reset: dict[str, AudioStats] = {}
        self._threads_at_reset: dict[str, float] = {}

    async def start(self) -> None:
        """Connect to the others, switch everything on, wait for a picture of each."""
        role, party = self._role, self._party
        box = grid(len(role.names), *WINDOW)[0]
        shown = [*role.watched, role.own] if role.shows else role.watched
        for name in shown if role.watched else ():  # who watches nobody has no window
            party.call.set_tile(dev_of(name), *role.tiles.get(name, (box.width, box.height)), True)
        if self._sound:
            self._sound.start_speaker(NoSpeaker(time.monotonic))
            if role.shows:
                party.call.set_microphone(ToneMicrophone(time.monotonic))
        await asyncio.gather(
            *(
                party.connect(name, role.leads(name), role.processes.get(name, name))
                for name in role.others
            )
        )
        if role.shows:
            party.call.set_camera(ClipCamera(role.width, role.height))
        await asyncio.gather(*(viewer.first.wait() for viewer in self.viewers.values()))
        settle()
        self._loop_watch.start()  # only now: to begin is no sign of a slow computer

    async def reset(self) -> None:
        """Count from now on."""
        for viewer in self.viewers.values():
            viewer.received.reset()
        self._sampling = asyncio.create_task(self._sample())
        self._sound_at_reset = self._sounds()
        self._threads_at_reset = cpu_by_thread()

    async def figures(self) -> dict[str, Any]:
        """Return what was seen and heard of each, what was sent, and the CPU of each thread."""
        threads = difference(self._threads_at_reset, cpu_by_thread())
        self._note_rate()
        stats, sounds = self._party.call.stats(), self._sounds()
        seen = {name: viewer.received.figures() for name, viewer in self.viewers.items()}
        for name, one in seen.items():
            if self._sound:
                one["concealed"] = concealed(self._sound_at_reset[name], sounds[name])
            one["counters"] = dict(stats.peers[dev_of(name)].counters)
        return {
            "threads": threads,
            "seen": seen,
            "sent_kbps": self._kbps / self._looks,
            "sent": [size.height for size in stats.encoded],
            "step": stats.computer.step,
            "counters": dict(stats.counters),
        }

    async def close(self) -> None:
        """Hang up."""
        if self._sampling:
            self._sampling.cancel()
        self._loop_watch.stop()
        await self._party.call.close()
        if self._sound:
            self._sound.close()

    async def _sample(self) -> None:
        """Note each second what each of the others is sent on average."""
        while True:
            await asyncio.sleep(1.0)
            self._note_rate()

    def _note_rate(self) -> None:
        sent = [peer.sent for peer in self._party.call.stats().peers.values()]
        self._kbps += sum(one.video_kbps + one.audio_kbps for one in sent) / len(sent)
        self._looks += 1

    def _sounds(self) -> dict[str, AudioStats]:
        peers = self._party.call.stats().peers
        return {name: peers[dev_of(name)].audio for name in self.watched}


class _Viewer:
    """Takes one person's pictures on the decoder's thread, as a window would soon after."""

    def __init__(self, slot: Slot[Picture], read_every: int) -> None:
        self.received = Received(read_every)
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
