"""The private names of aiortc and aioice that a path stands on are still there."""

from importlib.metadata import version

from media.path.private_names import PRIVATE_NAMES, missing_names


def test_every_private_name_is_where_the_transport_expects_it():
    assert missing_names() == []
    assert sum(len(names) for names in PRIVATE_NAMES.values()) >= 15


def test_a_name_that_moves_is_noticed(monkeypatch):
    function = next(iter(PRIVATE_NAMES))
    monkeypatch.setitem(PRIVATE_NAMES, function, ("_moved_away",))
    assert missing_names() == [f"{function.__qualname__}: _moved_away"]


def test_aiortc_is_the_version_the_transport_was_written_for():
    assert version("aiortc").startswith("1.16.")
    assert version("aioice").startswith("0.13.")
