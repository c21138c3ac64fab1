"""Whether lung_nodule may read a stack: first by what its headers say, then by what its voxels show.

A refusal names what was seen and what is needed, in words for the person who uploaded it. Body Part Examined is often
wrong or missing, so that alone never refuses a CT.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from api.inference.lungs import Lungs

FEWEST_SLICES = 8
SHORTEST_MM = 40.0
THICK_SLICES_MM = 3.0
FEW_SLICES = 40
SMALLEST_LUNGS_ML = 400.0
LARGEST_LUNGS_ML = 12_000.0
# Mean of aerated lung from a deep breath with emphysema to an expiration with oedema.
LUNG_HU = (-960.0, -500.0)
ONE_SIDED = 0.12
LARGEST_TILT_DEGREES = 35.0

READS = "lung_nodule reads CT of the chest."

_MODALITIES = {
    "MR": "an MR",
    "PT": "a PET",
    "US": "an ultrasound",
    "CR": "an X-ray picture",
    "DX": "an X-ray picture",
    "MG": "a mammogram",
    "XA": "an angiogram",
    "RF": "a fluoroscopy",
    "NM": "a nuclear medicine study",
    "OT": "a picture without the geometry of a scan",
    "SC": "a picture without the geometry of a scan",
    "XC": "a photograph",
    "ES": "an endoscopy",
    "OP": "an eye picture",
    "SM": "a microscopy",
}


@dataclass(frozen=True)
class StackFacts:
    """What the headers say of a stack.

    modality: Modality (0008,0060); body_part: Body Part Examined (0018,0015); image_type: Image Type (0008,0008)
    unit:          of the rescaled value, HU for CT
    slice_spacing: mm between positions along the normal, None without geometry
    has_geometry:  positions, orientation and pixel spacing are known
    is_color:      more than one sample a pixel
    warning_codes: of the stack, e.g. MISSING_SLICES
    """

    modality: str | None
    body_part: str | None
    image_type: tuple[str, ...]
    unit: str | None
    slice_spacing: float | None
    frame_count: int
    has_geometry: bool = True
    is_color: bool = False
    warning_codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suitability:
    """reason: a sentence for the user when not suitable; warnings: (code, message) when suitable with limits."""

    suitable: bool
    reason: str | None = None
    warnings: tuple[tuple[str, str], ...] = ()


def check_facts(facts: StackFacts) -> Suitability:
    """Judge by the headers alone, before any pixel is loaded."""
    reason = _refusal(facts)
    return Suitability(False, reason) if reason else Suitability(True, None, _warnings(facts))


def check_lungs(
    facts: StackFacts, lungs: Lungs, spacing: tuple[float, float, float], affine: NDArray[np.float64]
) -> Suitability:
    """Judge by the segmented lungs.

    lungs:   on a grid whose axes are the stack's
    spacing: of that grid, mm (slice, row, column)
    affine:  4x4 of the stack, index (slice, row, column) to LPS mm
    """
    if lungs.volume_ml < SMALLEST_LUNGS_ML:
        seen = "no lungs" if lungs.volume_ml < 100 else f"only {lungs.volume_ml:.0f} ml of lung"
        return Suitability(False, f"This CT shows {seen}; it may be of another part of the body. {READS}")
    low, high = LUNG_HU
    if lungs.volume_ml > LARGEST_LUNGS_ML or not low <= lungs.mean_hu <= high:
        return Suitability(
            False,
            f"What is filled with air here does not look like lungs ({lungs.volume_ml / 1000:.1f} l, on average "
            f"{lungs.mean_hu:.0f} HU): the values may not be Hounsfield units, or this is no chest. {READS}",
        )
    return Suitability(True, None, (*_warnings(facts), *_coverage(lungs), *_sides(lungs, affine), *_tilt(affine)))


def _refusal(facts: StackFacts) -> str | None:
    modality = (facts.modality or "").upper()
    if modality != "CT":
        return _other_modality(modality, facts.body_part)
    types = {value.upper() for value in facts.image_type}
    if types & {"LOCALIZER", "SCOUT", "TOPOGRAM"}:
        return f"This is a localizer, a planning picture of the scanner, not the scan itself. {READS}"
    if facts.frame_count < FEWEST_SLICES:
        has = "1 slice" if facts.frame_count == 1 else f"{facts.frame_count} slices"
        return f"This stack has {has}; at least {FEWEST_SLICES} are needed to look for nodules. {READS}"
    if facts.is_color or not facts.has_geometry:
        return f"These pictures carry no positions or sizes, so nothing in them can be measured. {READS}"
    if facts.unit is not None and facts.unit.upper() != "HU":
        return f"The pixel values are not Hounsfield units but {facts.unit}. {READS}"
    covered = facts.frame_count * (facts.slice_spacing or 0.0)
    if facts.slice_spacing is not None and covered < SHORTEST_MM:
        return (
            f"This stack covers {covered:.0f} mm; at least {SHORTEST_MM:.0f} mm are needed to look for nodules. {READS}"
        )
    return None


def _other_modality(modality: str, body_part: str | None) -> str:
    if modality not in _MODALITIES:
        named = f"of the modality {modality}" if modality else "of no stated modality"
        return f"This is {named}; {READS}"
    part = (body_part or "").strip().lower()
    if modality in {"OT", "SC", "XC"}:
        return f"This is {_MODALITIES[modality]}; {READS}"
    of = f" of the {part}" if part and part not in {"chest", "thorax", "lung"} else ""
    return f"This is {_MODALITIES[modality]}{of}; {READS}"


def _warnings(facts: StackFacts) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    spacing = facts.slice_spacing
    if spacing is not None and spacing > THICK_SLICES_MM:
        found.append(
            (
                "THICK_SLICES",
                f"The slices are {spacing:.1f} mm apart; nodules smaller than {2 * spacing:.0f} mm may be missed and "
                f"diameters are less certain. At most {THICK_SLICES_MM:.0f} mm is advised.",
            )
        )
    if facts.frame_count < FEW_SLICES and (spacing is None or facts.frame_count * spacing < 200):
        found.append(("FEW_SLICES", f"There are {facts.frame_count} slices only; the lungs may not be covered."))
    if "MISSING_SLICES" in facts.warning_codes or "UNEVEN_SPACING" in facts.warning_codes:
        found.append(
            ("GAPS", "Slices are missing or unevenly spaced; nodules there may be missed or measured wrongly.")
        )
    return tuple(found)


def _coverage(lungs: Lungs) -> tuple[tuple[str, str], ...]:
    areas = lungs.air.sum(axis=(1, 2))
    widest = int(areas.max())
    if max(int(areas[0]), int(areas[-1])) > 0.5 * widest:
        return (("LUNGS_CUT", "The stack begins or ends within the lungs; what lies beyond was not read."),)
    return ()


def _sides(lungs: Lungs, affine: NDArray[np.float64]) -> tuple[tuple[str, str], ...]:
    """Warn of one lung only: aerated volume on either side of the middle of the closed lungs along the patient's x."""
    along = int(np.argmax(np.abs(affine[0, :3])))
    counts = lungs.air.sum(axis=tuple(axis for axis in range(3) if axis != along))
    length = len(counts)
    left = counts[: length // 2].sum() / max(1, counts.sum())
    if min(left, 1 - left) < ONE_SIDED:
        return (("ONE_LUNG", "Only one aerated lung was found; the other side was not read."),)
    return ()


def _tilt(affine: NDArray[np.float64]) -> tuple[tuple[str, str], ...]:
    normal = np.cross(affine[:3, 1], affine[:3, 2])
    upright = abs(float(normal[2])) / max(float(np.linalg.norm(normal)), 1e-9)
    degrees = float(np.degrees(np.arccos(min(1.0, upright))))
    if degrees > LARGEST_TILT_DEGREES:
        return (("NOT_AXIAL", "The slices are not axial; the model was made for axial ones and may do worse here."),)
    return ()
