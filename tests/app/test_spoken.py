"""What is said at a terminal while a meeting lasts."""

from app.screens import CallQuality
from app.spoken import Spoken


def test_a_busy_computer_is_said_each_time_it_is_to_be_told():
    said: list[str] = []
    spoken = Spoken(said.append)
    for told, step in ((0, 0), (0, 1), (1, 2), (1, 5), (2, 4)):
        spoken.quality(CallQuality(told=told, step=step))
    assert [words.partition(":")[0] for words in said] == ["This computer is busy"] * 2
    assert said[0] != said[1]
