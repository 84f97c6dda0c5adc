"""Which picture is encoded for which rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.quality import choose, fit, slowest

HD = (1280, 720)


@pytest.mark.parametrize(
    ("kbps", "size", "fps"),
    [(2500, HD, 30), (900, (640, 360), 30), (200, (320, 180), 30), (100, (320, 180), 15)],
)
def test_less_rate_means_a_smaller_picture(kbps, size, fps):
    plan = choose(kbps, HD, None)
    assert ((plan.width, plan.height), plan.fps) == (size, fps)
    assert plan.kbps <= kbps


def test_a_size_is_kept_while_the_rate_wavers():
    small, large = choose(1000, HD, None), choose(1200, HD, None)
    assert (small.height, large.height) == (360, 720)
    assert choose(1050, HD, small).height == 360
    assert choose(1050, HD, large).height == 720
    assert choose(1200, HD, small).height == 720
    assert choose(650, HD, large).height == 360


def test_a_small_camera_is_never_enlarged():
    plan = choose(2500, (640, 360), None)
    assert (plan.width, plan.height, plan.kbps) == (640, 360, 800)
    assert fit((640, 480), 360) == (480, 360)
    assert fit((100, 50), 360) == (100, 50)


def test_the_slowest_path_decides():
    assert slowest([900.0, 400.0, 2500.0], 1500.0) == 400.0
    assert slowest([], 1500.0) == 1500.0


@given(
    st.floats(100, 2500),
    st.tuples(st.integers(32, 3840), st.integers(32, 2160)),
    st.floats(100, 2500),
)
def test_every_plan_can_be_encoded(kbps, source, before):
    plan = choose(kbps, source, choose(before, source, None))
    assert plan.width % 2 == plan.height % 2 == 0
    assert 16 <= plan.width <= max(source[0] + 1, 16)
    assert 16 <= plan.height <= 720
    assert 60 <= plan.kbps <= 2500
