"""The check of sound and network: looks at this computer, and says what cures what it finds."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import __version__
from app.findings import Finding, Result, report, summary
from app.i18n import _
from app.screens import SoundCheck
from app.texts import filled
from app.ui.context import Context
from app.ui.widgets.avatar import Sign
from app.ui.widgets.buttons import Button
from app.ui.widgets.copy import CopyButton
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.sound_check import MicrophoneTrial, SpeakerTrial
from app.ui.widgets.text import hairline, label, set_text
from app.ui.widgets.toast import announce

LOOK_EVERY = 100  # milliseconds between two looks at what was found, while something is looked at
SIGNS: dict[Result, tuple[str, str]] = {
    "ok": ("circle-check", "safe"),
    "warn": ("triangle-alert", "warn"),
    "fail": ("circle-x", "danger"),
}


class Examination(QObject):
    """Runs the examination on a thread of its own, and gives its findings out on this one."""

    def __init__(
        self,
        examine: Callable[[], Iterable[Finding]],
        found: Callable[[Finding], None],
        over: Callable[[], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._examine, self._found, self._over = examine, found, over
        self._findings: deque[Finding | None] = deque()  # None: that was all
        self._timer = QTimer(self, interval=LOOK_EVERY)
        self._timer.timeout.connect(self._look)

    @property
    def goes_on(self) -> bool:
        """Tell whether something is still looked at."""
        return self._timer.isActive()

    def start(self) -> None:
        """Look at everything anew."""
        findings: deque[Finding | None] = deque()
        self._findings = findings
        threading.Thread(target=_run, args=(self._examine, findings), daemon=True).start()
        self._timer.start()

    def _look(self) -> None:
        while self._findings:
            finding = self._findings.popleft()
            if finding is None:
                self._timer.stop()
                self._over()
            else:
                self._found(finding)


def _run(examine: Callable[[], Iterable[Finding]], findings: deque[Finding | None]) -> None:
    try:
        for finding in examine():
            findings.append(finding)
    finally:
        findings.append(None)


class FindingRow(QWidget):
    """A sign, what was looked at, what was found, and the cure."""

    def __init__(self, finding: Finding) -> None:
        super().__init__()
        self.setObjectName(f"finding_{finding.key}")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 8, 0, 8)
        row.setSpacing(12)
        icon, colour = SIGNS[finding.result]
        sign = Sign(icon, colour, 20, name=f"finding_{finding.key}_sign")
        sign.setAccessibleName(_RESULTS[finding.result]())
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(finding.title, "strong", name=f"finding_{finding.key}_title"))
        found = finding.sentence[:1].upper() + finding.sentence[1:]
        words.addWidget(label(found, name=f"finding_{finding.key}_words", wrap=True))
        if finding.cure:
            cure = label(finding.cure, "muted", name=f"finding_{finding.key}_cure", wrap=True)
            cure.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            words.addWidget(cure)
        row.addLayout(words, 1)


_RESULTS: dict[Result, Callable[[], str]] = {
    "ok": lambda: _("Works"),
    "warn": lambda: _("Could be better"),
    "fail": lambda: _("Does not work"),
}


class DoctorSheet(Sheet):
    """What needs a hand stands first; what works stands in a fold below."""

    def __init__(
        self,
        context: Context,
        examine: Callable[[], Iterable[Finding]],
        on_close: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(
            context.ground,
            _("Sound and network check"),
            name="doctor_sheet",
            width=560,
            height=580,
            on_close=on_close,
        )
        self._context = context
        self.findings: list[Finding] = []
        self._rows: list[FindingRow] = []
        self._summary = label(kind="lead", name="doctor_summary", wrap=True)
        self.content.addWidget(self._summary)
        self.content.addLayout(self._build_buttons())
        self.content.addWidget(hairline())
        self._column = QVBoxLayout()
        self._column.setSpacing(0)
        self.content.addLayout(self._column)
        self._fold = Button("", self._toggle, name="doctor_fold", role="link")
        self._fold.hide()
        self.content.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignLeft)
        self._well = QWidget()
        self._well.setObjectName("doctor_well")
        self._well_column = QVBoxLayout(self._well)
        self._well_column.setContentsMargins(0, 0, 0, 0)
        self._well_column.setSpacing(0)
        self._well.hide()
        self.content.addWidget(self._well)
        self.content.addWidget(hairline())
        self.content.addWidget(label(_("Try it"), "heading", name="doctor_try"))
        self.speaker = SpeakerTrial(context.submit, name="doctor_speaker")
        self.microphone = MicrophoneTrial(context.submit, name="doctor_microphone")
        self.content.addWidget(self.speaker)
        self.content.addWidget(self.microphone)
        self.content.addStretch(1)
        self._examination = Examination(examine, self._add, self._done, self)
        self.look()

    def _build_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.again = Button(_("Look again"), self.look, name="doctor_again")
        self.copy = CopyButton(_("Copy report"), name="doctor_copy")
        help_page = Button(
            _("Help"), lambda: self._context.open_help("finding"), name="doctor_help", role="quiet"
        )
        row.addWidget(self.again)
        row.addWidget(self.copy)
        row.addStretch(1)
        row.addWidget(help_page)
        return row

    def show_check(self, check: SoundCheck) -> None:
        """Show how far trying speaker and microphone is."""
        self.speaker.show_check(check)
        self.microphone.show_check(check)

    @property
    def goes_on(self) -> bool:
        """Tell whether something is still looked at."""
        return self._examination.goes_on

    def look(self) -> None:
        """Look at everything anew."""
        self.findings = []
        for row in self._rows:
            row.hide()
            row.deleteLater()
        self._rows = []
        self._fold.hide()
        self._well.hide()
        self.again.setEnabled(False)
        self.copy.set_copied("")
        set_text(self._summary, _("Looking at this computer and its network…"))
        self._examination.start()

    def _add(self, finding: Finding) -> None:
        self.findings.append(finding)
        row = FindingRow(finding)
        self._rows.append(row)
        if finding.result == "ok":
            self._well_column.addWidget(row)
        else:  # what does not work before what could be better
            worse = [one for one in self.findings[:-1] if one.result == "fail"]
            place = len(worse) if finding.result == "fail" else self._column.count()
            self._column.insertWidget(place, row)
        row.show()
        self._show_fold()
        self.relayout()

    def _show_fold(self) -> None:
        count = sum(finding.result == "ok" for finding in self.findings)
        shown = not self._well.isHidden()
        words = _("Hide what works") if shown else _("Show what works ({count})")
        self._fold.set_words(filled(words, count=str(count)))
        self._fold.setVisible(count > 0)

    def _toggle(self) -> None:
        self._well.setVisible(self._well.isHidden())
        self._show_fold()
        self.relayout()

    def _done(self) -> None:
        said = summary(self.findings)
        set_text(self._summary, said)
        announce(self, said)
        self.again.setEnabled(True)
        self.copy.set_copied(report(self.findings, f"Conclave {__version__}", str(Path.home())))
        self.relayout()
