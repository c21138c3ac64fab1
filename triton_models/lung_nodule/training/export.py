"""Write model.onnx from trained weights.

`python -m triton_models.lung_nodule.training.export --weights FILE… --calibration FILE --out FILE`

Opset 17 and IR version 8: what the ONNX Runtime inside Triton 24.10 reads.
"""

import argparse
import json
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from triton_models.lung_nodule.training.augmentation import SIZE
from triton_models.lung_nodule.training.network import PlaneEncoder
from triton_models.lung_nodule.training.symmetries import make_plain
from triton_models.lung_nodule.training.train import load_encoder

OPSET = 17
PLANES = 3


class PlaneVote(nn.Module):
    """What is served: int16 HU (candidate, plane, row, column) to a probability and the planes' logits."""

    def __init__(self, encoders: list[PlaneEncoder], slope: float, offset: float) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(make_plain(encoder) for encoder in encoders)
        self.slope = slope
        self.offset = offset

    def forward(self, ct_hu: Tensor) -> tuple[Tensor, Tensor]:
        planes = ct_hu.float().reshape(-1, SIZE, SIZE)
        logit = torch.stack([encoder(planes) for encoder in self.encoders]).mean(dim=0).reshape(-1, PLANES)
        # The mean of the two lower of three, as `api.inference.findings.fuse_planes` has it.
        fused = (logit.sum(dim=1, keepdim=True) - logit.amax(dim=1, keepdim=True)) / (PLANES - 1)
        return torch.sigmoid(self.slope * fused + self.offset), logit


def export(encoders: list[PlaneEncoder], slope: float, offset: float, path: Path) -> None:
    """Trace and write the graph, its batch axis free."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        PlaneVote(encoders, slope, offset).eval(),
        (torch.zeros(2, PLANES, SIZE, SIZE, dtype=torch.int16),),
        str(path),
        input_names=["ct_hu"],
        output_names=["nodule_probability", "plane_logit"],
        dynamic_axes={name: {0: "batch"} for name in ("ct_hu", "nodule_probability", "plane_logit")},
        opset_version=OPSET,
        dynamo=False,
    )
    graph = onnx.load(str(path))
    # The tracer does not know that the last axis is as long as there are planes; Triton compares it with the config.
    graph.graph.output[1].type.tensor_type.shape.dim[1].dim_value = PLANES
    onnx.checker.check_model(graph)
    onnx.save(graph, str(path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, nargs="+", help="one file, or several to be averaged")
    parser.add_argument("--calibration", type=Path, required=True, help="calibration.json of `calibrate`")
    parser.add_argument("--out", type=Path, required=True, help="model.onnx to write")
    options = parser.parse_args()
    calibration = json.loads(options.calibration.read_text())
    export([load_encoder(file) for file in options.weights], calibration["slope"], calibration["offset"], options.out)


if __name__ == "__main__":
    main()
