"""The handshake with a password: who learns what, from whom, and before what."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.channel import MAX_EARLY_MESSAGE
from crypto.cpace import Exchange
from crypto.handshake import (
    PUBLIC_PASSWORD_SECRET,
    Answer,
    Callee,
    Caller,
    ClosedReason,
    HandshakeError,
    WrongPasswordError,
    asks_password,
)
from crypto.identity import Identity
from crypto.kdf import label
from crypto.proofs import PASSWORD_PROOF, PASSWORD_SHARE, Proofs, Transcript
from crypto.wire import pack, unpack

SECRET = b"an invite secret"
PASSWORD = b"porridge"
E = bytes(range(32))
HOST = Identity(b"host".ljust(32, b"."))
OTHER = Identity(b"other".ljust(32, b"."))


def source(seed: int) -> Callable[[int], bytes]:
    return random.Random(seed).randbytes


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(HandshakeError) as refused:
        action()
    return refused.value.code


@dataclass
class Meeting:
    """A caller and a callee on one channel, and everything that was said there."""

    host: Identity = HOST
    theirs: bytes = PASSWORD
    mine: bytes = PASSWORD
    secret: bytes = SECRET
    seed: int = 1
    said: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.caller = Caller(self.secret, E, source(self.seed))
        self.callee = Callee(E, source(self.seed + 100))
        hello = self.say(self.caller.hello())
        found = self.callee.read_hello(hello, {"link": self.secret}, {"link": self.theirs})
        assert found == "link"

    def say(self, message: bytes) -> bytes:
        self.said.append(message)
        return message

    def asked(self) -> bytes:
        return self.say(self.callee.ask_password())

    def tried(self) -> bytes:
        return self.say(self.caller.prove_password(self.asked(), self.mine))

    def accepted(self) -> bytes:
        return self.say(self.callee.read_password(self.tried()))

    def refused(self, left: int = 4, allowed: bool = True) -> bytes:
        proof = self.tried()
        assert code_of(lambda: self.callee.read_password(proof, allowed)) == "password_wrong"
        return self.say(self.callee.refuse_password(left))

    def answered(self) -> Answer:
        self.caller.read_verdict(self.accepted())
        return self.caller.read_answer(self.say(self.callee.answer(b"genesis", self.host.sign)))


def test_who_knows_the_password_is_answered():
    meeting = Meeting()
    answer = meeting.answered()
    answer.verify(HOST.public)
    assert (answer.body, answer.nonce) == (b"genesis", meeting.callee.nonce)
    assert meeting.caller.transcript == meeting.callee.transcript


def test_a_label_without_a_password_is_answered_at_once():
    caller, callee = Caller(SECRET, E, source(1)), Callee(E, source(2))
    callee.read_hello(caller.hello(), {"link": SECRET}, {"another link": PASSWORD})
    assert not callee.needs_password
    caller.read_answer(callee.answer(b"genesis", HOST.sign)).verify(HOST.public)


def test_there_is_no_answer_before_the_password_was_proven():
    meeting = Meeting()
    assert meeting.callee.needs_password
    for step in (meeting.asked, lambda: b""):
        with pytest.raises(ValueError, match="step by step"):
            meeting.callee.answer(b"genesis", HOST.sign)
        step()
    wrong = Meeting(mine=b"gruel")
    wrong.refused()
    with pytest.raises(ValueError, match="step by step"):
        wrong.callee.answer(b"genesis", HOST.sign)


def test_a_wrong_password_is_refused_with_the_tries_that_are_left():
    meeting = Meeting(mine=b"gruel")
    refusal = meeting.refused(left=3)
    with pytest.raises(WrongPasswordError) as wrong:
        meeting.caller.read_verdict(refusal)
    assert (wrong.value.left, wrong.value.code) == (3, "password_wrong")


def test_while_no_password_is_taken_the_right_one_is_refused_like_a_wrong_one():
    right, wrong = Meeting(), Meeting(mine=b"gruel")
    answers = right.refused(0, allowed=False), wrong.refused(0, allowed=False)
    for meeting, answer in zip((right, wrong), answers, strict=True):
        with pytest.raises(WrongPasswordError) as refused:
            meeting.caller.read_verdict(answer)
        assert refused.value.left == 0
    assert len(answers[0]) == len(answers[1])


def test_a_caller_that_has_no_password_is_told_that_one_is_needed():
    meeting = Meeting()
    share = meeting.asked()
    assert asks_password(share)
    assert not asks_password(b"")
    assert code_of(lambda: meeting.caller.read_answer(share)) == "password_needed"


def test_until_the_password_was_proven_nothing_that_is_said_depends_on_who_the_host_is():
    one, other = Meeting(host=HOST), Meeting(host=OTHER)
    one.accepted()
    other.accepted()
    assert one.said == other.said
    one_refused, other_refused = Meeting(HOST, mine=b"gruel"), Meeting(OTHER, mine=b"gruel")
    assert one_refused.refused() == other_refused.refused()
    assert all(len(message) <= MAX_EARLY_MESSAGE for message in one.said)


def test_lengths_do_not_depend_on_the_password():
    said = [Meeting(theirs=word, mine=word) for word in (b"a", b"b" * 128)]
    for meeting in said:
        meeting.accepted()
    assert [len(m) for m in said[0].said] == [len(m) for m in said[1].said]


def everything_one_can_compute(guess: bytes, said: list[bytes], exporter: bytes) -> set[bytes]:
    """Return every tag that somebody without a scalar can work out from one guess.

    They hold all there is: the channel's exporter value, the link's secret, every message. What
    they lack is the common point. So they try the points they can name.
    """
    hello, share, proof = said[:3]
    shares = unpack(share)[1], unpack(proof)[1][:32]
    transcript = Transcript(exporter)
    transcript.add(hello)
    session = transcript.password_session()
    transcript.add(share)
    transcript.add(proof[:-32])
    tags = set()
    for scalar_of_their_own in range(4):
        mine = Exchange(guess, label("password", exporter), session, source(scalar_of_their_own))
        for key in (
            *(mine.key_as_initiator(each) for each in shares),
            *(mine.key_as_responder(each) for each in shares),
        ):
            proofs = Proofs(SECRET, exporter)
            proofs.strengthen(key)
            tags.add(proofs.caller_password(transcript.digest()))
    return tags


def test_who_recorded_everything_and_even_opened_the_channel_cannot_try_passwords_off_line():
    """A recorder holds two points and two tags. For each password there are scalars that explain
    the points; which ones were used only the two ends know, and they forget them."""
    meeting = Meeting()
    meeting.accepted()
    proof = meeting.said[2]
    for guess in (b"gruel", PASSWORD, b"muesli"):
        assert proof[-32:] not in everything_one_can_compute(guess, meeting.said, E)


def test_a_caller_that_hangs_up_before_its_proof_has_tried_nothing():
    """The share it was sent fits every password: it is a point times a scalar it does not know."""
    shares = {Meeting(theirs=word, seed=seed).asked() for word in (b"a", b"b") for seed in range(9)}
    assert len(shares) == 18


def test_a_false_host_without_the_links_secret_cannot_use_the_one_try_it_gets():
    """It makes the caller prove a password, guesses it, and still cannot check the guess."""
    caller = Caller(SECRET, E, source(1))
    hello = caller.hello()
    transcript = Transcript(E)
    transcript.add(hello)
    session = transcript.password_session()
    false = Exchange(PASSWORD, label("password", E), session, source(2))  # it guesses right
    share = pack(PASSWORD_SHARE, false.share)
    proof = caller.prove_password(share, PASSWORD)
    transcript.add(share)
    transcript.add(proof[:-32])
    key = false.key_as_initiator(unpack(proof)[1][:32])
    for secret, fits in ((b"not the link's", False), (SECRET, True)):
        proofs = Proofs(secret, E)
        proofs.strengthen(key)
        assert (proofs.caller_password(transcript.digest()) == proof[-32:]) is fits


def test_a_host_that_accepts_any_password_is_found_out():
    meeting = Meeting(theirs=b"gruel")
    proof = meeting.tried()
    assert code_of(lambda: meeting.callee.read_password(proof)) == "password_wrong"
    accepted = pack(6, bytes(32))
    assert code_of(lambda: meeting.caller.read_verdict(accepted)) == "forged"


def test_at_the_public_door_with_a_password_an_answer_without_one_is_forged():
    """The constant is no secret: anybody could answer there, and read who knocks."""
    caller, callee = Caller(PUBLIC_PASSWORD_SECRET, E, source(1)), Callee(E, source(2))
    callee.read_hello(caller.hello(), {"public": PUBLIC_PASSWORD_SECRET})
    answer = callee.answer(b"genesis", HOST.sign)
    assert code_of(lambda: caller.read_answer(answer)) == "forged"
    Meeting(secret=PUBLIC_PASSWORD_SECRET).answered().verify(HOST.public)


def test_the_answer_proves_the_password_too():
    """Who took over the channel after the tags, and has only the link, answers in vain."""
    meeting = Meeting()
    meeting.caller.read_verdict(meeting.accepted())
    usurper = Callee(E, source(9))
    usurper.read_hello(meeting.said[0], {"link": SECRET})
    answer = usurper.answer(b"genesis", HOST.sign)
    assert code_of(lambda: meeting.caller.read_answer(answer)) == "forged"


def test_a_proof_replayed_on_the_same_or_another_channel_is_refused():
    meeting = Meeting()
    proof = meeting.tried()
    for seed in (1, 50):
        later = Meeting(seed=seed)
        later.callee = Callee(E, source(77))
        later.callee.read_hello(later.said[0], {"link": SECRET}, {"link": PASSWORD})
        later.callee.ask_password()
        assert code_of(lambda end=later.callee: end.read_password(proof)) == "password_wrong"


@pytest.mark.parametrize("point", [bytes(32), b"\1" + bytes(31), b"\xed" + b"\xff" * 30 + b"\x7f"])
def test_points_of_small_order_end_it_on_both_sides(point: bytes):
    meeting = Meeting()
    share = pack(PASSWORD_SHARE, point)
    assert code_of(lambda: meeting.caller.prove_password(share, PASSWORD)) == "malformed"
    meeting = Meeting()
    meeting.asked()
    proof = pack(PASSWORD_PROOF, point + bytes(32))
    assert code_of(lambda: meeting.callee.read_password(proof)) == "malformed"


@given(st.data())
def test_any_flipped_bit_of_any_message_ends_it(data: st.DataObject):
    meeting = Meeting()
    order = data.draw(st.sampled_from(["share", "proof", "accepted"]))

    def flipped(message: bytes) -> bytes:
        bit = data.draw(st.integers(0, 8 * len(message) - 1))
        changed = bytearray(message)
        changed[bit // 8] ^= 1 << bit % 8
        return bytes(changed)

    def go() -> None:
        share = meeting.callee.ask_password()
        share = flipped(share) if order == "share" else share
        proof = meeting.caller.prove_password(share, PASSWORD)
        proof = flipped(proof) if order == "proof" else proof
        accepted = meeting.callee.read_password(proof)
        accepted = flipped(accepted) if order == "accepted" else accepted
        meeting.caller.read_verdict(accepted)

    assert code_of(go) in ("malformed", "forged", "password_wrong")


@given(noise=st.binary(max_size=120), kind=st.integers(4, 8))
def test_reading_is_total(noise: bytes, kind: int):
    for message in (noise, pack(kind, noise)):
        early, asked, proving = Meeting(), Meeting(), Meeting()
        code_of(lambda end=early, m=message: end.caller.read_answer(m))
        code_of(lambda end=early, m=message: Caller.prove_password(fresh(end), m, PASSWORD))
        asked.asked()
        code_of(lambda end=asked, m=message: end.callee.read_password(m))
        proving.tried()
        code_of(lambda end=proving, m=message: end.caller.read_verdict(m))


def fresh(meeting: Meeting) -> Caller:
    caller = Caller(meeting.secret, E, source(3))
    caller.hello()
    return caller


def test_an_invitation_that_expired_is_told_apart_from_one_that_nobody_knows():
    for host in (HOST, OTHER):
        caller, callee = Caller(SECRET, E, source(1)), Callee(E, source(2))
        callee.read_hello(caller.hello(), {"link": SECRET}, {"link": PASSWORD})
        closed = callee.close(ClosedReason.EXPIRED)
        assert code_of(lambda end=caller, word=closed: end.read_answer(word)) == "expired"
        with pytest.raises(ValueError, match="step by step"):
            callee.answer(b"genesis", host.sign)


def test_only_who_knows_the_secret_can_say_that_it_expired():
    caller, callee = Caller(SECRET, E, source(1)), Callee(E, source(2))
    callee.read_hello(caller.hello(), {"link": SECRET})
    closed = bytearray(callee.close(ClosedReason.EXPIRED))
    closed[-1] ^= 1
    assert code_of(lambda: caller.read_answer(bytes(closed))) == "forged"


def test_only_who_knows_the_secret_can_say_that_a_password_is_wrong():
    meeting = Meeting(mine=b"gruel")
    refusal = bytearray(meeting.refused())
    refusal[-1] ^= 1
    assert code_of(lambda: meeting.caller.read_verdict(bytes(refusal))) == "forged"


def test_a_handshake_with_a_password_goes_step_by_step_and_only_once():
    meeting = Meeting()
    with pytest.raises(ValueError, match="step by step"):
        meeting.callee.read_password(b"")
    with pytest.raises(ValueError, match="step by step"):
        meeting.callee.refuse_password(1)
    with pytest.raises(ValueError, match="step by step"):
        meeting.caller.read_verdict(b"")
    share = meeting.asked()
    with pytest.raises(ValueError, match="step by step"):
        meeting.asked()
    proof = meeting.say(meeting.caller.prove_password(share, PASSWORD))
    with pytest.raises(ValueError, match="step by step"):
        meeting.caller.prove_password(share, PASSWORD)
    with pytest.raises(ValueError, match="step by step"):
        meeting.caller.read_answer(b"")
    meeting.callee.read_password(proof)
    with pytest.raises(ValueError, match="step by step"):
        meeting.callee.read_password(proof)


def test_no_password_can_be_seen_in_either_side():
    meeting = Meeting()
    meeting.answered()
    for shown in (repr(meeting.caller), repr(meeting.callee)):
        assert shown in ("<Caller answered>", "<Callee answered>")
