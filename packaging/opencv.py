"""OpenCV for packages, built from its source on PyPI: python packaging/opencv.py [--check].

PyPI's wheels carry OpenSSL 1.1.1 and Intel's IPP, which must not be given on with Conclave. This
one has what Conclave uses and no more: cameras, colours, sizes, small pictures of files, QR codes.
It is built once, and again when something changes that it is made from; the same things make the
same bytes, in any folder. Where the wheel lies is printed; --check says what is wrong with the
OpenCV of the Python that runs this.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import bootstrap
from bootstrap import Need, python_of, say

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "opencv"
TOOLS = ROOT / "packaging" / "requirements-opencv.lock"
NAME = "opencv-python-headless"
LABEL = "conclave"  # after the version of a build of ours
NOWHERE = "http://127.0.0.1:9"  # a proxy that is none: nothing is downloaded unseen
KEPT_TIME = (1980, 1, 1, 0, 0, 0)  # of the files in the wheel, the first that zip archives know


class OpenCVError(Exception):
    """OpenCV could not be built, or is not what packages may hold; the text says why."""


def has_header(name: str) -> bool:
    """Whether the system, or this Python, brings a header of C."""
    folders = (sysconfig.get_path("include"), "/usr/include")
    return any(Path(folder, name).exists() for folder in folders)


TO_BUILD = (  # on Linux
    Need("c++", "g++", "gcc-c++", "gcc", bootstrap.runs),
    Need("nasm", "nasm", "nasm", "nasm", bootstrap.runs),  # libjpeg-turbo's quick half
    Need("linux/videodev2.h", "linux-libc-dev", "kernel-headers", "linux-api-headers", has_header),
    Need("Python.h", f"python3.{sys.version_info.minor}-dev", "python3-devel", None, has_header),
)

MODULES = "core,imgproc,imgcodecs,videoio,objdetect,python3"  # and what these need
OWN = ("ZLIB", "JPEG", "PNG", "WEBP")  # from the source, not the system's
LEFT_OUT = (
    # downloaded while it is built
    "FASTCV", "IPP", "KLEIDICV", "OBSENSOR", "UNIFONT",
    # read what strangers made, and Conclave never asks them to
    "AVIF", "FFMPEG", "GDAL", "GDCM", "GSTREAMER", "IMGCODEC_GIF", "IMGCODEC_HDR", "IMGCODEC_PFM",
    "IMGCODEC_PXM", "IMGCODEC_SUNRASTER", "JASPER", "JPEGXL", "OPENEXR", "OPENJPEG", "TIFF",
    # not used
    "DIRECTX", "EIGEN", "FLATBUFFERS", "GTK", "ITT", "LAPACK", "MSMF", "OPENCL", "PROTOBUF", "QT",
    "VA", "VTK", "WIN32UI",
)  # fmt: skip
BUILT_IN = re.compile(r"FFMPEG|GStreamer|Intel IPP|Lapack|OpenBLAS|OpenSSL|TIFF|OpenEXR|ONNX.*YES")


def arguments(source: Path) -> list[str]:
    """Return what CMake is told; `source` is where the distribution lies unpacked."""
    told = {
        "CMAKE_BUILD_TYPE": "Release",
        "CMAKE_INSTALL_PREFIX": "/opencv",
        "BUILD_LIST": MODULES,
        "BUILD_SHARED_LIBS": "OFF",
        "BUILD_INFO_SKIP_SYSTEM_VERSION": "ON",
        "BUILD_INFO_SKIP_TIMESTAMP": "ON",
        "ENABLE_BUILD_HARDENING": "ON",
        "OPENCV_PYTHON3_INSTALL_PATH": "python",
        "PYTHON3_LIMITED_API": "ON",
        "PYTHON3_INCLUDE_DIR": sysconfig.get_path("include"),
        "VIDEOIO_ENABLE_PLUGINS": "OFF",  # no library that lies about is loaded
    }
    told |= {f"BUILD_{part}": "ON" for part in OWN}
    told |= {f"WITH_{part}": "OFF" for part in LEFT_OUT}
    told |= {f"BUILD_{part}": "OFF" for part in ("DOCS", "JAVA", "PERF_TESTS", "TESTS")}
    if platform.machine().lower() in ("x86_64", "amd64"):  # NumPy needs SSE 4.2, too
        told |= {"CPU_BASELINE": "SSE4_2", "CPU_DISPATCH": "AVX2"}
    if os.name != "nt":
        flags = f'"-ffile-prefix-map={source}=opencv"'
        told |= {"CMAKE_C_FLAGS": flags, "CMAKE_CXX_FLAGS": flags}
    if sys.platform == "linux":
        told |= {"CMAKE_MODULE_LINKER_FLAGS": "-Wl,--strip-all,--build-id=none"}
    return [f"-D{name}={value}" for name, value in told.items()]


def wheel(lock: Path) -> Path:
    """Return a wheel of the version in `lock`, building it if none is there; raises OpenCVError."""
    entry = requirement(lock.read_text(encoding="utf-8"))
    made_from = (entry, TOOLS.read_text(), Path(__file__).read_text(), sys.version, _compiler())
    key = hashlib.sha256("\0".join(made_from).encode()).hexdigest()[:16]
    folder = WORK / key
    if found := list(folder.glob("*.whl")):
        return found[0]
    say("building OpenCV, which takes some minutes")
    try:
        if sys.platform == "linux" and (lacking := bootstrap.missing(TO_BUILD)):
            bootstrap.this_system().install(lacking)
        python = _tools()
        source = _source(python, entry)
        files = _compiled(python, source)
    except (subprocess.CalledProcessError, bootstrap.SetupError, OSError) as error:
        text = f"OpenCV was not built, {WORK.relative_to(ROOT)}/log.txt may say why: {error}"
        raise OpenCVError(text) from error
    version = entry.split()[0].partition("==")[2]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return pack(files, f"{version}+{LABEL}", folder)


def requirement(lock: str) -> str:
    """Return OpenCV's entry of a lock, with the hashes of its files."""
    found = re.search(rf"^{NAME}==(?:.*\\\n)*.*\n", lock, re.MULTILINE)
    if found is None:
        raise OpenCVError(f"the lock has no {NAME}")
    return found[0]


