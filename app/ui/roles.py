"""What screen readers call the widgets that we paint ourselves; Qt takes each for a window."""

from functools import cache

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAccessibleWidget, QWidget

ROLES = {
    "PartChooser": QAccessible.Role.Canvas,
    "PictureTile": QAccessible.Role.Grouping,  # no picture: what is to be decided stands in it
}
"""By class; what is made of one has its role."""


@cache
def tell_roles() -> None:
    """Tell Qt, once."""
    QAccessible.installFactory(_described)


def _described(name_of_class: str, thing: QObject) -> QAccessibleWidget | None:
    role = ROLES.get(name_of_class)
    return QAccessibleWidget(thing, role) if role and isinstance(thing, QWidget) else None
