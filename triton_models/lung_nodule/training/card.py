"""Write card.json and MODEL.md from what was measured; the one is the other in words.

`python -m triton_models.lung_nodule.training.card --runs FOLDER` with folds/folds.json, calibration.json, scans.json
and diameters.json in the folder.
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

MODEL = Path(__file__).parent.parent
FACTS = Path(__file__).parent / "facts.json"
MOST_LISTED = 30
# As `evaluate` cuts them; that module needs torch.
FOLDS = 5


def build_card(runs: Path) -> dict[str, Any]:
    """The card: facts.json, which people wrote, and the figures, which the recipe measured."""
    facts: dict[str, Any] = json.loads(FACTS.read_text("utf-8"))
    calibration = _read(runs / "calibration.json")
    return {
        **facts,
        "operatingPoint": {
            "slope": calibration["slope"],
            "offset": calibration["offset"],
            "threshold": calibration["threshold"],
            "lowestListed": calibration["lowest_listed"],
            "mostListed": MOST_LISTED,
        },
        "metrics": {
            "crops": _read(runs / "folds" / "folds.json"),
            "candidates": calibration,
            "developmentScans": _read(runs / "scans.json"),
            "diameters": _read(runs / "diameters.json"),
        },
        "files": {"1/model.onnx": hashlib.sha256((MODEL / "1" / "model.onnx").read_bytes()).hexdigest()},
    }


def render(card: dict[str, Any]) -> str:
    """MODEL.md."""
    parts = [
        f"# {card['title']} (`lung_nodule`, version {card['version']})",
        f"**{card['warning']}**",
        "## Intended use",
        card["intendedUse"],
        "## How it works",
        card["howItWorks"],
        "## Data",
        _list(f"**{one['name']}**: {one['what']} {one['licence']} {one['citation']}" for one in card["trainingData"]),
        "## Splits",
        _list(card["splits"]),
        "## How well it tells nodules from what looks like them",
        _crops(card["metrics"]["crops"]),
        _candidates(card),
        "## On the development scans",
        _scans(card["metrics"]["developmentScans"]),
        "## Diameters",
        _diameters(card["metrics"]["diameters"]),
        "## What fails, by name",
        _list(card["failures"]),
        "## Limits",
        _list(card["limits"]),
        "## To reproduce",
        card["reproduce"],
        "## Files",
        _list(f"`{name}` SHA-256 `{digest}`" for name, digest in card["files"].items()),
    ]
    return "\n\n".join(parts) + "\n"


def interval(figure: list[float], digits: int = 3) -> str:
    """A figure with its 95 % interval."""
    value, low, high = figure
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _crops(crops: dict[str, Any]) -> str:
    one, eight = crops["one_view"], crops["eight_views"]
    names = [
        ("Area under the ROC curve", "auc"),
        ("Sensitivity at 1 % false positives", "sensitivity_at_1_percent"),
        ("Sensitivity at 5 % false positives", "sensitivity_at_5_percent"),
        ("Sensitivity at 10 % false positives", "sensitivity_at_10_percent"),
    ]
    rows = [f"| {words} | {interval(one[key])} | {interval(eight[key])} |" for words, key in names]
    folds = ", ".join(f"{fold['auc'][0]:.3f}" for fold in crops["folds"])
    return "\n".join(
        [
            f"{one['crops']} axial crops, {one['nodules']} of nodules, each scored by the fold that did not see",
            "its block; 95 % intervals by bootstrap over scans. The product looks at three to nine planes; a crop",
            "is one.",
            "",
            "| | one view | mean of its eight turns |",
            "|---|---|---|",
            *rows,
            "",
            f"The area under the curve, fold by fold ({len(crops['folds'])} of {FOLDS} were run): {folds}.",
        ]
    )


def _candidates(card: dict[str, Any]) -> str:
    figures, point = card["metrics"]["candidates"], card["operatingPoint"]
    return "\n".join(
        [
            f"{figures['nodules']} nodules and {figures['look_alikes']} look-alikes of held-out cubes, in four to nine",
            f"planes, as in the product: area under the curve {figures['auc']:.3f}, expected calibration error",
            f"{figures['calibration_error']:.3f} at the cubes' prevalence. The probability shown is for a scan's",
            "prevalence (1.3 nodules in 600 candidates). A finding is **marked** from",
            f"{point['threshold']:.3f} on: there, going by the look-alikes, about two false marks a scan are expected.",
            f"{figures['marked_nodules']:.0%} of the held-out nodules reach it. It is **listed** from",
            f"{point['lowestListed']:.3f} on ({figures['listed_nodules']:.0%}), at most {point['mostListed']} a scan.",
        ]
    )


def _scans(scans: dict[str, Any]) -> str:
    lines = [
        "Whole scans that trained nothing but were looked at while building (see Splits). Rank counts all listed",
        "findings of the scan, most probable first.",
        "",
        "| scan | readers of 4 | readers' mm | rank | false before it | probability | marked | measured mm |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, scan in scans.items():
        for nodule in sorted(scan["nodules"], key=lambda one: -one["readers"]):
            found = nodule["rank"] is not None
            values = (
                [nodule["rank"], nodule["false_before"], f"{nodule['probability']:.3f}", _yes(nodule["marked"])]
                if found
                else ["not listed", "-", "-", "no"]
            )
            cells = [name, nodule["readers"], nodule["diameter_mm"], *values, nodule["measured_mm"] if found else "-"]
            lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    lines += ["", "| scan | findings listed | marked | of these on no reader's nodule | seconds |"]
    lines.append("|---|---|---|---|---|")
    lines += [
        f"| {name} | {s['listed']} | {s['marked']} | {s['false_marked']} | {s['seconds']} |"
        for name, s in scans.items()
    ]
    return "\n".join([*lines, "", "Seconds on two shared cores, from the volume to the findings, other work running."])


def _diameters(figures: dict[str, Any]) -> str:
    low, high = figures["limits_of_agreement_mm"]
    return "\n".join(
        [
            f"Equal-area diameter of the widest slice against one reader's outline, {figures['cubes']} cubes (in",
            f"{figures['without_candidate']} more no candidate lay on the nodule): median ratio",
            f"{figures['median_ratio']:.2f}, mean absolute error {figures['mean_absolute_error_mm']:.1f} mm and",
            f"{figures['mean_absolute_error_mm_below_12']:.1f} mm for nodules below 12 mm; 95 % of the errors lie",
            f"between {low:.1f} and {high:.1f} mm. The product measures within the segmented lungs, which cubes lack.",
        ]
    )


def _list(lines: Any) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, required=True)
    card = build_card(parser.parse_args().runs)
    (MODEL / "card.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (MODEL / "MODEL.md").write_text(render(card), "utf-8")


if __name__ == "__main__":
    main()
