"""Reads how an instance codes its pixels, and refuses what cannot be decoded or is too large (PS3.3 C.7.6.3)."""

from typing import BinaryIO

from api.errors import Rejected, RejectionCode
from api.imaging.attributes import Attributes, tag_of
from api.imaging.colour_tables import PALETTE_KEYWORDS, read_palette
from api.imaging.data_set import UNDEFINED
from api.imaging.data_set_file import OpenedDataSet, size_of
from api.imaging.pixel_encoding import PixelEncoding

PIXEL_KEYWORDS = PALETTE_KEYWORDS | {
    *("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "ExtendedOffsetTable"),
}
GREY = frozenset(("MONOCHROME1", "MONOCHROME2"))
COLOUR = frozenset(("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT"))
_PIXEL_DATA = tag_of("PixelData")


def read_pixel_encoding(
    file: BinaryIO, opened: OpenedDataSet, *, max_frames: int, max_frame_bytes: int, max_pixel_bytes: int
) -> PixelEncoding:
    """Raises: Rejected(CORRUPT | TOO_LARGE | UNSUPPORTED_TRANSFER_SYNTAX)."""
    attributes, pixels = opened.attributes, opened.pixels
    if pixels is None or (pixels.tag != _PIXEL_DATA and pixels.tag > _PIXEL_DATA):
        raise Rejected(RejectionCode.CORRUPT, "It holds no pixels (Pixel Data (7FE0,0010) is missing); send it again.")
    if pixels.tag != _PIXEL_DATA:
        raise _unsupported("floating-point pixels")
    photometric = _photometric(attributes)
    bits_allocated = _required(attributes, "BitsAllocated")
    bits_stored = attributes.binary_integer("BitsStored") or bits_allocated
    signed = attributes.binary_integer("PixelRepresentation") == 1
    big_endian = opened.syntax.big_endian
    encoding = PixelEncoding(
        syntax=opened.syntax,
        data_set_offset=opened.data_set_offset,
        value_offset=pixels.value_offset,
        value_length=None if pixels.length == UNDEFINED else pixels.length,
        frame_count=_frame_count(attributes),
        rows=_required(attributes, "Rows"),
        columns=_required(attributes, "Columns"),
        samples_per_pixel=_samples(attributes, photometric),
        planar=attributes.binary_integer("PlanarConfiguration") == 1,
        photometric=photometric,
        bits_allocated=bits_allocated,
        bits_stored=bits_stored,
        high_bit=_high_bit(attributes, bits_stored, bits_allocated),
        signed=signed,
        word_swapped=big_endian and bits_allocated == 8 and pixels.vr == b"OW",
        palette=read_palette(attributes, big_endian=big_endian, signed=signed)
        if photometric == "PALETTE COLOR"
        else None,
        frame_offsets=attributes.binary_integers("ExtendedOffsetTable", size=8),
    )
    _check_decodable(encoding)
    _check_limits(encoding, max_frames, max_frame_bytes, max_pixel_bytes)
    _check_complete(encoding, file)
    return encoding


def _required(attributes: Attributes, keyword: str) -> int:
    value = attributes.binary_integer(keyword)
    if not value:
        raise Rejected(RejectionCode.CORRUPT, f"It cannot be read: {_spoken(keyword)} is missing or zero.")
    return value


def _spoken(keyword: str) -> str:
    tag = tag_of(keyword)
    name = "".join(f" {letter}" if letter.isupper() else letter for letter in keyword).strip()
    return f"{name} ({tag >> 16:04X},{tag & 0xFFFF:04X})"


def _photometric(attributes: Attributes) -> str:
    written = (attributes.text("PhotometricInterpretation") or "").upper()
    if written in GREY | COLOUR | {"PALETTE COLOR"}:
        return written
    if not written:
        return "RGB" if attributes.binary_integer("SamplesPerPixel") == 3 else "MONOCHROME2"
    raise _unsupported(f"pixels of the kind {written[:32]}")


def _samples(attributes: Attributes, photometric: str) -> int:
    expected = 3 if photometric in COLOUR else 1
    samples = attributes.binary_integer("SamplesPerPixel") or expected
    if samples != expected:
        raise Rejected(RejectionCode.CORRUPT, f"It says {photometric} and {samples} samples a pixel, which contradict.")
    return samples


def _frame_count(attributes: Attributes) -> int:
    written = attributes.integer("NumberOfFrames")
    return written if written is not None and written > 0 else 1


def _high_bit(attributes: Attributes, bits_stored: int, bits_allocated: int) -> int:
    """High Bit (0028,0102); the usual one where it is missing or impossible."""
    written = attributes.binary_integer("HighBit")
    return written if written is not None and bits_stored - 1 <= written < bits_allocated else bits_stored - 1


def _check_decodable(encoding: PixelEncoding) -> None:
    if encoding.bits_allocated not in (8, 16):
        raise _unsupported(f"pixels of {encoding.bits_allocated} bits")
    if not 1 <= encoding.bits_stored <= encoding.bits_allocated:
        raise Rejected(RejectionCode.CORRUPT, "Bits Stored (0028,0101) is more than Bits Allocated (0028,0100).")
    if encoding.samples_per_pixel == 3 and encoding.bits_allocated != 8:
        raise _unsupported("colour of more than 8 bits a sample")
    if encoding.photometric.startswith("YBR_PARTIAL"):
        raise _unsupported(f"pixels of the kind {encoding.photometric}")
    if not encoding.syntax.is_encapsulated and encoding.photometric in ("YBR_ICT", "YBR_RCT"):
        raise Rejected(RejectionCode.CORRUPT, f"It says {encoding.photometric}, which only JPEG 2000 pixels can be.")


def _check_limits(encoding: PixelEncoding, max_frames: int, max_frame_bytes: int, max_pixel_bytes: int) -> None:
    if encoding.frame_count > max_frames:
        raise Rejected(
            RejectionCode.TOO_LARGE, f"It holds {encoding.frame_count} frames; at most {max_frames} are taken."
        )
    if encoding.decoded_frame_bytes > max_frame_bytes:
        size = encoding.decoded_frame_bytes >> 20
        raise Rejected(
            RejectionCode.TOO_LARGE, f"One frame has {size} MiB; at most {max_frame_bytes >> 20} MiB are taken."
        )
    total = encoding.decoded_frame_bytes * encoding.frame_count
    if total > max_pixel_bytes:
        raise Rejected(
            RejectionCode.TOO_LARGE,
            f"Its pixels take {total >> 20} MiB unpacked; at most {max_pixel_bytes >> 20} MiB are taken.",
        )


def _check_complete(encoding: PixelEncoding, file: BinaryIO) -> None:
    """Uncompressed pixels must all be there; what is compressed or deflated shows when it is decoded."""
    if encoding.syntax.is_encapsulated or encoding.syntax.deflated:
        return
    expected = encoding.native_frame_bytes * encoding.frame_count
    there = size_of(file) - encoding.value_offset
    if encoding.value_length is not None:
        there = min(there, encoding.value_length)
    if there < expected:
        raise Rejected(
            RejectionCode.CORRUPT, f"Its pixels are cut short: {there} of {expected} bytes are there; send it again."
        )


def _unsupported(what: str) -> Rejected:
    return Rejected(RejectionCode.UNSUPPORTED_TRANSFER_SYNTAX, f"It holds {what}, which cannot be decoded.")
