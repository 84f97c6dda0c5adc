"""Sheets that ask once more before something that cannot be taken back."""

from collections.abc import Callable
from typing import Literal

from app.i18n import _
from app.intents import ForgetContact
from app.meeting.view import Person
from app.meeting.wishes import HandOver, Remove
from app.names import shown
from app.screens import ContactCard
from app.texts import filled
from app.ui.context import Context
from app.ui.widgets.answers import foot
from app.ui.widgets.buttons import Button
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.text import label


class AskSheet(Sheet):
    """Says what a step means; the button says what it does, and the keyboard stands on `keep`."""

    def __init__(
        self,
        context: Context,
        title: str,
        why: str,
        words: str,
        do: Callable[[], None],
        *,
        name: str,
        role: Literal["danger", "primary"] = "danger",
    ) -> None:
        super().__init__(context.ground, title, name=f"{name}_sheet", width=440)
        self.content.addWidget(label(why, "muted", name=f"{name}_why", wrap=True))

        def go() -> None:
            do()
            self.close_sheet()

        self.go = Button(words, go, name=f"{name}_go", role=role)
        self.keep = Button(_("Cancel"), self.close_sheet, name=f"{name}_cancel")
        self.content.addSpacing(8)
        self.content.addLayout(foot(self.keep, self.go))


class RemoveSheet(AskSheet):
    """Before somebody is removed."""

    def __init__(self, context: Context, person: Person) -> None:
        name = shown(person.name, person.badge)
        super().__init__(
            context,
            filled(_("Remove {name}?"), name=name),
            _(
                "From then on they can neither see nor hear nor read anything, and they "
                "cannot come back into this meeting."
            ),
            _("Remove"),
            lambda: context.submit(Remove(person.dev)),
            name="remove",
        )


class HandOverSheet(AskSheet):
    """Before somebody else hosts the meeting."""

    def __init__(self, context: Context, person: Person) -> None:
        name = shown(person.name, person.badge)
        super().__init__(
            context,
            filled(_("Hand the meeting over to {name}?"), name=name),
            _(
                "They host it from then on and decide about everything; you become a co-host. "
                "Links that were given out so far no longer open this meeting."
            ),
            _("Hand over"),
            lambda: context.submit(HandOver(person.dev)),
            name="hand_over",
            role="primary",
        )


class ForgetSheet(AskSheet):
    """Before a contact is forgotten."""

    def __init__(self, context: Context, contact: ContactCard) -> None:
        name = shown(contact.name, contact.badge)
        super().__init__(
            context,
            filled(_("Forget {name}?"), name=name),
            _(
                "They can no longer call you, nor you them. When you meet again, their device "
                "is new to you, also if you had verified it."
            ),
            _("Forget"),
            lambda: context.submit(ForgetContact(contact.dev)),
            name="forget",
        )
