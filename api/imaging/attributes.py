"""Raw attribute values turned into text, numbers, dates and UIDs, as forgivingly as readers in the field do.

A value that cannot be read counts as missing: one odd attribute must not cost the instance. Control characters
(NUL above all, which PostgreSQL refuses) never come out.
"""

import math
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from functools import cache
from struct import Struct

from pydicom.charset import decode_bytes, python_encoding
from pydicom.datadict import tag_for_keyword

from api.imaging.data_set import RawElements

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPE = b"\x1b"
_DELIMITERS = set(b"\\^=")
_MAX_UID = 64  # PS3.5 9.1


@cache
def tag_of(keyword: str) -> int:
    """The tag of an attribute by its keyword in the Data Dictionary (PS3.6)."""
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return tag


class Attributes:
    """One data set or sequence item; attributes are named by keyword."""

    def __init__(self, elements: RawElements, *, big_endian: bool, codecs: Sequence[str] | None = None) -> None:
        self._elements = elements
        self._big_endian = big_endian
        self._codecs = self._declared_codecs() if codecs is None else codecs

    def __contains__(self, keyword: str) -> bool:
        return bool(self.raw(keyword))

    def raw(self, keyword: str) -> bytes:
        """The value's bytes as they lie in the file; empty when missing."""
        value = self._elements.get(tag_of(keyword), b"")
        return value if isinstance(value, bytes) else b""

    def items(self, keyword: str) -> Iterator["Attributes"]:
        """The items of a sequence, in order; none when it is missing."""
        value = self._elements.get(tag_of(keyword), b"")
        for item in value if isinstance(value, list) else ():
            yield Attributes(item, big_endian=self._big_endian, codecs=self._codecs)

    def item(self, keyword: str) -> "Attributes | None":
        return next(self.items(keyword), None)

    def text(self, keyword: str) -> str | None:
        """Text of any string attribute, trimmed; None when missing or empty."""
        return _CONTROL.sub("", self._decode(self.raw(keyword))).strip() or None

    def texts(self, keyword: str) -> tuple[str, ...]:
        """The values of a multi-valued string attribute."""
        whole = self.text(keyword)
        return tuple(part.strip() for part in whole.split("\\")) if whole else ()

    def uid(self, keyword: str) -> str | None:
        """A UID as written; None when missing or longer than 64 characters. Its form is not judged."""
        value = _ascii(self.raw(keyword)).split("\\")[0].strip()
        return value if 0 < len(value) <= _MAX_UID else None

    def numbers(self, keyword: str, count: int | None = None) -> tuple[float, ...] | None:
        """Finite numbers of a DS or IS attribute; None when missing, unreadable or not `count` of them."""
        raw = self.raw(keyword)
        if not raw:
            return None
        try:
            values = tuple(float(part) for part in _ascii(raw).replace(",", ".").split("\\"))
        except ValueError:
            return None
        if not all(map(math.isfinite, values)) or (count is not None and len(values) != count):
            return None
        return values

    def number(self, keyword: str) -> float | None:
        """The first number of a DS or IS attribute."""
        values = self.numbers(keyword)
        return values[0] if values else None

    def integer(self, keyword: str) -> int | None:
        """The first number of an IS attribute; None when it does not fit 32 bits (PS3.5 6.2)."""
        value = self.number(keyword)
        return int(value) if value is not None and -(2**31) <= value < 2**31 else None

    def binary_integers(self, keyword: str, *, signed: bool = False, size: int = 2) -> tuple[int, ...]:
        """Whole numbers of a US, SS, UL, SL or OV attribute, `size` bytes each; UL is read where US is meant."""
        raw = self.raw(keyword)
        if size == 2 and len(raw) == 4 and _declared_single(keyword):
            size = 4
        letter = {1: "B", 2: "H", 4: "I", 8: "Q"}[size]
        count = len(raw) // size
        order = ">" if self._big_endian else "<"
        layout = Struct(f"{order}{count}{letter.lower() if signed else letter}")
        return layout.unpack_from(raw)

    def binary_integer(self, keyword: str, *, signed: bool = False) -> int | None:
        values = self.binary_integers(keyword, signed=signed)
        return values[0] if values else None

    def double(self, keyword: str) -> float | None:
        """The first number of an FD attribute."""
        raw = self.raw(keyword)
        if len(raw) < 8:
            return None
        value: float = Struct(">d" if self._big_endian else "<d").unpack_from(raw)[0]
        return value if math.isfinite(value) else None

    def date(self, keyword: str) -> date | None:
        return _date(_ascii(self.raw(keyword)))

    def moment(self, date_keyword: str, time_keyword: str) -> datetime | None:
        """A date and a time of the scanner's own clock; midnight where the time is missing."""
        day = self.date(date_keyword)
        clock = _time(_ascii(self.raw(time_keyword))) or time()
        return datetime.combine(day, clock) if day else None

    def date_time(self, keyword: str) -> datetime | None:
        """A DT attribute, its offset from UTC dropped: the scanner's own clock."""
        value = re.split(r"[+-]", _ascii(self.raw(keyword)).strip(), maxsplit=1)[0]
        day = _date(value[:8])
        return datetime.combine(day, _time(value[8:]) or time()) if day else None

    def _declared_codecs(self) -> tuple[str, ...]:
        """Python codecs of Specific Character Set (0008,0005); unknown ones are left out."""
        names = (name.strip() for name in _ascii(self.raw("SpecificCharacterSet")).split("\\"))
        return tuple(python_encoding[name] for name in names if name and name in python_encoding)

    def _decode(self, raw: bytes) -> str:
        if raw.isascii() and _ESCAPE not in raw:
            return raw.decode("ascii")
        if _ESCAPE in raw and self._codecs:
            try:
                return decode_bytes(raw, list(self._codecs), _DELIMITERS)
            except (UnicodeError, LookupError, UserWarning):
                pass
        for encoding in (*self._codecs[:1], "utf-8"):
            try:
                return raw.decode(encoding)
            except (UnicodeError, LookupError):
                continue
        return raw.decode("latin-1")


def _ascii(raw: bytes) -> str:
    return raw.decode("latin-1").strip(" \x00\r\n\t")


def _declared_single(keyword: str) -> bool:
    return keyword in {"Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit"}


def _date(value: str) -> date | None:
    """YYYYMMDD, and the forms with dots or hyphens that older writers use."""
    digits = re.sub(r"[.\-/]", "", value.strip())
    try:
        return datetime.strptime(digits[:8], "%Y%m%d").date() if len(digits) >= 8 else None
    except ValueError:
        return None


def _time(value: str) -> time | None:
    """HH, HHMM, HHMMSS with a fraction, with or without colons."""
    matched = re.match(r"(\d\d):?(\d\d)?:?(\d\d)?(?:\.(\d{1,6}))?", value.strip())
    if not matched:
        return None
    hour, minute, second, fraction = matched.groups(default="0")
    try:
        return time(int(hour), int(minute), min(int(second), 59), int(fraction.ljust(6, "0")))
    except ValueError:
        return None
