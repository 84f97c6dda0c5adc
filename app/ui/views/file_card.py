"""One file in a meeting: what it is, how far it is, and what can be done with it now."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QImage, QPixmap
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app import file_words
from app.i18n import _, ngettext
from app.meeting.view import Badge, FileLeg, FileState, SharedFile, Thumbnail
from app.meeting.wishes import (
    AcceptFile,
    CancelFile,
    DeclineFile,
    HoldFile,
    LookAtFile,
    SaveFile,
)
from app.names import isolated, shown
from app.texts import filled
from app.ui import theme
from app.ui.context import Submit
from app.ui.widgets.avatar import Sign
from app.ui.widgets.buttons import Button, Role
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.progress import ThinBar
from app.ui.widgets.text import label, set_kind, set_text

MOST_LINES = 4  # people whose progress is told one by one; of more there is a count
PICTURE = QSize(256, 192)  # pixels that a small picture takes at most

MOVING = frozenset({FileState.RUNNING, FileState.HELD, FileState.AWAY, FileState.CHECKING})
AT_REST = frozenset({FileState.HELD, FileState.AWAY})


class FileCard(QFrame):
    """Paints a `SharedFile`; built once, changed in place."""

    def __init__(self, file: SharedFile, submit: Submit, badge: Badge) -> None:
        super().__init__()
        self.setObjectName("file_card")
        self.file = file
        self._submit = submit
        self._drawn: Thumbnail | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(8)
        column.addLayout(self._build_head(badge))
        self.preview = QLabel()
        self.preview.setObjectName("file_preview")
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview.hide()
        column.addWidget(self.preview)
        self.bar = ThinBar(name="file_progress", accessible=self._about(_("Progress")))
        column.addWidget(self.bar)
        self.line = label(kind="small", name="file_line", wrap=True)
        column.addWidget(self.line)
        self.problem = label(kind="danger", name="file_problem", wrap=True)
        column.addWidget(self.problem)
        column.addWidget(self._build_answers())
        column.addWidget(self._build_more())
        self.show_file(file)

    def _about(self, words: str) -> str:
        return filled(_("{answer}: {about}"), answer=words, about=self.file.file_name)

    def _button(
        self,
        words: str,
        do: Callable[[], None],
        name: str,
        role: Role = "plain",
        icon_name: str = "",
    ) -> Button:
        return Button(
            words,
            do,
            name=name,
            role=role,
            icon_name=icon_name,
            small=role == "plain",
            accessible=self._about(words),
        )

    def _build_head(self, badge: Badge) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(10)
        icon_name = "image" if self.file.fits_memory else "file"
        head.addWidget(Sign(icon_name, "muted", 20, name="file_sign"))
        words = QVBoxLayout()
        words.setSpacing(0)
        middle = Qt.TextElideMode.ElideMiddle  # what kind of file it is stands at the end
        self.name = ElidedLabel("strong", name="file_name", cut=middle)
        self.name.show_text(isolated(self.file.file_name))
        words.addWidget(self.name)
        self.from_whom = ElidedLabel("small", name="file_from")
        self.badge = badge
        words.addWidget(self.from_whom)
        head.addLayout(words, 1)
        self.hold = self._button(
            _("Pause"), self._hold, "file_hold", role="icon", icon_name="pause"
        )
        self.stop = self._button(
            _("Stop the transfer"), self._stop, "file_stop", role="icon", icon_name="x"
        )
        head.addWidget(self.hold)
        head.addWidget(self.stop)
        return head

    def _build_answers(self) -> QWidget:
        self.answers = QWidget()
        self.answers.setObjectName("file_answers")
        row = QHBoxLayout(self.answers)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.decline = self._button(_("Decline"), self._decline, "file_decline")
        self.save = self._button(_("Save"), self._save, "file_save")
        row.addWidget(self.decline, 1)
        row.addWidget(self.save, 1)
        return self.answers

    def _build_more(self) -> QWidget:
        self.more = QWidget()
        self.more.setObjectName("file_more")
        row = QHBoxLayout(self.more)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        self.save_as = self._button(_("Save as…"), self._save_as, "file_save_as", role="link")
        self.look = self._button(_("Look at it first"), self._look, "file_look", role="link")
        self.folder = self._button(_("Open the folder"), self._open, "file_folder", role="link")
        for button in (self.save_as, self.look, self.folder):
            row.addWidget(button)
        row.addStretch(1)
        return self.more

    # What is shown --------------------------------------------------------------------------

    def show_file(self, file: SharedFile) -> None:
        """Show how it stands now."""
        self.file = file
        self._show_whose()
        moving = [leg for leg in file.legs if leg.state in MOVING]
        self.bar.setVisible(bool(moving))
        if moving:
            done = sum(leg.done for leg in moving)
            whole = max(1, file.size * len(moving))
            resting = all(leg.state in AT_REST for leg in moving)
            self.bar.show_share(done / whole if file.size else 1.0, resting=resting)
        self._show_lines()
        set_text(self.problem, file_words.problem(file))
        self.problem.setVisible(bool(self.problem.text()))
        self._show_picture(file.picture)
        self._show_buttons(moving)

    def show_badge(self, badge: Badge) -> None:
        """Show how well the sender is known now; who has gone is known as well as before."""
        if badge is not self.badge:
            self.badge = badge
            self._show_whose()

    def _show_whose(self) -> None:
        file = self.file
        if file.mine:
            to = _("To all") if file.to_all else isolated(file.legs[0].name if file.legs else "")
            whose = to if file.to_all else filled(_("To {name}"), name=to)
        else:
            whose = shown(file.name, self.badge)
        known = file.size or all(leg.state is not FileState.PREPARING for leg in file.legs)
        size = file_words.size(file.size) if known else ""
        self.from_whom.show_text(" · ".join(filter(None, (whose, size))))

    def _show_lines(self) -> None:
        legs = self.file.legs
        if len(legs) <= MOST_LINES:
            lines = [self._words(leg) for leg in legs]
        else:
            lines = [self._count(), *(self._words(leg) for leg in legs if leg.state in MOVING)]
            del lines[MOST_LINES:]
        words = "\n".join(dict.fromkeys(filter(None, lines)))
        failed = bool(legs) and all(leg.state is FileState.FAILED for leg in legs)
        set_kind(self.line, "danger" if failed else "small")
        set_text(self.line, words)
        self.line.setVisible(bool(words))

    def _words(self, leg: FileLeg) -> str:
        words = file_words.how_far(self.file, leg)
        if self.file.mine and len(self.file.legs) > 1 and leg.state in MOVING:
            return f"{isolated(leg.name)} · {words}"
        return words

    def _count(self) -> str:
        """Return how many of many have it."""
        legs = self.file.legs
        have = sum(leg.state is FileState.DONE for leg in legs)
        words = ngettext("{have} of {count} has it.", "{have} of {count} have it.", have)
        return words.format(have=have, count=len(legs))

    def _show_picture(self, picture: Thumbnail | None) -> None:
        if picture is not self._drawn and picture is not None:
            self._drawn = picture
            ratio = self.devicePixelRatioF()
            most = PICTURE * (theme.scale() * ratio)
            pixmap = pixmap_of(picture).scaled(
                most.boundedTo(QSize(picture.width, picture.height)),
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            pixmap.setDevicePixelRatio(ratio)
            self.preview.setPixmap(pixmap)
            self.preview.setAccessibleName(self._about(_("Picture")))
        self.preview.setVisible(picture is not None)

    def _show_buttons(self, moving: list[FileLeg]) -> None:
        file = self.file
        leg = file.legs[0] if file.legs else None
        offered = not file.mine and leg is not None and leg.state is FileState.OFFERED
        held_in_memory = file.in_memory and leg is not None and leg.state is FileState.DONE
        self.answers.setVisible(offered or held_in_memory)
        self.decline.setVisible(offered)
        self.save_as.setVisible(offered or held_in_memory)
        self.look.setVisible(offered and file.fits_memory)
        self.folder.setVisible(bool(file.path))
        self.more.setVisible(offered or held_in_memory or bool(file.path))
        can_hold = [one for one in moving if one.state is not FileState.CHECKING]
        self.hold.setVisible(bool(can_hold))
        held = bool(can_hold) and all(one.held_by_me for one in can_hold)
        words = _("Go on") if held else _("Pause")
        self.hold.set_icon("play" if held else "pause")
        self.hold.set_words(words, self._about(words))
        waits = file.mine and any(not one.state.is_over for one in file.legs)
        self.stop.setVisible(bool(moving) or waits)

    # What is done ---------------------------------------------------------------------------

    def _decline(self) -> None:
        self._submit(DeclineFile(self.file.key))

    def _save(self) -> None:
        self._store("")

    def _save_as(self) -> None:
        """Ask where to; what is there already stays, the new file gets a number."""
        path, _kind = QFileDialog.getSaveFileName(
            self,
            _("Save the file"),
            self.file.file_name,
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if path:
            self._store(path)

    def _store(self, path: str) -> None:
        wish = SaveFile if self.file.in_memory else AcceptFile
        self._submit(wish(self.file.key, path))

    def _look(self) -> None:
        self._submit(LookAtFile(self.file.key))

    def _hold(self) -> None:
        can_hold = [one for one in self.file.legs if one.state in MOVING]
        self._submit(HoldFile(self.file.key, not all(one.held_by_me for one in can_hold)))

    def _stop(self) -> None:
        self._submit(CancelFile(self.file.key))

    def _open(self) -> None:
        """Show the folder; the file itself is opened by nobody but the person."""
        folder = Path(self.file.path).parent
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def pixmap_of(picture: Thumbnail) -> QPixmap:
    """Return a small picture as Qt paints it; an empty one if its size and bytes do not fit."""
    if not 0 < picture.width * picture.height * 3 == len(picture.pixels):
        return QPixmap()
    image = QImage(
        picture.pixels,
        picture.width,
        picture.height,
        picture.width * 3,
        QImage.Format.Format_RGB888,
    )
    return QPixmap.fromImage(image)
