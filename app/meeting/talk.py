"""What members tell each other inside sealed frames: chat, reactions, whether they can be seen."""

from collections.abc import Callable

from app.meeting import chat, live_text, reactions, unheard
from app.meeting.effects import Effect, SendData, UseDevices, UseMotion, UseScreen
from app.meeting.live_text import Page, Pen
from app.meeting.member import Member
from app.meeting.paths import Paths
from app.meeting.view import ChatLine, Reaction, Shown
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
        self._reactions = reactions.Reactions()
        self._pen = Pen(random)
        self._pages: dict[bytes, Page] = {}
        self.microphone_on = False
        self.camera_on = False
        self.sharing = False
        self.signing = False
        self.hand_since = 0.0  # when one's own hand went up, Unix time; 0: it is down
        self.refused = 0  # lines of members who may not write
        self.crowded = 0  # frames of members who let others read faster than anybody writes

    @property
    def lines(self) -> tuple[ChatLine, ...]:
        """The chat so far."""
        return self._chat.lines

    def say(self, name: str, text: str, now: float) -> None:
        """Send a line of one's own; blank ones are not sent."""
        text = text.encode("utf-8", "ignore").decode("utf-8")  # lone surrogates cannot be sent
        text = text.strip()[: chat.MAX_CHARACTERS]
        if text:
            line = chat.Line(text, self._pen.finish())
            mine = ChatLine(self._dev, name, text, self._wall(), mine=True)
            self._chat.add(mine, line.id, now)
            self._unheard.said(line.encode(), self._seats, now)
            self._out.append(SendData(Context.CHAT, line.encode()))

    def write(self, text: str, now: float) -> None:
        """Let others read what is being written, as it stands; empty: no more of it."""
        self._pen.write(text)
        self.poll(now)

    def poll(self, now: float) -> None:
        """Tell the others what is due of the text that is being written."""
        said = self._pen.due(now)
        if said is not None and any(True for _ in self._paths):
            self._out.append(SendData(Context.CHAT, said.encode()))

    def live_text(self, dev: bytes, now: float) -> str:
        """Return what a member is writing, as they let everybody see."""
        page = self._pages.get(dev)
        return page.text(now) if page is not None else ""

    def react(self, reaction: Reaction, now: float) -> None:
        """Show a sign of one's own, unless there were too many."""
        if self._reactions.show(self._dev, reaction, now, mine=True):
            self._out.append(SendData(Context.CONTROL, reactions.encode(reaction)))

    def reaction(self, dev: bytes, now: float) -> Shown | None:
        """Return the sign that somebody shows now."""
        return self._reactions.of(dev, now)

    def hear(self, member: Member, context: int, payload: bytes, now: float) -> None:
        """Take in what a member's frame said; MalformedError for what is none of it."""
        match context, payload[0] if payload else 0:
            case Context.CHAT, chat.Kind.TEXT_CHANGE | chat.Kind.WHOLE_TEXT:
                said = live_text.parse(payload)
                if not self._pages.setdefault(member.dev, Page(now)).hear(said, now):
                    self.crowded += 1
            case Context.CHAT, _:
                self._hear_line(member, chat.Line.parse(payload), now)
            case Context.CONTROL, chat.Kind.REACTION:
                self._reactions.show(member.dev, reactions.parse(payload), now)
            case Context.CONTROL, _:
                self._hear_state(member, chat.MediaState.parse(payload))

    def _hear_line(self, member: Member, said: chat.Line, now: float) -> None:
        line = ChatLine(member.dev, member.name, said.text, self._wall(), mine=False)
        self._chat.add(line, said.id, now)
        if member.dev in self._pages:
            self._pages[member.dev].ended(said.id)

    def _hear_state(self, member: Member, state: chat.MediaState) -> None:
        member.microphone_on, member.camera_on = state.microphone_on, state.camera_on
        member.sharing = state.sharing
        member.signing = state.signing and state.camera_on
        if not state.hand_up:
            member.hand_since, member.hand_low_at = 0.0, self._wall()
        elif not member.hand_since:
            # Who heard it down just now need not believe that it has been up for long.
            since = self._wall() - state.hand_for / 1000
            member.hand_since = max(since, member.hand_low_at)

    def use_devices(self, microphone: bool, camera: bool) -> None:
        """Switch one's own devices and let the others know."""
        self.microphone_on, self.camera_on = microphone, camera
        self._out.append(UseDevices(microphone, camera))
        self._sign(self.signing and camera)
        self.tell_state()

    def sign(self, on: bool) -> None:
        """Tell the others that one speaks by signs now, or no longer; nobody does unseen."""
        self._sign(on and self.camera_on)
        self.tell_state()

    def _sign(self, on: bool) -> None:
        if on != self.signing:
            self.signing = on
            self._out.append(UseMotion(on))

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
            up = bool(self.hand_since)
            passed = min(max(0.0, self._wall() - self.hand_since), chat.LONGEST_HAND) if up else 0.0
            state = chat.MediaState(
                self.microphone_on,
                self.camera_on,
                up,
                self.sharing,
                round(passed * 1000),
                self.signing,
            )
            self._out.append(SendData(Context.CONTROL, state.encode()))

    def link_up(self, dev: bytes, now: float) -> None:
        """Say to a member how one's devices stand, and what they may not have heard."""
        self.tell_state()
        for payload in self._unheard.back(dev, self._seats, now):
            self._out.append(SendData(Context.CHAT, payload))
        if (whole := self._pen.whole(now)) is not None:
            self._out.append(SendData(Context.CHAT, whole.encode()))

    def link_lost(self, dev: bytes, now: float) -> None:
        """Note that a member does not hear what is said from now on, or since a little before."""
        self._unheard.lost(dev, now - unheard.DOUBT)

    def seat(self, dev: bytes, now: float) -> None:
        """Note that somebody came, who hears what is said once the link is up."""
        self._unheard.lost(dev, now)

    def unseat(self, dev: bytes) -> None:
        """Note that somebody is out."""
        self._unheard.forget(dev)
        self._reactions.forget(dev)
        self._pages.pop(dev, None)

    def wipe(self) -> None:
        """Forget every line."""
        self._chat.wipe()
        self._unheard.wipe()
        self._pages.clear()
        self._pen.finish()

    @property
    def _seats(self) -> frozenset[bytes]:
        return frozenset(member.call_key for member in self._paths)
