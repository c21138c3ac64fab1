"""Parts frames that lie at the same positions into phases, and doubled images from the stack they disturb.

Contrast phases, cardiac phases, echoes and diffusion weights come as one series whose every position is there k
times. A single position that is there twice is something else: a repeated or re-sent image.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic

from api.imaging.stack_items import Key, StackItem, StackWarning

SAME_POSITION_MM = 0.01
_SMALLEST_SHARE = 0.25  # of the positions, that a group must hold to count as a phase
_SMALLEST_PHASE = 3
_DOUBLED_SHARE = 0.5  # of the positions, above which doubled images are phases and not accidents

Slots = list[list[StackItem[Key]]]


@dataclass(frozen=True, slots=True)
class Phase(Generic[Key]):
    """items: in order along the normal."""

    items: list[StackItem[Key]]
    warnings: tuple[StackWarning, ...] = ()


def split_phases(items: Sequence[StackItem[Key]]) -> list[Phase[Key]]:
    """Phases of frames that share orientation and matrix; all of them placed.

    By temporal position or time, acquisition number, echo time or image type where one of these tells the phases
    apart; else by the order of acquisition. Images that merely double a position leave the first one acquired in
    its stack and go into a stack of their own, so that nothing is lost.
    """
    slots = _slots(items)
    counts = {len(slot) for slot in slots}
    if counts == {1}:
        return [Phase([slot[0] for slot in slots])]
    if len(slots) == 1:
        return [_standing(slots[0])]
    place = {id(item): index for index, slot in enumerate(slots) for item in slot}
    for attribute in _ATTRIBUTES:
        groups = _groups(items, attribute)
        if _are_phases(groups, place, slots):
            return _phases(groups)
    if len(counts) == 1:
        ranked: dict[Hashable, list[StackItem[Key]]] = defaultdict(list)
        for slot in slots:
            for rank, item in enumerate(slot):
                ranked[rank].append(item)
        return _phases(ranked)
    runs = _runs(items, place)
    doubled = sum(len(slot) > 1 for slot in slots)
    if doubled >= _DOUBLED_SHARE * len(slots) and _are_phases(runs, place, slots):
        return _phases(runs)
    return _without_doubled(slots)


def _slots(items: Sequence[StackItem[Key]]) -> Slots[Key]:
    """Frames at the same position together, along the normal; in each slot as acquired."""
    slots: Slots[Key] = []
    for item in sorted(items, key=lambda item: (item.distance, item.acquired_order)):
        if slots and item.distance - slots[-1][0].distance <= SAME_POSITION_MM:
            slots[-1].append(item)
        else:
            slots.append([item])
    for slot in slots:
        slot.sort(key=lambda item: item.acquired_order)
    return slots


def _temporal(item: StackItem[Key]) -> Hashable:
    return item.geometry.temporal


def _acquisition(item: StackItem[Key]) -> Hashable:
    return item.geometry.acquisition_number


def _echo(item: StackItem[Key]) -> Hashable:
    return item.geometry.echo_time


def _image_type(item: StackItem[Key]) -> Hashable:
    return item.geometry.image_type


_ATTRIBUTES: tuple[Callable[[StackItem[Key]], Hashable], ...] = (_temporal, _acquisition, _echo, _image_type)


def _groups(
    items: Sequence[StackItem[Key]], attribute: Callable[[StackItem[Key]], Hashable]
) -> dict[Hashable, list[StackItem[Key]]]:
    groups: dict[Hashable, list[StackItem[Key]]] = defaultdict(list)
    for item in items:
        groups[attribute(item)].append(item)
    return groups


def _are_phases(groups: dict[Hashable, list[StackItem[Key]]], place: dict[int, int], slots: Slots[Key]) -> bool:
    """Whether each group holds a position once at most and enough of them to be a phase."""
    if len(groups) < 2 or None in groups:
        return False
    smallest = min(len(slots), max(_SMALLEST_PHASE, _SMALLEST_SHARE * len(slots)))
    return all(
        len(group) >= smallest and len({place[id(item)] for item in group}) == len(group) for group in groups.values()
    )


def _runs(items: Sequence[StackItem[Key]], place: dict[int, int]) -> dict[Hashable, list[StackItem[Key]]]:
    """As acquired; a new run begins where a position comes back."""
    runs: dict[Hashable, list[StackItem[Key]]] = defaultdict(list)
    seen: set[int] = set()
    run = 0
    for item in sorted(items, key=lambda item: item.acquired_order):
        if place[id(item)] in seen:
            seen.clear()
            run += 1
        seen.add(place[id(item)])
        runs[run].append(item)
    return runs


def _phases(groups: dict[Hashable, list[StackItem[Key]]]) -> list[Phase[Key]]:
    return [Phase(sorted(group, key=lambda item: (item.distance, item.acquired_order))) for group in groups.values()]


def _standing(slot: list[StackItem[Key]]) -> Phase[Key]:
    """All frames at one position: a cine, in order of time."""
    ordered = sorted(slot, key=lambda item: (item.geometry.temporal or 0.0, item.acquired_order))
    message = f"All {len(slot)} images lie at the same position; they are shown in the order of time."
    return Phase(ordered, (StackWarning("DUPLICATE_POSITIONS", message),))


def _without_doubled(slots: Slots[Key]) -> list[Phase[Key]]:
    numbers = [index for index, slot in enumerate(slots, start=1) if len(slot) > 1]
    shown = ", ".join(map(str, numbers[:10])) + (f" and {len(numbers) - 10} more" if len(numbers) > 10 else "")
    what = f"Slices {shown} are" if len(numbers) > 1 else f"Slice {shown} is"
    rest = [item for slot in slots for item in slot[1:]]
    kept = StackWarning(
        "DUPLICATE_POSITIONS",
        f"{what} there more than once; the image acquired first is shown here, {len(rest)} in a stack apart.",
    )
    apart = StackWarning(
        "DUPLICATE_POSITIONS", "These images lie at positions that another stack of the series shows already."
    )
    others = [Phase(phase.items, (*phase.warnings, apart)) for phase in split_phases(rest)]
    return [Phase([slot[0] for slot in slots], (kept,)), *others]
