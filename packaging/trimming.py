"""What of all that PyInstaller finds is shipped: nothing unused, nothing of the building machine.

Names are paths inside the bundle, with `/`. A library that every desktop has must come from there:
one that was built for another version of the system's sound or display server crashes in it.
"""

from __future__ import annotations

import re
from pathlib import PurePath

APP_ID = "chat.conclave.Conclave"

HIDDEN_IMPORTS = [
    "cv2_enumerate_cameras",
    "keyring.backends.SecretService",
    "keyring.backends.Windows",
    "keyring.backends.fail",
    "keyring.backends.kwallet",
    "keyring.backends.libsecret",
    "keyring.backends.macOS",
]

EXCLUDED_MODULES = [
    "IPython",
    "PIL",
    "PySide6.QtQml",
    "PySide6.QtQuick",
    "PySide6.QtQuickWidgets",
    "_pytest",
    "distutils",
    "doctest",
    "ensurepip",
    "lib2to3",
    "matplotlib",
    "numpy.f2py",
    "pdb",
    "pip",
    "pkg_resources",
    "pydoc",
    "pytest",
    "readline",  # under the GPL without "or later" of its own, and nobody types Python here
    "setuptools",
    "tkinter",
    "turtle",
    "unittest",
    "xmlrpc",
]

_FOREIGN = (  # of the system that runs Conclave, never of the one that built it
    "libX11", "libX11-xcb", "libXau", "libXcomposite", "libXcursor", "libXdamage", "libXdmcp",
    "libXext", "libXfixes", "libXi", "libXinerama", "libXrandr", "libXrender", "libEGL",
    "libGL", "libGLX", "libGLdispatch", "libasound", "libblkid", "libcom_err", "libdbus-1",
    "libdrm", "libfontconfig", "libfreetype", "libgbm", "libgcc_s", "libgio-2.0", "libglib-2.0",
    "libgmodule-2.0", "libgobject-2.0", "libgssapi_krb5", "libgthread-2.0", "libjack",
    "libk5crypto", "libkeyutils", "libkrb5", "libkrb5support", "libmount", "libportaudio",
    "libpulse", "libselinux", "libstdc++", "libsystemd", "libudev", "libuuid",
    "libwayland-client", "libwayland-cursor", "libwayland-egl", "libxcb", "libxcb-cursor",
    "libxcb-glx", "libxcb-icccm", "libxcb-image", "libxcb-keysyms", "libxcb-randr",
    "libxcb-render", "libxcb-render-util", "libxcb-shape", "libxcb-shm", "libxcb-sync",
    "libxcb-util", "libxcb-xfixes", "libxcb-xkb", "libxkbcommon", "libxkbcommon-x11",
)  # fmt: skip
_LEFT_OVER = (  # needed by nothing that ships: of the GTK theme, sound servers, a second libopus
    "libFLAC", "libapparmor", "libasyncns", "libatk", "libatspi", "libbsd", "libcairo", "libcap",
    "libdatrie", "libdb-", "libepoxy", "libfribidi", "libgcrypt", "libgdk", "libgpg-error",
    "libgraphite2", "libgtk", "libharfbuzz", "libjpeg.so", "liblz4", "libmd", "libmvec", "libogg",
    "libopus.so", "libpango", "libpcre2", "libpixman", "libpng16.so", "libsndfile", "libthai",
    "libvorbis", "libwrap",
)  # fmt: skip
_FOREIGN_NAME = re.compile(rf"({'|'.join(map(re.escape, _FOREIGN))})(\.so|-[0-9a-f]+\.so).*")

_UNUSED = re.compile(
    r"""
    .*/ (platformthemes/libqgtk3 | platforms/libq(eglfs|linuxfb|minimalegl|vkkhrdisplay|vnc) )
    | .*/ (egldeviceintegrations | generic | networkinformation | printsupport) / .*
    | .*/ (qmltooling | sqldrivers | tls) / .*
    | .*/ imageformats/libq(gif|icns|ico|jp2|mng|pdf|tga|tiff|wbmp|webp)
    | PySide6/Qt/translations/ (?! qtbase_ (de|en) \. )
    | (.*/)? libQt6(EglFS|Pdf|Qml|Quick|ShaderTools|VirtualKeyboard)
    | cv2/data/
    | (.*/)? (opengl32sw | libportaudio.*-asio) \.dll   # Steinberg's licence is its own
    | .*/ tests? /
    | .*\.pyi$
    | numpy/(_core|random)/(include|lib)/
    | .*/ platforms/qdirect2d\.dll
    | .*/ imageformats/q(gif|icns|ico|jp2|mng|pdf|tga|tiff|wbmp|webp)\.dll
    | PySide6/translations/ (?! qtbase_ (de|en) \. )
    | cv2/opencv_videoio_ffmpeg   # of PyPI's wheel for Windows; PyAV reads video files
    | .*\.dist-info/ (?! (METADATA | entry_points\.txt   # keyring finds the key stores by it
        | licenses/ | LICEN[CS]E | COPYING | NOTICE | AUTHORS | sboms/) )
    """,
    re.VERBOSE | re.IGNORECASE,
)

STRIPPED = (  # in the folder; NumPy's libraries do not load any more after it
    "libpython3*.so*",
    "python3*/lib-dynload/*.so",
    "av/**/*.so",
    "cryptography/**/*.so",
    "nacl/*.so",
    "pylibsrtp/*.so",
)
LIBRARIES_OF_WHEELS = (".libs/",)  # built for wheels, under names of their own: they stay


def ships(name: str) -> bool:
    """Tell whether a file of the bundle is needed there."""
    path = PurePath(name).as_posix()
    if any(part in path for part in LIBRARIES_OF_WHEELS):
        return True
    file = path.rpartition("/")[2]
    if _FOREIGN_NAME.fullmatch(file) or ("/" not in path and file.startswith(_LEFT_OVER)):
        return False
    return not _UNUSED.match(path)
