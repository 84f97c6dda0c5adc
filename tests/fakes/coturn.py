"""A real relay in a laboratory: coturn with the very file that docs/self-hosting.md gives out."""

import base64
import datetime
import hashlib
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from bench.netlab import NetLab

CONFIGURATION = Path(__file__).parent.parent.parent / "packaging/self_hosting/turnserver.conf"
SECRET = "6a1f0e5c9d3b47288f5d2c1b0a99e8d7"
START_S = 10.0


def why_not() -> str:
    """Return why no relay can run here, "" if one can."""
    return "" if shutil.which("turnserver") else "coturn is not installed"


class Coturn:
    """One relay on one host; `changes` replace text of the file, as somebody would edit it."""

    def __init__(
        self, lab: NetLab, host: str, folder: Path, changes: dict[str, str] | None = None
    ) -> None:
        self.lab, self.host, self.folder = lab, host, folder
        self.address = lab.address(host)
        folder.mkdir(parents=True, exist_ok=True)
        self.pin = self._make_certificate()
        text = CONFIGURATION.read_text(encoding="utf-8")
        filled = {"@ADDRESS@": self.address, "@SECRET@": SECRET, "@FOLDER@": str(folder)}
        for old, new in (filled | (changes or {})).items():
            assert old in text, old
            text = text.replace(old, new)
        (folder / "turnserver.conf").write_text(text, encoding="utf-8")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Run it until stop or kill; wait until it listens."""
        words = ["turnserver", "-c", str(self.folder / "turnserver.conf"), "--log-file=stdout"]
        words += [
            "--verbose",
            f"--pidfile={self.folder / 'pid'}",
            f"--userdb={self.folder / 'users'}",
        ]
        with open(self.folder / "log", "ab") as log:
            self.process = self.lab.popen(
                self.host, words, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
            )
        deadline = time.monotonic() + START_S
        while f"{self.address}:3478" not in self._listening() and time.monotonic() < deadline:
            assert self.process.poll() is None, self.log
            time.sleep(0.05)
        return self

    def stop(self, by: signal.Signals = signal.SIGTERM) -> None:
        """End it; by SIGKILL as a power cut would."""
        if self.process is not None:
            self.process.send_signal(by)
            self.process.wait(timeout=10)
            self.process = None

    def entry(self, way: str) -> str:
        """Return how the relay is entered in the settings, spoken to by udp, tcp or tls."""
        if way == "tls":
            pin = base64.urlsafe_b64encode(self.pin).decode().rstrip("=")
            return f"turns:{self.address}?pin={pin}"
        return f"turn:{self.address}?transport={way}"

    @property
    def log(self) -> str:
        """What it said."""
        return (self.folder / "log").read_text(errors="replace")

    @property
    def gave_addresses(self) -> bool:
        """Whether it gave anybody an address."""
        return "new, realm=<conclave>, username=<" in self.log

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGKILL)

    def _listening(self) -> str:
        return str(self.lab.run(self.host, ["ss", "-Hltn"]).stdout)

    def _make_certificate(self) -> bytes:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay")])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .sign(key, hashes.SHA256())
        )
        (self.folder / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        (self.folder / "key.pem").write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(spki).digest()
