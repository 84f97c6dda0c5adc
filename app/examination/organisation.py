"""The doctor's look at what the organisation decides on this computer."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from app.findings import Finding
from app.i18n import _, ngettext
from app.policy import Policy, load_policy
from app.rules import FREE


def checks(path: Path) -> list[tuple[str, Callable[[], Finding]]]:
    """Return what is looked at here."""
    return [("policy", partial(policy, path))]


def policy(path: Path) -> Finding:
    """Look whether the organisation's file is there, and whether it can be understood."""
    title = _("Organisation")
    read = load_policy(path)
    cure = _("Whoever looks after this computer has to mend {path}.").format(path=path)
    names = ", ".join(name for name in read.rules.faults if name)
    if names:
        sentence = _("this is not clear in its rules: {names}.").format(names=names)
        return Finding("policy", title, "fail", sentence, cure)
    if read.rules.faults:
        sentence = _("its rules cannot be read; nobody outside this computer can be met.")
        return Finding("policy", title, "fail", sentence, cure)
    return Finding("policy", title, "ok", _decided(read))


def _decided(read: Policy) -> str:
    if read == Policy():
        return _("it decides nothing on this computer.")
    rules = read.rules
    count = len(read.settings) + len(rules.off) + rules.lobby + rules.password
    count += rules.lan_only
    count += rules.networks != FREE.networks
    return ngettext(
        "it decides {count} thing on this computer.",
        "it decides {count} things on this computer.",
        count,
    ).format(count=count)
