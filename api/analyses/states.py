"""The legal states of an analysis, as a table; and what findings say of urgency."""

from collections.abc import Iterable, Mapping, Set

LEGAL: Mapping[str, Set[str]] = {
    "QUEUED": frozenset({"RUNNING", "CANCELLED", "FAILED"}),
    "RUNNING": frozenset({"RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "UNSUITABLE"}),  # RUNNING again after a crash
    "SUCCEEDED": frozenset(),
    "FAILED": frozenset(),
    "CANCELLED": frozenset(),
    "UNSUITABLE": frozenset(),
}
ENDED = frozenset(status for status, following in LEGAL.items() if not following)

# Diameters at which Lung-RADS v2022 changes category for a solid nodule at baseline: 4A from 8 mm, 4B from 15 mm.
URGENT_MM = 15.0
PRIORITY_MM = 8.0
URGENT = "URGENT"


def is_legal(before: str, after: str) -> bool:
    return after in LEGAL[before]


def urgency(diameters_mm: Iterable[float | None]) -> str:
    """Of the findings above the operating point. Says in which order to look, not what it is."""
    largest = max((d for d in diameters_mm if d is not None), default=0.0)
    return URGENT if largest >= URGENT_MM else "PRIORITY" if largest >= PRIORITY_MM else "ROUTINE"
