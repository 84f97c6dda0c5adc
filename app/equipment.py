"""The camera, microphone and speaker of a session: opened for a screen that uses them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from app.meeting.wishes import SetCamera, SetMicrophone
from app.net.gate import Gate
from app.scanning import Scanning
from app.studio import Studio
from app.tasks import Tasks, to_the_end
from app.ways import Ways
from media.slot import Slot
from media.video.picture import Picture


@dataclass(frozen=True)
class Switches:
    """How a person has switched microphone and camera."""

    microphone: bool = False
    camera: bool = False


class Equipment:
    """One studio at a time, with who looks for codes in its pictures.

    `wish` gets what devices change by themselves; `scanned` a code that the camera read, and
    tells whether it verifies somebody; `kept` the choices of devices that are to be remembered.
    """

    def __init__(
        self,
        own: bytes,
        ways: Ways,
        tasks: Tasks,
        *,
        changed: Callable[[], None],
        wish: Callable[[SetCamera | SetMicrophone], None],
        scanned: Callable[[str], bool],
        kept: Callable[[str, object], None] | None,
    ) -> None:
        self.ways = ways
        self.studio: Studio | None = None
        self.scanning: Scanning | None = None
        self.carried: Switches | None = None  # from one meeting into the next
        self._own = own
        self._tasks = tasks
        self._changed = changed
        self._wish = wish
        self._scanned = scanned
        self._kept = kept

    async def open(self, gate: Gate | None = None) -> Studio:
        """Make a studio in which nothing is open yet, instead of the one there was.

        `gate` is that of the meeting that it is for.
        """
        self.carried = None
        return await self._make(gate)

    def carry(self, switches: Switches | None = None) -> None:
        """Keep how microphone and camera are switched, for the `reopen` that follows.

        A key that is held counts as released. With `switches` these are kept instead.
        """
        studio = self.studio
        if studio is not None and switches is None:
            heard = studio.own.is_heard and not studio.talking.held
            switches = Switches(heard, studio.camera_on)
        self.carried = switches or Switches()

    async def reopen(self, gate: Gate) -> Studio:
        """Make a studio for another meeting, switched as carried and since then."""
        studio = await self._make(gate)
        if (carried := self.carried) is not None:
            self.carried = None
            studio.use(carried.microphone, carried.camera)
        return studio

    def switch(self, wish: Any) -> None:
        """Switch microphone or camera where no meeting is told of it: before one, between two."""
        studio, carried = self.studio, self.carried
        match wish:
            case SetMicrophone(on) if carried is not None:
                self.carried = replace(carried, microphone=on)
            case SetCamera(on) if carried is not None:
                self.carried = replace(carried, camera=on)
            case SetMicrophone(on) if studio is not None:
                studio.use(on, studio.camera_on)
            case SetCamera(on) if studio is not None:
                studio.use(studio.microphone_on, on)

    async def _make(self, gate: Gate | None) -> Studio:
        await self._close()
        ways = self.ways
        studio = self.studio = Studio(
            self._own,
            ways.choice,
            ways.cleaning,
            changed=self._changed,
            camera_lost=lambda: self._wish(SetCamera(False)),
            kept=self._kept,
            switch_microphone=lambda on: self._wish(SetMicrophone(on)),
            sound_source=ways.sound_source,
            sound_sink=ways.sound_sink,
            rules=ways.rules,
            gate=gate or Gate.of(ways.rules),
        )
        studio.limit_picture(ways.picture_height)
        studio.adopt(ways.habits)
        self.scanning = Scanning(studio, self._tasks, self._scanned, self._changed)
        await studio.look_for_devices()
        return studio

    async def close(self) -> None:
        """Let go of every device."""
        self.carried = None
        await self._close()

    async def _close(self) -> None:
        studio, self.studio, self.scanning = self.studio, None, None
        if studio is not None:
            await to_the_end(studio.close())

    def adopt(self, ways: Ways) -> None:
        """Take part in other ways from now on; sound and picture change at once."""
        self.ways = ways
        if self.studio is not None:
            self.studio.set_cleaning(ways.cleaning)
            self.studio.adopt(ways.habits)
            self.studio.limit_picture(ways.picture_height)

    def pictures(self, dev: bytes) -> Slot[Picture]:
        """Return the mailbox of somebody's pictures; b"" is the own camera. From any thread."""
        studio = self.studio
        return studio.call.picture_slot(dev or self._own) if studio else Slot()

    def screens(self, dev: bytes) -> Slot[Picture]:
        """Return the mailbox of the pictures of somebody's screen. From any thread."""
        studio = self.studio
        return studio.call.screen_slot(dev) if studio else Slot()
