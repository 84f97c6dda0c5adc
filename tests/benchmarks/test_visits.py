"""What a hundred meetings leave behind is judged when pools and caches have their size."""

from bench import visits


def held(mb: float, threads: int = 10) -> dict[str, float]:
    counted = {"threads": threads, "files": 19, "widgets": 142, "objects": 115_000}
    return {"mb": 2 * mb, "given_mb": mb, **counted}


def of(samples: list[dict[str, float]]) -> dict[str, object]:
    return {"samples": samples, "pictures": [9, 10, 11]}


def test_what_fills_in_the_first_meetings_does_not_count():
    samples = [held(100.0 + 10 * min(n, 20), threads=min(n, 10)) for n in range(101)]
    said = visits.tables(of(samples))
    assert "is met: +0.0 MB" in said
    assert "10 pictures of the own camera" in said
    assert "after 40" in said
    assert "after 100" in said


def test_memory_that_grows_with_each_meeting_is_told():
    assert "is missed: +10.0 MB" in visits.verdict(of([held(200 + n / 10) for n in range(101)]))


def test_a_thread_that_stays_is_told_by_name():
    samples = [held(200.0, threads=10 + n // 90) for n in range(101)]
    assert "is missed: +0.0 MB, and more threads." in visits.verdict(of(samples))


def test_three_meetings_are_enough_for_figures():
    assert "after 3" in visits.tables(of([held(200.0)] * 4))
