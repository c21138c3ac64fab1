"""The letters of a PDF: which font has which, how wide a line is, and what stands for letters that no font here has.

DejaVu Sans has Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew and Arabic; Droid Sans Fallback has Chinese, Japanese
and Korean. Any other letter is written as its number (`[U+0E2A]`), never as an empty box, and such a line carries its
text for whoever copies or hears it (ISO 32000-1 section 14.9.4).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from threading import Lock
from unicodedata import category, normalize

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from api.reports.right_to_left import in_drawn_order, is_right_to_left, joined

FOLDER = Path(__file__).parent / "fonts"
PLAIN, BOLD, EAST_ASIAN = "DejaVuSans", "DejaVuSans-Bold", "DroidSansFallback"
ORDER = {False: (PLAIN, EAST_ASIAN), True: (BOLD, PLAIN, EAST_ASIAN)}
_UNSEEN = frozenset(("Cc", "Cf", "Cs"))  # controls, marks of direction, halves of pairs
_lock = Lock()


@dataclass(frozen=True)
class Piece:
    font: str
    text: str


@dataclass(frozen=True)
class Line:
    """pieces: from left to right. width: at size 1. said: the text, where readers could not tell it from what is drawn.

    has_numbers: whether some letter stands as its number.
    """

    pieces: tuple[Piece, ...]
    width: float
    said: str | None = None
    from_right: bool = False
    has_numbers: bool = False


def lines(text: str, width: float, size: float, bold: bool = False) -> Iterator[Line]:
    """A text broken to a width, in points; at least one line. Its own breaks stay; words that are too long break."""
    for paragraph in normalize("NFC", text).splitlines() or [""]:
        from_right = is_right_to_left(paragraph)
        row: list[tuple[str, str]] = []
        room = width / size
        for word, drawn in _words(paragraph, width / size, bold):
            needed = _width(drawn, bold) + (_width(" ", bold) if row else 0)
            if row and needed > room:
                yield _line(row, bold, from_right)
                row, room, needed = [], width / size, _width(drawn, bold)
            row.append((word, drawn))
            room -= needed
        yield _line(row, bold, from_right)


def line(text: str, bold: bool = False) -> Line:
    """All of a text as one line."""
    return next(lines(" ".join(text.split()), float("inf"), 1, bold))


def _words(paragraph: str, width: float, bold: bool) -> Iterator[tuple[str, str]]:
    """As said and as drawn, none wider than a line."""
    for word in paragraph.split():
        drawn = _drawn(word, bold)
        if _width(drawn, bold) <= width:
            yield word, drawn
            continue
        said = shape = ""
        for letter in word:
            added = _drawn(letter, bold)
            if said and _width(shape + added, bold) > width:
                yield said, _drawn(said, bold)
                said = shape = ""
            said, shape = said + letter, shape + added
        yield said, _drawn(said, bold)


def _line(row: list[tuple[str, str]], bold: bool, from_right: bool) -> Line:
    said, shaped = " ".join(word for word, _ in row), " ".join(shape for _, shape in row)
    drawn = in_drawn_order(shaped, from_right)
    by_font = groupby(drawn, lambda letter: _font_of(letter, bold) or PLAIN)
    pieces = tuple(Piece(font, "".join(letters)) for font, letters in by_font)
    has_numbers = shaped.count("[U+") > said.count("[U+")
    # Readers put right-to-left glyphs back in order by themselves; told the text besides, pdfium and poppler turn it
    # around once more.
    is_told = has_numbers and drawn == shaped
    return Line(pieces, _width(drawn, bold), said if is_told else None, from_right, has_numbers)


def _drawn(word: str, bold: bool) -> str:
    shaped = joined(word, lambda letter: _font_of(letter, bold) is not None)
    seen = (letter for letter in shaped if category(letter) not in _UNSEEN)
    return "".join(letter if _font_of(letter, bold) else f"[U+{ord(letter):04X}]" for letter in seen)


def _width(text: str, bold: bool) -> float:
    """At size 1. Of a broken word it is that of its letters alone, a little more than when they are joined."""
    return sum(_letter_width(letter, bold) for letter in text)


@lru_cache(maxsize=4096)
def _letter_width(letter: str, bold: bool) -> float:
    return _font(_font_of(letter, bold) or PLAIN).stringWidth(letter, 1)


@lru_cache(maxsize=4096)
def _font_of(letter: str, bold: bool) -> str | None:
    """The first font that has a glyph for it; the large one is opened for letters that no other has."""
    return next((name for name in ORDER[bold] if ord(letter) in _font(name).face.charToGlyph), None)


def _font(name: str) -> TTFont:
    """Opened once in a process; shaping is done here, for the library would ask for further packages."""
    with _lock:
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(FOLDER / f"{name}.ttf"), shapable=False))
        font = pdfmetrics.getFont(name)
    assert isinstance(font, TTFont)
    return font


def open_fonts() -> None:
    """Those that every document begins with."""
    _font(PLAIN), _font(BOLD)
