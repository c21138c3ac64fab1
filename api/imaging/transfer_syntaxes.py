"""The transfer syntaxes that Hilum reads, and how each lays out a data set and its pixels (PS3.5 annex A)."""

from dataclasses import dataclass
from enum import StrEnum


class PixelCoding(StrEnum):
    """What the frames are written with."""

    NATIVE = "native"
    NATIVE_FRAGMENTS = "native_fragments"
    RLE = "rle"
    JPEG = "jpeg"
    JPEG_LS = "jpeg_ls"
    JPEG_2000 = "jpeg_2000"
    HTJ2K = "htj2k"


@dataclass(frozen=True, slots=True)
class TransferSyntax:
    uid: str
    coding: PixelCoding
    implicit_vr: bool = False
    big_endian: bool = False
    deflated: bool = False

    @property
    def is_encapsulated(self) -> bool:
        return self.coding is not PixelCoding.NATIVE


IMPLICIT_LITTLE_ENDIAN = TransferSyntax("1.2.840.10008.1.2", PixelCoding.NATIVE, implicit_vr=True)
EXPLICIT_LITTLE_ENDIAN = TransferSyntax("1.2.840.10008.1.2.1", PixelCoding.NATIVE)
EXPLICIT_BIG_ENDIAN = TransferSyntax("1.2.840.10008.1.2.2", PixelCoding.NATIVE, big_endian=True)

TRANSFER_SYNTAXES: dict[str, TransferSyntax] = {
    syntax.uid: syntax
    for syntax in (
        IMPLICIT_LITTLE_ENDIAN,
        EXPLICIT_LITTLE_ENDIAN,
        EXPLICIT_BIG_ENDIAN,
        TransferSyntax("1.2.840.10008.1.2.1.99", PixelCoding.NATIVE, deflated=True),
        TransferSyntax("1.2.840.10008.1.2.1.98", PixelCoding.NATIVE_FRAGMENTS),  # Encapsulated Uncompressed
        TransferSyntax("1.2.840.10008.1.2.5", PixelCoding.RLE),
        TransferSyntax("1.2.840.10008.1.2.4.50", PixelCoding.JPEG),  # baseline, 8 bits
        TransferSyntax("1.2.840.10008.1.2.4.51", PixelCoding.JPEG),  # extended, 8 and 12 bits
        TransferSyntax("1.2.840.10008.1.2.4.53", PixelCoding.JPEG),  # progressive, retired
        TransferSyntax("1.2.840.10008.1.2.4.55", PixelCoding.JPEG),  # progressive, retired
        TransferSyntax("1.2.840.10008.1.2.4.57", PixelCoding.JPEG),  # lossless, any predictor
        TransferSyntax("1.2.840.10008.1.2.4.70", PixelCoding.JPEG),  # lossless, first-order prediction
        TransferSyntax("1.2.840.10008.1.2.4.80", PixelCoding.JPEG_LS),
        TransferSyntax("1.2.840.10008.1.2.4.81", PixelCoding.JPEG_LS),  # near-lossless
        TransferSyntax("1.2.840.10008.1.2.4.90", PixelCoding.JPEG_2000),  # lossless only
        TransferSyntax("1.2.840.10008.1.2.4.91", PixelCoding.JPEG_2000),
        TransferSyntax("1.2.840.10008.1.2.4.201", PixelCoding.HTJ2K),  # lossless only
        TransferSyntax("1.2.840.10008.1.2.4.202", PixelCoding.HTJ2K),  # lossless, RPCL
        TransferSyntax("1.2.840.10008.1.2.4.203", PixelCoding.HTJ2K),
    )
}

LOSSLESS_JPEG = frozenset(("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"))
