"""Draw what the card speaks of: a mark and what it went by, what is missed, what is marked falsely, the calibration.

`python -m triton_models.lung_nodule.training.pictures --data FOLDER --runs FOLDER --out docs/pictures`

Needs the product's packages and the exported graphs. Slices are of LIDC-IDRI (CC BY 3.0); the pictures say so.
"""

import argparse
import asyncio
import json
from dataclasses import dataclass
from dataclasses import field as field_of
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from api.imaging.volume import Volume
from api.inference import lung_nodule
from api.inference.findings import DetectedFinding
from api.inference.interpretation import Predict
from triton_models.lung_nodule.training.calibrate import operating_point
from triton_models.lung_nodule.training.development_scans import (
    center_of,
    hit_findings,
    predict_with,
    read_scan,
    read_truth,
)

GROUND, RAISED, LINE = (11, 15, 20), (26, 34, 44), (43, 54, 66)
TEXT, MUTED, ACCENT, WARNING = (233, 239, 244), (163, 177, 190), (79, 209, 197), (251, 191, 36)
HEAT = np.array([251.0, 146.0, 60.0])
# The lung's usual window.
WINDOW_LOW, WINDOW_HIGH = -1350.0, 150.0
TILE, GAP, CAPTION = 208, 12, 44
FIELD_MM = 60.0
CREDIT = "CT: LIDC-IDRI, CC BY 3.0, doi 10.7937/K9/TCIA.2015.LO9QL9SX"
QUALITY = 82

# Whom to ask, and the card with the operating point.
Asked = tuple[Predict, dict[str, Any]]


def font(size: int) -> Any:
    """Pillow's own."""
    return ImageFont.load_default(size)


def shade(hu: NDArray[Any]) -> NDArray[np.float64]:
    """HU to 0..255 in the lung's window, with three equal channels."""
    gray = np.clip((hu.astype(np.float64) - WINDOW_LOW) / (WINDOW_HIGH - WINDOW_LOW), 0, 1) * 255
    return np.repeat(gray[..., None], 3, axis=-1)


def field(volume: Volume, index: NDArray[np.float64], heat: NDArray[np.uint8] | None = None) -> Image.Image:
    """A square of `FIELD_MM` of the slice around index (slice, row, column), heat of the same slice painted over it."""
    at = int(np.clip(round(float(index[0])), 0, len(volume.voxels) - 1))
    half = round(FIELD_MM / 2 / volume.spacing[1])
    padded = np.pad(volume.voxels[at], half, constant_values=-1000)
    row, column = (round(float(value)) for value in index[1:])
    rows, columns = slice(row, row + 2 * half), slice(column, column + 2 * half)
    colors = shade(padded[rows, columns])
    if heat is not None:
        part = (np.pad(heat, half)[rows, columns] / 255.0)[..., None] * 0.6
        colors = colors * (1 - part) + HEAT * part
    return Image.fromarray(np.rint(colors).astype(np.uint8)).resize((TILE, TILE), Image.Resampling.BICUBIC)


def ring(tile: Image.Image, diameter_mm: float, color: tuple[int, int, int]) -> None:
    """A circle around the middle, a little wider than what it is about."""
    radius = (diameter_mm / 2 + 4.0) * TILE / FIELD_MM
    middle = TILE / 2
    ImageDraw.Draw(tile).ellipse(
        (middle - radius, middle - radius, middle + radius, middle + radius), outline=color, width=2
    )


def sheet(tiles: list[tuple[Image.Image, str, str]], columns: int, credit: str = CREDIT) -> Image.Image:
    """Tiles with two lines of words each, row by row, and whose pictures they are below."""
    rows = -(-len(tiles) // columns)
    width = columns * (TILE + GAP) + GAP
    drawn = Image.new("RGB", (width, rows * (TILE + CAPTION + GAP) + GAP + 22), GROUND)
    pen = ImageDraw.Draw(drawn)
    for number, (tile, first, second) in enumerate(tiles):
        left = GAP + number % columns * (TILE + GAP)
        top = GAP + number // columns * (TILE + CAPTION + GAP)
        drawn.paste(tile, (left, top))
        pen.rectangle((left, top, left + TILE - 1, top + TILE - 1), outline=LINE)
        pen.text((left, top + TILE + 6), first, TEXT, font(14))
        pen.text((left, top + TILE + 25), second, MUTED, font(12))
    pen.text((GAP, drawn.height - 22), credit, MUTED, font(11))
    return drawn


def reliability_diagram(figures: dict[str, Any]) -> Image.Image:
    """Share of nodules over the mean probability of each bin: crops joined by a line, candidates of cubes as dots."""
    side, left, top = 320, 64, 20
    drawn = Image.new("RGB", (side + left + 24, side + top + 62), GROUND)
    pen = ImageDraw.Draw(drawn)

    def point(x: float, y: float) -> tuple[float, float]:
        return left + x * side, top + (1 - y) * side

    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        pen.line((*point(0, tick), *point(1, tick)), RAISED)
        pen.line((*point(tick, 0), *point(tick, 1)), RAISED)
        pen.text((left - 8, point(0, tick)[1]), f"{tick:g}", MUTED, font(12), anchor="rm")
        pen.text((point(tick, 0)[0], top + side + 8), f"{tick:g}", MUTED, font(12), anchor="mt")
    pen.line((*point(0, 0), *point(1, 1)), MUTED)
    for name, color, radius in (("reliability", WARNING, 4), ("crop_reliability", ACCENT, 5)):
        places = [point(mean, share) for _, _, _, mean, share in figures[name]]
        if name == "crop_reliability":
            pen.line(places, color, 2)
        for x, y in places:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)
    pen.text((left + side / 2, top + side + 26), "probability said", TEXT, font(13), anchor="mt")
    pen.text((left, top + side + 44), "crops", ACCENT, font(12))
    pen.text((left + 50, top + side + 44), "candidates of cubes", WARNING, font(12))
    pen.text((left + 4, 4), "share that are nodules", TEXT, font(13))
    return drawn


