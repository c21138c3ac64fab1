"""lung_nodule's way from a chest CT to findings: may it be read, where to look, what the model says, what that means.

The caller asks the model: `prepare`, then `score` (which awaits a predictor), then `interpret`. All but `score` compute
without awaiting: run them in a thread. `progress` is called several times a second and stops the work by raising.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from api.imaging.volume import Volume
from api.inference.attention import Place
from api.inference.attention import attend as attend_to
from api.inference.candidates import find_candidates
from api.inference.centers import recenter
from api.inference.extents import Inside, measure_extent
from api.inference.findings import (
    Box,
    DetectedFinding,
    OperatingPoint,
    Position,
    Score,
    fuse_planes,
    group_lesions,
    keep_distinct,
    uncertainty_of,
)
from api.inference.grids import Grid, factors_for, reduce_volume
from api.inference.interpretation import Batch, Predict, Progress
from api.inference.lungs import Lungs, find_lungs
from api.inference.picture_quality import measure_quality, quality_warnings
from api.inference.suitability import StackFacts, Suitability, check_facts, check_lungs
from api.inference.tensors import (
    AXIAL,
    CORONAL,
    SAGITTAL,
    SLANTED,
    Directions,
    PatchGeometry,
    lies_in_slices,
    to_input,
)

__all__ = [
    "Prepared",
    "attend",
    "check_facts",
    "check_suitability",
    "interpret",
    "prepare",
    "score",
    "summarize",
    "survey",
]

MODEL = "lung_nodule"
LABEL = "nodule"
INPUT = "ct_hu"
OUTPUT = "plane_logit"
BATCH = 16
# Candidates that are looked at again in the slanted planes.
SECOND_LOOK = 96
# Marked findings that are told what the model went by: each takes 28 rows of three pictures.
MOST_ATTENDED = 5
# With slices farther apart, planes across them are too blurred to have a vote.
COARSE_SLICES_MM = 4.0
FINE_MM = (1.25, 1.4, 1.4)
COARSE_MM = (3.0, 3.0, 3.0)

FIRST_PLANES = PatchGeometry(planes=(AXIAL, CORONAL, SAGITTAL))
SECOND_PLANES = (PatchGeometry(planes=SLANTED[:3]), PatchGeometry(planes=SLANTED[3:]))


@dataclass(frozen=True)
class Survey:
    """The volume, the same at about 1.4 mm (fine) and 3 mm (coarse), and the lungs on the coarse grid."""

    volume: Volume
    fine: Grid
    coarse: Grid
    lungs: Lungs


@dataclass(frozen=True)
class Prepared:
    """Where to look, most promising first.

    index:    float64 (candidate, 3), (slice, row, column) of the volume
    diameter: float64 (candidate,) mm, about
    inside:   where it was looked, and where findings are measured
    """

    volume: Volume
    index: NDArray[np.float64]
    diameter: NDArray[np.float64]
    inside: Inside

    def batches(self) -> Iterator[Batch]:
        """Inputs of the first look, in the candidates' order."""
        return self._sample(np.arange(len(self.index)), FIRST_PLANES)

    def second_batches(self, chosen: NDArray[np.int64]) -> Iterator[Batch]:
        """Inputs of the second look at `chosen`: all in three slanted planes, then all in the other three."""
        for geometry in SECOND_PLANES:
            yield from self._sample(chosen, geometry)

    def _sample(self, chosen: NDArray[np.int64], geometry: PatchGeometry) -> Iterator[Batch]:
        for start in range(0, len(chosen), BATCH):
            part = chosen[start : start + BATCH]
            yield {
                INPUT: to_input(self.volume.voxels, self.volume.affine, self.index[part], self.diameter[part], geometry)
            }


