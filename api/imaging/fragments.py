"""Finds the frames of encapsulated Pixel Data, one in memory at a time (PS3.5 A.4)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import SEEK_END
from struct import unpack
from typing import BinaryIO

from api.errors import Rejected, RejectionCode
from api.imaging.data_set import ITEM, SEQUENCE_END
from api.imaging.pixel_encoding import PixelEncoding
from api.imaging.transfer_syntaxes import PixelCoding

MAX_FRAGMENTS = 1_000_000
_CODESTREAM_HEADROOM = 2**20  # no codec makes a frame twice as large; headers and profiles take their room
# How a frame's last fragment ends where no offset table tells: End of Image, End of Codestream.
_FRAME_ENDS = (b"\xff\xd9", b"\xff\xd9\x00")


@dataclass(frozen=True, slots=True)
class Fragment:
    """item_offset: of its item tag from the first fragment's; start, length: of its bytes in the file."""

    item_offset: int
    start: int
    length: int


def encoded_frames(file: BinaryIO, encoding: PixelEncoding) -> Iterator[bytes]:
    """The codestream of each frame, in order.

    Raises: Rejected(CORRUPT) when there are fewer frames than the header says or the file is cut short.
    """
    basic_offsets, fragments = _index(file, encoding.value_offset)
    for group in _grouped(file, fragments, encoding, basic_offsets):
        if sum(fragment.length for fragment in group) > 2 * encoding.decoded_frame_bytes + _CODESTREAM_HEADROOM:
            raise _corrupt("a frame is larger compressed than it could be uncompressed")
        pieces = []
        for fragment in group:
            file.seek(fragment.start)
            pieces.append(file.read(fragment.length))
        yield b"".join(pieces)


def _index(file: BinaryIO, start: int) -> tuple[tuple[int, ...], list[Fragment]]:
    """The Basic Offset Table and every fragment's place; reads item headers only."""
    end_of_file = file.seek(0, SEEK_END)
    file.seek(start)
    tag, length = _item(file)
    if tag != ITEM or start + 8 + length > end_of_file:
        raise _corrupt("its pixel data have no item")
    offsets = unpack(f"<{length // 4}I", file.read(length // 4 * 4)) if length else ()
    first = start + 8 + length
    fragments: list[Fragment] = []
    position = first
    while True:
        file.seek(position)
        if end_of_file - position < 8:
            break  # the delimiter is missing; what came before it may still be whole
        tag, length = _item(file)
        if tag == SEQUENCE_END:
            break
        if tag != ITEM or length > end_of_file - position - 8:
            raise _corrupt("a fragment is damaged or cut short")
        fragments.append(Fragment(position - first, position + 8, length))
        if len(fragments) > MAX_FRAGMENTS:
            raise _corrupt("it holds too many fragments")
        position += 8 + length
    return offsets, fragments


def _item(file: BinaryIO) -> tuple[int, int]:
    head = file.read(8)
    if len(head) < 8:
        raise _corrupt("its pixels are cut short")
    group, element, length = unpack("<HHI", head)
    return group << 16 | element, length


def _grouped(
    file: BinaryIO, fragments: Sequence[Fragment], encoding: PixelEncoding, basic_offsets: Sequence[int]
) -> list[Sequence[Fragment]]:
    """Fragments by frame: all for a single frame, one each, by offset table, or by how codestreams end."""
    count = encoding.frame_count
    if len(fragments) < count:
        raise _corrupt(f"it says {count} frames and holds {len(fragments)}")
    if count == 1:
        return [_only_frame(fragments, encoding)]
    if len(fragments) == count:
        return [[fragment] for fragment in fragments]
    for offsets in (encoding.frame_offsets, basic_offsets):
        groups = _by_offsets(fragments, offsets, count)
        if groups:
            return groups
    groups = _by_ends(file, fragments) if encoding.syntax.coding is not PixelCoding.RLE else []
    if len(groups) < count:
        raise _corrupt(f"its frames cannot be told apart: {len(fragments)} fragments for {count} frames")
    return groups[:count]


def _only_frame(fragments: Sequence[Fragment], encoding: PixelEncoding) -> Sequence[Fragment]:
    """All fragments of the only frame; an RLE frame is one fragment (PS3.5 A.4.2)."""
    return fragments[:1] if encoding.syntax.coding is PixelCoding.RLE else fragments


def _by_offsets(fragments: Sequence[Fragment], offsets: Sequence[int], count: int) -> list[Sequence[Fragment]]:
    starts = {fragment.item_offset: index for index, fragment in enumerate(fragments)}
    if len(offsets) != count or any(offset not in starts for offset in offsets):
        return []
    bounds = [*(starts[offset] for offset in offsets), len(fragments)]
    if bounds != sorted(set(bounds)):
        return []
    return [fragments[bounds[index] : bounds[index + 1]] for index in range(count)]


def _by_ends(file: BinaryIO, fragments: Sequence[Fragment]) -> list[Sequence[Fragment]]:
    groups: list[Sequence[Fragment]] = []
    begin = 0
    for index, fragment in enumerate(fragments):
        file.seek(fragment.start + max(0, fragment.length - 3))
        if file.read(min(3, fragment.length)).endswith(_FRAME_ENDS):
            groups.append(fragments[begin : index + 1])
            begin = index + 1
    return groups


def _corrupt(what: str) -> Rejected:
    return Rejected(RejectionCode.CORRUPT, f"Its compressed pixels cannot be read: {what}; send it again.")
