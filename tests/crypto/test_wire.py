import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import wire
from crypto.errors import MalformedError
from crypto.wire import Reader, Writer, fit_line, is_address, is_line, pack, unpack


@given(st.integers(0, 2**64 - 1), st.binary(max_size=300), st.text(max_size=40))
def test_what_is_written_is_read_again(number: int, blob: bytes, text: str):
    written = Writer().uint(number, 8).vector(blob, 300).text(text, 255).fixed(b"abc", 3).body()
    reader = Reader(written)
    assert (reader.uint(8), reader.vector(300), reader.text(255)) == (number, blob, text)
    assert reader.fixed(3) == b"abc"
    reader.end()


@given(st.binary(max_size=300), st.integers(0, 400))
def test_a_body_that_is_cut_short_is_refused(blob: bytes, cut: int):
    written = Writer().vector(blob, 300).uint(7, 4).body()
    reader = Reader(written[: min(cut, len(written) - 1)])
    with pytest.raises(MalformedError):
        (reader.vector(300), reader.uint(4))


def test_bytes_behind_the_end_are_refused():
    reader = Reader(b"\x01\x02")
    reader.uint(1)
    with pytest.raises(MalformedError):
        reader.end()


@pytest.mark.parametrize(("limit", "size"), [(255, 1), (256, 2), (65_535, 2), (65_536, 4)])
def test_a_length_has_one_size_per_field_so_there_is_one_way_to_write_it(limit: int, size: int):
    assert len(Writer().vector(b"", limit).body()) == size


def test_a_length_over_the_limit_is_refused_before_anything_is_copied():
    with pytest.raises(MalformedError):
        Reader(b"\xc9" + bytes(201)).vector(200)
    with pytest.raises(MalformedError):
        Reader(b"\xff\xff\xff\xff").vector(70_000)


def test_own_values_that_do_not_fit_are_a_bug_and_not_cut():
    for write in (
        lambda: Writer().uint(256, 1),
        lambda: Writer().uint(-1, 1),
        lambda: Writer().fixed(b"12", 3),
        lambda: Writer().vector(bytes(11), 10),
        lambda: Writer().text("é" * 6, 11),
        lambda: Writer().line("two\nlines", 20),
        lambda: Writer().addresses((("10.0.0.1", 0),), 4),
        lambda: Writer().addresses((("10.0.0.1", 1),) * 5, 4),
        lambda: pack(20, bytes(wire.MAX_BODY + 1)),
    ):
        with pytest.raises(ValueError, match=r"."):
            write()


@pytest.mark.parametrize("bad", [b"\x01\xff", b"\x03\xed\xa0\x80", b"\x02\xc0\x80"])
def test_text_that_is_not_utf8_is_refused(bad: bytes):
    with pytest.raises(MalformedError):
        Reader(bad).text(10)


@pytest.mark.parametrize(
    "text", ["a\nb", "a\x00", "\x7f", "\x85", "\u2028", "evil\u202egnp.exe", "\u2066x", "\x1b[2J"]
)
def test_names_that_break_a_line_or_turn_it_round_are_refused(text: str):
    assert not is_line(text)
    with pytest.raises(MalformedError):
        Reader(Writer().text(text, 64).body()).line(64)


@pytest.mark.parametrize("text", ["Ada", "Zoë Müller", "陳大文", "أمينة", "👩‍👩‍👧 us", "O'Neil"])
def test_names_of_people_everywhere_are_lines(text: str):
    assert Reader(Writer().line(text, 64).body()).line(64) == text


@given(st.text(max_size=200), st.integers(1, 64))
def test_whatever_somebody_types_can_be_made_a_line(text: str, limit: int):
    line = fit_line(text, limit)
    assert is_line(line)
    assert len(line.encode()) <= limit
    assert fit_line(line, limit) == line == line.strip()


@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "fe80::1", "::1", "2001:db8::7", "255.255.255.255"],
)
def test_addresses_in_their_one_spelling_are_read(host: str):
    body = Writer().addresses(((host, 4000),), 4).body()
    assert Reader(body).addresses(4) == ((host, 4000),)


@pytest.mark.parametrize(
    ("host", "port"),
    [
        *(("localhost", 1), ("010.0.0.1", 1), ("10.1", 1), ("", 1), ("10.0.0.1", 0)),
        *(("FE80::1", 1), ("fe80::0001", 1), ("0:0:0:0:0:0:0:1", 1), ("fe80::1%eth0", 1)),
        *(("::ffff:10.0.0.1", 1), ("::ffff:a00:1", 1), ("10.0.0.1", 65_536), ("[::1]", 1)),
    ],
)
def test_names_zones_mapped_addresses_and_other_spellings_are_no_addresses(host: str, port: int):
    assert not is_address(host, port)


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"\x10", b"\x10\x01\x00\x00\x00"),
        *(b"\x10\x02\x00\x00\x00\x00", b"\x10\x00\x00\x00\x00\x00"),
        *(b"\x10\x01\x00\x00\x00\x01", b"\x10\x01\x00\x00\x00\x00x"),
        *(b"\x10\x01\xff\xff\xff\xff", b"\x10\x01" + (wire.MAX_BODY + 1).to_bytes(4, "big")),
    ],
)
def test_a_header_that_is_cut_or_lies_is_refused(data: bytes):
    with pytest.raises(MalformedError):
        unpack(data)


@given(st.integers(1, 127), st.binary(max_size=100))
def test_what_is_packed_is_unpacked(kind: int, body: bytes):
    assert unpack(pack(kind, body)) == (kind, body, b"")
    assert unpack(pack(kind, body) + bytes(64), signed=True) == (kind, body, bytes(64))
    with pytest.raises(MalformedError):
        unpack(pack(kind, body), signed=True)