def survey(volume: Volume, progress: Progress = lambda _: None) -> Survey:
    """Make the grids, and find the lungs."""
    fine, coarse = _grids(volume, lambda part: progress(part * 0.5))
    return Survey(volume, fine, coarse, find_lungs(coarse, lambda part: progress(0.5 + part * 0.5)))


def check_suitability(facts: StackFacts, seen: Survey) -> Suitability:
    """Whether this stack is a CT of the chest that the model may read, by headers and voxels."""
    by_facts = check_facts(facts)
    if not by_facts.suitable:
        return by_facts
    verdict = check_lungs(facts, seen.lungs, seen.coarse.spacing, seen.volume.affine)
    if not verdict.suitable:
        return verdict
    of_picture = quality_warnings(measure_quality(seen.volume.voxels))
    return replace(verdict, warnings=(*verdict.warnings, *of_picture))


def prepare(seen: Survey, progress: Progress = lambda _: None) -> Prepared:
    """Find the places in the lungs worth a look. No lungs: no places."""
    volume, fine, coarse = seen.volume, seen.fine, seen.coarse
    inside = _inside(seen.lungs, coarse, fine)
    searched = Inside(inside.mask, coarse.factors).block(np.zeros(3, int), np.array(fine.hu.shape))
    candidates = find_candidates(fine, searched, progress=lambda part: progress(part * 0.7))
    places = fine.to_volume(candidates.index)
    centered = recenter(
        volume.voxels, volume.spacing, places, candidates.diameter, lambda part: progress(0.7 + part * 0.3)
    )
    progress(1.0)
    return Prepared(volume, centered, candidates.diameter, inside)


