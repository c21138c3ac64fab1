"""The phantom as DICOM files: CT Image Storage, explicit little endian, labelled a phantom wherever a header can."""

import hashlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from api.imaging.phantom import DEFAULT_SLICES, DEFAULT_SPACING, Nodule, PhantomPlan, draw_slices, plan_phantom

INTERCEPT = -1024
_DATE, _TIME = "20260101", "120000"


def write_phantom_dicom(
    slices: int = DEFAULT_SLICES,
    seed: int = 1,
    rows: int = 512,
    spacing_mm: tuple[float, float, float] = DEFAULT_SPACING,
    nodules: Sequence[Nodule] | None = None,
) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of one Part 10 file a slice, drawn as they are asked for; the same arguments, the same bytes.

    Arguments as in `phantom.plan_phantom`. Stored values are unsigned, 12 of 16 bits, intercept -1024 as scanners
    write them; Instance Number goes up from the feet to the head, as the slices do.
    """
    yield from write_plan(plan_phantom(slices, seed, rows, spacing_mm, nodules))


def write_plan(plan: PhantomPlan) -> Iterator[tuple[str, bytes]]:
    """As `write_phantom_dicom`, of a plan already made (whose nodules the caller wants to know)."""
    template = _template(plan)
    for index, voxels in enumerate(draw_slices(plan)):
        yield f"phantom-{index + 1:04d}.dcm", _file(template, plan, index, voxels)


def _template(plan: PhantomPlan) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data_set = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    for keyword, value in (_identity(plan) | _acquisition(plan) | _pixel_description(plan)).items():
        setattr(data_set, keyword, value)
    return data_set


def _identity(plan: PhantomPlan) -> dict[str, Any]:
    return {
        "SOPClassUID": CTImageStorage,
        "StudyInstanceUID": _uid(plan, "study"),
        "SeriesInstanceUID": _uid(plan, "series"),
        "FrameOfReferenceUID": _uid(plan, "frame of reference"),
        "PatientName": "PHANTOM^HILUM",
        "PatientID": f"PHANTOM-{plan.seed}",
        "PatientBirthDate": "",
        "PatientSex": "O",
        "PatientComments": "PHANTOM, drawn by Hilum. Not a patient.",
        "StudyDate": _DATE,
        "SeriesDate": _DATE,
        "AcquisitionDate": _DATE,
        "ContentDate": _DATE,
        "StudyTime": _TIME,
        "SeriesTime": _TIME,
        "AcquisitionTime": _TIME,
        "ContentTime": _TIME,
        "AccessionNumber": "",
        "ReferringPhysicianName": "",
        "StudyID": "PHANTOM",
        "StudyDescription": "CT chest PHANTOM (not a patient)",
        "SeriesNumber": 1,
        "SeriesDescription": f"PHANTOM axial {plan.spacing[0]:g} mm",
    }


def _acquisition(plan: PhantomPlan) -> dict[str, Any]:
    return {
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "PHANTOM"],
        "Modality": "CT",
        "Manufacturer": "Hilum",
        "ManufacturerModelName": "PHANTOM",
        "BodyPartExamined": "CHEST",
        "PatientPosition": "HFS",
        "KVP": "120",
        "AcquisitionNumber": 1,
        "PositionReferenceIndicator": "",
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": list(plan.spacing[1:]),
        "SliceThickness": plan.spacing[0],
        "ConvolutionKernel": "PHANTOM",
        "QualityControlImage": "YES",  # (0028,0300): a phantom
        # (0028,0301) asks whether the pixels name the patient; the word PHANTOM names none.
        "BurnedInAnnotation": "NO",
    }


def _pixel_description(plan: PhantomPlan) -> dict[str, Any]:
    return {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": plan.rows,
        "Columns": plan.columns,
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "RescaleIntercept": INTERCEPT,
        "RescaleSlope": 1,
        "RescaleType": "HU",
        "WindowCenter": [-600, 40],
        "WindowWidth": [1500, 400],
        "WindowCenterWidthExplanation": ["LUNG", "MEDIASTINUM"],
    }


def _file(template: FileDataset, plan: PhantomPlan, index: int, voxels: NDArray[np.int16]) -> bytes:
    x, y, _ = plan.origin
    z = round(plan.z_of(index), 4)
    template.SOPInstanceUID = _uid(plan, "instance", index)
    template.file_meta.MediaStorageSOPInstanceUID = template.SOPInstanceUID
    template.InstanceNumber = index + 1
    template.ImagePositionPatient = [round(x, 4), round(y, 4), z]
    template.SliceLocation = z
    template.PixelData = (voxels - INTERCEPT).astype("<u2").tobytes()
    target = BytesIO()
    dcmwrite(target, template, enforce_file_format=True)
    return target.getvalue()


def _uid(plan: PhantomPlan, *parts: object) -> UID:
    """UUID-derived (PS3.5 B.2) from everything that makes the phantom what it is."""
    what = (plan.seed, plan.slices, plan.rows, plan.spacing, plan.nodules, *parts)
    return UID(f"2.25.{int.from_bytes(hashlib.sha256(repr(what).encode()).digest()[:16], 'big')}")
