"""A gateway like that of the internet: it answers every DNS question, and notes who asked what.

    python -m fakes.name_sink FILE

Answers come from port 53 of every address of the host. Each name goes to an address that nobody
has (RFC 5737), so that who asked goes on and shows where they want to go.
"""

import contextlib
import shutil
import socket
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from fakes.running_copy import ROOT

from bench.netlab import NetLab

ELSEWHERE = "203.0.113.80"
PORT = 53
_HEADER = struct.Struct("!6H")
_A, _ANSWER, _IN, _TTL = 1, 0x8180, 1, 60


class NameSink:
    """The test's end: every host named here believes that the gateway knows all names."""

    def __init__(self, lab: NetLab, gateway: str, noted: Path) -> None:
        self._lab = lab
        self._noted = noted
        words = [sys.executable, "-m", "fakes.name_sink", str(noted)]
        environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
        self._process = lab.popen(gateway, words, cwd=ROOT / "tests", env=environment)
        self._gateway = gateway

    @property
    def asked(self) -> list[str]:
        """The names that somebody asked for."""
        return self._noted.read_text().split() if self._noted.exists() else []

    @contextlib.contextmanager
    def serving(self, hosts: Sequence[str]) -> Iterator[None]:
        """Have programs that start in these hosts ask the gateway, as after DHCP."""
        folders = [Path("/etc/netns", self._lab.namespace(host)) for host in hosts]
        try:
            for folder in folders:  # `ip netns exec` puts these files in the place of the real ones
                folder.mkdir(parents=True)
                resolver = f"nameserver {self._lab.address(self._gateway)}\n"
                (folder / "resolv.conf").write_text(resolver)
            yield
        finally:
            for folder in folders:
                shutil.rmtree(folder, ignore_errors=True)
            self._process.terminate()
            self._process.wait()


def answer(question: bytes) -> tuple[str, bytes]:
    """Return the name that a query asks for, and the answer to it; ValueError for no query."""
    if len(question) <= _HEADER.size:
        raise ValueError("too short")
    number = _HEADER.unpack_from(question)[0]
    labels, at = [], _HEADER.size
    while length := question[at]:
        labels.append(question[at + 1 : at + 1 + length].decode("ascii", "replace"))
        at += 1 + length
    end = at + 5
    (kind,) = struct.unpack_from("!H", question, at + 1)
    record = b""
    if kind == _A:
        record = b"\xc0\x0c" + struct.pack("!HHIH", _A, _IN, _TTL, 4) + socket.inet_aton(ELSEWHERE)
    header = _HEADER.pack(number, _ANSWER, 1, bool(record), 0, 0)
    return ".".join(labels), header + question[_HEADER.size : end] + record


def main() -> None:
    """Answer until terminated."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, open(sys.argv[1], "a") as noted:
        sock.bind(("", PORT))
        while True:
            question, source = sock.recvfrom(2048)
            with contextlib.suppress(ValueError, IndexError, struct.error):
                name, said = answer(question)
                print(name or ".", file=noted, flush=True)
                sock.sendto(said, source)


if __name__ == "__main__":
    main()
