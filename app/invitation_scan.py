"""Looks for the code of an invitation with the camera, before there is any meeting."""

from collections.abc import Callable

from app import goal as goals
from app.goal import LINK_SCHEME, Goal, GoalError
from app.scanning import Scanner
from app.studio import Studio


class InvitationScan:
    """One look at a time; the pictures go to the own window and to nobody else.

    `read` gets where the first invitation leads; `over` is called when time is over or the camera
    fails, `changed` when there is something else to show.
    """

    def __init__(
        self,
        read: Callable[[Goal], None],
        over: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        self._read, self._ended, self._changed = read, over, changed
        self._scanner: Scanner | None = None
        self.problem = ""
        """Why the camera cannot look, in one sentence."""
        self.notice = ""
        """What is wrong with the code that was read last: a key of the home texts."""

    @property
    def on(self) -> bool:
        """Tell whether the camera looks now."""
        return self._scanner is not None

    def start(self, studio: Studio) -> None:
        """Begin to look; the camera of the studio must be closed."""
        self.problem = self.notice = ""
        self._scanner = Scanner(studio, self._found, self._over)
        self._changed()

    async def stop(self) -> None:
        """Look no more; returns when the camera is free."""
        scanner, self._scanner = self._scanner, None
        if scanner is not None:
            await scanner.stop()
            self._changed()

    def _found(self, text: str) -> None:
        """Go where an invitation leads; a code of another kind is passed over."""
        if self._scanner is None or not text.strip().lower().startswith(LINK_SCHEME):
            return
        try:
            goal = goals.from_text(text)
        except GoalError as error:
            if error.notice != self.notice:
                self.notice = error.notice
                self._changed()
            return
        self._read(goal)

    def _over(self, why: str) -> None:
        self.problem = why
        self._ended()
