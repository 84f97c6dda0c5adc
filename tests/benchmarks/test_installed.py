"""What is said of installed programs is what apt said, and nothing that nobody measured."""

from bench import installed
from bench.clean_root import Done


class Apt:
    """Says what apt says in a root."""

    def run(self, words: list[str]) -> Done:
        said = {
            "install": "Inst libb1 (1.0-1 Debian:12 [amd64])\nInst jami (2.0 Debian:12 [amd64])\n"
            "Conf libb1 (1.0-1 Debian:12 [amd64])\n",
            "show": "Package: jami\nInstalled-Size: 30\nSize: 10000\n\n"
            "Package: libb1\nInstalled-Size: 20\nSize: 5000\n",
        }
        return Done(words, 0, said[words[1]], "")


def test_everything_that_comes_along_is_counted_once():
    root = Apt()
    packages = installed.needed(root, "jami")  # type: ignore[arg-type]
    assert packages == [("libb1", "1.0-1"), ("jami", "2.0")]
    assert installed.weight(root, packages) == (15000, 50 * 1024)  # type: ignore[arg-type]


def test_what_nobody_knows_is_said_to_be_unknown():
    sizes = {"own_bytes": 80e6, "fetched_bytes": 100e6, "packages": 20, "version": "1"}
    times = [
        {"window_s": 1.0, "usable_s": 1.2, "start_cpu_s": 1.5},
        {"window_s": 2.0, "usable_s": 2.2, "start_cpu_s": 2.5},
    ]
    said = installed.tables(
        {
            "sizes": {
                installed.CONCLAVE: sizes | {"kept_bytes": 300e6},
                installed.JITSI: sizes | {"fetched_bytes": 200e6},
            },
            "starts": {installed.CONCLAVE: times},
        }
    )
    ours, theirs = said.splitlines()[2:4]
    assert [cell.strip() for cell in ours.split("|")[2:5]] == ["80", "100", "300"]
    assert "not known" in theirs
    assert "not started" in theirs
    assert "can be used after 1.20 s" in said
    assert "0.50 of what Jitsi Meet does" in said
