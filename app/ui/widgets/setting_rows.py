"""One setting: its name, its control, one line why; made from its description."""

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.i18n import _, available_languages
from app.settings import Description, SettingError, Value
from app.texts import LANGUAGES
from app.ui import theme
from app.ui.context import Context
from app.ui.widgets.choice import Choice
from app.ui.widgets.folder_field import FolderField
from app.ui.widgets.switch import SwitchRow, lock_line
from app.ui.widgets.text import label, set_text

_WIDE = 200  # pixels of a control beside its words


def setting_row(context: Context, name: str, description: Description) -> QWidget:
    """Return the row of a setting; one that the organisation decides cannot be changed."""
    value: Value = getattr(context.settings(), name)
    locked = name in context.locked
    why = _("Set by your organisation.") if locked else _(description.why)
    words = _(description.title)
    if isinstance(value, bool):
        row = SwitchRow(
            words, _(description.why), lambda on: context.change(name, on), name=f"set_{name}"
        )
        row.show_state(value)
        if locked:
            row.lock()
        return row
    choices = _choices(name, description)
    if choices:
        choice = Choice(
            words, lambda key: context.change(name, _typed(value, key)), name=f"set_{name}"
        )
        choice.show_choices(choices, str(value))
        control: QWidget = choice
    else:
        control = _field(context, name, description, value)
    control.setAccessibleDescription(why)
    if isinstance(control, QLineEdit) and description.folder:
        control = _folder(context, name, control)
    control.setEnabled(not locked)
    below = description.folder or description.lines or theme.text_is_large()
    made = _row(name, words, why, control, locked=locked, below=below)
    if isinstance(control, QLineEdit) and description.check is not None and not locked:
        _explain(made, control, name, description)
    return made


def _choices(name: str, description: Description) -> list[tuple[str, str]]:
    """Return the keys and words to choose from; none for what is typed."""
    if name == "language":
        known = [(code, _language(code)) for code in available_languages()]
        return [("", _("As the system")), *known]
    return [
        (str(key), _(words))
        for key, words in zip(description.choices, description.words, strict=True)
    ]


def _language(code: str) -> str:
    """Return what a language calls itself."""
    own = QLocale(code).nativeLanguageName()
    return LANGUAGES.get(code) or own[:1].upper() + own[1:] or code


def _typed(like: Value, key: str) -> Value:
    return int(key) if isinstance(like, int) else key


def _field(context: Context, name: str, description: Description, value: Value) -> QLineEdit:
    field = QLineEdit(str(value))
    field.setObjectName(f"set_{name}")
    field.setAccessibleName(_(description.title))
    if isinstance(value, int):
        field.setValidator(QIntValidator(description.low, description.high, field))
    else:
        field.setMaxLength(description.longest)

    def done() -> None:
        text = field.text().strip()
        try:
            context.change(name, int(text) if isinstance(value, int) else text)
        except SettingError:  # it holds signs that cannot be seen
            if description.check is None:  # what can be explained stays, to be mended
                field.setText(str(getattr(context.settings(), name)))

    field.editingFinished.connect(done)
    return field


def _explain(row: QWidget, field: QLineEdit, name: str, description: Description) -> None:
    """Say under the name what is wrong with what was typed, until it is mended."""
    line = row.findChild(QLabel, f"set_{name}_why")

    def look() -> None:
        assert description.check is not None
        assert line is not None
        try:
            description.check(field.text().strip())
        except ValueError as error:
            set_text(line, str(error))
        else:
            set_text(line, _(description.why))

    field.editingFinished.connect(look)


def _folder(context: Context, name: str, field: QLineEdit) -> FolderField:
    """Return the field with what fills it from the system's dialog."""
    return FolderField(field, lambda path: context.change(name, path), name=f"set_{name}")


def _row(
    name: str, words: str, why: str, control: QWidget, *, locked: bool, below: bool
) -> QWidget:
    """Return the words with their control beside them, or below."""
    made = QWidget()
    made.setObjectName(f"set_{name}_row")
    ways = QBoxLayout.Direction
    row = QBoxLayout(ways.TopToBottom if below else ways.LeftToRight, made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8 if below else 16)
    texts = QVBoxLayout()
    texts.setSpacing(2)
    caption = label(words, name=f"set_{name}_words", wrap=True)
    caption.setBuddy(control)
    texts.addWidget(caption)
    if locked:
        texts.addLayout(lock_line(why, name=f"set_{name}"))
    else:
        texts.addWidget(label(why, "small", name=f"set_{name}_why", wrap=True))
    row.addLayout(texts, 1)
    if below:
        row.addWidget(control)
    else:
        control.setFixedWidth(round(_WIDE * theme.scale()))
        row.addWidget(control, 0, Qt.AlignmentFlag.AlignVCenter)
    return made
