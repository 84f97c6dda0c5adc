"""What somebody holds after an attempt with a password cannot be tried against a list of words.

CPace sends one point of a group of prime order for a password, multiplied by a secret number. The
first tests show that such a point goes with every password there is, each time with exactly one
number: so it tells nothing. The others let an attacker take part, on either side, keep everything,
and try the whole list afterwards.
"""

import random

import pytest

from crypto import sodium
from crypto.cpace import SHARE_BYTES, Exchange, generator, prepared
from crypto.errors import HandshakeError, MalformedError
from crypto.handshake import Callee, Caller
from crypto.kdf import label
from crypto.proofs import PROOF_BYTES, Proofs, Transcript, opened, password_exchange

P = 2**255 - 19
A = 486662
ORDER = 2**252 + 27742317777372353535851937790883648493  # RFC 7748, section 4.1
WORDS = [prepared(f"{a} {b}") for a in ("red", "blue", "grey") for b in ("fox", "owl", "hare")]
RIGHT, GUESS = WORDS[4], WORDS[7]
SECRET, EXPORTER = bytes(range(16)), bytes(range(32))


def multiplied(u: int, scalar: int) -> int | None:
    """Return scalar times the point with this coordinate (RFC 7748, section 5), None for no point.

    In plain integers and with any scalar, also one that X25519 would never use.
    """
    x2, z2, x3, z3 = 1, 0, u, 1
    for bit in bin(scalar)[2:]:
        if bit == "1":
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        x3, z3 = (d * a + c * b) ** 2 % P, u * (d * a - c * b) ** 2 % P
        x2, z2 = a * a * b * b % P, (a * a - b * b) * (a * a + 121665 * (a * a - b * b)) % P
        if bit == "1":
            x2, z2, x3, z3 = x3, z3, x2, z2
    return x2 * pow(z2, P - 2, P) % P if z2 else None


def is_on_the_curve(u: int) -> bool:
    """Tell whether a point has this coordinate; else it would be one of the twist."""
    return pow(u**3 + A * u**2 + u, (P - 1) // 2, P) in (0, 1)


def number(share: bytes) -> int:
    return int.from_bytes(share, "little")


def test_the_plain_multiplication_is_that_of_x25519():
    scalar = (2**254 + 8 * 12345).to_bytes(32, "little")
    assert number(sodium.x25519(scalar, (9).to_bytes(32, "little"))) == multiplied(
        9, number(scalar)
    )
    assert multiplied(9, ORDER) is None


def test_every_share_of_every_password_lies_in_the_one_group_of_prime_order():
    rng = random.Random(1)
    for word in WORDS:
        share = number(Exchange(word, b"channel", b"session", rng.randbytes).share)
        assert is_on_the_curve(share)
        assert multiplied(share, 1) == share
        assert multiplied(share, ORDER) is None


def test_every_password_chooses_a_point_that_reaches_the_whole_group():
    rng = random.Random(2)
    for word in WORDS:
        point = number(generator(word, b"channel", b"session", rng.randbytes))
        eightfold = multiplied(point, 8)  # what every share is a multiple of
        assert eightfold is not None
        assert multiplied(eightfold, ORDER) is None


class Recorder:
    """The randomness of an attacker who keeps what it drew, to compute with it later."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.drawn: list[bytes] = []

    def __call__(self, count: int) -> bytes:
        self.drawn.append(self._random.randbytes(count))
        return self.drawn[-1]


def test_who_guessed_wrong_was_told_nothing_that_depends_on_the_password():
    rng = random.Random(3)
    caller = Caller(SECRET, EXPORTER, rng.randbytes)
    callee = Callee(EXPORTER, rng.randbytes)
    callee.read_hello(caller.hello(), {"link": SECRET}, {"link": RIGHT})
    question = callee.ask_password()
    answer = caller.prove_password(question, GUESS)
    with pytest.raises(HandshakeError):
        callee.read_password(answer)
    refusal = callee.refuse_password(left=4)
    # All that came back: a share, and a proof that anybody with the invitation could compute.
    reader = opened(question, question[0])
    reader.fixed(SHARE_BYTES)
    reader.end()
    assert refusal[-PROOF_BYTES:] == Proofs(SECRET, EXPORTER).refusal(caller.transcript, 4)


def tag_for(word: bytes, said: list[bytes], share: bytes, scalar_source: Recorder) -> bytes:
    """Return what the caller's tag would be if it knew `word`, as far as the attacker can tell."""
    transcript = Transcript(EXPORTER)
    transcript.add(said[0])
    scalars = iter(scalar_source.drawn)
    exchange = password_exchange(transcript, word, lambda _count: next(scalars))
    proofs = Proofs(SECRET, EXPORTER)
    proofs.strengthen(exchange.key_as_initiator(share))
    for message in said[1:]:
        transcript.add(message)
    return proofs.caller_password(transcript.digest())


@pytest.mark.parametrize("known", [GUESS, RIGHT], ids=["a wrong guess", "a right guess"])
def test_who_poses_as_the_host_can_test_the_one_word_it_chose_and_no_other(known: bytes):
    rng, drawn = random.Random(4), Recorder(5)
    caller = Caller(SECRET, EXPORTER, rng.randbytes)
    hello = caller.hello()
    transcript = Transcript(EXPORTER)
    transcript.add(hello)
    exchange = password_exchange(transcript, known, drawn)
    question = b"\x04\x01" + len(exchange.share).to_bytes(4, "big") + exchange.share
    answer = caller.prove_password(question, RIGHT)
    unproven, tag = answer[:-PROOF_BYTES], answer[-PROOF_BYTES:]
    share = unproven[-SHARE_BYTES:]
    said = [hello, question, unproven]
    fitting = [word for word in WORDS if tag_for(word, said, share, drawn) == tag]
    assert fitting == ([RIGHT] if known == RIGHT else [])


def test_a_share_that_would_make_the_key_known_is_refused_by_both_sides():
    exchange = Exchange(RIGHT, label("channel"), b"session", random.Random(6).randbytes)
    for low in (0, 1, P - 1, P, P + 1, 2**255 - 1):
        share = (low % 2**256).to_bytes(32, "little")
        for side in (exchange.key_as_initiator, exchange.key_as_responder):
            with pytest.raises(MalformedError):
                side(share)
