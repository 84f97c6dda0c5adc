"""The proof of identity inside a fresh channel, bound to that channel by its exporter value.

The caller first proves that it knows a secret (of an invitation, a contact or the call), and, if
the callee asks for one, a password; only then does the callee answer, with the same proof and with
a signature over everything said so far.
"""

from crypto.answering import MOST_SECRETS, Callee
from crypto.calling import Answer, Caller, asks_password
from crypto.errors import HandshakeCode, HandshakeError, WrongPasswordError
from crypto.proofs import MAX_BODY, PUBLIC_PASSWORD_SECRET, PUBLIC_SECRET, ClosedReason

__all__ = [
    "MAX_BODY",
    "MOST_SECRETS",
    "PUBLIC_PASSWORD_SECRET",
    "PUBLIC_SECRET",
    "Answer",
    "Callee",
    "Caller",
    "ClosedReason",
    "HandshakeCode",
    "HandshakeError",
    "WrongPasswordError",
    "asks_password",
]
