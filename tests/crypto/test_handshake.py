import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.channel import MAX_EARLY_MESSAGE, Channel
from crypto.handshake import (
    MAX_BODY,
    MOST_SECRETS,
    PUBLIC_SECRET,
    Answer,
    Callee,
    Caller,
    HandshakeError,
)
from crypto.identity import Identity
from crypto.proofs import Proofs
from crypto.wire import pack, unpack

Pair = Callable[[], tuple[Channel, Channel]]
Carry = Callable[[Channel, Channel], tuple[list[bytes], list[bytes]]]

SECRET = b"an invite secret"
NONCE = b"n" * 16
HOST = Identity(b"host".ljust(32, b"."))
OTHER = Identity(b"other".ljust(32, b"."))
DENY = Callee(bytes(32), random.Random(0).randbytes).refuse()


def source(seed: int) -> Callable[[int], bytes]:
    return random.Random(seed).randbytes


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(HandshakeError) as refused:
        action()
    return refused.value.code


def caller_on(exporter: bytes, secret: bytes = SECRET, seed: int = 1) -> Caller:
    return Caller(secret, exporter, source(seed))


def callee_on(exporter: bytes, seed: int = 2) -> Callee:
    return Callee(exporter, source(seed))


def answered(exporter: bytes = bytes(32), body: bytes = b"genesis") -> tuple[Caller, Callee, bytes]:
    """A caller that has said hello, a callee that has answered, and the answer."""
    caller, callee = caller_on(exporter), callee_on(exporter)
    assert callee.read_hello(caller.hello(), {"link": SECRET}) == "link"
    return caller, callee, callee.answer(body, HOST.sign)


def test_two_ends_of_a_channel_prove_themselves(channels: Pair, carry: Carry):
    one, other = channels()
    caller, callee = caller_on(one.exporter), callee_on(other.exporter)
    one.send(caller.hello())
    (hello,) = carry(one, other)[1]
    assert callee.read_hello(hello, {"public": PUBLIC_SECRET, "link": SECRET}) == "link"
    other.send(callee.answer(b"genesis, about", HOST.sign))
    (message,) = carry(one, other)[0]
    answer = caller.read_answer(message)
    answer.verify(HOST.public)
    assert answer.body == b"genesis, about"
    assert answer.nonce == callee.nonce
    assert caller.transcript == callee.transcript


def test_the_transcript_covers_the_channel_and_every_byte():
    transcripts = set()
    for exporter in (bytes(32), bytes(31) + b"\1"):
        caller, callee = caller_on(exporter), callee_on(exporter)
        transcripts.add(caller.transcript)
        callee.read_hello(caller.hello(), {"link": SECRET})
        assert caller.transcript == callee.transcript
        transcripts.add(caller.transcript)
        caller.read_answer(callee.answer(b"", HOST.sign))
        assert caller.transcript == callee.transcript
        transcripts.add(caller.transcript)
    assert len(transcripts) == 6
    assert {len(t) for t in transcripts} == {32}


def test_a_man_in_the_middle_with_two_channels_gets_no_answer(channels: Pair):
    (caller_end, _), (_, callee_end) = channels(), channels()
    caller, callee = caller_on(caller_end.exporter), callee_on(callee_end.exporter)
    relayed = caller.hello()
    assert code_of(lambda: callee.read_hello(relayed, {"link": SECRET})) == "refused"
    assert callee.refuse() == DENY


def test_a_man_in_the_middle_who_has_the_link_cannot_pass_on_the_hosts_signature(channels: Pair):
    """He proves the secret on both channels; what the host signs fits only his own channel."""
    (caller_end, middle_end), (middle_call, callee_end) = channels(), channels()
    caller = caller_on(caller_end.exporter)
    middle = callee_on(middle_end.exporter, seed=3)
    assert middle.read_hello(caller.hello(), {"link": SECRET}) == "link"

    middle_caller, host = (
        caller_on(middle_call.exporter, seed=4),
        callee_on(callee_end.exporter, seed=5),
    )
    host.read_hello(middle_caller.hello(), {"link": SECRET})
    stolen = middle_caller.read_answer(host.answer(b"genesis", HOST.sign))
    stolen.verify(HOST.public)

    answer = caller.read_answer(middle.answer(stolen.body, lambda _: stolen.signature))
    assert code_of(lambda: answer.verify(HOST.public)) == "forged"
    assert host.transcript != middle.transcript


