"""Speaking in a meeting: the key that is held, the hint for who is muted, who comes and goes."""

from collections.abc import Callable, Collection
from dataclasses import replace

from app.arrivals import Arrivals
from app.habits import Habits
from app.holding import Holding
from app.meeting.view import MeetingView
from app.muted_hint import MutedHint
from app.own_sound import OwnSound
from media.sound import chimes
from media.sound.desk import SoundDesk

_CHIMES = {
    "calls": chimes.calls, "knocks": chimes.knocks, "came": chimes.came, "went": chimes.went,
}  # fmt: skip


class Talking:
    """Belongs to one studio; does nothing before the meeting begins. Engine thread only.

    `switch` has the microphone switched as by its button, so that others are told; `tries` tells
    whether the microphone is open for a trial.
    """

    def __init__(
        self,
        desk: SoundDesk,
        own: OwnSound,
        switch: Callable[[bool], None],
        tries: Callable[[], bool] = lambda: False,
    ) -> None:
        self._desk, self._own, self._tries = desk, own, tries
        self._holding = Holding(own, switch)
        self._arrivals = Arrivals()
        self._hint = MutedHint()
        self.habits = Habits()

    @property
    def held(self) -> bool:
        """Tell whether a key is held that opens or mutes the microphone."""
        return self._holding.held

    @property
    def told_muted(self) -> int:
        """How often somebody spoke while muted and is to be told so."""
        return self._hint.told

    @property
    def listening(self) -> bool:
        """Tell whether the microphone is open although it is muted."""
        return self._own.is_open and not self._own.is_heard

    @property
    def volumes(self) -> tuple[tuple[bytes, float], ...]:
        """Who was made louder or softer here, and how much."""
        return tuple((dev, gain) for dev, gain in self._desk.volumes.items() if gain != 1.0)

    def hold(self, held: bool) -> None:
        """The key went down, or up."""
        if held:
            self._holding.press(self.habits.space)
        else:
            self._holding.release()

    def switched(self) -> None:
        """A person switches the microphone by its button: the key has no say any more."""
        self._holding.forget()

    def look(
        self,
        others: Collection[bytes],
        now: float,
        knocks: Collection[bytes] = (),
        calls: Collection[bytes] = (),
    ) -> None:
        """See who is there, knocks or calls, and whether somebody speaks who is muted."""
        chime = self._arrivals.look(others, now, knocks, calls)
        if chime is not None and self.habits.chimes and self._desk.speaker_state == "open":
            self._desk.play(_CHIMES[chime]())
        on_purpose = self.held or self._tries() or self.habits.hint == "off"
        muted = not self._own.is_heard and not on_purpose
        speaking = self._own.is_open and self._desk.own_speaking
        self._hint.look(muted=muted, speaking=speaking, now=now)

    def shown(self, view: MeetingView) -> MeetingView:
        """Return the view with one's own microphone as it is, not as others are told."""
        heard = self._own.is_heard
        if view.microphone_on == heard:
            return view
        people = tuple(
            replace(person, microphone_on=heard, speaking=person.speaking and heard)
            if person.is_me
            else person
            for person in view.people
        )
        return replace(view, microphone_on=heard, people=people)

    def close(self) -> None:
        """Wait for nothing any more."""
        self._holding.close()
