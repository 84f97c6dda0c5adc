"""What a second start of Conclave asks of the window that is open already, as bytes and back."""

import re
from dataclasses import dataclass, field

LINK_SCHEME = "conclave:"  # what every invitation begins with
MAX_LINK = 2048  # characters; a real invitation has fewer than 200
MAX_REQUEST = MAX_LINK + 256  # bytes, with the word in front and the token behind
DONE = b"ok\n"  # the answer to a request that was understood

# An invitation, or an address with its port: no blanks, no quotes, nothing that is not ASCII.
_LINK = re.compile(r"conclave:[!#$%&()*+,./0-9:;=?@A-Z\[\]_a-z~-]*", re.ASCII)
_ADDRESS = re.compile(r"[0-9A-Za-z\[][0-9A-Za-z.:%\]_-]{1,127}", re.ASCII)
_TOKEN = re.compile(r"[!-~]{1,128}", re.ASCII)


class RequestError(ValueError):
    """These bytes ask for nothing that a window does."""


@dataclass(frozen=True, slots=True)
class ShowWindow:
    """Come to the front."""

    token: str = ""  # by which the desktop lets a window come to the front, where it asks for one


@dataclass(frozen=True, slots=True)
class OfferLink:
    """Come to the front with an invitation; it is shown, never followed by itself."""

    link: str = field(repr=False)
    token: str = ""


@dataclass(frozen=True, slots=True)
class ToggleMicrophone:
    """Switch the microphone of the meeting on or off, wherever the window stands."""


@dataclass(frozen=True, slots=True)
class Close:
    """Leave the meeting and end the program, also where it would stay in the tray."""


Request = ShowWindow | OfferLink | ToggleMicrophone | Close


def encode(request: Request) -> bytes:
    """Return the bytes of a request; RequestError for a link that none could follow."""
    match request:
        case ShowWindow(token):
            line = "show"
        case OfferLink(link, token):
            line = f"link {checked_link(link)}"
        case ToggleMicrophone():
            line, token = "microphone", ""
        case Close():
            line, token = "close", ""
    known = token if _TOKEN.fullmatch(token) else ""
    return f"{line}\n{known}\n".encode("ascii")


def parse(data: bytes) -> Request:
    """Read a request that came from outside; RequestError for everything else."""
    if len(data) > MAX_REQUEST:
        raise RequestError("too long")
    try:
        line, token, rest = data.decode("ascii").split("\n")
    except ValueError:
        raise RequestError("not two lines of ASCII") from None
    if rest or (token and not _TOKEN.fullmatch(token)):
        raise RequestError("something stands behind the request")
    word, _blank, text = line.partition(" ")
    match word, text:
        case "show", "":
            return ShowWindow(token)
        case "microphone", "" if not token:
            return ToggleMicrophone()
        case "close", "" if not token:
            return Close()
        case "link", _:
            return OfferLink(checked_link(text), token)
        case _:
            raise RequestError("not known")


def checked_link(link: str) -> str:
    """Return what can be an invitation or an address; RequestError."""
    if len(link) > MAX_LINK or not (_LINK.fullmatch(link) or _ADDRESS.fullmatch(link)):
        raise RequestError("no invitation and no address")
    return link
