"""What members tell each other inside sealed frames: chat lines, and whether they can be seen."""

from collections.abc import Callable

from app.meeting import chat
from app.meeting.effects import Effect, SendData, UseDevices
from app.meeting.member import Member
from app.meeting.paths import Paths
from app.meeting.view import ChatLine
from crypto.frames import Context


class Talk:
    """The chat of one meeting and everybody's media states; orders go into `out`."""

    def __init__(
        self, dev: bytes, paths: Paths, wall: Callable[[], float], out: list[Effect]
    ) -> None:
        self._dev = dev
        self._paths = paths
        self._wall = wall
        self._out = out
        self._chat = chat.Chat()
        self.microphone_on = False
        self.camera_on = False
        self.sharing = False
        self.hand_since = 0.0  # when one's own hand went up, Unix time; 0: it is down
        self.refused = 0  # lines of members who may not write

    @property
    def lines(self) -> tuple[ChatLine, ...]:
        """The chat so far."""
        return self._chat.lines

    def say(self, name: str, text: str, now: float) -> None:
        """Send a line of one's own; blank ones are not sent."""
        text = text.encode("utf-8", "ignore").decode("utf-8")  # lone surrogates cannot be sent
        text = text.strip()[: chat.MAX_CHARACTERS]
        if text:
            self._chat.add(ChatLine(self._dev, name, text, self._wall(), mine=True), now)
            self._out.append(SendData(Context.CHAT, chat.encode_line(text)))

    def hear(self, member: Member, context: int, payload: bytes, now: float) -> None:
        """Take in what a member's frame said; MalformedError for what is neither."""
        if context == Context.CHAT:
            text = chat.parse_line(payload)
            line = ChatLine(member.dev, member.name, text, self._wall(), mine=False)
            self._chat.add(line, now)
        elif context == Context.CONTROL:
            state = chat.MediaState.parse(payload)
            member.microphone_on, member.camera_on = state.microphone_on, state.camera_on
            member.sharing = state.sharing
            if state.hand_up != bool(member.hand_since):
                member.hand_since = self._wall() if state.hand_up else 0.0

    def use_devices(self, microphone: bool, camera: bool) -> None:
        """Switch one's own devices and let the others know."""
        self.microphone_on, self.camera_on = microphone, camera
        self._out.append(UseDevices(microphone, camera))
        self.tell_state()

    def raise_hand(self, up: bool) -> None:
        """Show the others that one wants to speak, or no longer does."""
        if up != bool(self.hand_since):
            self.hand_since = self._wall() if up else 0.0
            self.tell_state()

    def stop_sharing(self) -> None:
        """Show nothing of one's own screen any more."""
        self.sharing = False
        self.tell_state()

    def tell_state(self) -> None:
        """Remind the others how one's own devices stand."""
        if any(True for _ in self._paths):
            state = chat.MediaState(
                self.microphone_on, self.camera_on, bool(self.hand_since), self.sharing
            )
            self._out.append(SendData(Context.CONTROL, state.encode()))

    def wipe(self) -> None:
        """Forget every line."""
        self._chat.wipe()
