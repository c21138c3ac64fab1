"""Write card.json and MODEL.md from what was measured; the one is the other in words.

`python -m triton_models.lung_nodule.training.card --runs FOLDER` with folds/folds.json, calibration.json, votes.json,
subgroups.json, recall.json, scans.json and diameters.json in the folder.
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

from triton_models.lung_nodule.training.calibrate import operating_point
from triton_models.lung_nodule.training.folds import FOLDS

MODEL = Path(__file__).parent.parent
FACTS = Path(__file__).parent / "facts.json"


def build_card(runs: Path) -> dict[str, Any]:
    """The card: facts.json, which people wrote, and the figures, which the recipe measured."""
    facts: dict[str, Any] = json.loads(FACTS.read_text("utf-8"))
    calibration = _read(runs / "calibration.json")
    return {
        **facts,
        "operatingPoint": operating_point(calibration),
        "metrics": {
            "crops": _read(runs / "folds" / "folds.json"),
            "candidates": calibration,
            "votes": _read(runs / "votes.json"),
            "subgroups": _read(runs / "subgroups.json"),
            "candidateFinder": _read(runs / "recall.json"),
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
        "## Calibration",
        _calibration(card["metrics"]["candidates"]),
        "## By subgroup",
        _subgroups(card["metrics"]["subgroups"], card["metrics"]["candidateFinder"]),
        "## On the development scans",
        _scans(card["metrics"]["developmentScans"]),
        "## Diameters",
        _diameters(card["metrics"]["diameters"]),
        "## What fails, by name",
        _list(card["failures"]),
        *(f"![{one['shows']}]({one['file']})\n\n{one['shows']}" for one in card["pictures"]),
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
    one = crops["one_view"]
    names = [
        ("Area under the ROC curve", "auc"),
        ("Sensitivity at 1 % false positives", "sensitivity_at_1_percent"),
        ("Sensitivity at 5 % false positives", "sensitivity_at_5_percent"),
        ("Sensitivity at 10 % false positives", "sensitivity_at_10_percent"),
    ]
    rows = [
        f"| {words} | {interval(one[key])} | " + " | ".join(f"{fold[key][0]:.3f}" for fold in crops["folds"]) + " |"
        for words, key in names
    ]
    return "\n".join(
        [
            f"{one['crops']} axial crops, {one['nodules']} of nodules, each scored by the encoder whose fold did not",
            "see its block; 95 % intervals by bootstrap over scans. A crop is one plane, seen by one encoder; the",
            "product looks at three to nine planes with all encoders.",
            f"{len(crops['folds'])} of {FOLDS} folds were run.",
            "",
            "| | together |" + "".join(f" fold {fold['fold']} |" for fold in crops["folds"]),
            "|---|---|" + "---|" * len(crops["folds"]),
            *rows,
        ]
    )


def _candidates(card: dict[str, Any]) -> str:
    figures, point, votes = card["metrics"]["candidates"], card["operatingPoint"], card["metrics"]["votes"]
    return "\n".join(
        [
            f"{figures['nodules']} nodules and {figures['look_alikes']} look-alikes of held-out cubes, in four to nine",
            f"planes, as in the product: area under the curve {figures['auc']:.3f}. The probability shown is for a",
            "scan's prevalence (1.3 nodules in 600 candidates). A finding is **marked** from",
            f"{point['threshold']:.3f} on: above what two of the cubes' look-alikes in 600 reach",
            f"({figures['threshold_by_cubes']:.3f}), and above all but two false findings of each development scan.",
            f"{interval(figures['marked_nodules'], 2)} of the held-out nodules reach it. It is **listed** from",
            f"{point['lowestListed']:.4f} on ({interval(figures['listed_nodules'], 2)}), at most",
            f"{point['mostListed']} a scan.",
            "",
            "How planes vote, compared on these candidates; the product takes the first:",
            "",
            "| vote | area under the curve | sensitivity at 1 % | at 2 % of the look-alikes |",
            "|---|---|---|---|",
            *(
                f"| {words} | {one['auc']:.4f} | {one['sensitivity_at_1_percent']:.2f} "
                f"| {one['sensitivity_at_2_percent']:.2f} |"
                for words, one in votes.items()
            ),
        ]
    )


def _calibration(figures: dict[str, Any]) -> str:
    lines = [
        "Each fold's logits under a curve fitted to the other folds. Expected calibration error (15 bins of equally",
        f"many): {figures['calibration_error']:.3f} of a cube's candidates in all their planes, at the cubes'",
        f"prevalence, {figures['crop_calibration_error']:.3f} of crops, at the crops'.",
        "",
        "![Reliability of held-out crops](../../docs/pictures/reliability.webp)",
        "",
        "| probability said | crops | mean said | nodules among them | candidates | mean said | nodules among them |",
        "|---|---|---|---|---|---|---|",
    ]
    beside = {(low, high): rest for low, high, *rest in figures["reliability"]}
    for low, high, count, mean, share in figures["crop_reliability"]:
        other, said, came = beside.get((low, high), (0, None, None))
        ends = f"{said:.3f} | {came:.3f}" if said is not None else "- | -"
        lines.append(f"| {low:g} to {high:g} | {count} | {mean:.3f} | {share:.3f} | {other} | {ends} |")
    return "\n".join(lines)


def _subgroups(groups: dict[str, Any], finder: dict[str, Any]) -> str:
    lines = [
        "The cubes' nodules, with exact 95 % intervals (Clopper and Pearson). *Has a candidate*: of all cubes, one",
        f"among the first {finder['candidates_a_cube']} of its cube lies near its middle (no network takes part).",
        "*Marked*: of the held-out cubes, its planes' fused probability, at its true centre, reaches the threshold.",
        "",
        "| nodules | count | has a candidate | held out | marked |",
        "|---|---|---|---|---|",
    ]
    for name, (count, *found) in finder["groups"].items():
        held_out, *marked = groups["cubes"].get(name, [0])
        ends = interval(marked, 2) if held_out else "-"
        lines.append(f"| {name} | {count} | {interval(found, 2)} | {held_out} | {ends} |")
    low, high = groups["crops"]["thirds_at_hu"]
    lines += [
        "",
        f"Held-out crops by the grain of their aerated lung (thirds at {low:.0f} and {high:.0f} HU), which stands for",
        "kernel, dose and thickness together; 95 % intervals by bootstrap over scans:",
        "",
        "| grain | crops | nodules | area under the curve | sensitivity at 1 % | at 5 % false positives |",
        "|---|---|---|---|---|---|",
    ]
    for name, one in groups["crops"]["groups"].items():
        figures = [interval(one[key]) for key in ("auc", "sensitivity_at_1_percent", "sensitivity_at_5_percent")]
        lines.append(f"| {name} | {one['crops']} | {one['nodules']} | " + " | ".join(figures) + " |")
    return "\n".join(lines)


def _scans(scans: dict[str, Any]) -> str:
    lines = [
        "Whole scans (see Splits for what they were used for). Rank counts all listed findings of the scan, most",
        "probable first.",
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
    lines.append("")
    lines += [
        "| scan | findings listed | marked | of these on no reader's nodule | processor seconds | memory, MiB |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {s['listed']} | {s['marked']} | {s['false_marked']} "
        f"| {s['processor_seconds']:.0f} | {s['memory_mib']} |"
        for name, s in scans.items()
    ]
    lines += ["", "Processor time of both cores together, from the volume to the findings; memory beside the volume."]
    return "\n".join(lines)


def _diameters(figures: dict[str, Any]) -> str:
    low, high = figures["limits_of_agreement_mm"]
    return "\n".join(
        [
            f"Equal-area diameter of the widest slice against one reader's outline, {figures['cubes']} cubes (in",
            f"{figures['without_candidate']} more no candidate lay on the nodule): median ratio",
            f"{figures['median_ratio']:.2f}, mean absolute error {figures['mean_absolute_error_mm']:.1f} mm and",
            f"{figures['mean_absolute_error_mm_below_12']:.1f} mm for nodules below 12 mm; 95 % of the errors lie",
            f"between {low:.1f} and {high:.1f} mm. The product measures within the segmented lungs, which cubes lack.",
            *_spread(figures.get("readers")),
        ]
    )


def _spread(figures: dict[str, Any] | None) -> list[str]:
    if figures is None:
        return []
    return [
        "",
        f"Against the readers' spread, {figures['nodules']} nodules that three to five readers outlined: the measure",
        f"lies {figures['mean_absolute_error_mm']:.1f} mm from the readers' mean (median of the signed errors",
        f"{figures['median_error_mm']:.1f} mm), where one reader lies",
        f"{figures['one_reader_from_the_others_mm']:.1f} mm from the mean of the others.",
        f"{figures['within_the_readers']:.0%} of the measures lie between the smallest and the largest reader,",
        f"{figures['median_range_of_readers_mm']:.1f} mm apart in the median. It is less sure than a reader: a rule",
        "that turns on a millimetre must be read with that in mind.",
    ]


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
