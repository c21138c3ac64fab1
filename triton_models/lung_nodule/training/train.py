"""Train one encoder a fold on crops and cube planes; seeded.

`python -m triton_models.lung_nodule.training.train --data FOLDER --out FOLDER --folds N…`

Writes `fold-N.pt`; what is there already is not trained again. In float32: without a processor's own bfloat16 the
autocast to it took five times as long. One thread a fold, and two folds beside each other, cost half the processor time
of two threads a fold.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from triton_models.lung_nodule.training.augmentation import augment, center_square
from triton_models.lung_nodule.training.crops import hounsfield, load_crops
from triton_models.lung_nodule.training.cubes import load_cube_planes
from triton_models.lung_nodule.training.folds import FOLDS, Split, blocked_folds, split
from triton_models.lung_nodule.training.network import PlaneEncoder


@dataclass(frozen=True)
class Source:
    """image uint8 (square, 50, 50); is_nodule bool (square,); count of them in each batch."""

    image: NDArray[np.uint8]
    is_nodule: NDArray[np.bool_]
    count: int


@dataclass(frozen=True)
class Schedule:
    """positives: share of nodules in a batch; decay: of the moving average of the weights, a step.

    reported: steps between two lines of the report
    """

    steps: int = 4_000
    peak_rate: float = 4e-3
    reported: int = 100
    crops: int = 48
    cube_planes: int = 16
    weight_decay: float = 1e-2
    positives: float = 0.35
    smoothing: float = 0.02
    decay: float = 0.99
    seed: int = 1


def train_encoder(
    sources: Sequence[Source],
    schedule: Schedule,
    start: PlaneEncoder | None = None,
    report: Callable[[int, str, PlaneEncoder], None] = lambda step, line, _: print(step, line, flush=True),
) -> PlaneEncoder:
    """Fit an encoder, from `start` or from nothing; returns the moving average of its weights, in evaluation mode.

    report: is given the step, the loss in words and the average so far, to be kept against an interruption
    """
    torch.manual_seed(schedule.seed)
    random = np.random.default_rng(schedule.seed)
    encoder = PlaneEncoder()
    if start is not None:
        encoder.load_state_dict(start.state_dict())
    encoder.train()
    averaged = torch.optim.swa_utils.AveragedModel(
        encoder, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(schedule.decay), use_buffers=True
    )
    trained = averaged.module
    assert isinstance(trained, PlaneEncoder)
    optimizer = torch.optim.AdamW(encoder.parameters(), schedule.peak_rate, weight_decay=schedule.weight_decay)
    rates = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, schedule.peak_rate, total_steps=schedule.steps, pct_start=0.2
    )
    drawn = [draw(source, schedule.positives, random) for source in sources]
    started, losses = time.process_time(), []
    for step in range(1, schedule.steps + 1):
        parts = [(source, next(numbers)) for source, numbers in zip(sources, drawn, strict=True)]
        image = np.concatenate([source.image[chosen] for source, chosen in parts])
        label = np.concatenate([source.is_nodule[chosen] for source, chosen in parts])
        logit = encoder(torch.from_numpy(augment(hounsfield(image), random)))
        target = torch.from_numpy(label.astype(np.float32))
        smoothed = target * (1 - 2 * schedule.smoothing) + schedule.smoothing
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logit, smoothed)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rates.step()
        averaged.update_parameters(encoder)
        losses.append(loss.item())
        if step % schedule.reported == 0:
            mean, spent = np.mean(losses[-schedule.reported :]), time.process_time() - started
            report(step, f"of {schedule.steps} loss {mean:.4f}, {spent:.0f} s of processor time", trained)
    return trained.eval()


def draw(source: Source, positives: float, random: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Numbers of squares, batch after batch: nodules and others each in an order shuffled anew when used up.

    Of a source without nodules (or without others), all of its squares are of the one kind.
    """
    kinds = (np.flatnonzero(source.is_nodule), np.flatnonzero(~source.is_nodule))
    share = positives if len(kinds[0]) and len(kinds[1]) else float(len(kinds[0]) > 0)
    of_nodules = round(source.count * share)
    counts = (of_nodules, source.count - of_nodules)
    waiting = [np.empty(0, np.int64), np.empty(0, np.int64)]
    while True:
        chosen = []
        for number, (kind, count) in enumerate(zip(kinds, counts, strict=True)):
            while len(waiting[number]) < count:
                waiting[number] = np.concatenate([waiting[number], random.permutation(kind)])
            chosen.append(waiting[number][:count])
            waiting[number] = waiting[number][count:]
        yield np.concatenate(chosen)


def score_squares(encoder: PlaneEncoder, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Logit of the middle of each square, float32 (square,)."""
    squares = torch.from_numpy(center_square(hounsfield(image)))
    with torch.inference_mode():
        return torch.cat([encoder(part) for part in squares.split(128)]).numpy()


def sources_of(part: Split, schedule: Schedule) -> list[Source]:
    """What trains a fold."""
    return [
        Source(part.training.image, part.training.is_nodule, schedule.crops),
        Source(part.training_planes.image, part.training_planes.is_nodule, schedule.cube_planes),
    ]


def load_encoder(weights: Path) -> PlaneEncoder:
    """An encoder in evaluation mode."""
    encoder = PlaneEncoder()
    encoder.load_state_dict(torch.load(weights, weights_only=True))
    return encoder.eval()


def train_fold(part: Split, schedule: Schedule, path: Path) -> None:
    """Train without the fold's block and its guard band; keep the weights."""

    def report(step: int, line: str, so_far: PlaneEncoder) -> None:
        print(f"{path.stem}: step {step} {line}", flush=True)
        torch.save(so_far.state_dict(), path.with_suffix(".part"))

    encoder = train_encoder(sources_of(part, schedule), schedule, report=report)
    torch.save(encoder.state_dict(), path)
    path.with_suffix(".part").unlink(missing_ok=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder as MODEL.md describes it")
    parser.add_argument("--out", type=Path, required=True, help="folder for the weights")
    parser.add_argument("--folds", type=int, nargs="+", default=list(range(FOLDS)), help="which to train now")
    parser.add_argument("--steps", type=int, default=Schedule.steps)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    crops, planes = load_crops(options.data), load_cube_planes(options.data)
    for fold in blocked_folds(crops.candidate_row, FOLDS):
        path = options.out / f"fold-{fold.index}.pt"
        if fold.index in options.folds and not path.exists():
            train_fold(split(crops, planes, fold), Schedule(steps=options.steps), path)


if __name__ == "__main__":
    main()
