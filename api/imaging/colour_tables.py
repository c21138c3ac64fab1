"""Colour tables of PALETTE COLOR instances (PS3.3 C.7.6.3.1.5 and C.7.6.3.1.6)."""

from struct import unpack_from

from api.errors import Rejected, RejectionCode
from api.imaging.attributes import Attributes
from api.imaging.pixel_encoding import Palette

COLOURS = ("Red", "Green", "Blue")
PALETTE_KEYWORDS = frozenset(
    f"{colour}PaletteColorLookupTable{part}" for colour in COLOURS for part in ("Descriptor", "Data")
)


def read_palette(attributes: Attributes, *, big_endian: bool, signed: bool) -> Palette:
    """The table of a PALETTE COLOR instance, 8 bits an entry (the upper byte of 16-bit tables).

    Raises: Rejected(CORRUPT) when a table is missing or shorter than it says.
    """
    tables = [_table(attributes, colour, big_endian=big_endian, signed=signed) for colour in COLOURS]
    return Palette(tables[0][0], tables[0][1], tables[1][1], tables[2][1])


def _table(attributes: Attributes, colour: str, *, big_endian: bool, signed: bool) -> tuple[int, bytes]:
    keyword = f"{colour}PaletteColorLookupTable"
    order = ">" if big_endian else "<"
    descriptor = attributes.raw(keyword + "Descriptor")
    data = attributes.raw(keyword + "Data")
    if len(descriptor) < 6 or not data:
        raise Rejected(RejectionCode.CORRUPT, f"Its {colour.lower()} colour table is missing.")
    count = unpack_from(order + "H", descriptor)[0] or 65536
    first = unpack_from(order + ("h" if signed else "H"), descriptor, 2)[0]
    bits = unpack_from(order + "H", descriptor, 4)[0]
    if bits == 16 and len(data) >= 2 * count:
        upper = 0 if big_endian else 1
        return first, data[upper : 2 * count : 2]
    # 8-bit entries, packed two to a word; tables that say 16 bits and hold 8 are in the field too.
    if len(data) < count:
        raise Rejected(RejectionCode.CORRUPT, f"Its {colour.lower()} colour table is shorter than it says.")
    if big_endian and len(data) % 2 == 0:
        data = b"".join(data[i + 1 : i + 2] + data[i : i + 1] for i in range(0, len(data), 2))
    return first, data[:count]
