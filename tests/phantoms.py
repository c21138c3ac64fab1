"""Phantoms for tests: small enough to be drawn in a second, chest enough to be analysed."""

from functools import cache

from api.imaging.phantom_dicom import write_phantom_dicom

SLICES = 40


@cache
def small_phantom(seed: int = 1, slices: int = SLICES) -> dict[str, bytes]:
    """Name and content of each file; the lungs from bottom to top in 256 × 256 slices 6 mm apart."""
    return dict(write_phantom_dicom(slices, seed, rows=256, spacing_mm=(6.0 * SLICES / slices, 1.4, 1.4)))
