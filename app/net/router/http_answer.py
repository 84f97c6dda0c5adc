"""One HTTP answer of a router, as strict as routers allow (RFC 9110, RFC 9112)."""

import re
from typing import Final, NamedTuple

MAX_BYTES: Final = 65_536  # of a whole answer; descriptions of routers have about ten thousand
MAX_HEAD: Final = 8_192

_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})(?: [\x20-\x7e\x80-\xff]*)?")
_FIELD: Final = re.compile(
    rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*"
)
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,5})(?:;[\x20-\x7e]*)?")


class HttpError(ValueError):
    """This is no answer that is understood."""


class Answer(NamedTuple):
    """Status and body."""

    status: int
    body: bytes


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Return the status and the fields, names in lower case; raises HttpError.

    A field that stands there twice is refused: nobody knows which of them counts.
    """
    if len(head) > MAX_HEAD:
        raise HttpError("too long")
    first, *lines = head.split(b"\r\n")
    status = _STATUS.fullmatch(first)
    if status is None:
        raise HttpError("no status line")
    fields: dict[str, str] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise HttpError("no header field")
        name = field.group(1).decode("ascii").lower()
        if name in fields:
            raise HttpError("a field stands there twice")
        fields[name] = field.group(2).decode("latin-1")
    return int(status.group(1)), fields


def parse_answer(data: bytes) -> Answer:
    """Read everything that a server sent until it hung up; raises HttpError."""
    if len(data) > MAX_BYTES:
        raise HttpError("too long")
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank:
        raise HttpError("the head does not end")
    status, fields = parse_head(head)
    coding, length = fields.get("transfer-encoding"), fields.get("content-length")
    if coding is not None:
        if coding.lower() != "chunked" or length is not None:
            raise HttpError("an unknown coding")
        return Answer(status, _unchunked(body))
    if length is not None:
        if not (length.isascii() and length.isdigit()) or len(length) > 6:
            raise HttpError("no length")
        if len(body) < int(length):
            raise HttpError("cut off")
        body = body[: int(length)]
    return Answer(status, body)


def is_complete(data: bytes) -> bool:
    """Tell whether the body is as long as was announced, so that nobody need wait for the end."""
    head, blank, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length:[ \t]*(\d{1,6})[ \t]*(?:\r\n|$)", head, re.IGNORECASE)
    return bool(blank) and length is not None and len(body) >= int(length.group(1))


def _unchunked(body: bytes) -> bytes:
    whole = b""
    while True:
        line, end, body = body.partition(b"\r\n")
        size = _CHUNK.fullmatch(line)
        if not end or size is None:
            raise HttpError("no chunk")
        length = int(size.group(1), 16)
        if length == 0:
            return whole
        if body[length : length + 2] != b"\r\n":
            raise HttpError("a chunk is cut off")
        whole += body[:length]
        body = body[length + 2 :]
