"""Walks a DICOM data set and keeps the raw values of the attributes that were asked for (PS3.5 section 7).

Forward only, one element at a time, unwanted values skipped and wanted ones bounded: a hostile header cannot make
it allocate. pydicom's reader is not used here because it warns through process-wide state, which neither threads
nor a service that treats warnings as errors can contain, and because it inflates a deflated file whole.

Not for: meaning. `attributes.py` turns the raw values into text and numbers.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from struct import Struct
from typing import Protocol

from pydicom.datadict import dictionary_VR

ITEM = 0xFFFEE000
ITEM_END = 0xFFFEE00D
SEQUENCE_END = 0xFFFEE0DD
UNDEFINED = 0xFFFFFFFF

MAX_VALUE_BYTES = 2**20  # the largest wanted value is an offset table of 8 bytes a frame
MAX_DEPTH = 24
MAX_ELEMENTS = 2_000_000
_LONG_FORM = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
_SHORT_FORM = frozenset(
    (
        *(b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO"),
        *(b"LT", b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"),
    )
)
VALUE_REPRESENTATIONS = _LONG_FORM | _SHORT_FORM

RawElements = dict[int, bytes | list["RawElements"]]


class Stream(Protocol):
    """What the walker needs of a file, deflated or not."""

    def tell(self) -> int: ...
    def read(self, size: int, /) -> bytes: ...
    def skip(self, size: int, /) -> None: ...


@dataclass(frozen=True, slots=True)
class ElementHeader:
    """Tag, value representation (b"" when implicit), value length in bytes and where the value starts."""

    tag: int
    vr: bytes
    length: int
    value_offset: int


@dataclass(slots=True)
class DataSetReader:
    """Reads one data set. `wanted` holds for nested items too; sequences are kept when their tag is wanted.

    Raises: EOFError when the stream ends within an element; ValueError when it is no data set.
    """

    stream: Stream
    implicit: bool
    big_endian: bool
    wanted: Collection[int]
    elements: RawElements = field(default_factory=dict)
    _budget: int = MAX_ELEMENTS
    _tag: Struct = field(init=False)
    _long: Struct = field(init=False)
    _short: Struct = field(init=False)

    def __post_init__(self) -> None:
        order = ">" if self.big_endian else "<"
        self._tag = Struct(order + "HH")
        self._long = Struct(order + "L")
        self._short = Struct(order + "H")

    def read_until(self, last_tag: int) -> ElementHeader | None:
        """Read the top level up to the first element whose tag is `last_tag` or more; None at the end of the file."""
        while (header := self._header(self.implicit)) is not None:
            if header.tag >= last_tag:
                return header
            self._value(header, self.elements, self.implicit, 0)
        return None

    def read_group(self, group: int) -> int:
        """Read elements while they belong to `group`; returns the position of the first foreign one."""
        while True:
            before = self.stream.tell()
            header = self._header(self.implicit)
            if header is None or header.tag >> 16 != group:
                return before
            self._value(header, self.elements, self.implicit, 0)

    def _header(self, implicit: bool) -> ElementHeader | None:
        head = self.stream.read(8)
        if len(head) < 8:
            return None
        self._budget -= 1
        if self._budget < 0:
            raise ValueError("the data set has too many elements")
        group, element = self._tag.unpack_from(head)
        tag = group << 16 | element
        vr = head[4:6]
        # Some writers switch to implicit within sequences; delimiters never have a value representation.
        if implicit or group == 0xFFFE or vr not in VALUE_REPRESENTATIONS:
            return ElementHeader(tag, b"", self._long.unpack_from(head, 4)[0], self.stream.tell())
        if vr not in _LONG_FORM:
            return ElementHeader(tag, vr, self._short.unpack_from(head, 6)[0], self.stream.tell())
        extra = self.stream.read(4)
        if len(extra) < 4:
            raise EOFError
        return ElementHeader(tag, vr, self._long.unpack(extra)[0], self.stream.tell())

    def _value(self, header: ElementHeader, into: RawElements, implicit: bool, depth: int) -> None:
        wanted = header.tag in self.wanted
        if header.length == UNDEFINED:
            # PS3.5 6.2.2: a UN of undefined length is a sequence in implicit little endian.
            items = self._items(header, implicit or header.vr in (b"UN", b""), depth, keep=wanted)
            if wanted:
                into[header.tag] = items
        elif not wanted:
            self.stream.skip(header.length)
        elif header.vr == b"SQ" or (header.vr in (b"", b"UN") and _is_sequence(header.tag)):
            into[header.tag] = self._items(header, implicit or header.vr in (b"UN", b""), depth, keep=True)
        elif header.length > MAX_VALUE_BYTES:
            self.stream.skip(header.length)
        else:
            value = self.stream.read(header.length)
            if len(value) < header.length:
                raise EOFError
            into[header.tag] = value

    def _items(self, sequence: ElementHeader, implicit: bool, depth: int, *, keep: bool) -> list[RawElements]:
        if depth >= MAX_DEPTH:
            raise ValueError("the data set nests too deep")
        items: list[RawElements] = []
        end = None if sequence.length == UNDEFINED else sequence.value_offset + sequence.length
        while end is None or self.stream.tell() < end:
            header = self._header(implicit)
            if header is None:
                raise EOFError
            if header.tag == SEQUENCE_END:
                break
            if header.tag != ITEM:
                raise ValueError("a sequence holds something that is no item")
            if keep or header.length == UNDEFINED:
                item = self._item(header, implicit, depth)
                if keep:
                    items.append(item)
            else:
                self.stream.skip(header.length)
        return items

    def _item(self, item: ElementHeader, implicit: bool, depth: int) -> RawElements:
        elements: RawElements = {}
        end = None if item.length == UNDEFINED else item.value_offset + item.length
        while end is None or self.stream.tell() < end:
            header = self._header(implicit)
            if header is None:
                raise EOFError
            if header.tag == ITEM_END:
                break
            self._value(header, elements, implicit, depth + 1)
        return elements


def _is_sequence(tag: int) -> bool:
    """Whether the Data Dictionary (PS3.6) calls the attribute a sequence; private ones are unknown."""
    try:
        return dictionary_VR(tag) == "SQ"
    except KeyError:
        return False