async def score(prepared: Prepared, predict: Predict, progress: Progress = lambda _: None) -> list[Batch]:
    """Ask the model about every candidate, then again about the most nodule-like ones from more sides.

    predict: one batch of inputs to its outputs, e.g. `partial(predictor.predict, name, version)`
    Returns: what `interpret` takes
    """
    outputs: list[Batch] = []
    count = len(prepared.index)
    total = -(-count // BATCH) + 2 * -(-min(count, SECOND_LOOK) // BATCH)
    for batch in prepared.batches():
        outputs.append(dict(await predict(batch)))
        progress(len(outputs) / total)
    for batch in prepared.second_batches(_second_look(prepared, outputs)):
        outputs.append(dict(await predict(batch)))
        progress(min(1.0, len(outputs) / total))
    return outputs


def interpret(
    prepared: Prepared, outputs: Sequence[Mapping[str, NDArray[Any]]], card: Mapping[str, Any]
) -> list[DetectedFinding]:
    """Findings, most probable first.

    outputs: of `score`, or of all `prepared.batches()` in order (then without a second look)
    card:    the model's, with `operatingPoint`
    """
    point = OperatingPoint.of_card(dict(card))
    if not len(prepared.index):
        return []
    numbers, fused = _fused(prepared, _logits(outputs))
    place_mm = prepared.index[numbers] * np.array(prepared.volume.spacing)
    lesions = group_lesions(place_mm, prepared.diameter[numbers], fused, point.most)
    chances = point.probability(np.array([lesion.logit for lesion in lesions]))
    return [
        _finding(prepared, int(numbers[lesion.whole]), float(chance), point)
        for lesion, chance in zip(lesions, chances, strict=True)
        if chance >= point.lowest
    ]


async def attend(
    prepared: Prepared, findings: Sequence[DetectedFinding], predict: Predict, progress: Progress = lambda _: None
) -> dict[int, NDArray[np.uint8]]:
    """Of the marked findings, the most probable ones, on the slice that shows each best."""
    marked = [finding for finding in findings if finding.above_threshold][:MOST_ATTENDED]
    places = []
    for finding in marked:
        at = finding.position
        index = prepared.volume.patient_to_index((at.x, at.y, at.z))
        index[0] = finding.frame_index  # on a slice, not between two
        places.append(Place(index, finding.diameter_mm or 0.0))
    return await attend_to(prepared.volume, places, FIRST_PLANES, (INPUT, OUTPUT), predict, progress)


def summarize(findings: Sequence[DetectedFinding]) -> tuple[list[Score], float]:
    """Of the stack: the most probable finding's probability as score (0 without any), and the uncertainty, 0 to 1."""
    chance = findings[0].probability if findings else 0.0
    return [Score(LABEL, chance)], uncertainty_of(findings)


def _grids(volume: Volume, progress: Progress) -> tuple[Grid, Grid]:
    """The volume at about 1.4 mm and at about 3 mm."""
    fine = reduce_volume(volume.voxels, volume.spacing, factors_for(volume.spacing, FINE_MM), progress)
    coarse = reduce_volume(fine.hu, fine.spacing, factors_for(fine.spacing, COARSE_MM))
    return fine, coarse


def _inside(lungs: Lungs, coarse: Grid, fine: Grid) -> Inside:
    """The lungs' mask, one coarse voxel wider."""
    by_slice, by_row, by_column = (a * b for a, b in zip(fine.factors, coarse.factors, strict=True))
    return Inside(np.asarray(ndimage.binary_dilation(lungs.mask)), (by_slice, by_row, by_column))


def _logits(outputs: Sequence[Mapping[str, NDArray[Any]]]) -> NDArray[np.float64]:
    return np.concatenate([np.asarray(output[OUTPUT], np.float64) for output in outputs])


def _second_look(prepared: Prepared, outputs: Sequence[Mapping[str, NDArray[Any]]]) -> NDArray[np.int64]:
    """The most nodule-like candidates of the first look; the same each time, so that `interpret` finds them again."""
    if not len(prepared.index):
        return np.empty(0, np.int64)
    fused = _vote(prepared, _logits(outputs)[: len(prepared.index)], FIRST_PLANES.planes)
    place_mm = prepared.index * np.array(prepared.volume.spacing)
    return keep_distinct(place_mm, fused, SECOND_LOOK)


def _fused(prepared: Prepared, logits: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Candidates that were looked at last, and their fused logits."""
    count = len(prepared.index)
    if len(logits) < count:
        message = f"the model answered for {len(logits)} of {count} candidates"
        raise ValueError(message)
    first = logits[:count]
    if len(logits) == count:
        return np.arange(count), _vote(prepared, first, FIRST_PLANES.planes)
    chosen = _second_look(prepared, [{OUTPUT: first}])
    more = logits[count:].reshape(len(SECOND_PLANES), len(chosen), -1)
    planes = [*FIRST_PLANES.planes, *(plane for look in SECOND_PLANES for plane in look.planes)]
    return chosen, _vote(prepared, np.concatenate([first[chosen], *more], axis=1), planes)


def _vote(prepared: Prepared, logits: NDArray[np.float64], planes: Sequence[Directions]) -> NDArray[np.float64]:
    """One logit a candidate, of logits (candidate, plane)."""
    if prepared.volume.spacing[0] > COARSE_SLICES_MM:
        sharp = lies_in_slices(planes, prepared.volume.affine)
        logits = logits[:, sharp] if sharp.any() else logits
    return fuse_planes(list(logits))


def _finding(prepared: Prepared, number: int, chance: float, point: OperatingPoint) -> DetectedFinding:
    volume = prepared.volume
    extent = measure_extent(
        volume.voxels, volume.spacing, prepared.index[number], float(prepared.diameter[number]), prepared.inside
    )
    x, y, z = volume.index_to_patient(extent.center)
    return DetectedFinding(
        label=LABEL,
        probability=round(chance, 4),
        above_threshold=chance >= point.threshold,
        frame_index=int(np.clip(round(extent.center[0]), 0, volume.voxels.shape[0] - 1)),
        box=Box(*extent.box),
        diameter_mm=round(extent.diameter_mm, 1),
        position=Position(float(x), float(y), float(z)),
    )
