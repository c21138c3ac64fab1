"""Train one encoder on crops and cube planes; seeded.

`python -m triton_models.lung_nodule.training.train --data FOLDER --weights FILE`
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
from triton_models.lung_nodule.training.network import PlaneEncoder


@dataclass(frozen=True)
class Source:
    """image uint8 (square, 50, 50); is_nodule bool (square,); count of them in each batch."""

    image: NDArray[np.uint8]
    is_nodule: NDArray[np.bool_]
    count: int


@dataclass(frozen=True)
class Schedule:
    """positives: share of nodules in a batch; decay: of the moving average of the weights, a step."""

    epochs: int = 20
    steps: int = 60
    crops: int = 96
    cube_planes: int = 32
    peak_rate: float = 4e-3
    weight_decay: float = 1e-2
    positives: float = 0.35
    smoothing: float = 0.02
    decay: float = 0.99
    seed: int = 1


def train_encoder(sources: Sequence[Source], schedule: Schedule, report: Callable[[str], None] = print) -> PlaneEncoder:
    """Fit an encoder; returns the moving average of its weights, in evaluation mode."""
    torch.manual_seed(schedule.seed)
    random = np.random.default_rng(schedule.seed)
    encoder = PlaneEncoder().to(memory_format=torch.channels_last)
    averaged = torch.optim.swa_utils.AveragedModel(
        encoder, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(schedule.decay), use_buffers=True
    )
    optimizer = torch.optim.AdamW(encoder.parameters(), schedule.peak_rate, weight_decay=schedule.weight_decay)
    rates = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, schedule.peak_rate, total_steps=schedule.steps * schedule.epochs, pct_start=0.2
    )
    drawn = [draw(source, schedule.positives, random) for source in sources]
    # On a processor without bfloat16 of its own it takes five times as long as float32.
    capabilities = torch.cpu.get_capabilities()
    is_short_float_fast = bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    for epoch in range(schedule.epochs):
        started, losses = time.monotonic(), []
        encoder.train()
        for _ in range(schedule.steps):
            parts = [(source, next(numbers)) for source, numbers in zip(sources, drawn, strict=True)]
            image = np.concatenate([source.image[chosen] for source, chosen in parts])
            label = np.concatenate([source.is_nodule[chosen] for source, chosen in parts])
            views = torch.from_numpy(augment(hounsfield(image), random))
            target = torch.from_numpy(label.astype(np.float32))
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=is_short_float_fast):
                logit = encoder(views)
            smoothed = target * (1 - 2 * schedule.smoothing) + schedule.smoothing
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logit.float(), smoothed)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rates.step()
            averaged.update_parameters(encoder)
            losses.append(loss.item())
        report(f"epoch {epoch + 1}/{schedule.epochs} loss {np.mean(losses):.4f} {time.monotonic() - started:.1f} s")
    trained = averaged.module
    assert isinstance(trained, PlaneEncoder)
    return trained.eval()


def draw(source: Source, positives: float, random: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Numbers of squares, batch after batch: nodules and others each in an order shuffled anew when used up."""
    kinds = (np.flatnonzero(source.is_nodule), np.flatnonzero(~source.is_nodule))
    of_nodules = round(source.count * positives)
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


def score_squares(encoder: PlaneEncoder, image: NDArray[np.uint8], turns: int = 1) -> NDArray[np.float32]:
    """Logit of each square, float32 (square,): mean over the first `turns` (1 to 8) turns and mirrors of its middle."""
    squares = center_square(hounsfield(image))
    total = np.zeros(len(image), np.float32)
    with torch.inference_mode():
        for turn in range(turns):
            turned = np.rot90(squares, turn % 4, axes=(1, 2))
            turned = turned[:, :, ::-1] if turn >= 4 else turned
            parts = torch.from_numpy(np.ascontiguousarray(turned)).split(256)
            total += torch.cat([encoder(part) for part in parts]).numpy()
    return total / turns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder as MODEL.md describes it")
    parser.add_argument("--weights", type=Path, required=True, help="file to write, .pt")
    parser.add_argument("--epochs", type=int, default=Schedule.epochs)
    parser.add_argument("--seed", type=int, default=Schedule.seed)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    schedule = Schedule(epochs=options.epochs, seed=options.seed)
    crops = load_crops(options.data)
    crops = crops.take(~crops.near_development_scan)
    planes = load_cube_planes(options.data)
    sources = [
        Source(crops.image, crops.is_nodule, schedule.crops),
        Source(planes.image, planes.is_nodule, schedule.cube_planes),
    ]
    encoder = train_encoder(sources, schedule, lambda line: print(line, flush=True))
    torch.save(encoder.state_dict(), options.weights)


if __name__ == "__main__":
    main()
