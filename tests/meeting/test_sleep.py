"""A computer that slept, or whose clock jumped, seals with a new key before the next frame."""

from fakes.table import Table

from crypto.frames import OpenedFrame, peek


def test_after_a_jump_of_the_clock_the_next_frame_has_a_new_key_that_others_open():
    table = Table()
    ada, ben = table.person("Ada"), table.person("Ben")
    table.opens(ada, lobby=False)
    table.knocks(ben, ada)
    table.until(lambda: ben.meeting is not None and table.view(ben).code is not None)
    table.run(3)
    before = peek(table.sends(ben, b"before") or b"")
    table.wall_jump(3600.0)
    table.run(0.2)
    after = peek(table.sends(ben, b"after") or b"")
    assert before is not None
    assert after is not None
    assert after[2] != before[2]
    table.run(1)
    opened = table.opens_frame(ada, table.frames[-1])
    assert isinstance(opened, OpenedFrame)
