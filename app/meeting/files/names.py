"""What a file that somebody offers may be called here: a plain name, and nothing that it is not."""

import re
import unicodedata

LONGEST = 200  # bytes in UTF-8: file systems take 255, and a number must still find its place
LONGEST_SUFFIX = 16  # bytes of what is kept as a suffix when a name is cut
NAMELESS = "file"  # what a name becomes of which nothing is left

_NOT_IN_A_NAME = frozenset('<>:"/\\|?*')  # for Windows; the slashes for everybody
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"]
)
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})


def safe_name(name: str) -> str:
    """Return a name under which a file can be stored anywhere, in any folder, by any system.

    No separators, no signs that cannot be seen or turn the reading direction, no leading dot, no
    trailing dot or space, no name that Windows keeps for devices, at most 200 bytes. The suffix
    stays. Applying it twice changes nothing.
    """
    kept = "".join(_harmless(sign) for sign in unicodedata.normalize("NFC", name))
    kept = _trimmed(re.sub(r"\s+", " ", kept))
    stem, suffix = _parted(kept)
    if stem.split(".")[0].strip().lower() in _RESERVED:
        stem = f"_{stem}"
    stem = _cut(stem, LONGEST - len(suffix.encode()))
    return _trimmed(stem + suffix) or NAMELESS


def numbered(name: str, number: int) -> str:
    """Return the same name with a number before its suffix, for where the name is taken."""
    stem, suffix = _parted(name)
    return f"{stem} ({number}){suffix}"


def is_picture(name: str) -> bool:
    """Tell whether a name claims to be that of a picture that can be shown."""
    return _parted(name)[1].lower() in _PICTURES


def _harmless(sign: str) -> str:
    if sign.isspace():
        return " "
    if unicodedata.category(sign) in _UNSEEN:
        return ""
    return "_" if sign in _NOT_IN_A_NAME else sign


def _trimmed(name: str) -> str:
    """Drop what hides a file at the front, and what Windows would drop at the end."""
    return name.lstrip(" .").rstrip(" .")


def _parted(name: str) -> tuple[str, str]:
    """Return the stem and the suffix with its dot; one that is long, or no word, is none."""
    stem, dot, suffix = name.rpartition(".")
    word = suffix.replace("_", "").replace("-", "").isalnum()
    if not stem or not word or len(suffix.encode()) >= LONGEST_SUFFIX:
        return name, ""
    return stem, dot + suffix


def _cut(text: str, limit: int) -> str:
    """Return as much of a text as fits, no accent left alone behind the cut."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    return encoded[:limit].decode("utf-8", "ignore").rstrip(" .")
