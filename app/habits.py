"""How a person likes to speak and hear; the same for every meeting."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Habits:
    """What the space bar does, what is sent of music, what is told and heard."""

    space: str = "talk"  # while held: "off" nothing, "talk" or "only" opens, "mute" mutes
    music: bool = False
    hint: str = "short"  # "off", "short": while the microphone is still open, "long": always
    chimes: bool = True  # when somebody comes or goes

    @property
    def open_while_muted(self) -> bool:
        """Tell whether a muted microphone stays open: to lose no word, or to notice one."""
        return self.space == "only" or self.hint == "long"
