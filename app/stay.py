"""One stay in a meeting, from the seat on: its conductor amid devices, memory and port."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from app import showing
from app.conductor import Conductor
from app.file_courier import FileCourier
from app.file_store import FileStore
from app.keeping import Keeping
from app.meeting.contacts import Contacts
from app.meeting.files.desk import Allowed
from app.meeting.machine import Meeting
from app.meeting.wishes import SetCamera, SetMicrophone, SetScreen
from app.outside_help import used_servers
from app.paths import downloads_folder
from app.quality import Watch
from app.room import Room
from app.rules import Function
from app.scanning import Scanning
from app.screens import IncomingCall, InMeeting, MeetingPlace
from app.sharing import Sharer
from app.studio import Studio
from app.thumbnails import look_at
from app.transcript import ChatSaving
from app.visit import Admitted
from app.ways import Ways
from crypto.vault_content import Proof


class Stay:
    """What one meeting touches outside media and network: devices, memory, the way home.

    `changed` is called when the meeting looks different, `over` once with the reason, and with
    the proof if its host lied.
    """

    def __init__(
        self,
        meeting: Meeting,
        room: Room,
        studio: Studio,
        scanning: Scanning,
        keeping: Keeping,
        *,
        ways: Ways,
        changed: Callable[[], None],
        over: Callable[[str, Proof | None], None],
    ) -> None:
        self.changed = changed
        self.use_devices = scanning.use_devices
        self.remember = keeping.remember
        self.keep_contact = keeping.keep_contact
        self.keep_proof = keeping.keep_proof
        self.keep_invitations = keeping.keep_invitations
        self.forget = keeping.forget
        self.watch = Watch()
        self._chat_saving = ChatSaving(changed)
        self._screens: set[bytes] = set()  # whose are shown, or could be
        self.sharer = Sharer(studio.call, ways.screens(), self._wish, changed)
        self.use_screen = self.sharer.use
        self._keeping = keeping
        self._over = over
        self._room = room
        self._studio = studio
        self._scanning = scanning
        self._may_open_door = ways.rules.allow(Function.OPEN_ROUTER) and not room.gate.lan_only
        files = ways.rules.allow(Function.FILES)
        meeting.files.allowed = Allowed(send=files, receive=files)
        meeting.serving.use(ways.servers)
        self.conductor = Conductor(
            meeting,
            studio.call,
            studio.sealer,
            self,
            time.monotonic,
            allow_loopback=room.only_loopback,
            gate=room.gate,
            place=room.place,
            courier=FileCourier(
                studio.call,
                FileStore(lambda: downloads_folder(ways.downloads)),
                time.monotonic,
                changed,
                look_at,
            ),
        )

    def begin(self, admitted: Admitted | None) -> None:
        """Go in, as somebody who was let in or as who opened the meeting; devices stay as set."""
        self._room.conductor = self.conductor  # who is in can be shown from the first moment on
        if admitted is not None:
            self.conductor.begin(admitted.connection, admitted.backlog)
        else:
            self.conductor.begin()
        self._room.begin(self.conductor)
        microphone, camera = self._studio.microphone_on, self._studio.camera_on
        microphone = microphone and self._studio.talking.habits.space != "only"
        self.conductor.happened(SetMicrophone(microphone))
        self.conductor.happened(SetCamera(camera))

    async def close(self) -> None:
        """Let go of the screen; what else there is has owners of its own."""
        await self.sharer.close()

    def _wish(self, wish: SetScreen) -> None:
        self.conductor.happened(wish)

    async def save_chat(self, path: Path) -> None:
        """Write the chat into a file: only where a person asks for it."""
        await self._chat_saving.save(self.conductor.meeting.view(time.monotonic()), path)

    def _follow_screens(self, sharing: set[bytes]) -> None:
        """Ask nobody for a screen any more who shares none, or may not."""
        for dev in (self._screens - sharing) & self.conductor.meeting.roster.members.keys():
            self._studio.call.set_screen_tile(dev, 0, 0, visible=False)
        self._screens = sharing

    def finished(self, reason: str) -> None:
        """The meeting is over for this device."""
        self._over(reason, self._keeping.proof)

    def screen(
        self, own: bytes, contacts: Contacts, calls: Sequence[IncomingCall] = ()
    ) -> InMeeting:
        """Look at the call, and return what is to be seen of the meeting.

        `calls` are of contacts who call us out of it; who is in it calls nobody out of it.
        """
        studio, meeting = self._studio, self.conductor.meeting
        seen = self.watch.look(studio, meeting.roster.members, own)
        others = [dev for dev in meeting.roster.members if dev != own]
        view = meeting.view(time.monotonic(), seen.speaking, seen.words)
        signing = {person.dev for person in view.people if person.signing and not person.is_me}
        studio.call.look_at(seen.near | signing | studio.looked_at)
        knocks = [knock.join_id for knock in view.knocks]
        calls = tuple(call for call in calls if call.dev not in meeting.roster.members)
        studio.talking.look(others, time.monotonic(), knocks, [call.dev for call in calls])
        self._follow_screens({person.dev for person in view.people if person.sharing})
        screen = showing.meeting(
            view,
            studio,
            contacts,
            seen.call,
            scanning=self._scanning.on,
            sharing=self.sharer.state,
            door=showing.door(
                self._room.door, self._may_open_door and view.i_am_host and not view.test_guest
            ),
        )
        servers = used_servers(self.conductor.servers, self.conductor.outside)
        return replace(
            screen,
            view=replace(screen.view, servers=servers),
            place=self._room.place.state if view.i_am_host else MeetingPlace(),
            chat_saved=self._chat_saving.outcome,
            calls=calls,
        )
