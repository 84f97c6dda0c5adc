"""Everything that foreign bytes can be refused for, one small family."""

from typing import Literal

ChannelCode = Literal["tls", "group", "too_long", "flood", "truncated", "closed"]
"""Why a channel died.

`tls`: the bytes are no TLS 1.3 that we speak, or do not authenticate. `group`: the peer has no
hybrid key exchange ("their app is too old for this call"). `too_long`: more bytes than may come.
`flood`: more messages at once than may come. `truncated`: the stream ended without a goodbye, or
within a message. `closed`: bytes after the goodbye.
"""

HandshakeCode = Literal[
    "refused", "malformed", "forged", "expired", "password_needed", "password_wrong"
]
"""Why a handshake failed.

`refused`: the other side does not know the secret, or says so. `malformed`: the bytes are no
handshake message. `forged`: a proof or signature does not fit this channel. `expired`: the other
side knows the secret and does not open to it any more. `password_needed`: it asks for a password.
`password_wrong`: the two sides do not know the same one.
"""

InviteCode = Literal["malformed", "checksum", "version", "expired"]
"""Why an invitation cannot be used.

`malformed`: no invitation at all. `checksum`: cut off or mistyped. `version`: made by a newer
app. `expired`: its time is over.
"""

VaultCode = Literal["malformed", "limits", "kind", "damaged", "passphrase"]
"""Why a vault does not open.

`malformed`: the header is no vault's. `limits`: it asks for absurd work. `kind`: it wants the
other kind of key. `damaged`: it was made with another key, or altered. `passphrase`: the
passphrase is wrong or the file was altered; nobody can tell which.
"""


class CryptoError(Exception):
    """Bytes from outside were refused; the text says why, without any secret."""


class MalformedError(CryptoError):
    """The bytes are not what their type says: truncated, too long, out of range, not canonical."""


class ForgedError(CryptoError):
    """A signature, a tag or a proof does not fit."""


class ReplayedError(CryptoError):
    """Authentic, but seen before or too old to tell."""


class ChannelError(CryptoError):
    """The channel to a peer is dead; `code` says why."""

    def __init__(self, code: ChannelCode, text: str = "") -> None:
        super().__init__(text or code)
        self.code: ChannelCode = code


class HandshakeError(CryptoError):
    """The peer did not prove what it must; `code` says why."""

    def __init__(self, code: HandshakeCode, text: str = "") -> None:
        super().__init__(text or code)
        self.code: HandshakeCode = code


class WrongPasswordError(HandshakeError):
    """The two sides do not know the same password; `left` more tries are allowed."""

    def __init__(self, left: int) -> None:
        super().__init__("password_wrong", "the password does not fit")
        self.left = left


class InviteError(CryptoError):
    """An invitation cannot be used; `code` says why."""

    def __init__(self, code: InviteCode, text: str = "") -> None:
        super().__init__(text or code)
        self.code: InviteCode = code


class VaultError(CryptoError):
    """A vault does not open; `code` says why."""

    def __init__(self, code: VaultCode, text: str = "") -> None:
        super().__init__(text or code)
        self.code: VaultCode = code


class WrongPassphraseError(VaultError):
    """The passphrase is wrong, or the vault file was altered: nobody can tell which."""

    def __init__(self) -> None:
        super().__init__("passphrase", "wrong passphrase or damaged file")


class KeyExhaustedError(Exception):
    """A key has sealed as many frames as it may; our own fault, never a peer's."""
