"""Opens a DICOM file up to its pixels: preamble or none, file meta or none, any transfer syntax, deflated too.

Bounded in memory whatever the file says. Not for: decoding pixels (`pixels.py`), judging them (`instance.py`).
"""

from dataclasses import dataclass
from io import SEEK_CUR, SEEK_END
from struct import unpack_from
from typing import BinaryIO

from api.errors import Rejected, RejectionCode
from api.imaging.attributes import Attributes, tag_of
from api.imaging.data_set import VALUE_REPRESENTATIONS, DataSetReader, ElementHeader, Stream
from api.imaging.inflated_file import InflatedFile
from api.imaging.transfer_syntaxes import (
    EXPLICIT_BIG_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
    TRANSFER_SYNTAXES,
    TransferSyntax,
)

PREAMBLE_BYTES = 128
MAGIC = b"DICM"  # PS3.10 7.1
FIRST_PIXEL_TAG = 0x7FE00008  # Float Pixel Data; Pixel Data itself is (7FE0,0010)
_META_GROUP = 0x0002
_META_TAGS = frozenset(tag_of(keyword) for keyword in ("MediaStorageSOPClassUID", "TransferSyntaxUID"))
_FIRST_GROUPS = frozenset((0x0002, 0x0008))
_LONGEST_FIRST_ELEMENT = 4096


@dataclass(frozen=True, slots=True)
class OpenedDataSet:
    """The attributes before the pixels, and where those are.

    pixels:     header of Pixel Data or of its float kinds; None when the file ends before.
    media_storage_sop_class_uid: of the file meta, when there is one.
    """

    attributes: Attributes
    syntax: TransferSyntax
    data_set_offset: int
    pixels: ElementHeader | None
    media_storage_sop_class_uid: str | None


class PlainFile:
    """A seekable file as the walker's stream."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.read = file.read
        self.tell = file.tell

    def skip(self, size: int) -> None:
        self._file.seek(size, SEEK_CUR)


def is_dicom(head: bytes) -> bool:
    """Whether a file that begins with these bytes (132 or more) is DICOM.

    With the preamble that is certain. Without one (PS3.10 asks for it, older writers left it out) the bytes must
    read as data elements that start in group 0002 or 0008 and ascend.
    """
    if head[PREAMBLE_BYTES : PREAMBLE_BYTES + 4] == MAGIC:
        return True
    return any(_reads_as_elements(head, order) for order in "<>")


def open_data_set(file: BinaryIO, wanted: frozenset[int]) -> OpenedDataSet:
    """Read the attributes `wanted` from a seekable file, up to its pixels.

    Raises: Rejected(NOT_AN_IMAGE) when it is no DICOM file, (CORRUPT) when its header is damaged,
            (UNSUPPORTED_TRANSFER_SYNTAX) when its layout is not known.
    """
    _pass_preamble(file)
    try:
        return _open_after_preamble(file, wanted)
    except EOFError as error:
        raise Rejected(RejectionCode.CORRUPT, "The file ends in the middle of its header; send it again.") from error
    except ValueError as error:
        raise Rejected(RejectionCode.CORRUPT, f"The DICOM header cannot be read: {error}.") from error


def read_media_storage_sop_class(file: BinaryIO) -> str | None:
    """What the file meta says the file is; reads no further. None without a file meta or when it is damaged."""
    try:
        _pass_preamble(file)
        meta, _ = _read_meta(file)
    except (Rejected, EOFError, ValueError):
        return None
    return meta.uid("MediaStorageSOPClassUID")


def size_of(file: BinaryIO) -> int:
    """Bytes in a seekable file; leaves it at its end."""
    return file.seek(0, SEEK_END)


def _open_after_preamble(file: BinaryIO, wanted: frozenset[int]) -> OpenedDataSet:
    meta, data_set_offset = _read_meta(file)
    file.seek(data_set_offset)
    syntax = _syntax(meta.uid("TransferSyntaxUID"), file.read(6))
    file.seek(data_set_offset)
    stream: Stream = InflatedFile(file) if syntax.deflated else PlainFile(file)
    reader = DataSetReader(stream, syntax.implicit_vr, syntax.big_endian, wanted)
    pixels = reader.read_until(FIRST_PIXEL_TAG)
    attributes = Attributes(reader.elements, big_endian=syntax.big_endian)
    return OpenedDataSet(attributes, syntax, data_set_offset, pixels, meta.uid("MediaStorageSOPClassUID"))


def _pass_preamble(file: BinaryIO) -> None:
    """Leaves the file at its first element."""
    file.seek(0)
    head = file.read(PREAMBLE_BYTES + 4 + 1024)
    if not is_dicom(head):
        raise Rejected(RejectionCode.NOT_AN_IMAGE, "This is neither a DICOM file nor a PNG or JPEG picture.")
    file.seek(PREAMBLE_BYTES + 4 if head[PREAMBLE_BYTES : PREAMBLE_BYTES + 4] == MAGIC else 0)


def _read_meta(file: BinaryIO) -> tuple[Attributes, int]:
    """The file meta, explicit little endian whatever follows (PS3.10 7.1), and where the data set starts."""
    reader = DataSetReader(PlainFile(file), implicit=False, big_endian=False, wanted=_META_TAGS)
    data_set_offset = reader.read_group(_META_GROUP)
    return Attributes(reader.elements, big_endian=False), data_set_offset


def _syntax(declared: str | None, first: bytes) -> TransferSyntax:
    """The declared syntax, corrected by what the first element looks like: writers mislabel implicit and explicit."""
    explicit = first[4:6] in VALUE_REPRESENTATIONS
    if declared is None:
        if first[0:1] == b"\x00":  # group 0008 in big endian
            return EXPLICIT_BIG_ENDIAN
        return EXPLICIT_LITTLE_ENDIAN if explicit else IMPLICIT_LITTLE_ENDIAN
    syntax = TRANSFER_SYNTAXES.get(declared)
    if syntax is None:
        raise Rejected(
            RejectionCode.UNSUPPORTED_TRANSFER_SYNTAX,
            f"Its transfer syntax {declared[:64]} cannot be decoded; send it uncompressed, or as JPEG 2000 or JPEG-LS.",
        )
    if syntax.deflated:
        return syntax
    if syntax is IMPLICIT_LITTLE_ENDIAN and explicit:
        return EXPLICIT_LITTLE_ENDIAN
    if syntax is EXPLICIT_LITTLE_ENDIAN and not explicit:
        return IMPLICIT_LITTLE_ENDIAN
    return syntax


def _reads_as_elements(head: bytes, order: str) -> bool:
    position, previous, seen = 0, -1, 0
    while position + 12 <= len(head) and seen < 3:
        group, element = unpack_from(order + "HH", head, position)
        tag = group << 16 | element
        if tag <= previous or (seen == 0 and group not in _FIRST_GROUPS):
            return False
        vr = head[position + 4 : position + 6]
        if vr not in VALUE_REPRESENTATIONS:
            length = unpack_from(order + "I", head, position + 4)[0] + 8
        elif vr in (b"OB", b"OW", b"SQ", b"UN", b"UT"):
            length = unpack_from(order + "I", head, position + 8)[0] + 12
        else:
            length = unpack_from(order + "H", head, position + 6)[0] + 8
        if length > _LONGEST_FIRST_ELEMENT:
            return seen >= 2  # long sequences come later
        previous, position, seen = tag, position + length, seen + 1
    return seen == 3 or (seen == 2 and position > len(head))
