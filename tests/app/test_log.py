"""The log: nothing in it that names anybody, never a flood, never in the way."""

import logging
import os
import re
import stat
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import log as module
from app.log import Restraint, scrubbed, start_log

logger = logging.getLogger("app.something")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    hooks, level, handlers = (sys.excepthook, threading.excepthook), root.level, root.handlers[:]
    yield
    sys.excepthook, threading.excepthook = hooks
    root.setLevel(level)
    for handler in root.handlers[:]:
        if handler not in handlers:
            root.removeHandler(handler)


def written(folder: Path) -> str:
    return (folder / "conclave.log").read_text(encoding="utf-8")


def test_addresses_links_and_keys_never_reach_the_file(tmp_path: Path) -> None:
    log = start_log(tmp_path, enabled=True)
    logger.info("dialling %s and %s", "192.0.2.7:47100", "[fe80::1%eth0]:47100")
    logger.info("link conclave:join#%s", "A" * 100)
    logger.info("key %s", bytes(range(32)).hex())
    logger.info("raw %r", b"some chat line")
    logger.info("seed %s", "q" * 43)
    logger.info("fd12:3456:789a::7 and ::1 and 2001:db8::7")
    log.close()
    text = written(tmp_path)
    secrets = ["192.0.2.7", "fe80", "AAAA", "000102", "chat", "qqqq", "fd12", "2001", "db8", "::1"]
    assert [secret for secret in secrets if secret in text] == []
    assert text.count("<address>") >= 4
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO app\.something dialling", text)


def test_ordinary_words_numbers_and_times_stay_readable() -> None:
    line = "channel 7 closed: idle after 15.0 s at 19:30, version 1.2.3, 12 frames of 640x360"
    assert scrubbed(line) == line


def test_an_exception_leaves_its_type_and_path_and_not_its_text(tmp_path: Path) -> None:
    log = start_log(tmp_path, enabled=True)
    try:
        raise ValueError("Ada said hello")
    except ValueError:
        logger.exception("a step failed")
    log.close()
    text = written(tmp_path)
    assert "ValueError < app/test_log.py:" in text
    assert "Ada" not in text
    assert str(Path.home()) + "/" not in text
    assert str(Path(__file__).parent) not in text


def test_control_characters_and_line_breaks_are_shown_and_not_obeyed() -> None:
    line = scrubbed("a\nb\x1b[31mred\r\0\u202e")
    assert line.isprintable()
    assert "\\x1b" in line
    assert len(scrubbed("x y " * 10_000)) <= 1000


def test_other_libraries_do_not_write_into_it(tmp_path: Path) -> None:
    log = start_log(tmp_path, enabled=True)
    logging.getLogger("aioice.ice").warning("Connection to somebody failed")
    logging.getLogger("zeroconf").error("sent to somebody")
    logging.getLogger("application").error("not us either")
    logger.info("only this")
    log.close()
    assert written(tmp_path).count("\n") == 1


def test_a_thousand_lines_of_one_cause_become_a_few() -> None:
    now = [0.0]
    restraint = Restraint(lambda: now[0])
    record = logging.makeLogRecord({"name": "app.x", "pathname": "x.py", "lineno": 1, "msg": "m"})
    other = logging.makeLogRecord({"name": "app.x", "pathname": "x.py", "lineno": 2, "msg": "m"})
    assert sum(restraint.filter(record) for _ in range(1000)) == 10
    assert restraint.filter(other)
    now[0] += 6
    assert restraint.filter(record)
    assert module.ScrubbingFormatter().format(record).endswith("m (and 990 more like this)")


def test_a_day_has_a_limit_and_the_file_is_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 5_000)
    monkeypatch.setattr(module, "BURST", 1_000_000)
    log = start_log(tmp_path / "log", enabled=True)
    for _ in range(500):
        logger.info("a line of some length that repeats and repeats")
    log.close()
    path = tmp_path / "log" / "conclave.log"
    assert path.stat().st_size < 6_000
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_files_of_more_than_a_week_ago_are_removed(tmp_path: Path) -> None:
    old, new = tmp_path / "conclave.log.2026-01-01", tmp_path / "conclave.log.2026-11-20"
    for path, age in ((old, 9), (new, 1)):
        path.write_text("x")
        os.utime(path, (time.time() - age * 86_400,) * 2)
    start_log(tmp_path, enabled=True).close()
    assert not old.exists()
    assert new.exists()


def test_switched_off_or_without_a_place_it_writes_nothing(tmp_path: Path) -> None:
    off = start_log(tmp_path / "off", enabled=False)
    assert not off.is_on
    assert not (tmp_path / "off").exists()
    (tmp_path / "file").write_text("")
    nowhere = start_log(tmp_path / "file" / "log", enabled=True)
    assert not nowhere.is_on
    logger.error("nobody writes this down")


def test_errors_that_nobody_caught_are_written_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = start_log(tmp_path, enabled=True)

    def fails() -> None:
        raise KeyError("Ada")

    thread = threading.Thread(target=fails)
    thread.start()
    thread.join()
    log.close()
    assert "an error nobody caught in a thread | KeyError" in written(tmp_path)
    assert "Ada" not in written(tmp_path)
