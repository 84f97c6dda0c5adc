"""Who knows nothing learns nothing: every copy answers a stranger alike, in bytes and in time.

Three running copies that have nothing in common (identity, name, title, rules, being the host or a
guest) are asked the same things by strangers who do not know their secrets. What is random in TLS
is left out; everything else must be the same.
"""

import ssl
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from fakes import outsider
from fakes.outsider import CLASSES, Answer, Steps, hang_up, old_tls, open_tls, say, say_hello, send
from fakes.running_copy import RunningCopy, all_together

from crypto import sodium
from crypto.handshake import PUBLIC_SECRET
from crypto.invite import Invite

pytestmark = pytest.mark.slow

QUIET = ["--headless", "--camera", "none", "--microphone", "none", "--speaker", "none"]
HERE = ["--listen", "127.0.0.1:0"]
REFUSAL = bytes([3, 1, 0, 0, 0, 0])  # Deny: type, version, no body
WRONG = sodium.random_bytes(16)
AT_ONCE = 6  # questions to each copy: it takes in sixteen strangers at a time
HANDSHAKE_RECORDS = 6  # what follows may be lost when somebody is cut off while still talking
TRIES = 3  # the quickest answer counts: a busy computer makes answers later, never sooner

PATIENT: dict[str, Steps] = {
    "connects and says nothing": [],
    "sends what begins like TLS": [send(b"\x16\x03\x01\x02\x00\x01")],
    "opens a channel and says nothing": [open_tls()],
}
"""What is put out only after the time for a handshake is over."""

QUICK: dict[str, Steps] = {
    "connects and hangs up": [hang_up],
    "scans like a browser": [send(b"GET / HTTP/1.1\r\nHost: example\r\n\r\n")],
    "sends noise": [send(bytes(range(7, 251)) * 4)],
    "sends a record that is too long": [send(b"\x16\x03\x01\xff\xff" + bytes(60_000))],
    "speaks TLS 1.2": [old_tls(ssl.TLSVersion.TLSv1_2)],
    "speaks TLS 1.3 without the hybrid group": [old_tls(ssl.TLSVersion.TLSv1_3)],
    "opens a channel and hangs up": [open_tls(), hang_up],
    "asks for a server by name": [open_tls("meeting.example"), say(b"?")],
    "asks for HTTP/2": [open_tls("localhost", [b"h2", b"http/1.1"]), say(b"?")],
    "does not know the secret": [open_tls(), say_hello(WRONG)],
    "knows what everybody knows": [open_tls(), say_hello(PUBLIC_SECRET)],
    "says what no program says": [open_tls(), say(b"\x01\x01\x00\x00\x00\x3a" + bytes(58))],
    "says something else first": [open_tls(), say(b"\x14\x01\x00\x00\x00\x00")],
    "says a lot": [open_tls(), *[say(bytes(4000))] * 20],
    "says too much at once": [open_tls(), say(bytes(5000))],
}
QUESTIONS = PATIENT | QUICK

Address = tuple[str, int]


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Address]]:
    """Return where a host, another host and its guest listen."""

    def home(name: str) -> Path:
        return tmp_path_factory.mktemp(name)

    first = ["host", "--name", "Jo", "--title", "A", *QUIET, *HERE]
    title = "Bogenlampen und andere Lichtquellen, zweiter Teil"
    second = ["host", "--name", "Maximiliane von Hohenfels", "--title", title, "--no-lobby"]
    with (
        RunningCopy(home("one"), *first, stats=False) as one,
        RunningCopy(home("two"), *second, *QUIET, *HERE) as two,
    ):
        link = two.invitation()
        with RunningCopy(home("guest"), "join", link, "--name", "Zoë", *QUIET, *HERE) as guest:
            all_together([two, guest])
            yield [
                *(Invite.parse(copy.invitation()).addresses[0] for copy in (one, two)),
                ("127.0.0.1", listening_port(guest)),
            ]


def listening_port(copy: RunningCopy) -> int:
    """Return the port that a copy listens on, as a port scan would find it."""
    ports = set()
    inodes = {name[8:-1] for name in copy.open_files() if name.startswith("socket:")}
    for line in Path(f"/proc/{copy.process.pid}/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[3] == "0A" and words[9] in inodes:
            ports.add(int(words[1].split(":")[1], 16))
    (port,) = ports
    return port


@pytest.fixture(scope="module")
def answers(copies: list[Address]) -> dict[str, list[Answer]]:
    """Ask every copy everything, a few things at a time, each time from another address."""
    sources = (f"127.0.{net}.{host}" for net in range(1, 9) for host in range(1, 255))
    found: dict[tuple[str, Address], list[Answer]] = defaultdict(list)

    def ask(names: Sequence[str]) -> None:
        asked = list(product(names, copies))
        given = outsider.ask_all([(to, QUESTIONS[name], next(sources)) for name, to in asked])
        for place, answer in zip(asked, given, strict=True):
            found[place].append(answer)

    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(ask, list(PATIENT))
        for start in range(0, len(QUICK), AT_ONCE):
            for _ in range(TRIES):
                ask(list(QUICK)[start : start + AT_ONCE])
        waiting.result()
    return {name: [min(found[name, to], key=quickness) for to in copies] for name in QUESTIONS}


def quickness(answer: Answer) -> float:
    """Return when it was over, in seconds."""
    return CLASSES[answer.end[1]]


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_copy_gives_a_stranger_the_same_answer_at_the_same_time(
    answers: dict[str, list[Answer]], question: str
):
    until = HANDSHAKE_RECORDS if question == "says a lot" else None
    first, *others = (replace(one, records=one.records[:until]) for one in answers[question])
    for other in others:
        assert other == first


def said(answer: Answer) -> list[tuple[str, bytes]]:
    return list(answer.messages)


def test_before_a_proof_nothing_is_ever_said_but_the_one_refusal_after_half_a_second(
    answers: dict[str, list[Answer]],
):
    for question, given in answers.items():
        for answer in given:
            assert said(answer) in ([], [("half a second", REFUSAL)]), question


@pytest.mark.parametrize(
    "question",
    [
        "does not know the secret",
        "knows what everybody knows",
        "says what no program says",
        "says something else first",
    ],
)
def test_whatever_is_wrong_with_a_hello_the_refusal_is_the_same(
    answers: dict[str, list[Answer]], question: str
):
    (answer,) = set(answers[question])
    (wrong,) = set(answers["does not know the secret"])
    assert said(answer) == [("half a second", REFUSAL)]
    assert answer == wrong


def test_a_name_or_a_protocol_that_somebody_asks_for_changes_nothing(
    answers: dict[str, list[Answer]],
):
    plain = answers["says what no program says"][0]
    assert answers["asks for a server by name"][0] == plain
    assert answers["asks for HTTP/2"][0] == plain


def test_the_certificate_says_nothing(answers: dict[str, list[Answer]]):
    certificates = {a.certificate for given in answers.values() for a in given if a.certificate}
    (only,) = certificates
    assert only[1:4] == (1, "", "")


def test_without_the_hybrid_group_nothing_is_said_at_all(answers: dict[str, list[Answer]]):
    for question in ("speaks TLS 1.2", "speaks TLS 1.3 without the hybrid group"):
        for answer in answers[question]:
            assert answer.messages == ()
            assert answer.end[1] == "at once"


def test_who_says_nothing_is_put_out_after_ten_seconds(answers: dict[str, list[Answer]]):
    for question in PATIENT:
        for answer in answers[question]:
            assert answer.end[0] != "still open"
            assert answer.end[1] == "ten seconds"
            assert answer.messages == ()
