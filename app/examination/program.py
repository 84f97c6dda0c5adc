"""The doctor's look at the program itself: Python, libraries, encryption."""

import importlib
import importlib.metadata
import sys
import time
from collections.abc import Callable

from app import __version__
from app.findings import Finding
from app.i18n import _
from crypto.channel import Channel, ChannelError
from crypto.sodium import aes256gcm_is_available

OLDEST = (3, 11)
NEWEST_TRIED = (3, 13)

# Each library: its name for people and pip, the module that proves it loads.
LIBRARIES = (
    ("PySide6-Essentials", "PySide6.QtWidgets"),
    ("aiortc", "aiortc"),
    ("av", "av"),
    ("cryptography", "cryptography.hazmat.primitives.hpke"),
    ("keyring", "keyring"),
    ("numpy", "numpy"),
    ("opencv-python-headless", "cv2"),
    ("PyNaCl", "nacl.bindings"),
    ("pyOpenSSL", "OpenSSL.SSL"),
    ("zeroconf", "zeroconf"),
)


def checks() -> list[tuple[str, Callable[[], Finding]]]:
    """Return what is looked at here."""
    return [
        ("python", python),
        ("libraries", libraries),
        ("encryption", encryption),
        ("processor", processor),
    ]


def python() -> Finding:
    """Look at the version of Python."""
    version = ".".join(map(str, sys.version_info[:3]))
    sentence = _("Conclave {ours} runs on Python {version}.").format(
        ours=__version__, version=version
    )
    title = _("Program")
    if sys.version_info < OLDEST:
        return Finding("python", title, "fail", sentence, _("Install Python 3.11 or newer."))
    if sys.version_info[:2] > NEWEST_TRIED:
        cure = _("It is newer than what Conclave was tried with; take 3.13 if something fails.")
        return Finding("python", title, "warn", sentence, cure)
    return Finding("python", title, "ok", sentence)


def libraries() -> Finding:
    """Load every library that a meeting needs."""
    title, versions, missing = _("Libraries"), [], []
    for name, module in LIBRARIES:
        try:
            importlib.import_module(module)
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(name)  # in an installed program the versions are not kept
        except (ImportError, OSError) as error:
            missing.append(f"{name} ({str(error).splitlines()[0][:120] if str(error) else '?'})")
    if missing:
        sentence = _("these do not load: {names}.").format(names=", ".join(missing))
        cure = _("Start Conclave with ./run, which installs what is missing.")
        return Finding("libraries", title, "fail", sentence, cure)
    return Finding("libraries", title, "ok", ", ".join(versions) + ".")


def encryption() -> Finding:
    """Make an encrypted channel from one end to the other, in memory."""
    title = _("Encryption")
    times = [_time_of_a_channel() for _again in range(3)]  # the first one loads what is needed
    seconds = times[-1]
    if seconds is None:
        sentence = _("the post-quantum key exchange X25519MLKEM768 does not work here.")
        cure = _("Install the newest versions of cryptography and pyOpenSSL (./run does).")
        return Finding("encryption", title, "fail", sentence, cure)
    sentence = _("TLS 1.3 with X25519MLKEM768 works ({ms} ms for both ends).").format(
        ms=f"{seconds * 1000:.1f}"
    )
    return Finding("encryption", title, "ok", sentence)


def _time_of_a_channel() -> float | None:
    """Return how many seconds both ends of a channel take, None where none comes about."""
    start = time.perf_counter()
    one, other = Channel.initiate(), Channel.accept()
    try:
        for _round in range(4):
            other.receive(one.outgoing())
            one.receive(other.outgoing())
    except ChannelError:
        return None
    if not (one.established and other.established and one.exporter == other.exporter):
        return None
    return time.perf_counter() - start


def processor() -> Finding:
    """Look whether the processor has instructions for AES."""
    title = _("Processor")
    if aes256gcm_is_available():
        return Finding("processor", title, "ok", _("it has instructions for AES."))
    sentence = _("it has no instructions for AES: encryption works, and costs more of it.")
    cure = _("Choose the smaller picture in the settings if the computer gets busy.")
    return Finding("processor", title, "warn", sentence, cure)