def test_an_answer_passed_on_unchanged_proves_nothing_on_another_channel(channels: Pair):
    (caller_end, _), (_, callee_end) = channels(), channels()
    caller = caller_on(caller_end.exporter)
    caller.hello()
    _, _, answer = answered(callee_end.exporter)
    assert code_of(lambda: caller.read_answer(answer)) == "forged"


def test_a_replayed_hello_is_refused_on_every_later_channel(channels: Pair):
    one, other = channels()
    hello = caller_on(one.exporter).hello()
    assert callee_on(other.exporter).read_hello(hello, {"link": SECRET}) == "link"
    for _ in range(3):
        _, later = channels()
        callee = callee_on(later.exporter)
        assert code_of(lambda end=callee: end.read_hello(hello, {"link": SECRET})) == "refused"


def test_a_hello_sent_back_is_no_answer():
    caller = caller_on(bytes(32))
    hello = caller.hello()
    assert code_of(lambda: caller.read_answer(hello)) == "malformed"


def test_a_replayed_answer_is_refused_because_the_nonce_differs():
    _, _, old = answered()
    caller = caller_on(bytes(32), seed=7)
    caller.hello()
    assert code_of(lambda: caller.read_answer(old)) == "forged"


def test_a_swapped_identity_is_refused():
    caller, _, message = answered()
    answer = caller.read_answer(message)
    assert code_of(lambda: answer.verify(OTHER.public)) == "forged"
    answer.verify(HOST.public)


def test_who_signs_with_another_key_than_the_body_names_is_refused():
    caller, callee = caller_on(bytes(32)), callee_on(bytes(32))
    callee.read_hello(caller.hello(), {"link": SECRET})
    answer = caller.read_answer(callee.answer(HOST.public, OTHER.sign))
    assert code_of(lambda: answer.verify(answer.body)) == "forged"


def test_a_body_that_was_exchanged_is_refused():
    caller, _, message = answered(body=b"genesis of the host")
    exchanged = message.replace(b"genesis of the host", b"genesis of bad host")
    answer = caller.read_answer(exchanged)
    assert answer.body == b"genesis of bad host"
    assert code_of(lambda: answer.verify(HOST.public)) == "forged"


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(32), b"\1" + bytes(31)])
def test_keys_that_fit_everything_or_nothing_verify_nothing(key: bytes):
    caller, _, message = answered()
    answer = caller.read_answer(message)
    assert code_of(lambda: answer.verify(key)) == "forged"


def test_a_wrong_secret_is_refused():
    callee = callee_on(bytes(32))
    hello = caller_on(bytes(32), secret=b"another secret!!").hello()
    assert code_of(lambda: callee.read_hello(hello, {"link": SECRET})) == "refused"


def test_without_open_secrets_nobody_is_answered():
    callee = callee_on(bytes(32))
    assert code_of(lambda: callee.read_hello(caller_on(bytes(32)).hello(), {})) == "refused"
    with pytest.raises(ValueError, match="step by step"):
        callee.answer(b"genesis", HOST.sign)


def test_a_callee_that_does_not_know_the_secret_is_noticed():
    caller = caller_on(bytes(32))
    caller.hello()
    impostor = callee_on(bytes(32))
    impostor.read_hello(caller_on(bytes(32), PUBLIC_SECRET).hello(), {"public": PUBLIC_SECRET})
    answer = impostor.answer(b"genesis", HOST.sign)
    assert code_of(lambda: caller.read_answer(answer)) == "forged"


