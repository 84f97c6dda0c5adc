"""One's presence in a meeting: the open port, the stay behind it, the test guest; left as one."""

import asyncio
from collections.abc import Callable

from app.announcing import Announcing
from app.around import Around
from app.board import REFRESH
from app.conductor import Conductor
from app.equipment import Equipment
from app.garbage import let_go, settle
from app.goal import Goal
from app.keeping import Keeping, Memory
from app.meeting.machine import Meeting
from app.meeting.own_doors import MeetingPoint
from app.net.gate import Gate
from app.room import Room
from app.stay import Stay
from app.tasks import Tasks, to_the_end
from app.visit import Admitted
from crypto.vault_content import Proof

LET_GO_AFTER = 1.0  # seconds after a meeting: until then the window has thrown away its view


class Attendance:
    """At most one room and one stay; what is around is not looked at meanwhile.

    `changed` is called when the meeting looks different, `mark` when something may have changed,
    `over` once with the reason and the proof if its host lied.
    """

    def __init__(
        self,
        memory: Memory,
        around: Around,
        equipment: Equipment,
        tasks: Tasks,
        *,
        changed: Callable[[], None],
        mark: Callable[[], None],
        over: Callable[[str, Proof | None], None],
    ) -> None:
        self.room: Room | None = None
        self.stay: Stay | None = None
        self._memory = memory
        self._around = around
        self._equipment = equipment
        self._tasks = tasks
        self._changed, self._mark, self._over = changed, mark, over
        self._announcing = Announcing(around, tasks)
        self._end_guest: Callable[[], None] | None = None

    @property
    def conductor(self) -> Conductor | None:
        """Who runs the meeting, while there is one."""
        return self.stay.conductor if self.stay else None

    def open_port(self, gate: Gate) -> Room:
        """Listen for the others from now on, under the meeting's gate; raises ListenError."""
        self.room = Room(self._equipment.ways.listen, gate)
        self._around.look(False)
        self._around.keep_within(gate)
        return self.room

    async def begin(self, meeting: Meeting, goal: Goal, admitted: Admitted | None = None) -> None:
        """Take the seat, as somebody who was let in or as who opened the meeting."""
        room, studio, scanning = self.room, self._equipment.studio, self._equipment.scanning
        assert room is not None
        assert studio is not None
        assert scanning is not None
        settle()
        stay = self.stay = Stay(
            meeting,
            room,
            studio,
            scanning,
            Keeping(self._memory, test=goal.is_test),
            ways=self._equipment.ways,
            changed=self._changed,
            over=self._over,
        )
        point = None if room.gate.lan_only else self._point_for(goal)
        meeting.meet_at(point)  # before anybody sees the first invitation
        stay.begin(admitted)
        room.place.begin(stay.conductor, point)
        self._tasks.start(stay.conductor.run())
        self._tasks.start(self._refresh(room, stay.conductor, goal))
        await studio.open_speaker()

    def _point_for(self, goal: Goal) -> MeetingPoint | None:
        """Return the meeting point of the link that led here, or for a meeting of one's own ours.

        What the test guest is met without needs none.
        """
        if goal.plan is None:
            return MeetingPoint(goal.place.address, goal.place.key) if goal.place else None
        return None if goal.is_test else self._equipment.ways.meeting_point

    def has_guest(self, end: Callable[[], None]) -> None:
        """Have the test guest ended with this meeting."""
        self._end_guest = end

    def open_router(self, on: bool) -> None:
        """Let people outside in through the own router while one hosts, or no longer."""
        room, conductor = self.room, self.conductor
        if room is None or conductor is None:
            return
        if not on:
            self._tasks.start(room.close_door())
        elif conductor.meeting.hosting is not None:
            self._tasks.start(room.open_door())

    def say_goodbye(self) -> None:
        """Tell the others that this device leaves."""
        if self.room is not None and self.room.conductor is not None:
            self.room.conductor.leave()

    async def end(self) -> None:
        """Leave what there is, and wait until all of it is closed."""
        await to_the_end(self._close())

    async def _refresh(self, room: Room, conductor: Conductor, goal: Goal) -> None:
        """Look at levels, quality and signs as long as this meeting is on."""
        while self.room is room:
            if not goal.is_test:
                self._announcing.follow(room.port, conductor.meeting.signs)
            if conductor.meeting.hosting is None or room.gate.lan_only:
                await room.close_door()
            self._mark()
            await asyncio.sleep(REFRESH)

    async def _close(self) -> None:
        room, self.room = self.room, None
        stay, self.stay = self.stay, None
        end_guest, self._end_guest = self._end_guest, None
        try:
            if self._equipment.scanning is not None:
                await self._equipment.scanning.stop()
            if stay is not None:
                await stay.close()
            if room is not None:
                if room.conductor is not None:
                    room.conductor.leave()
                self._around.look(True)
                await self._announcing.end()
                self._around.keep_within(None)
                await room.close()
        finally:
            if stay is not None:
                asyncio.get_running_loop().call_later(LET_GO_AFTER, self._let_go)
            if end_guest is not None:
                await asyncio.get_running_loop().run_in_executor(None, end_guest)

    def _let_go(self) -> None:
        if self.stay is None:  # during a meeting the sound would miss the time
            let_go()
