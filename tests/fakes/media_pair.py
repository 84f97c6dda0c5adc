"""Two processes on this computer that show each other a test picture; run as a script.

The first starts the second, they tell each other their link parameters through a pipe, and the
first prints what it saw as JSON.
"""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS)]

from fakes.media_calls import base_key, device, member  # noqa: E402 (after the path)
from fakes.media_links import until  # noqa: E402

from crypto.frames import Opener  # noqa: E402
from media.path.link_parameters import LinkParameters  # noqa: E402
from media.video.camera import TestPicture, read_time_code  # noqa: E402

PICTURES = 20


async def side(name: str, other: str, read, write) -> dict[str, object]:
    """One side of the call; `read` and `write` carry the parameters as hexadecimal lines."""
    one = member(name, "ab".index(name))
    opener = Opener()
    opener.add("ab".index(other), 0, base_key(other))
    link = one.call.add_peer(device(other), opener, name == "a", allow_loopback=True)
    write((await link.gather()).encode().hex())
    line = await asyncio.get_running_loop().run_in_executor(None, read)
    await link.connect(LinkParameters.parse(bytes.fromhex(line), allow_loopback=True))
    connected = time.monotonic()
    one.call.set_camera(TestPicture(640, 360))
    slot = one.call.picture_slot(device(other))
    latencies: list[float] = []
    first: list[float] = []

    def look() -> bool:
        picture = slot.take()
        if picture is not None:
            now = time.monotonic()
            first.append(now)
            written = read_time_code(picture, near=now)
            if written is not None:
                latencies.append(now - written)
        return len(latencies) >= PICTURES

    await until(look, 20.0)
    stats = one.call.stats().peers[device(other)].as_json()
    await asyncio.sleep(0.5)
    await one.call.close()
    latencies.sort()
    return {
        "first_ms": (first[0] - connected) * 1000,
        "latency_ms": latencies[len(latencies) // 2] * 1000,
        "stats": stats,
    }


def main() -> None:
    """Be the first process, or with an argument the second."""
    if sys.argv[1:] == ["second"]:
        asyncio.run(side("b", "a", sys.stdin.readline, lambda line: print(line, flush=True)))
        return
    second = subprocess.Popen(
        [sys.executable, __file__, "second"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert second.stdin is not None
    assert second.stdout is not None

    def write(line: str) -> None:
        second.stdin.write(line + "\n")
        second.stdin.flush()

    result = asyncio.run(side("a", "b", second.stdout.readline, write))
    result["second"] = second.wait(20)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
