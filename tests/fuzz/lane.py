"""Fuzz the parsers, guided by coverage: ./run fuzz [SECONDS for each] [TARGET...]."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
if __name__ == "__main__":
    sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

from fuzz.corpus import read, write  # noqa: E402
from fuzz.target import Target  # noqa: E402
from fuzz.targets import TARGETS  # noqa: E402

SECONDS = 60  # for each target
FINDING = "finding-"


def main(arguments: Sequence[str]) -> int:
    """Fuzz each target in a process of its own; the exit code tells whether anything was found."""
    parser = argparse.ArgumentParser("./run fuzz", description=__doc__)
    parser.add_argument("seconds", nargs="?", type=int, default=SECONDS, help="for each target")
    parser.add_argument("targets", nargs="*", metavar="target", help=", ".join(TARGETS))
    parser.add_argument("--keep", action="store_true", help="keep new inputs in the corpus")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.targets if name not in TARGETS]
    if unknown:
        parser.error(f"there is no target {', '.join(unknown)}")
    wanted = [TARGETS[name] for name in chosen.targets or TARGETS]
    found = [target.name for target in wanted if fuzz(target, chosen.seconds, chosen.keep)]
    print(f"{len(wanted) - len(found)} targets without a finding, {len(found)} with: {found}")
    return bool(found)


def fuzz(target: Target, seconds: int, keep: bool) -> bool:
    """Fuzz one target; tell whether something was found."""
    with tempfile.TemporaryDirectory() as folder:
        corpus, smallest = Path(folder) / "corpus", Path(folder) / "smallest"
        for place in (corpus, smallest):
            place.mkdir()
        for number, data in enumerate([*read(target.name), *target.examples()]):
            (corpus / f"{number}").write_bytes(data)
        print(
            f"== {target.name}: {seconds} s from {len(list(corpus.iterdir()))} inputs", flush=True
        )
        limits = [f"-max_total_time={seconds}", f"-max_len={target.longest}", "-timeout=20"]
        child(target.name, corpus, *limits, f"-artifact_prefix={folder}/{FINDING}")
        findings = list(Path(folder).glob(f"{FINDING}*"))
        for finding in findings:
            print(f"{target.name} fails for {finding.read_bytes().hex()}")
        if keep and not findings:
            child(target.name, smallest, str(corpus), "-merge=1", f"-max_len={target.longest}")
            kept = write(target.name, (path.read_bytes() for path in smallest.iterdir()))
            print(f"{target.name}: {kept} inputs kept")
        return bool(findings)


def child(name: str, corpus: Path, *options: str) -> None:
    """Run the fuzzer on one target; show its last words."""
    command = [sys.executable, str(HERE / "one.py"), name, str(corpus), *options]
    done = subprocess.run(
        command,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    print("\n".join(worth_reading(done.stdout.splitlines(), done.returncode)), flush=True)


def worth_reading(lines: Iterable[str], code: int) -> list[str]:
    """Return the sum of what the fuzzer says, or its end if it stopped because of a finding."""
    kept = [line for line in lines if line.strip() and not line.startswith(("WARNING", "INFO"))]
    return kept[-40:] if code else [line for line in kept if "DONE" in line or "Done" in line]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
