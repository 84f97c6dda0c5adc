"""What the doctor found: one sentence for each thing looked at, and the cure if there is need."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from app.i18n import _, ngettext

Result = Literal["ok", "warn", "fail"]

MARKS: dict[Result, str] = {"ok": "✓", "warn": "!", "fail": "✗"}
MARKS_ASCII: dict[Result, str] = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `key` is stable, `sentence` and `cure` are for people."""

    key: str
    title: str
    result: Result
    sentence: str
    cure: str = ""


def exit_code(findings: Iterable[Finding]) -> int:
    """Return 1 if anything does not work, else 0; a warning is no failure."""
    return int(any(finding.result == "fail" for finding in findings))


def as_text(finding: Finding, marks: dict[Result, str]) -> str:
    """Return the one or two lines for a finding."""
    line = f"{marks[finding.result]} {finding.title}: {finding.sentence}"
    indent = " " * (len(marks[finding.result]) + 1)
    return f"{line}\n{indent}→ {finding.cure}" if finding.cure else line


def as_json(findings: Iterable[Finding]) -> str:
    """Return all findings as one JSON object for programs."""
    found = list(findings)
    return json.dumps(
        {"ok": not exit_code(found), "findings": [asdict(finding) for finding in found]},
        ensure_ascii=False,
        indent=2,
    )


def report(findings: Iterable[Finding], program: str, home: str = "") -> str:
    """Return all findings as text to pass on; the user's own folder is written as `~`."""
    lines = [program, *(as_text(finding, MARKS_ASCII) for finding in findings)]
    text = "\n".join(lines) + "\n"
    return text.replace(home, "~") if len(home) > 1 else text


def summary(findings: Iterable[Finding]) -> str:
    """Return the last line: how many things need a hand."""
    found = list(findings)
    broken = sum(finding.result == "fail" for finding in found)
    if broken:
        return ngettext(
            "{count} thing does not work; its cure stands below it.",
            "{count} things do not work; their cures stand below them.",
            broken,
        ).format(count=broken)
    doubtful = sum(finding.result == "warn" for finding in found)
    if doubtful:
        return ngettext(
            "Conclave works here; {count} thing could be better.",
            "Conclave works here; {count} things could be better.",
            doubtful,
        ).format(count=doubtful)
    return _("Everything works here.")
