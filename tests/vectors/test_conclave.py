"""conclave.json says what the code does, and a second implementation comes to the same."""

import ast
import copy
import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from vectors import make
from vectors.reference import check, cpace, primitives, sealed, wire
from vectors.reference.primitives import Refused

from crypto import messages, operations, proofs
from crypto.blocks import Genesis
from crypto.errors import MalformedError

HERE = Path(__file__).parent
VECTORS = json.loads(make.VECTORS.read_text(encoding="utf-8"))
SECTIONS = sorted(VECTORS["sections"])
CASES = {name: VECTORS["sections"][name]["cases"] for name in SECTIONS}
COMMON = {name: VECTORS["sections"][name].get("given", {}) for name in SECTIONS}
HANDSHAKE = {
    value
    for name, value in vars(proofs).items()
    if name.startswith(("HELLO", "DENY", "PASSWORD", "CLOSED")) and isinstance(value, int)
}


def published(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="utf-8"))


# The file


def test_the_file_is_what_the_code_says():
    written = make.VECTORS.read_text(encoding="utf-8")
    assert make.text() == written, "run python tests/vectors/make.py, and look at what changed"


@pytest.mark.parametrize("section", SECTIONS)
def test_a_second_implementation_comes_to_every_value(section: str):
    found = [check.complaint(section, case, COMMON[section]) for case in CASES[section]]
    assert [each for each in found if each] == []
    assert found
    assert VECTORS["sections"][section]["about"].endswith(".")


def test_every_derivation_has_a_section():
    assert set(SECTIONS) == set(check.DERIVE)


def test_the_second_implementation_uses_nothing_of_the_first():
    """Otherwise it would be wrong in the same places."""
    allowed = {*sys.stdlib_module_names, "cryptography", "nacl"}
    for path in (HERE / "reference").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] in allowed or name.startswith("vectors.reference"), path


def changes(value: Any) -> Iterator[Any]:
    """Yield everything that a value becomes when one leaf of it is changed."""
    match value:
        case dict() | list():
            for key in value if isinstance(value, dict) else range(len(value)):
                for changed in changes(value[key]):
                    other = copy.copy(value)
                    other[key] = changed
                    yield other
        case bool():
            yield not value
        case int():
            yield value + 10_001  # more than any step in which a number counts
        case str() if value and all(letter in "0123456789abcdef" for letter in value):
            middle = len(value) // 2
            yield value[:middle] + f"{int(value[middle], 16) ^ 1:x}" + value[middle + 1 :]
        case str():
            yield value + "!"


def is_noticed(section: str, case: dict[str, Any]) -> bool:
    try:
        return check.complaint(section, case, COMMON[section]) is not None
    except (ValueError, LookupError, OverflowError, AttributeError, struct.error):
        return True


@pytest.mark.parametrize("section", SECTIONS)
def test_no_value_in_the_file_could_be_another(section: str):
    """So nothing stands there that nobody checks."""
    for case in CASES[section]:
        if "refused" in case:
            continue
        for name, value in case["given"].items():
            if name in ("now", "counters"):
                continue  # a link is good at more than one moment, a window takes many
            for changed in changes(value):
                other = {**case, "given": {**case["given"], name: changed}}
                assert is_noticed(section, other), (case["what"], name)
        for changed in changes(case["gives"]):
            assert is_noticed(section, {**case, "gives": changed}), case["what"]


# Every message


def said() -> dict[bytes, str]:
    """Return all messages of the file as bytes, with what they are."""
    found = {bytes.fromhex(case["gives"]["bytes"]): case["what"] for case in CASES["messages"]}
    for case in CASES["handshakes"]:
        found |= {bytes.fromhex(message): case["what"] for message in case["gives"]["said"]}
    return found


def test_every_type_of_message_stands_in_the_file():
    known = HANDSHAKE | set(messages._BY_KIND) | {Genesis.kind}
    shown = {data[0] for data in said()} | {proofs.DENY}
    assert shown == known
    assert set(wire.TYPES) == known


def test_every_operation_stands_in_a_block_of_the_file():
    blocks = [case for case in CASES["messages"] if case["given"]["name"] == "Block"]
    shown = {each["operation"] for case in blocks for each in case["given"]["fields"]["operations"]}
    assert shown == {kind.name for kind in operations._Kind}
    assert shown == {name for name, _ in wire.OPERATION.kinds.values()}


def test_a_denial_is_the_envelope_and_nothing_in_it():
    assert wire.message("Deny") == proofs.DENY_MESSAGE


def test_every_message_is_refused_if_cut_off_continued_or_of_another_version():
    for data, what in said().items():
        for broken in (data[:-1], data + b"\0", data[:1] + b"\2" + data[2:], data[:5]):
            with pytest.raises(Refused):
                wire.read(broken)
            if data[0] in messages._BY_KIND and data[0] != messages.Gossip.kind:
                with pytest.raises(MalformedError):
                    messages.parse(broken)
        name, fields, signature = wire.read(data)
        kind = wire.number_of(name)
        assert wire.pack(kind, wire.TYPES[kind].fields.write(fields)) + signature == data, what


# The second implementation itself


def test_the_second_cpace_passes_the_vectors_of_the_draft():
    texts = published("cpace.json")["G_25519"]
    known = {name: bytes.fromhex(value) for name, value in texts.items()}
    g = cpace.generator(known["PRS"], known["CI"], known["sid"])
    assert g == known["g"]
    first, second = (cpace.multiplied(known[scalar], g) for scalar in ("ya", "yb"))
    assert (first, second) == (known["Ya"], known["Yb"])
    point = cpace.multiplied(known["ya"], second)
    assert point == known["K"]
    said = (first, second, known["ADa"], known["ADb"])
    assert cpace.session_key(known["sid"], point, *said) == known["ISK_IR"]


@pytest.mark.parametrize("vector", published("xwing.json"), ids=lambda vector: vector["seed"][:8])
def test_the_second_x_wing_passes_the_vectors_of_the_draft(vector: dict[str, str]):
    seed, encapsulated = bytes.fromhex(vector["sk"]), bytes.fromhex(vector["ct"])
    assert primitives.xwing_keys(seed)[2].hex() == vector["pk"]
    assert primitives.xwing_decapsulate(seed, encapsulated).hex() == vector["ss"]


def test_the_second_sframe_passes_the_vectors_of_the_rfc():
    vectors = published("sframe.json")
    for header in vectors["header"]:
        encoded = bytes.fromhex(header["encoded"])
        assert primitives.sframe_header(header["kid"], header["ctr"]) == encoded
        assert sealed.numbers(encoded) == (header["kid"], header["ctr"], len(encoded))
    (frame,) = [each for each in vectors["sframe"] if each["cipher_suite"] == 5]
    kid, ctr = int(frame["kid"]), int(frame["ctr"])
    cipher, nonce = primitives.sframe_cipher(bytes.fromhex(frame["base_key"]), kid, ctr)
    header = primitives.sframe_header(kid, ctr)
    aad = header + bytes.fromhex(frame["metadata"])
    text = cipher.encrypt(nonce, bytes.fromhex(frame["pt"]), aad)
    assert (header + text).hex() == frame["ct"]
