"""A router as people have at home: miniupnpd in a router's namespace, in front of its firewall."""

import subprocess
import tempfile
import time
from pathlib import Path

from bench.netlab import NetLab

PUBLIC = "44.128.1"  # a network that nobody routes (ARDC's test network); miniupnpd wants such
LONGEST_LEASE_S = 4  # that it grants over PCP: renewed every two seconds

_SETTINGS = """
ext_ifname=wan
listening_ip=lan
enable_natpmp={natpmp}
enable_upnp={upnp}
secure_mode=yes
min_lifetime=2
max_lifetime={longest}
upnp_table_name=netlab
upnp_nat_table_name=netlab
upnp_forward_chain=doors
upnp_nat_chain=doors_in
upnp_nat_postrouting_chain=doors_out
uuid=00000000-0000-0000-0000-000000000000
{rule} 1024-65535 192.168.0.0/16 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
"""


class HomeRouter:
    """miniupnpd in `router` of a laboratory, from `start` until `stop`, as often as wanted."""

    def __init__(self, lab: NetLab, router: str) -> None:
        self.lab, self.router = lab, router
        self._folder = Path(tempfile.mkdtemp(prefix="router"))
        self._program: subprocess.Popen[bytes] | None = None

    def start(
        self, *, pcp: bool = True, natpmp: bool = True, upnp: bool = True, refuses: bool = False
    ) -> None:
        """Begin to open doors, in these ways; or to refuse it.

        Only UPnP is refused well: over PCP miniupnpd 2.3.1 looks for a port for ever then.
        """
        self.stop()
        if not pcp:  # it comes with NAT-PMP, so its requests are lost on the way
            self._nft("add rule inet netlab incoming udp dport 5351 @th,64,8 2 drop")
        settings = self._folder / "settings"
        words = {True: "yes", False: "no"}
        settings.write_text(
            _SETTINGS.format(
                natpmp=words[natpmp or pcp],
                upnp=words[upnp],
                longest=LONGEST_LEASE_S,
                rule="deny" if refuses else "allow",
            )
        )
        command = ["miniupnpd", "-d", "-f", str(settings), "-P", str(self._folder / "pid")]
        with (self._folder / "log").open("wb") as log:
            self._program = self.lab.popen(self.router, command, stdout=log, stderr=log)

    def stop(self) -> None:
        """Be a router that knows none of it; open doors stay open until they are flushed."""
        program, self._program = self._program, None
        if program is not None:
            program.terminate()
            try:
                program.wait(timeout=3)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
        self._nft("flush chain inet netlab doors_in")
        listed = self._nft("-a list chain inet netlab incoming")
        for line in listed.splitlines():
            if "dport 5351" in line:
                self._nft(f"delete rule inet netlab incoming handle {line.split()[-1]}")

    def doors(self) -> list[str]:
        """Return the rules that lead inwards now."""
        listed = self._nft("list chain inet netlab doors_in")
        return [line.strip() for line in listed.splitlines() if "dnat" in line]

    def becomes_open(self, doors: int, within: float = 10.0) -> bool:
        """Wait until so many doors are open, or none."""
        deadline = time.monotonic() + within
        while len(self.doors()) != doors:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def said(self, words: str) -> int:
        """Count the lines of its log that have these words."""
        return (self._folder / "log").read_text(errors="replace").count(words)

    def _nft(self, order: str) -> str:
        done = self.lab.run(self.router, ["nft", *order.split()])
        assert done.returncode == 0, done.stderr
        return done.stdout