def without(lock: str) -> str:
    """Return a lock without OpenCV."""
    return lock.replace(requirement(lock), "")


def pack(files: Mapping[str, bytes], version: str, folder: Path) -> Path:
    """Write the files of a distribution as a wheel into a folder."""
    project = NAME.replace("-", "_")
    about = f"{project}-{version}.dist-info"
    tag = f"cp39-abi3-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
    texts = {
        f"{about}/METADATA": "Metadata-Version: 2.4\n"
        f"Name: {NAME}\nVersion: {version}\nLicense-Expression: Apache-2.0\n"
        "Project-URL: Homepage, https://github.com/opencv/opencv-python\n"
        "Requires-Dist: numpy>=2\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: conclave\n"
        f"Root-Is-Purelib: false\nTag: {tag}\n",
    }
    content = {place.replace("@", about): data for place, data in files.items()}
    content |= {place: text.encode() for place, text in texts.items()}
    rows = [f"{place},{_digest(data)},{len(data)}" for place, data in sorted(content.items())]
    record = "\n".join([*rows, f"{about}/RECORD,,"]) + "\n"
    target = folder / f"{project}-{version}-{tag}.whl"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, data in (*sorted(content.items()), (f"{about}/RECORD", record.encode())):
            member = zipfile.ZipInfo(place, KEPT_TIME)
            member.external_attr = 0o644 << 16
            archive.writestr(member, data, zipfile.ZIP_DEFLATED)
    return target


def faults(information: str) -> list[str]:
    """Return the lines of OpenCV's own report which packages must not have."""
    return [
        line.strip()
        for line in information.splitlines()
        if BUILT_IN.search(line) and not re.search(r":\s+(NO|OFF)\b", line)
    ]


def _digest(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _compiler() -> str:
    program = shutil.which("c++")
    if program is None:
        return ""
    asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return asked.stdout


def _tools() -> Path:
    """Make the environment that holds CMake, once; return its interpreter."""
    folder = WORK / "tools"
    python = python_of(folder)
    stamp = bootstrap.Stamp(folder / ".conclave")
    if not (python.exists() and stamp.has(TOOLS)):
        venv.create(folder, with_pip=True, clear=True, symlinks=os.name != "nt")
        bootstrap.install(python, TOOLS, None)
        stamp.write([TOOLS])
    return python


def _source(python: Path, entry: str) -> Path:
    """Fetch the source distribution, checked by its hash, and unpack it."""
    source = WORK / "source"
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "requirements.txt")
        wanted.write_text(entry, encoding="utf-8")
        command = [str(python), "-m", "pip", "download", "--disable-pip-version-check", "--quiet"]
        command += ["--no-deps", "--no-binary", ":all:", "--no-build-isolation"]
        bootstrap.call([*command, "--require-hashes", "-r", str(wanted), "-d", folder])
        (archive,) = Path(folder).glob("*.tar.gz")
        shutil.rmtree(source, ignore_errors=True)
        with tarfile.open(archive) as tar:
            tar.extractall(source, filter="data")
    (inside,) = source.iterdir()
    return inside


