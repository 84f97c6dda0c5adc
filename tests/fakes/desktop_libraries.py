"""What a Debian with a desktop has, of which a package for one may make use."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DESKTOP = ("desktop-file-utils", "libglib2.0-bin", "xz-utils")  # looks at menu entries, unpacks
ASK = """
import json, sys
sys.path.insert(0, "packaging")
import linux_packages
print(json.dumps(linux_packages.depends("apt-get")))
"""


def libraries() -> list[str]:
    """Return the packages that the .deb asks for by itself."""
    done = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, capture_output=True, check=True)
    return list(json.loads(done.stdout))
