"""What published rules say of a nodule's size, were it solid: beside a model's word and never mixed with it.

A size class and no more: no advice, nothing of cancer. What the rules ask besides the size is assumed, and said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

NODULE_MM = 30.0  # what is wider is a mass (Hansell et al., Radiology 246:697-722, 2008)
DISC = "the mean diameter is that of the disc with the area of the widest axial section"


@dataclass(frozen=True)
class SizeCategory:
    """assumptions: what must hold for the category to be the rule's."""

    rule: str
    version: str
    category: str
    assumptions: Sequence[str]


def size_categories(diameter_mm: float | None) -> list[SizeCategory]:
    """By every rule that speaks of nodules of this size; none for a diameter that is not known in mm."""
    if diameter_mm is None or diameter_mm <= 0:
        return []
    found = [lung_rads(diameter_mm)]
    if diameter_mm <= NODULE_MM:
        found.append(fleischner(diameter_mm))
    return found


def lung_rads(diameter_mm: float) -> SizeCategory:
    """Solid nodules of a baseline screening CT: ACR Lung-RADS v2022; Christensen et al., Chest 165:738-753 (2024).

    The mean diameter counts to one decimal. Without growth, an earlier CT or further signs there is no 4X here.
    """
    size = _rounded(diameter_mm, "0.1")
    category = "2" if size < 6 else "3" if size < 8 else "4A" if size < 15 else "4B"
    assumptions = ["solid", "baseline: not new, not growing", "a screening CT", "no known cancer", DISC]
    return SizeCategory("Lung-RADS", "v2022", category, assumptions)


def fleischner(diameter_mm: float) -> SizeCategory:
    """Solid nodules found by chance: Fleischner Society 2017; MacMahon et al., Radiology 284:228-243 (2017).

    The mean diameter counts to the whole millimetre (Bankier et al., Radiology 285:584-600, 2017).
    """
    size = _rounded(diameter_mm, "1")
    category = "under 6 mm" if size < 6 else "6 to 8 mm" if size <= 8 else "over 8 mm"
    assumptions = ["solid", "found by chance, not by screening", "35 years or older", "no known cancer",
                   "no suppressed immunity", "sections of 1.5 mm or less", DISC]  # fmt: skip
    return SizeCategory("Fleischner Society", "2017", category, assumptions)


def _rounded(diameter_mm: float, unit: str) -> Decimal:
    """Halves up, as a reader rounds."""
    return Decimal(str(diameter_mm)).quantize(Decimal(unit), ROUND_HALF_UP)
