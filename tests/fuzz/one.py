"""Fuzz one target in this process, for lane.py: one.py TARGET CORPUS [options of libFuzzer]."""

import gc
import shlex
import sys
import time
from pathlib import Path

import atheris

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

with atheris.instrument_imports(include=["app", "crypto", "media"]):
    from fuzz.target import Run, memory_of
    from fuzz.targets import TARGETS

TRIES = 5  # the least of so many counts: a busy computer is nobody's fault
LOOK_AT_MEMORY = 32  # inputs between two whose memory is measured, which takes its time


def main() -> None:
    """Run until libFuzzer has had enough, or something was found."""
    script, name, *options = sys.argv
    target = TARGETS[name]
    longest = target.milliseconds / 1000  # by the processor's clock; being watched slows the code
    count = 0
    begun: Run = target.begin()

    def seconds(run: Run, data: bytes) -> float:
        begin = time.process_time()
        run(data)
        return time.process_time() - begin

    def one_input(data: bytes) -> None:
        nonlocal count, begun
        count += 1
        if count % target.reuse == 0:
            begun = target.begin()
        if seconds(begun, data) > longest:
            least = min(seconds(target.begin(), data) for _ in range(TRIES))
            if least > longest:
                raise AssertionError(f"this input takes {1000 * least:.0f} ms")
        if count % LOOK_AT_MEMORY == 0:
            used = memory_of(target.begin(), data)
            if used > target.memory:
                raise AssertionError(f"this input takes {used} bytes")

    gc.freeze()
    program = shlex.join([sys.executable, script, name])  # so libFuzzer starts itself to merge
    atheris.Setup([program, *options], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
