"""Write what Conclave is made of, as CycloneDX 1.6: python packaging/sbom.py [--bundle DIR].

From the lock and the metadata of what is installed: what this system gets, with licences and the
hashes of the lock. With --bundle also every shared library that is really in a built program, each
with its hash; one that nobody knows is an error. Same input, same bytes.
https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
import tomllib
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from notices import (
    LOCK,
    ROOT,
    VENDORED,
    Part,
    bundled_parts,
    installed,
    locked,
    normalised,
    owner_of,
    parts_of_lock,
    vendored_parts,
)

RESOURCES = (  # files that the program reads; resources/LICENSES.md says where they are from
    ("Inter", "OFL-1.1", "https://rsms.me/inter/"),
    ("Lucide", "ISC AND MIT", "https://lucide.dev/"),
    ("Noto Emoji", "Apache-2.0", "https://github.com/googlefonts/noto-emoji"),
    ("matrix-spec", "Apache-2.0", "https://github.com/matrix-org/matrix-spec"),
)
SHARED = re.compile(r"\.(so(\.[0-9.]+\w*)?|dylib|dll|pyd)$")
MODULE = re.compile(r"(\.cpython-\d+[^.]*|\.abi3)\.so$|\.pyd$")

Component = dict[str, Any]


def version() -> str:
    """Return Conclave's version, from its one place."""
    text = (ROOT / "app" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "([^"]+)"', text)
    assert found is not None
    return found[1]


def hashes_of_lock(lock: str) -> dict[str, list[str]]:
    """Return the SHA-256 of the files that may be installed, for each distribution of a lock."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in lock.splitlines():
        if start := re.match(r"([a-z0-9-]+)==", line):
            name = start[1]
        found.setdefault(name, []).extend(re.findall(r"sha256:([0-9a-f]{64})", line))
    return found


def distribution(part: Part, hashes: Iterable[str]) -> Component:
    """Return the component of a Python distribution."""
    reference = f"pkg:pypi/{part.name}@{part.version}"
    return {
        "type": "library",
        "bom-ref": reference,
        "name": part.name,
        "version": part.version,
        "purl": reference,
        "licenses": [_licence(part.licence)],
        "externalReferences": [
            {"type": "website", "url": part.home},
            {
                "type": "distribution",
                "url": f"https://pypi.org/project/{part.name}/{part.version}/",
                "comment": "one of these files, which the lock names",
                "hashes": [{"alg": "SHA-256", "content": one} for one in sorted(hashes)],
            },
        ],
    }


def library(part: Part) -> Component:
    """Return the component of a library that a distribution carries."""
    made: Component = {
        "type": "library",
        "bom-ref": f"vendored:{part.name}",
        "name": part.name,
        "licenses": [_licence(part.licence)],
        "externalReferences": [{"type": "website", "url": part.home}],
        "properties": [{"name": "conclave:inside", "value": part.inside}],
    }
    if part.remark or part.problem:
        made["description"] = " ".join(filter(None, (part.remark, part.problem)))
    return made


def files_of(bundle: Path) -> list[Component]:
    """Return a component for each shared library of a built program; LookupError on an unknown."""
    known = tomllib.loads(VENDORED.read_text(encoding="utf-8"))
    libraries = [*known["library"], *known["built"]]
    made = []
    for path in sorted(bundle.rglob("*")):
        if path.is_symlink() or not path.is_file() or not SHARED.search(path.name):
            continue
        place = path.relative_to(bundle).as_posix()
        owner = owner_of(path.name, libraries)
        if not owner and not MODULE.search(path.name) and "plugins" not in path.parts:
            raise LookupError(f"{VENDORED.name} does not know {place}")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        component: Component = {
            "type": "file",
            "bom-ref": f"file:{place}",
            "name": place,
            "hashes": [{"alg": "SHA-256", "content": digest}],
        }
        if owner:
            component["properties"] = [{"name": "conclave:part-of", "value": owner}]
        made.append(component)
    return made


def needs() -> dict[str, list[str]]:
    """Return which distributions each installed one needs, by name, among those of the lock."""
    here = installed(locked(LOCK.read_text(encoding="utf-8")))
    found = {}
    for name, each in here.items():
        wanted = {
            normalised(match[0])
            for line in each.requires or []
            if "extra ==" not in line and (match := re.match(r"[A-Za-z0-9._-]+", line))
        }
        found[name] = sorted(wanted & here.keys() - {name})
    return found


def sbom(bundle: Path | None = None) -> dict[str, Any]:
    """Return the whole document."""
    lock = LOCK.read_text(encoding="utf-8")
    hashes, here = hashes_of_lock(lock), needs()
    parts = [part for part in parts_of_lock() if part.name in here]
    references = {part.name: f"pkg:pypi/{part.name}@{part.version}" for part in parts}
    itself = f"conclave@{version()}"
    direct = re.findall(
        r"^([\w\-]+)", (LOCK.with_name("requirements.in")).read_text(), re.MULTILINE
    )
    components = [distribution(part, hashes[part.name]) for part in parts]
    components += [library(p) for p in (bundled_parts(bundle) if bundle else vendored_parts())]
    components += [
        {
            "type": "data",
            "bom-ref": f"resource:{name}",
            "name": name,
            "licenses": [_licence(licence)],
            "externalReferences": [{"type": "website", "url": home}],
        }
        for name, licence, home in RESOURCES
    ]
    components += files_of(bundle) if bundle else []
    depends = {itself: [references[n] for n in map(normalised, direct) if n in references]}
    depends |= {references[n]: [references[one] for one in wanted] for n, wanted in here.items()}
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": itself,
                "name": "conclave",
                "version": version(),
                "licenses": [_licence("GPL-3.0-or-later")],
            },
            "properties": [{"name": "conclave:system", "value": sys.platform}],
        },
        "components": components,
        "dependencies": [
            {"ref": name, "dependsOn": sorted(wanted)} for name, wanted in sorted(depends.items())
        ],
    }
    if epoch := os.environ.get("SOURCE_DATE_EPOCH"):  # of the commit, so that builds are the same
        moment = datetime.fromtimestamp(int(epoch), UTC)
        document["metadata"]["timestamp"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    content = json.dumps(document, sort_keys=True)
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}"
    return document


def _licence(expression: str) -> dict[str, Any]:
    return {"expression": expression}


def main(arguments: list[str] | None = None) -> int:
    """Write the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, help="a built program, to list its libraries")
    parser.add_argument("--out", type=Path, help="a file; otherwise it is printed")
    values = parser.parse_args(arguments)
    text = json.dumps(sbom(values.bundle), indent=1, ensure_ascii=False) + "\n"
    if values.out is None:
        print(text, end="")
    else:
        values.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
