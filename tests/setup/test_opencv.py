"""The OpenCV that packages hold: what it is told to be, and how it is packed."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LOCK = ROOT / "packaging" / "requirements-package.lock"


@pytest.fixture(scope="module")
def opencv():
    sys.path.insert(0, str(ROOT / "packaging"))
    try:
        import opencv
    finally:
        sys.path.pop(0)
    return opencv


def test_the_lock_names_the_source_and_is_left_whole_but_for_it(opencv):
    text = LOCK.read_text()
    entry = opencv.requirement(text)
    assert entry.count("--hash=sha256:") > 5
    assert entry.startswith("opencv-python-headless==")
    rest = opencv.without(text)
    assert "opencv-python-headless==" not in rest
    assert len(rest) == len(text) - len(entry)
    names = [line.split("==")[0] for line in text.splitlines() if "==" in line and line[0] != " "]
    left = [line.split("==")[0] for line in rest.splitlines() if "==" in line and line[0] != " "]
    assert [name for name in names if name != "opencv-python-headless"] == left


def test_a_lock_without_it_is_an_error(opencv):
    with pytest.raises(opencv.OpenCVError, match="has no"):
        opencv.requirement("numpy==2.4.6 \\\n    --hash=sha256:00\n")


def test_what_pypi_has_is_told_from_what_packages_may_hold(opencv):
    theirs = (
        "    FFMPEG:                      YES\n      avcodec:                   YES (62.28)\n"
        "    Intel IPP:                   2026.0.0 [2026.0.0]\n"
        "    Lapack:                      YES (OpenBLAS /usr/lib64/libopenblasp.so)\n"
    )
    assert [line.split(":")[0] for line in opencv.faults(theirs)] == [
        "FFMPEG",
        "Intel IPP",
        "Lapack",
    ]
    ours = "    FFMPEG:   NO\n    GStreamer:   NO\n    v4l/v4l2:  YES (linux/videodev2.h)\n"
    assert opencv.faults(ours) == []


def test_the_one_that_is_installed_here_is_judged_by_what_it_says(opencv):
    import cv2

    done = subprocess.run(
        [sys.executable, str(ROOT / "packaging" / "opencv.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == bool(opencv.faults(cv2.getBuildInformation()))
    assert ("FFMPEG" in done.stdout) == bool(done.returncode)


def test_nothing_is_both_left_out_and_built(opencv, tmp_path):
    told = dict(word[2:].split("=", 1) for word in opencv.arguments(tmp_path))
    assert told["WITH_IPP"] == told["WITH_FFMPEG"] == told["VIDEOIO_ENABLE_PLUGINS"] == "OFF"
    assert not {f"WITH_{name}" for name in opencv.OWN} & told.keys()
    assert "WITH_V4L" not in told  # what cameras are read with stays as OpenCV has it
    assert str(tmp_path) in told.get("CMAKE_CXX_FLAGS", str(tmp_path))


def test_the_wheel_can_be_installed_and_the_same_files_make_the_same_bytes(opencv, tmp_path):
    files = {"cv2/__init__.py": b"answer = 42\n", "@/licenses/LICENSE": b"free\n"}
    wheels = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        wheels.append(opencv.pack(files, "5.0+conclave", tmp_path / name))
    assert wheels[0].read_bytes() == wheels[1].read_bytes()
    with zipfile.ZipFile(wheels[0]) as archive:
        record = archive.read("opencv_python_headless-5.0+conclave.dist-info/RECORD").decode()
        assert sorted(archive.namelist()) == sorted(line.split(",")[0] for line in record.split())
    target = tmp_path / "there"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    if subprocess.run([*command[:3], "--version"], capture_output=True, check=False).returncode:
        pytest.skip("this Python has no pip")
    subprocess.run([*command, "--target", str(target), str(wheels[0])], check=True)
    assert (target / "cv2" / "__init__.py").read_bytes() == b"answer = 42\n"
