"""Ask an exported graph about whole scans, through the product's own code, and compare with the readers.

`python -m triton_models.lung_nodule.training.development_scans --data FOLDER --calibration FILE --out scans.json`

Layout under `--data FOLDER`: `development-scans-truth.json` names the scans; each lies in `<name>/dicom.tar.xz`. Needs
the product's packages, not torch.
"""

import argparse
import asyncio
import io
import json
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from api.imaging.instance import read_instance
from api.imaging.pixels import iter_frames
from api.imaging.stack_items import StackItem
from api.imaging.stacks import split_stacks
from api.imaging.volume import Volume, load_volume
from api.inference import lung_nodule
from api.inference.interpretation import Batch, Predict
from api.inference.suitability import StackFacts
from triton_models.lung_nodule.training.calibrate import operating_point

# A finding hits a nodule when its position lies within the nodule's radius and this much of its centre.
TOLERANCE_MM = 2.0


def read_scan(archive: Path) -> Volume:
    """The largest stack of an archive of DICOM files."""
    items: list[StackItem[str]] = []
    files = {}
    with tarfile.open(archive) as packed:
        # The readers' XML lies beside the instances.
        for member in (each for each in packed if each.name.endswith(".dcm")):
            stored = packed.extractfile(member)
            if stored is None:
                continue
            file = io.BytesIO(stored.read())
            instance = read_instance(file)
            files[instance.sop_instance_uid] = (file, instance)
            items.extend(
                StackItem(instance.sop_instance_uid, instance.sop_instance_uid, instance.instance_number, geometry)
                for geometry in instance.frames
            )
    stack = max(split_stacks(items), key=lambda one: len(one.items))
    frames = (next(iter(iter_frames(*files[item.key]))) for item in stack.items)
    return load_volume(frames, [item.geometry for item in stack.items])


async def judge(
    volume: Volume, predict: Predict, card: Mapping[str, Any], nodules: list[dict[str, Any]]
) -> dict[str, Any]:
    """Rank and false marks before it of each nodule, where the false marks lie, and what the scan cost."""
    before = start_peak()
    started, spent = time.monotonic(), time.process_time()
    facts = StackFacts("CT", "CHEST", (), "HU", volume.spacing[0], len(volume.voxels))
    seen = lung_nodule.survey(volume)
    verdict = lung_nodule.check_suitability(facts, seen)
    prepared = lung_nodule.prepare(seen)
    outputs = await lung_nodule.score(prepared, predict)
    findings = lung_nodule.interpret(prepared, outputs, card)
    seconds, spent, memory = time.monotonic() - started, time.process_time() - spent, peak_mib() - before
    places = np.array([[f.position.x, f.position.y, f.position.z] for f in findings]).reshape(-1, 3)
    hits = [hit_findings(places, center_of(nodule, volume), nodule["diameter_mm"]) for nodule in nodules]
    of_any = {number for each in hits for number in each}
    return {
        "suitable": verdict.suitable,
        "listed": len(findings),
        "marked": sum(f.above_threshold for f in findings),
        "false_marked": sum(f.above_threshold for n, f in enumerate(findings) if n not in of_any),
        "false_marks": [
            {
                "position_lps_mm": [round(f.position.x, 1), round(f.position.y, 1), round(f.position.z, 1)],
                "probability": f.probability,
                "measured_mm": f.diameter_mm,
            }
            for n, f in enumerate(findings)
            if f.above_threshold and n not in of_any
        ],
        "false_probabilities": [f.probability for n, f in enumerate(findings) if n not in of_any],
        "seconds": round(seconds, 1),
        "processor_seconds": round(spent, 1),
        "memory_mib": round(memory),
        "nodules": [
            {
                "readers": nodule["readers"],
                "diameter_mm": nodule["diameter_mm"],
                "rank": each[0] + 1 if each else None,
                "false_before": sum(n not in of_any for n in range(each[0])) if each else None,
                "probability": findings[each[0]].probability if each else None,
                "marked": findings[each[0]].above_threshold if each else False,
                "measured_mm": findings[each[0]].diameter_mm if each else None,
            }
            for nodule, each in zip(nodules, hits, strict=True)
        ],
    }


def center_of(nodule: dict[str, Any], volume: Volume) -> Any:
    """LPS mm of the readers' centre."""
    column, row = nodule["centre_column_row"]
    x, y, _ = volume.index_to_patient((0.0, row, column))
    return np.array([x, y, nodule["centre_z_mm"]])


def hit_findings(places: Any, center: Any, diameter_mm: float) -> list[int]:
    """Numbers of the findings that lie on the nodule, most probable first."""
    if not len(places):
        return []
    return [int(n) for n in np.flatnonzero(np.linalg.norm(places - center, axis=1) <= diameter_mm / 2 + TOLERANCE_MM)]


def start_peak() -> float:
    """Let the peak of this process's memory begin anew (Linux); MiB in use now."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak_mib()


def peak_mib() -> float:
    """Most memory that this process held since `start_peak`, MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def read_truth(data: Path) -> dict[str, Any]:
    """By development scan, what its readers marked."""
    found: dict[str, Any] = json.loads((data / "development-scans-truth.json").read_text())
    return found


def predict_with(graph: Path, threads: int) -> Predict:
    """A predictor that asks one exported graph."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]

    async def predict(batch: Batch) -> Batch:
        return dict(zip(names, session.run(names, batch), strict=True))

    return predict


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--graph",
        default="triton_models/lung_nodule/1/model.onnx",
        help="{scan} in it stands for the scan's name: a graph for each, that did not learn from it",
    )
    parser.add_argument("--calibration", type=Path, required=True, help="calibration.json of `calibrate`")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    card = {"operatingPoint": operating_point(json.loads(options.calibration.read_text()))}
    judged = {}
    for name, scan in read_truth(options.data).items():
        predict = predict_with(Path(options.graph.format(scan=name)), options.threads)
        volume = read_scan(options.data / name / "dicom.tar.xz")
        judged[name] = asyncio.run(judge(volume, predict, card, scan["nodules"]))
    options.out.write_text(json.dumps(judged, indent=1) + "\n")
    print(json.dumps(judged, indent=1))


if __name__ == "__main__":
    main()
