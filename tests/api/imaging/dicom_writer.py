"""Writes the DICOM files that imaging tests read; pydicom writes them, so that reading is checked by another hand."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
ROWS, COLUMNS = 8, 6


def stored_values(number: int, rows: int = ROWS, columns: int = COLUMNS, dtype: str = "<u2") -> NDArray[Any]:
    """Pixels that tell slice, row and column apart: 100 x slice + 10 x row + column."""
    row, column = np.mgrid[:rows, :columns]
    values: NDArray[Any] = (100 * number + 10 * row + column).astype(dtype)
    return values


def ct_data_set(
    number: int,
    position: Sequence[float] | None = None,
    orientation: Sequence[float] | None = AXIAL,
    pixels: NDArray[Any] | None = None,
    **attributes: Any,
) -> Dataset:
    """A CT instance whose SOP Instance UID ends in its number. attributes: by keyword; None takes one away."""
    pixels = stored_values(number) if pixels is None else pixels
    data_set = Dataset()
    data_set.SOPClassUID = CTImageStorage
    data_set.SOPInstanceUID = f"2.25.1000.{number}"
    data_set.StudyInstanceUID, data_set.SeriesInstanceUID = "2.25.1", "2.25.2"
    data_set.FrameOfReferenceUID = "2.25.3"
    data_set.PatientID, data_set.PatientName, data_set.Modality = "P1", "Doe^Jane", "CT"
    data_set.InstanceNumber = number
    data_set.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    if position is not None:
        data_set.ImagePositionPatient = [round(float(part), 6) for part in position]
    if orientation is not None:
        data_set.ImageOrientationPatient = [round(float(part), 6) for part in orientation]
    data_set.PixelSpacing, data_set.SliceThickness = [0.8, 0.5], 5.0
    data_set.Rows, data_set.Columns = pixels.shape[:2]
    data_set.SamplesPerPixel = 3 if pixels.ndim == 3 else 1
    data_set.PhotometricInterpretation = "RGB" if pixels.ndim == 3 else "MONOCHROME2"
    if pixels.ndim == 3:
        data_set.PlanarConfiguration = 0
    bits = 8 * pixels.dtype.itemsize
    data_set.BitsAllocated, data_set.BitsStored, data_set.HighBit = bits, bits, bits - 1
    data_set.PixelRepresentation = int(pixels.dtype.kind == "i")
    data_set.RescaleSlope, data_set.RescaleIntercept = 1, -1024
    raw = pixels.tobytes()
    data_set.PixelData = raw + b"\0" * (len(raw) % 2)
    data_set["PixelData"].VR = "OB" if bits == 8 else "OW"
    change(data_set, **attributes)
    return data_set


def change(data_set: Dataset, **attributes: Any) -> Dataset:
    for keyword, value in attributes.items():
        if value is None:
            delattr(data_set, keyword)
        else:
            setattr(data_set, keyword, value)
    return data_set


def as_file(data_set: Dataset, transfer_syntax: str = ExplicitVRLittleEndian) -> bytes:
    """Part 10 file, with preamble and file meta."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = data_set.get("SOPClassUID", CTImageStorage)
    meta.MediaStorageSOPInstanceUID = data_set.get("SOPInstanceUID", "2.25.9")
    meta.TransferSyntaxUID = UID(transfer_syntax)
    data_set.file_meta = meta
    target = BytesIO()
    dcmwrite(target, data_set, enforce_file_format=True)
    return target.getvalue()


def without_preamble(data_set: Dataset, *, implicit: bool, little_endian: bool = True) -> bytes:
    """The bare data set: no preamble and no file meta, as older writers left it."""
    if hasattr(data_set, "file_meta"):
        del data_set.file_meta
    target = BytesIO()
    dcmwrite(target, data_set, implicit_vr=implicit, little_endian=little_endian)
    return target.getvalue()


def encapsulated(data_set: Dataset, frames: Sequence[bytes], transfer_syntax: str, **attributes: Any) -> bytes:
    """A file whose pixels are these codestreams, one fragment a frame."""
    data_set.PixelData = encapsulate(list(frames))
    data_set["PixelData"].VR = "OB"
    data_set["PixelData"].is_undefined_length = True
    if len(frames) > 1:
        data_set.NumberOfFrames = len(frames)
    change(data_set, **attributes)
    return as_file(data_set, transfer_syntax)
