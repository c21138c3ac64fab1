"""What the encoders take for nodules on the development scans though no reader did: to train on.

`python -m triton_models.lung_nodule.training.hard_negatives --data FOLDER --weights FILE… --out hard_negatives.npz`

Whoever trains on those of a scan may not be judged on it: `tune` leaves one scan out at a time.
"""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from api.imaging.volume import Volume
from api.inference import lung_nodule
from api.inference.findings import fuse_planes, keep_distinct
from api.inference.interpretation import Batch, Predict
from api.inference.tensors import PatchGeometry, to_input
from triton_models.lung_nodule.training.crops import HU_HIGH, HU_LOW
from triton_models.lung_nodule.training.cubes import PLANES, SIZE
from triton_models.lung_nodule.training.development_scans import center_of, read_scan, read_truth
from triton_models.lung_nodule.training.network import PlaneEncoder
from triton_models.lung_nodule.training.train import load_encoder

MOST_A_SCAN = 60
# Farther than this from the ball of any reader's nodule, a candidate is another thing.
CLEAR_MM = 4.0


@dataclass(frozen=True)
class HardNegatives:
    """image uint8 (plane, 50, 50) as the crops are; scan, its name, one a plane."""

    image: NDArray[np.uint8]
    scan: NDArray[np.str_]

    def without(self, scan: str) -> NDArray[np.uint8]:
        """The planes of the other scans."""
        return self.image[self.scan != scan]


def predict_with(encoders: Sequence[PlaneEncoder]) -> Predict:
    """A predictor that asks the encoders themselves."""

    async def predict(batch: Batch) -> Batch:
        planes = torch.from_numpy(batch[lung_nodule.INPUT]).float()
        with torch.inference_mode():
            logit = torch.stack([encoder(planes.flatten(0, 1)) for encoder in encoders]).mean(dim=0)
        return {lung_nodule.OUTPUT: logit.reshape(planes.shape[:2]).numpy()}

    return predict


async def mine(volume: Volume, encoders: Sequence[PlaneEncoder], nodules: list[dict[str, Any]]) -> NDArray[np.uint8]:
    """Planes of the most nodule-like candidates that lie on no reader's nodule, uint8 (plane, 50, 50)."""
    prepared = lung_nodule.prepare(volume)
    outputs = [await predict_with(encoders)(batch) for batch in prepared.batches()]
    fused = fuse_planes(list(np.concatenate([output[lung_nodule.OUTPUT] for output in outputs])))
    place_mm = prepared.index * np.array(volume.spacing)
    clear = np.ones(len(fused), bool)
    for nodule in nodules:
        center = np.array(volume.patient_to_index(tuple(center_of(nodule, volume)))) * np.array(volume.spacing)
        clear &= np.linalg.norm(place_mm - center, axis=1) > nodule["diameter_mm"] / 2 + CLEAR_MM
    numbers = np.flatnonzero(clear)
    chosen = numbers[keep_distinct(place_mm[numbers], fused[numbers], MOST_A_SCAN)]
    geometry = PatchGeometry(planes=PLANES, size=SIZE)
    hu = to_input(volume.voxels, volume.affine, prepared.index[chosen], prepared.diameter[chosen], geometry)
    scaled = (np.clip(hu.astype(np.float32), HU_LOW, HU_HIGH) - HU_LOW) / (HU_HIGH - HU_LOW) * 255
    return np.rint(scaled).astype(np.uint8).reshape(-1, SIZE, SIZE)


def load_hard_negatives(file: Path) -> HardNegatives:
    """As this module writes them."""
    with np.load(file, allow_pickle=False) as stored:
        return HardNegatives(stored["image"], stored["scan"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, nargs="+", help="of the encoders that are to learn")
    parser.add_argument("--out", type=Path, required=True, help="file to write, .npz")
    options = parser.parse_args()
    torch.set_num_threads(1)
    encoders = [load_encoder(file) for file in options.weights]
    found = {
        name: asyncio.run(mine(read_scan(options.data / name / "dicom.tar.xz"), encoders, scan["nodules"]))
        for name, scan in read_truth(options.data).items()
    }
    scan = np.repeat(list(found), [len(image) for image in found.values()])
    np.savez(options.out, image=np.concatenate(list(found.values())), scan=scan)
    print({name: len(image) for name, image in found.items()})


if __name__ == "__main__":
    main()
