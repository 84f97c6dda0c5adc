"""Everything that foreign bytes can be refused for, one small family."""


class CryptoError(Exception):
    """Bytes from outside were refused; the text says why, without any secret."""


class MalformedError(CryptoError):
    """The bytes are not what their type says: truncated, too long, out of range, not canonical."""


class ForgedError(CryptoError):
    """A signature, a tag or a proof does not fit."""


class ReplayedError(CryptoError):
    """Authentic, but seen before or too old to tell."""


class KeyExhaustedError(Exception):
    """A key has sealed as many frames as it may; our own fault, never a peer's."""
