"""Sound carried twice: what is packed comes out, what is malformed is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.path.redundancy import MAX_DISTANCE, MAX_OLDER, pack, unpack

SOUND = st.binary(min_size=1, max_size=300)


@given(SOUND, st.lists(st.tuples(st.integers(1, MAX_DISTANCE), SOUND), max_size=MAX_OLDER))
def test_what_is_packed_comes_out(newest, older):
    assert unpack(pack(newest, older, room=2000)) == (older, newest)


def test_plain_sound_costs_one_byte_more():
    assert pack(b"sound", (), 100) == b"\0sound"


def test_what_does_not_fit_is_left_out_but_never_the_newest():
    older = [(1, bytes(40)), (3, bytes(40))]
    assert unpack(pack(b"new", older, room=60)) == (older[:1], b"new")
    assert unpack(pack(b"new", older, room=10)) == ([], b"new")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\0",
        b"\3" + bytes(20),  # more than two
        b"\1\0\0\1xy",  # at no distance
        b"\1\5\0\1xy",  # too far back
        b"\1\1\0\0xy",  # nothing carried
        b"\1\1\0\2xy",  # nothing left for the newest
        b"\1\1\xff\xffxy",
        b"\2\1\0\1",
    ],
)
def test_what_is_not_of_this_form_is_refused(payload):
    assert unpack(payload) is None


@given(st.binary(max_size=60))
def test_any_bytes_are_taken_apart_or_refused(payload):
    found = unpack(payload)
    if found is not None:
        older, newest = found
        assert newest
        assert pack(newest, older, room=100) == payload