async def read(volume: Volume, predict: Predict, card: dict[str, Any]) -> tuple[list[DetectedFinding], dict[int, Any]]:
    """Findings of a scan and what the model looked at, by slice."""
    prepared = lung_nodule.prepare(volume)
    findings = lung_nodule.interpret(prepared, await lung_nodule.score(prepared, predict), card)
    return findings, dict(await lung_nodule.attend(prepared, findings, predict))


def index_of(volume: Volume, finding: DetectedFinding) -> NDArray[np.float64]:
    """(slice, row, column), on the slice that shows it best."""
    at = finding.position
    index = np.array(volume.patient_to_index((at.x, at.y, at.z)))
    index[0] = finding.frame_index
    return index


Tile = tuple[Image.Image, str, str]


@dataclass
class Tiles:
    """What the scans gave: a marked nodule each and what the model went by, false marks, nodules without a mark."""

    marks: list[Tile] = field_of(default_factory=list)
    heat: list[Tile] = field_of(default_factory=list)
    wrong: list[Tile] = field_of(default_factory=list)
    missed: list[Tile] = field_of(default_factory=list)


async def draw_scan(volume: Volume, name: str, nodules: list[dict[str, Any]], asked: Asked, tiles: Tiles) -> None:
    """Add a scan's tiles."""
    findings, heat = await read(volume, *asked)
    places = np.array([[f.position.x, f.position.y, f.position.z] for f in findings]).reshape(-1, 3)
    readers: dict[int, int] = {}
    for nodule in nodules:
        center = center_of(nodule, volume)
        numbers = hit_findings(places, center, nodule["diameter_mm"])
        readers.update(dict.fromkeys(numbers, nodule["readers"]))
        if not any(findings[number].above_threshold for number in numbers):
            tile = field(volume, np.array(volume.patient_to_index(tuple(center))))
            ring(tile, nodule["diameter_mm"], WARNING)
            said = f"rank {numbers[0] + 1}, {findings[numbers[0]].probability:.3f}" if numbers else "not listed"
            words = f"{nodule['readers']} of 4 readers, {nodule['diameter_mm']:.1f} mm"
            tiles.missed.append((tile, f"{name}: {said}", words))
    marked = [number for number, finding in enumerate(findings) if finding.above_threshold]
    for number in (each for each in marked if each not in readers):
        tile, words = marked_tile(volume, name, findings[number], WARNING)
        tiles.wrong.append((tile, words, f"on no reader's nodule, {findings[number].diameter_mm or 0:.1f} mm"))
    for number in sorted((each for each in marked if each in readers), key=lambda each: -readers[each])[:1]:
        finding = findings[number]
        tile, words = marked_tile(volume, name, finding, ACCENT)
        tiles.marks.append((tile, words, f"{readers[number]} of 4 readers, {finding.diameter_mm or 0:.1f} mm measured"))
        if finding.frame_index in heat:
            painted = field(volume, index_of(volume, finding), heat[finding.frame_index])
            tiles.heat.append((painted, f"{name}: what it went by", "blanking the warm lowers its word"))


def marked_tile(
    volume: Volume, name: str, finding: DetectedFinding, color: tuple[int, int, int]
) -> tuple[Image.Image, str]:
    """The finding in a ring, and its probability in words."""
    tile = field(volume, index_of(volume, finding))
    ring(tile, finding.diameter_mm or 0.0, color)
    return tile, f"{name}: probability {finding.probability:.2f}"


async def draw_scans(data: Path, graph: str, card: dict[str, Any], out: Path) -> None:
    """Pictures of all development scans."""
    tiles = Tiles()
    for name, scan in read_truth(data).items():
        asked = (predict_with(Path(graph.format(scan=name)), 2), card)
        await draw_scan(read_scan(data / name / "dicom.tar.xz"), name[-4:], scan["nodules"], asked, tiles)
    for file, each in (("marks", tiles.marks + tiles.heat), ("false-marks", tiles.wrong), ("missed", tiles.missed)):
        if each:
            sheet(each, min(3, len(each))).save(out / f"{file}.webp", quality=QUALITY, method=6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True, help="folder with calibration.json")
    parser.add_argument(
        "--graph", default="triton_models/lung_nodule/1/model.onnx", help="as `development_scans` has it"
    )
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    figures = json.loads((options.runs / "calibration.json").read_text())
    reliability_diagram(figures).save(options.out / "reliability.webp", quality=QUALITY, method=6)
    card = {"operatingPoint": operating_point(figures)}
    asyncio.run(draw_scans(options.data, options.graph, card, options.out))


if __name__ == "__main__":
    main()
