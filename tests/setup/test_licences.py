"""What Conclave is made of may be part of it, and stands in its bill of materials."""

import json
import platform
import sys
from dataclasses import replace

import pytest

elsewhere = pytest.mark.skipif(
    (sys.platform, platform.machine(), sys.version_info[:2]) != ("linux", "x86_64", (3, 11)),
    reason="the lists are made on Linux, x86-64, with Python 3.11, which locks the most",
)


@elsewhere
def test_nothing_is_part_of_conclave_that_does_not_go_with_the_gpl(licences, capsys):
    assert licences.main(["--strict"]) == 0, capsys.readouterr().out


@elsewhere
def test_packages_may_be_given_to_others(licences, capsys):
    assert licences.main(["--for-packages"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    "name",
    [  # of the wheels for Windows and macOS, as they are today
        "avcodec-62-984de33114b7fa384296817dec999c9d.dll",
        "libavcodec.62.28.102.dylib",
        "libx265-efe48a158520a59ef99c0a0b3eb835ae.dll",
        "libSvtAv1Enc.4.1.0.dylib",
        "libwinpthread-1-02332fab016bf884a2a7a7b2ece22ffe.dll",
        "msvcp140-a4c2229bdc2a2a630acdc095b4d86008.dll",
        "Qt6Core.dll",
        "pyside6.abi3.dll",
        "shiboken6.abi3.dll",
        "libportaudio64bit.dll",
        "crc32c.dll",
        "libcrypto-3-x64.dll",
        "zlib1-79e0c4f9db71cb511398c504b832d395.dll",
        "python313.dll",
    ],
)
def test_what_other_systems_have_is_known(sbom, tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    (file,) = sbom.files_of(tmp_path)
    assert file["properties"]


@elsewhere
def test_a_built_program_with_something_that_may_not_be_in_it_is_found_out(
    licences, tmp_path, capsys, monkeypatch
):
    (tmp_path / "libvpx-4fb2.so.11").write_bytes(b"")
    pypi = any(part.problem for part in licences.vendored_parts())
    assert licences.main(["--bundle", str(tmp_path)]) == int(pypi)  # IPP is linked into OpenCV
    capsys.readouterr()
    monkeypatch.setattr(
        licences, "bundled_parts", lambda _: [licences.Part("x", "", "OpenSSL", "")]
    )
    assert licences.main(["--bundle", str(tmp_path)]) == 1
    assert "x" in capsys.readouterr().out


def test_the_check_can_fail(licences):
    part = licences.Part("x", "1", "MIT", "https://x")
    assert licences.verdict(part) == "ok"
    assert licences.verdict(replace(part, licence="GPL-2.0-only")) == "wrong"
    assert licences.verdict(replace(part, licence="as you like it")) == "wrong"
    assert licences.verdict(replace(part, licence="OpenSSL", problem="old")) == "problem"
    assert licences.verdict(replace(part, problem="none")) == "stale"
    assert licences.verdict(replace(part, licence="LicenseRef-Own")) == "wrong"
    assert licences.verdict(replace(part, licence="LicenseRef-Own", system=True)) == "ok"


@pytest.mark.parametrize(
    ("expression", "good"),
    [
        ("MIT", True),
        ("OpenSSL", False),
        ("GPL-2.0-only", False),
        ("GPL-2.0-only OR MIT", True),
        ("MIT OR GPL-2.0-only AND OpenSSL", True),  # AND binds more strongly
        ("(MIT OR GPL-2.0-only) AND OpenSSL", False),
        ("MIT AND Apache-2.0", True),
        ("GPL-3.0-or-later WITH GCC-exception-3.1 AND LGPL-2.1-or-later", True),
        ("OFL-1.1", False),
        ("LicenseRef-anything", False),
    ],
)
def test_an_expression_is_read_as_spdx_says(spdx, expression, good):
    assert spdx.goes_with_the_gpl(expression) is good


def test_a_typeface_lies_beside_the_program(spdx):
    assert spdx.goes_with_the_gpl("OFL-1.1", data=True)


@pytest.mark.parametrize(
    "broken",
    ["", "MIT AND", "AND MIT", "(MIT", "MIT)", "MIT Apache-2.0", "MIT WITH", "MIT; BSD", "()"],
)
def test_what_is_no_expression_is_not_taken_for_one(spdx, broken):
    with pytest.raises(spdx.ExpressionError):
        spdx.goes_with_the_gpl(broken)


def test_the_bill_names_every_distribution_that_is_installed_and_every_library_inside(sbom):
    document = sbom.sbom()
    kinds = {}
    for component in document["components"]:
        kinds.setdefault(component["type"], {})[component["name"]] = component
    here = sbom.installed(sbom.locked(sbom.LOCK.read_text()))
    assert {"aiortc", "pynacl", "FFmpeg", "Qt", "libsodium"} <= kinds["library"].keys()
    assert here.keys() <= kinds["library"].keys()
    assert all(
        kinds["library"][name]["version"] == each.version
        and kinds["library"][name]["externalReferences"][1]["hashes"]
        for name, each in here.items()
    )
    assert {"Inter", "Lucide", "Noto Emoji", "matrix-spec"} == kinds["data"].keys()
    references = [component["bom-ref"] for component in document["components"]]
    assert len(set(references)) == len(references)
    named = {one for entry in document["dependencies"] for one in entry["dependsOn"]}
    assert named <= set(references)
    assert document["metadata"]["component"]["version"] == sbom.version()


def test_the_same_things_make_the_same_bill(sbom, monkeypatch):
    assert sbom.sbom() == sbom.sbom()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1763841600")
    assert sbom.sbom()["metadata"]["timestamp"] == "2025-11-22T20:00:00Z"


def test_every_library_of_a_built_program_is_listed_and_none_is_unknown(sbom, tmp_path):
    for name in ("av.libs/libvpx-4fb2.so.11", "cv2/cv2.abi3.so", "PySide6/plugins/libqxcb.so"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "read.me").write_bytes(b"no library")
    files = {
        each["name"]: each for each in sbom.sbom(tmp_path)["components"] if each["type"] == "file"
    }
    assert len(files) == 3
    owner = files["av.libs/libvpx-4fb2.so.11"]["properties"][0]["value"]
    assert owner == "libvpx"
    (tmp_path / "libssl.so.3").write_bytes(b"of the system")
    assert "libssl.so.3" in str(sbom.sbom(tmp_path))
    (tmp_path / "libsurprise.so.1").write_bytes(b"?")
    with pytest.raises(LookupError, match="libsurprise"):
        sbom.sbom(tmp_path)


def test_the_resources_are_those_that_their_own_list_names(root, sbom, spdx):
    listed = (root / "resources" / "LICENSES.md").read_text(encoding="utf-8")
    for name, licence, _home in sbom.RESOURCES:
        assert name in listed
        assert spdx.goes_with_the_gpl(licence, data=True)


def test_the_bill_is_json_on_its_way_out(sbom, tmp_path):
    assert sbom.main(["--out", str(tmp_path / "sbom.cdx.json")]) == 0
    assert json.loads((tmp_path / "sbom.cdx.json").read_text())["bomFormat"] == "CycloneDX"


@pytest.mark.parametrize("built", [False, True])
def test_the_bill_is_what_the_schema_of_cyclonedx_asks_for(sbom, tmp_path, built):
    validation = pytest.importorskip("cyclonedx.validation.json", reason="not installed")
    from cyclonedx.schema import SchemaVersion

    (tmp_path / "libvpx-4fb2.so.11").write_bytes(b"a library")
    text = json.dumps(sbom.sbom(tmp_path if built else None))
    validator = validation.JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(text) is None
    assert validator.validate_str(text.replace('"bomFormat"', '"bomFromat"')) is not None