def test_the_secret_that_fits_is_found_among_256():
    secrets = {f"link {i}": bytes([i]) * 16 for i in range(MOST_SECRETS)}
    for i in (0, 100, 255):
        hello = caller_on(bytes(32), bytes([i]) * 16).hello()
        assert callee_on(bytes(32)).read_hello(hello, secrets) == f"link {i}"
    with pytest.raises(ValueError, match="256"):
        callee_on(bytes(32)).read_hello(hello, secrets | {"one more": b""})


def test_every_refusal_is_the_same_bytes_and_says_nothing():
    assert unpack(DENY)[1:] == (b"", b"")
    for exporter in (bytes(32), b"\1" * 32):
        callee = callee_on(exporter)
        assert callee.refuse() == DENY
        for hello in (b"", b"x", caller_on(exporter, b"wrong").hello(), DENY):
            callee = callee_on(exporter)
            assert code_of(lambda end=callee, word=hello: end.read_hello(word, {"l": SECRET})) == (
                "refused"
            )
            assert callee.refuse() == DENY


def test_a_refused_caller_learns_only_that():
    caller = caller_on(bytes(32))
    caller.hello()
    assert code_of(lambda: caller.read_answer(DENY)) == "refused"


def test_what_a_caller_says_first_does_not_depend_on_who_it_is():
    """A hello is made from secret, channel and chance alone, and its length is always the same."""
    lengths = {
        len(caller_on(source(i)(32), source(i + 50)(i), seed=i).hello()) for i in range(1, 40)
    }
    assert lengths == {6 + 2 + 16 + 8 + 32}
    assert caller_on(bytes(32)).hello() == caller_on(bytes(32)).hello()


def test_hellos_of_one_secret_cannot_be_linked():
    hellos = [caller_on(source(i)(32), seed=i).hello() for i in range(20)]
    for start in range(8, len(hellos[0]) - 3):
        assert len({hello[start : start + 4] for hello in hellos}) == 20


def test_everything_a_stranger_is_sent_fits_the_limit_for_strangers():
    _, _, answer = answered(body=bytes(MAX_BODY))
    assert len(answer) <= MAX_EARLY_MESSAGE
    caller, callee = caller_on(bytes(32)), callee_on(bytes(32))
    callee.read_hello(caller.hello(), {"link": SECRET})
    with pytest.raises(ValueError, match="at most"):
        callee.answer(bytes(MAX_BODY + 1), HOST.sign)


