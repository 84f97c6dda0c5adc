"""Verifying people by their screens: a code that one shows and the other's camera reads."""

from collections.abc import Iterable

from app.meeting.member import Member
from app.meeting.notices import Notices
from crypto.contact import ShownCode
from crypto.errors import MalformedError


class Verification:
    """Makes the codes of one's own screen, and judges those that the camera reads elsewhere."""

    def __init__(self, key: bytes, notices: Notices) -> None:
        """`key` is the 32-byte public key of this device."""
        self._key = key
        self._notices = notices
        self._read = ""
        self.outcome = ""  # of the last code that was read: a key of the notice texts

    def show_code(self, member: Member) -> str:
        """Return what a member's camera reads from this screen to verify this device."""
        return ShownCode(shown_by=self._key, meant_for=member.device_key).text()

    def scanned(self, text: str, members: Iterable[Member]) -> Member | None:
        """Return whose device a code proves to be in front of the camera, if anybody's.

        The code must name this device: the screen of somebody who holds another one for us is
        proof that somebody is in between. An empty text begins anew; what is no such code at all,
        and the same one again, changes nothing.
        """
        if not text:
            self._read = self.outcome = ""
            return None
        try:
            code = ShownCode.parse(text)
        except MalformedError:
            return None
        if text == self._read:
            return None
        self._read = text
        if code.meant_for == self._key:
            for member in members:
                if member.device_key == code.shown_by:
                    self.outcome = "scanned_ok"
                    self._notices.add("scanned_ok", member.name)
                    return member
        self.outcome = "scanned_wrong"
        self._notices.add("scanned_wrong")
        return None
