"""Blocks that must wait: each member's are kept apart, and nobody's keep a device busy."""

from app.meeting.backlog import BURST, MOST_BLOCKS, RATE, Backlog


def tried(backlog: Backlog, source: bytes, count: int, now: float) -> int:
    """Let a member say so many blocks at one moment; return how many were worth a try."""
    blocks = (b"%d at %f" % (number, now) for number in range(count))
    return sum(bool(backlog.keep(source, block, now)) for block in blocks)


def test_all_that_one_member_remembers_is_tried_at_once():
    assert tried(Backlog(), b"ada", MOST_BLOCKS, now=0.0) == MOST_BLOCKS


def test_a_block_that_is_here_already_is_not_tried_again():
    backlog = Backlog()
    assert backlog.keep(b"ada", b"block", 0.0) == (b"block",)
    assert backlog.keep(b"ada", b"block", 9.0) == ()


def test_who_says_ever_new_blocks_is_tried_ever_more_seldom_and_stops_nobody_else():
    backlog = Backlog()
    assert tried(backlog, b"liar", 1000, now=0.0) == BURST
    backlog.clear()  # the log goes on: that gives nobody a new start
    assert tried(backlog, b"liar", 1000, now=2.0) == 2 * RATE
    assert backlog.dropped >= 2000 - BURST - 2 * RATE
    assert tried(backlog, b"ada", MOST_BLOCKS, now=2.0) == MOST_BLOCKS


def test_a_block_that_came_too_fast_is_tried_when_it_is_said_again():
    backlog = Backlog()
    tried(backlog, b"ada", BURST, now=0.0)
    assert backlog.keep(b"ada", b"the last", 0.0) == ()
    assert b"the last" in backlog.keep(b"ada", b"the last", 1.0)
