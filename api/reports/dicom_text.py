"""Text as DICOM's string values take it (PS3.5 section 6.2): no signs that mean something else there."""

from unicodedata import category

LONGEST = 64  # characters of LO, and of a group of PN
_LINES = "\n\r\t"


def line(text: str, longest: int = LONGEST) -> str:
    """One value of LO, SH or PN: a backslash would part two, and controls switch character sets."""
    seen = "".join(" " if letter == "\\" or category(letter) in ("Cc", "Cs") else letter for letter in text)
    return seen.strip()[:longest].strip()


def prose(text: str) -> str:
    """UT: lines may break, and a backslash is one."""
    return "".join(letter for letter in text if letter in _LINES or category(letter) not in ("Cc", "Cs"))
