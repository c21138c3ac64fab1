"""Reads what a JPEG, JPEG-LS or JPEG 2000 codestream says of itself, before a decoder allocates for it."""

from dataclasses import dataclass
from struct import unpack_from

_START_OF_FRAME = frozenset((0xC0, 0xC1, 0xC2, 0xC3, 0xF7))  # baseline, extended, progressive, lossless, JPEG-LS
_STANDALONE = frozenset((0x01, *range(0xD0, 0xD9)))  # markers without a length
_J2K_START = b"\xff\x4f\xff\x51"  # SOC, SIZ
_RGB_COMPONENTS = (b"RGB", b"rgb")


@dataclass(frozen=True, slots=True)
class CodestreamHeader:
    """precision: bits a sample; signed: as the codestream holds it (JPEG 2000 only).

    color: "RGB" or "YBR" where a JPEG stream tells by Adobe marker, JFIF marker or component names, else None.
    """

    rows: int
    columns: int
    components: int
    precision: int
    signed: bool = False
    color: str | None = None


def read_jpeg_header(stream: bytes) -> CodestreamHeader:
    """Of JPEG (ITU-T T.81 B.2) and JPEG-LS (T.87 C.2). Raises: ValueError when it is none."""
    if stream[:2] != b"\xff\xd8":
        raise ValueError("no JPEG codestream")
    position, color = 2, None
    while position + 4 <= len(stream):
        if stream[position] != 0xFF:
            raise ValueError("a JPEG marker is missing")
        marker = stream[position + 1]
        if marker == 0xFF or marker in _STANDALONE:
            position += 1 if marker == 0xFF else 2
            continue
        length = unpack_from(">H", stream, position + 2)[0]
        body = stream[position + 4 : position + 2 + length]
        if marker == 0xEE and body[:5] == b"Adobe" and len(body) >= 12:
            color = "RGB" if body[11] == 0 else "YBR"
        elif marker == 0xE0 and body[:4] == b"JFIF" and color is None:
            color = "YBR"
        elif marker in _START_OF_FRAME and len(body) >= 6:
            return _frame_header(body, color)
        position += 2 + length
    raise ValueError("a JPEG codestream without a frame header")


def _frame_header(body: bytes, color: str | None) -> CodestreamHeader:
    precision, rows, columns, components = unpack_from(">BHHB", body)
    if body[6 : 6 + 3 * components : 3] in _RGB_COMPONENTS:
        color = "RGB"
    return CodestreamHeader(rows, columns, components, precision, color=color)


def read_jpeg_2000_header(stream: bytes) -> CodestreamHeader:
    """Of JPEG 2000 and HTJ2K (ITU-T T.800 A.5.1). Raises: ValueError when it is none."""
    start = 0 if stream[:4] == _J2K_START else stream.find(_J2K_START, 0, 4096)
    if start < 0 or len(stream) < start + 43:
        raise ValueError("no JPEG 2000 codestream")
    width, height, left, top = unpack_from(">4I", stream, start + 8)
    components = unpack_from(">H", stream, start + 40)[0]
    depth = stream[start + 42]
    return CodestreamHeader(height - top, width - left, components, (depth & 0x7F) + 1, signed=bool(depth & 0x80))