def _compiled(python: Path, source: Path) -> dict[str, bytes]:
    """Build, and return what belongs into the wheel; `@` stands for the folder of its metadata."""
    build, installed = WORK / "work", WORK / "installed"
    for folder in (build, installed):
        shutil.rmtree(folder, ignore_errors=True)
    environment = os.environ | {
        "PATH": os.pathsep.join([str(python.parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONHASHSEED": "0",
        "http_proxy": NOWHERE,
        "https_proxy": NOWHERE,
    }

    def cmake(*words: str) -> None:
        with open(WORK / "log.txt", "ab") as log:
            subprocess.run(["cmake", *words], env=environment, check=True, stdout=log, stderr=log)

    generator = () if os.name == "nt" else ("-G", "Ninja")
    told = [f"-DPYTHON3_EXECUTABLE={python}", *arguments(source)]
    (WORK / "log.txt").unlink(missing_ok=True)
    cmake(*generator, "-S", str(source / "opencv"), "-B", str(build), *told)
    _forget_places(build, python)
    cmake("--build", str(build), "--config", "Release", "--target", "opencv_python3", "--parallel")
    for part in ("python", "licenses"):
        cmake("--install", str(build), "--prefix", str(installed), "--component", part)
    return _files(installed, source)


def _forget_places(build: Path, python: Path) -> None:
    """Take the folders of this computer out of what OpenCV tells of itself."""
    for log in build.rglob("CMakeDownloadLog.txt"):
        asked = [line for line in log.read_text().splitlines() if not line.startswith("#use_cache")]
        if asked:
            raise OpenCVError(f"CMake would download something: {asked[0]}")
    base = str(Path(os.path.realpath(python)).parent.parent)
    for path in (build / "modules/core/version_string.inc", build / "opencv_data_config.hpp"):
        text = path.read_text(encoding="utf-8")
        for place in (str(WORK), base, sys.base_prefix):
            text = text.replace(place.replace("\\", "/"), "")
        path.write_text(text, encoding="utf-8")


def _files(installed: Path, source: Path) -> dict[str, bytes]:
    """Return the files of the wheel by their places, from what was installed."""
    files = {}
    for path in (installed / "python" / "cv2").rglob("*"):
        place = path.relative_to(installed / "python" / "cv2")
        if path.is_file() and place.name not in ("config-3.py", "load_config_py2.py"):
            flat = place.name if place.parts[0].startswith("python-") else place.as_posix()
            files[f"cv2/{flat}"] = path.read_bytes()
    files["cv2/config.py"] = b"BINARIES_PATHS = BINARIES_PATHS\n"
    files["cv2/config-3.py"] = b"PYTHON_EXTENSIONS_PATHS = [LOADER_DIR] + PYTHON_EXTENSIONS_PATHS\n"
    files["@/licenses/LICENSE-opencv.txt"] = (source / "opencv" / "LICENSE").read_bytes()
    webp = source / "opencv" / "3rdparty" / "libwebp" / "COPYING"  # which its build forgets
    files["@/licenses/LICENSE-libwebp.txt"] = webp.read_bytes()
    for path in sorted((installed / "share" / "licenses").rglob("*")):
        if path.is_file() and not path.name.endswith(("README", "README.md")):
            files[f"@/licenses/LICENSE-{path.name}"] = path.read_bytes()
    return files


def main(words: Sequence[str]) -> int:
    """Build, or look at the one that is here; returns the exit code."""
    parser = argparse.ArgumentParser(description="Build the OpenCV that packages hold.")
    parser.add_argument("--check", action="store_true", help="only look at the one that is here")
    if parser.parse_args(words).check:
        import cv2

        found = faults(cv2.getBuildInformation())
        print("\n".join(found))
        return int(bool(found))
    try:
        print(wheel(ROOT / "packaging" / "requirements-package.lock"))
    except OpenCVError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
