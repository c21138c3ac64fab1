"""PNG and JPEG pictures as instances without geometry: a photograph of a film, a screenshot, an export.

What a file is, is read from its bytes, never from its name. Identifiers come from the content and the upload, so that
the same picture sent twice is one.
"""

import hashlib
from io import BytesIO
from struct import error as struct_error
from struct import unpack_from
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from api.errors import Rejected, RejectionCode
from api.imaging.codestreams import read_jpeg_header
from api.imaging.frame_geometry import FrameGeometry
from api.imaging.instance import Instance, PatientIdentity, SeriesFacts, StudyFacts
from api.imaging.pixel_encoding import PixelEncoding
from api.imaging.transfer_syntaxes import EXPLICIT_LITTLE_ENDIAN

MAX_PIXELS = 64_000_000  # below Pillow's own warning at 89 million
MAX_FILE_BYTES = 256 * 2**20
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_JPEG_HEADER_BYTES = 2**20  # EXIF and colour profiles come before the frame header
_SIXTEEN_BIT_MODES = frozenset(("I", "I;16", "I;16B", "I;16L"))


def is_picture(head: bytes) -> bool:
    """Whether a file that begins with these bytes (8 or more) is PNG or JPEG."""
    return head.startswith((_PNG, _JPEG))


def read_picture(file: BinaryIO, *, max_pixels: int = MAX_PIXELS) -> tuple[NDArray[Any], FrameGeometry]:
    """Decode a picture, turned upright by its EXIF orientation.

    Returns: uint8 (rows, columns), uint16 (rows, columns) of a 16-bit grey PNG, or uint8 (rows, columns, 3) RGB, and
             its geometry, which is only a matrix. Transparency is laid over black.
    Raises:  Rejected(NOT_AN_IMAGE | TOO_LARGE | CORRUPT).
    """
    file.seek(0)
    content = file.read(MAX_FILE_BYTES + 1)
    if not is_picture(content[:8]):
        raise Rejected(RejectionCode.NOT_AN_IMAGE, "This is neither a DICOM file nor a PNG or JPEG picture.")
    rows, columns = _size(content)
    if rows * columns > max_pixels or len(content) > MAX_FILE_BYTES:
        raise Rejected(
            RejectionCode.TOO_LARGE,
            f"The picture has {rows * columns / 1e6:.0f} million pixels; at most {max_pixels / 1e6:.0f} are taken.",
        )
    try:
        with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as image:
            image.load()
            pixels = _pixels(ImageOps.exif_transpose(image))
    except (OSError, SyntaxError, ValueError, MemoryError, Image.DecompressionBombError) as error:
        raise _corrupt() from error
    return pixels, picture_geometry(pixels)


def picture_geometry(pixels: NDArray[Any]) -> FrameGeometry:
    bits = 8 * pixels.dtype.itemsize
    return FrameGeometry(
        frame_number=1,
        rows=pixels.shape[0],
        columns=pixels.shape[1],
        bits_allocated=bits,
        bits_stored=bits,
        signed=False,
        photometric="RGB" if pixels.ndim == 3 else "MONOCHROME2",
        samples_per_pixel=3 if pixels.ndim == 3 else 1,
    )


def picture_instance(content_digest: str, upload_scope: str, geometry: FrameGeometry) -> Instance:
    """A picture as an instance of a study of its own.

    content_digest: owner and digest of the pixels; upload_scope: what tells uploads apart. All pictures of one upload
    share a study and a series; one owner's same pixels have the same SOP Instance UID in whichever upload.
    """
    samples = geometry.samples_per_pixel
    return Instance(
        sop_instance_uid=derived_uid("picture", content_digest),
        sop_class_uid=SECONDARY_CAPTURE,
        transfer_syntax_uid=EXPLICIT_LITTLE_ENDIAN.uid,
        study_instance_uid=derived_uid("picture study", upload_scope),
        series_instance_uid=derived_uid("picture series", upload_scope),
        patient=PatientIdentity(),
        study=StudyFacts(),
        series=SeriesFacts(modality="OT"),
        instance_number=None,
        frames=(geometry,),
        windows=(),
        unit=None,
        encoding=PixelEncoding(
            syntax=EXPLICIT_LITTLE_ENDIAN,
            data_set_offset=0,
            value_offset=0,
            value_length=0,
            frame_count=1,
            rows=geometry.rows,
            columns=geometry.columns,
            samples_per_pixel=samples,
            planar=False,
            photometric=geometry.photometric,
            bits_allocated=geometry.bits_allocated,
            bits_stored=geometry.bits_stored,
            high_bit=geometry.bits_stored - 1,
            signed=False,
        ),
    )


def derived_uid(*parts: str) -> str:
    """A UUID-derived UID (PS3.5 B.2): the same parts always give the same one."""
    digest = hashlib.sha256("\x00".join(parts).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def _size(content: bytes) -> tuple[int, int]:
    """Rows and columns from the header, before anything is allocated for them."""
    try:
        if content.startswith(_PNG):
            columns, rows = unpack_from(">II", content, 16)  # IHDR comes first (PNG 11.2.2)
        else:
            header = read_jpeg_header(content[:_JPEG_HEADER_BYTES])
            rows, columns = header.rows, header.columns
    except (ValueError, struct_error) as error:
        raise _corrupt() from error
    if rows == 0 or columns == 0:
        raise _corrupt()
    return rows, columns


def _pixels(image: Image.Image) -> NDArray[Any]:
    if image.mode in _SIXTEEN_BIT_MODES:
        return np.ascontiguousarray(np.asarray(image), dtype=np.uint16)
    if "A" in image.getbands() or "transparency" in image.info:
        with_alpha = image.convert("RGBA")
        black = Image.new("RGBA", with_alpha.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, with_alpha).convert("L" if image.mode in ("LA", "La") else "RGB")
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    return np.asarray(image.convert("RGB"))


def _corrupt() -> Rejected:
    return Rejected(RejectionCode.CORRUPT, "The picture is damaged or cut short; send it again.")
