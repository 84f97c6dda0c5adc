"""Sheets that only say something which came from outside the window."""

from app.i18n import _
from app.ui.context import Context
from app.ui.widgets.buttons import Button
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.text import label


class SayWhySheet(Sheet):
    """Says one thing; the only answer is to close it."""

    def __init__(
        self,
        context: Context,
        why: str,
        *,
        title: str = "",
        name: str = "say_why",
    ) -> None:
        super().__init__(
            context.ground, title or _("This cannot be set"), name=f"{name}_sheet", width=440
        )
        self.content.addWidget(label(why, "muted", name=f"{name}_why", wrap=True))
        self.content.addSpacing(8)
        self.content.addWidget(Button(_("All right"), self.close_sheet, name=f"{name}_done"))


class LinkKeptSheet(SayWhySheet):
    """An invitation came in at an unfit moment."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            _("You are in a meeting, or on the way into one. It opens when you have left."),
            title=_("The invitation is kept"),
            name="link_kept",
        )
