"""What is said at a terminal while a meeting lasts."""

from app.screens import CallQuality, MeetingPlace
from app.spoken import Spoken


def test_a_busy_computer_is_said_each_time_it_is_to_be_told():
    said: list[str] = []
    spoken = Spoken(said.append)
    for told, step in ((0, 0), (0, 1), (1, 2), (1, 5), (2, 4)):
        spoken.quality(CallQuality(told=told, step=step))
    assert [words.partition(":")[0] for words in said] == ["This computer is busy"] * 2
    assert said[0] != said[1]


def test_it_is_said_whether_people_outside_come_in_by_the_meeting_point_when_that_changes():
    said: list[str] = []
    spoken = Spoken(said.append)
    there = "203.0.113.5:7443"
    for held, failing in ((0, 0), (1, 0), (1, 0), (0, 0), (0, 1), (0, 1), (1, 0)):
        spoken.place(MeetingPlace(there, held=bool(held), failing=bool(failing)))
    assert ["cannot be reached" in words for words in said] == [False, True, False]
    assert there in said[1]