@given(st.data())
def test_any_flipped_bit_of_a_hello_is_refused(data: st.DataObject):
    hello = bytearray(caller_on(bytes(32)).hello())
    bit = data.draw(st.integers(0, 8 * len(hello) - 1))
    hello[bit // 8] ^= 1 << bit % 8
    callee = callee_on(bytes(32))
    assert code_of(lambda: callee.read_hello(bytes(hello), {"link": SECRET})) == "refused"


@given(st.data())
def test_any_flipped_bit_of_an_answer_is_refused(data: st.DataObject):
    caller, _, message = answered()
    changed = bytearray(message)
    bit = data.draw(st.integers(0, 8 * len(changed) - 1))
    changed[bit // 8] ^= 1 << bit % 8

    def take() -> None:
        caller.read_answer(bytes(changed)).verify(HOST.public)

    assert code_of(take) in ("malformed", "forged")


def test_every_truncation_is_refused():
    hello = caller_on(bytes(32)).hello()
    for length in range(len(hello)):
        callee = callee_on(bytes(32))
        cut = hello[:length]
        assert code_of(lambda end=callee, w=cut: end.read_hello(w, {"link": SECRET})) == "refused"
    for length in range(len(answered()[2])):
        caller, _, message = answered()
        cut = message[:length]
        assert code_of(lambda end=caller, word=cut: end.read_answer(word)) == "malformed"


@given(st.binary(max_size=200), st.sampled_from([1, 2, 3, 4, 8, 200]))
def test_reading_is_total(data: bytes, kind: int):
    for message in (data, pack(kind, data)):
        callee, caller = callee_on(bytes(32)), caller_on(bytes(32))
        assert code_of(lambda end=callee, w=message: end.read_hello(w, {"l": SECRET})) == "refused"
        caller.hello()
        code = code_of(lambda end=caller, word=message: end.read_answer(word))
        assert code == ("refused" if message == DENY else code)
        assert code in ("malformed", "forged", "refused", "password_needed")


def a_hello(versions: bytes, tag_on: bytes = bytes(32), proof_on: bytes = bytes(32)) -> bytes:
    """A hello by somebody who knows the secret and says what they like."""
    tag, proof = Proofs(SECRET, tag_on).tag(), Proofs(SECRET, proof_on).caller(versions, NONCE)
    return pack(1, bytes([len(versions)]) + versions + NONCE + tag + proof)


def test_a_caller_that_speaks_only_other_versions_is_refused():
    for versions in (b"\1", b"\2\1", bytes(range(8))):
        hello = a_hello(versions)
        assert callee_on(bytes(32)).read_hello(hello, {"link": SECRET}) == "link"
    for versions in (b"", b"\2", b"\0\2\3", bytes(range(9))):
        hello = a_hello(versions)
        callee = callee_on(bytes(32))
        assert code_of(lambda end=callee, w=hello: end.read_hello(w, {"l": SECRET})) == "refused"


def test_tag_and_proof_are_each_bound_to_the_channel():
    for hello in (a_hello(b"\1", tag_on=b"\1" * 32), a_hello(b"\1", proof_on=b"\1" * 32)):
        callee = callee_on(bytes(32))
        assert code_of(lambda end=callee, w=hello: end.read_hello(w, {"l": SECRET})) == "refused"


def test_a_handshake_goes_step_by_step_and_only_once():
    caller, callee, message = answered()
    with pytest.raises(ValueError, match="step by step"):
        caller.hello()
    caller.read_answer(message)
    with pytest.raises(ValueError, match="step by step"):
        caller.read_answer(message)
    with pytest.raises(ValueError, match="step by step"):
        callee.answer(b"", HOST.sign)
    with pytest.raises(ValueError, match="step by step"):
        callee.read_hello(b"", {})
    fresh = callee_on(bytes(32))
    with pytest.raises(ValueError, match="step by step"):
        fresh.answer(b"", HOST.sign)
    with pytest.raises(ValueError, match="answered"):
        _ = fresh.nonce
    with pytest.raises(ValueError, match="step by step"):
        caller_on(bytes(32)).read_answer(message)


def test_a_refused_caller_gets_no_second_try():
    callee = callee_on(bytes(32))
    hello = caller_on(bytes(32)).hello()
    assert code_of(lambda: callee.read_hello(b"", {"link": SECRET})) == "refused"
    with pytest.raises(ValueError, match="step by step"):
        callee.read_hello(hello, {"link": SECRET})


def test_an_exporter_value_of_another_length_is_our_own_mistake():
    for size in (0, 31, 33):
        with pytest.raises(ValueError, match="32 bytes"):
            Caller(SECRET, bytes(size), source(1))
        with pytest.raises(ValueError, match="32 bytes"):
            Callee(bytes(size), source(1))


def test_challenges_are_never_the_same():
    nonces = set()
    for seed in range(30):
        caller, callee = caller_on(bytes(32), seed=seed), callee_on(bytes(32), seed=seed + 100)
        callee.read_hello(caller.hello(), {"link": SECRET})
        nonces.add(caller.read_answer(callee.answer(b"", HOST.sign)).nonce)
    assert len(nonces) == 30


def test_neither_side_shows_its_secret():
    caller, callee, message = answered()
    answer = caller.read_answer(message)
    assert repr(caller) == "<Caller answered>"
    assert repr(callee) == "<Callee answered>"
    assert repr(answer) == "Answer(body=b'genesis')"
    assert isinstance(answer, Answer)
