"""The size of the own picture is limited by choice, whatever the path would bear."""

from media.quality import choose


def test_a_limit_keeps_the_picture_small_on_the_best_of_paths():
    plan = choose(5000.0, (1280, 720), None, max_height=360)
    assert (plan.width, plan.height) == (640, 360)


def test_without_a_limit_a_good_path_carries_the_large_picture():
    plan = choose(5000.0, (1280, 720), None)
    assert (plan.width, plan.height) == (1280, 720)
