"""Sheets that ask once more before something that cannot be taken back."""

from PySide6.QtWidgets import QHBoxLayout

from app.i18n import _
from app.meeting.view import Person
from app.meeting.wishes import End, Remove
from app.names import shown
from app.texts import filled
from app.ui.context import Context
from app.ui.widgets.buttons import Button
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.text import label


class RemoveSheet(Sheet):
    """Says what removing means; the button says what it does."""

    def __init__(self, context: Context, person: Person) -> None:
        name = shown(person.name, person.badge)
        title = filled(_("Remove {name}?"), name=name)
        super().__init__(context.ground, title, name="remove_sheet", width=440)
        self.content.addWidget(
            label(
                _(
                    "From then on they can neither see nor hear nor read anything, and they "
                    "cannot come back into this meeting."
                ),
                "muted",
                name="remove_why",
                wrap=True,
            )
        )

        def remove() -> None:
            context.submit(Remove(person.dev))
            self.close_sheet()

        self.remove = Button(
            filled(_("Remove {name}"), name=name), remove, name="remove_go", role="danger"
        )
        self.keep = Button(_("Cancel"), self.close_sheet, name="remove_cancel")
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addStretch(1)
        row.addWidget(self.keep)
        row.addWidget(self.remove)
        self.content.addSpacing(8)
        self.content.addLayout(row)


class EndSheet(Sheet):
    """The host goes, and with the host the meeting."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.ground, _("End the meeting?"), name="end_sheet", width=420)
        self.content.addWidget(
            label(
                _("You are the host. When you leave, the meeting is over for everybody."),
                "muted",
                name="end_why",
                wrap=True,
            )
        )

        def end() -> None:
            context.submit(End())
            self.close_sheet()

        self.end = Button(_("End the meeting"), end, name="end_go", role="danger")
        self.stay = Button(_("Stay"), self.close_sheet, name="end_stay")
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addStretch(1)
        row.addWidget(self.stay)
        row.addWidget(self.end)
        self.content.addSpacing(8)
        self.content.addLayout(row)
