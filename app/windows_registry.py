"""The few things that are done in this user's part of the Windows registry."""

import sys
from typing import Protocol


class Registry(Protocol):
    """Texts by key and name; a missing one is None. Everything raises OSError."""

    def read(self, key: str, name: str) -> str | None:
        """Return a text."""

    def write(self, key: str, name: str, text: str) -> None:
        """Set a text, and make the key where it is missing."""

    def remove_value(self, key: str, name: str) -> None:
        """Drop a text, if it is there."""

    def remove_key(self, key: str) -> None:
        """Drop a key and all below it, if it is there."""


if sys.platform == "win32":
    import winreg

    class UserRegistry:
        """HKEY_CURRENT_USER."""

        def read(self, key: str, name: str) -> str | None:
            """Return a text."""
            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
                    value, _kind = winreg.QueryValueEx(opened, name)
            except FileNotFoundError:
                return None
            return value if isinstance(value, str) else None

        def write(self, key: str, name: str, text: str) -> None:
            """Set a text, and make the key where it is missing."""
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as opened:
                winreg.SetValueEx(opened, name, 0, winreg.REG_SZ, text)

        def remove_value(self, key: str, name: str) -> None:
            """Drop a text, if it is there."""
            try:
                with winreg.OpenKey(
                    winreg.HKEY_CURRENT_USER, key, 0, winreg.KEY_SET_VALUE
                ) as opened:
                    winreg.DeleteValue(opened, name)
            except FileNotFoundError:
                return

        def remove_key(self, key: str) -> None:
            """Drop a key and all below it, if it is there."""
            try:
                with winreg.OpenKey(
                    winreg.HKEY_CURRENT_USER, key, 0, winreg.KEY_ALL_ACCESS
                ) as opened:
                    while True:
                        try:
                            below = winreg.EnumKey(opened, 0)
                        except OSError:
                            break  # there is none any more
                        self.remove_key(rf"{key}\{below}")
                winreg.DeleteKey(winreg.HKEY_CURRENT_USER, key)
            except FileNotFoundError:
                return
