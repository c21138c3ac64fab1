"""What held-out logits say: AUC, sensitivity at fixed false-positive rates, calibration; no torch.

Intervals: 95 % percentile bootstrap over runs of 620 candidate rows (about one scan), since crops of a scan are alike.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

ROWS_A_SCAN = 620
FALSE_POSITIVE_RATES = (0.01, 0.05, 0.10)
RELIABILITY_EDGES = (0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 1.0)

Scores = NDArray[np.floating[Any]]
Labels = NDArray[np.bool_]


def area_under_curve(score: Scores, is_nodule: Labels) -> float:
    """Chance that a nodule scores above a non-nodule, ties half (Mann and Whitney)."""
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    rank = (last - (counts - 1) / 2)[inverse]
    nodules, others = int(is_nodule.sum()), int((~is_nodule).sum())
    return float((rank[is_nodule].sum() - nodules * (nodules + 1) / 2) / (nodules * others))


def sensitivity_at(score: Scores, is_nodule: Labels, false_positive_rate: float) -> float:
    """Share of nodules above the score that `false_positive_rate` of the others reach."""
    threshold = np.quantile(score[~is_nodule], 1 - false_positive_rate, method="higher")
    return float((score[is_nodule] > threshold).mean())


def exact_interval(hits: int, count: int, level: float = 0.95) -> list[float]:
    """[share, low, high] by Clopper and Pearson."""
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, hits, count - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, count - hits)) if hits < count else 1.0
    return [round(hits / count, 4), round(low, 4), round(high, 4)]


def summarize(
    parts: Sequence[dict[str, NDArray[Any]]], view: str, resamples: int = 1000, seed: int = 1
) -> dict[str, Any]:
    """Pool the folds' held-out crops; each figure as [value, low, high]."""
    row = np.concatenate([part["candidate_row"] for part in parts])
    is_nodule = np.concatenate([part["is_nodule"] for part in parts])
    score = np.concatenate([part[view] for part in parts])
    scan = row // ROWS_A_SCAN
    members = [np.flatnonzero(scan == one) for one in np.unique(scan)]
    random = np.random.default_rng(seed)
    drawn = [
        _figures(score[chosen], is_nodule[chosen])
        for chosen in (
            np.concatenate([members[k] for k in random.integers(0, len(members), len(members))])
            for _ in range(resamples)
        )
    ]
    low, high = np.percentile(np.array([list(one.values()) for one in drawn]), [2.5, 97.5], axis=0)
    figures = _figures(score, is_nodule)
    return {
        "crops": len(row),
        "nodules": int(is_nodule.sum()),
        **{
            name: [round(value, 4), round(float(a), 4), round(float(b), 4)]
            for (name, value), a, b in zip(figures.items(), low, high, strict=True)
        },
    }


def fit_calibration(score: Scores, is_nodule: Labels, steps: int = 50) -> tuple[float, float]:
    """Slope and offset of a logistic curve through the held-out logits (Platt), by Newton's method."""
    design = np.stack([score.astype(np.float64), np.ones(len(score))], axis=1)
    weights = np.array([1.0, 0.0])
    for _ in range(steps):
        probability = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (is_nodule - probability)
        curvature = (design * (probability * (1 - probability))[:, None]).T @ design
        weights = weights + np.linalg.solve(curvature + 1e-9 * np.eye(2), slope)
    return float(weights[0]), float(weights[1])


def calibration_error(probability: Scores, is_nodule: Labels, bins: int = 15) -> float:
    """Expected calibration error over bins that hold equally many crops."""
    order = np.array_split(np.argsort(probability), bins)
    gaps = [abs(probability[part].mean() - is_nodule[part].mean()) * len(part) for part in order]
    return float(sum(gaps) / len(probability))


def reliability(
    probability: Scores, is_nodule: Labels, edges: Sequence[float] = RELIABILITY_EDGES
) -> list[list[float]]:
    """[from, to, crops, mean probability, share of nodules] of each range that holds any."""
    place = np.clip(np.searchsorted(edges, probability, side="right") - 1, 0, len(edges) - 2)
    return [
        [
            edges[number],
            edges[number + 1],
            int((place == number).sum()),
            round(float(probability[place == number].mean()), 3),
            round(float(is_nodule[place == number].mean()), 3),
        ]
        for number in np.unique(place)
    ]


def _figures(score: Scores, is_nodule: Labels) -> dict[str, float]:
    figures = {"auc": area_under_curve(score, is_nodule)}
    for rate in FALSE_POSITIVE_RATES:
        figures[f"sensitivity_at_{rate:.0%}".replace("%", "_percent")] = sensitivity_at(score, is_nodule, rate)
    return figures
