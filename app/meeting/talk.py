"""What members tell each other inside sealed frames: chat lines, and whether they can be seen."""

from collections.abc import Callable

from app.meeting import chat, unheard
from app.meeting.effects import Effect, SendData, UseDevices, UseScreen
from app.meeting.member import Member
from app.meeting.paths import Paths
from app.meeting.view import ChatLine
from crypto.frames import Context
from crypto.sodium import Random


class Talk:
    """The chat of one meeting and everybody's media states; orders go into `out`."""

    def __init__(
        self,
        dev: bytes,
        paths: Paths,
        wall: Callable[[], float],
        random: Random,
        out: list[Effect],
    ) -> None:
        self._dev = dev
        self._paths = paths
        self._wall = wall
        self._out = out
        self._random = random
        self._chat = chat.Chat()
        self._unheard = unheard.Unheard()
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
            line = chat.Line(text, self._random(chat.ID_BYTES))
            mine = ChatLine(self._dev, name, text, self._wall(), mine=True)
            self._chat.add(mine, line.id, now)
            self._unheard.said(line.encode(), self._seats, now)
            self._out.append(SendData(Context.CHAT, line.encode()))

    def hear(self, member: Member, context: int, payload: bytes, now: float) -> None:
        """Take in what a member's frame said; MalformedError for what is neither."""
        if context == Context.CHAT:
            said = chat.Line.parse(payload)
            line = ChatLine(member.dev, member.name, said.text, self._wall(), mine=False)
            self._chat.add(line, said.id, now)
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

    def share(self, on: bool) -> None:
        """Show one's own screen, or nothing of it any more, and let the others know."""
        self.sharing = on
        self._out.append(UseScreen(on))
        self.tell_state()

    def tell_state(self) -> None:
        """Remind the others how one's own devices stand."""
        if any(True for _ in self._paths):
            state = chat.MediaState(
                self.microphone_on, self.camera_on, bool(self.hand_since), self.sharing
            )
            self._out.append(SendData(Context.CONTROL, state.encode()))

    def link_up(self, dev: bytes, now: float) -> None:
        """Say to a member how one's devices stand, and what they may not have heard."""
        self.tell_state()
        for payload in self._unheard.back(dev, self._seats, now):
            self._out.append(SendData(Context.CHAT, payload))

    def link_lost(self, dev: bytes, now: float) -> None:
        """Note that a member does not hear what is said from now on, or since a little before."""
        self._unheard.lost(dev, now - unheard.DOUBT)

    def seat(self, dev: bytes, now: float) -> None:
        """Note that somebody came, who hears what is said once the link is up."""
        self._unheard.lost(dev, now)

    def unseat(self, dev: bytes) -> None:
        """Note that somebody is out."""
        self._unheard.forget(dev)

    def wipe(self) -> None:
        """Forget every line."""
        self._chat.wipe()
        self._unheard.wipe()

    @property
    def _seats(self) -> frozenset[bytes]:
        return frozenset(member.call_key for member in self._paths)
