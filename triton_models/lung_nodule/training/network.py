"""The network: one small residual encoder looks at each plane of a candidate, and the planes vote.

Input int16 HU (candidate, plane, row, column), 48x48 pixels of 0.7 mm; normalization, the round field of view, the vote
and the calibration lie inside the graph, so that a client sends voxels and gets a probability. Turning or mirroring a
plane by quarter turns does not change its logit.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from triton_models.lung_nodule.training.augmentation import SIZE
from triton_models.lung_nodule.training.crops import HU_HIGH, HU_LOW
from triton_models.lung_nodule.training.symmetries import POSITIONS, SymmetricConvolution, SymmetricNorm

# About the mean and the inverse spread of the scaled crops.
MIDDLE, SPREAD = 0.35, 1 / 3


class Residual(nn.Module):
    """Two 3x3 convolutions and a way around them; `halved` averages 2x2 pixels first."""

    def __init__(self, inputs: int, outputs: int, halved: bool) -> None:
        super().__init__()
        self.halved = halved
        self.first = SymmetricConvolution(inputs, outputs, 3)
        self.first_norm = SymmetricNorm(outputs)
        self.second = SymmetricConvolution(outputs, outputs, 3)
        self.second_norm = SymmetricNorm(outputs)
        self.around: nn.Module = nn.Identity()
        if inputs != outputs:
            self.around = nn.Sequential(SymmetricConvolution(inputs, outputs, 1), SymmetricNorm(outputs))

    def forward(self, x: Tensor) -> Tensor:
        if self.halved:
            x = nn.functional.avg_pool2d(x, 2)
        seen = self.second_norm(self.second(torch.relu(self.first_norm(self.first(x)))))
        return torch.relu(seen + self.around(x))


class PlaneEncoder(nn.Module):
    """HU float32 (plane, row, column) to one logit a plane.

    features: of the three sizes of picture (24, 12 and 6 pixels a side); each is eight channels
    """

    field: Tensor

    def __init__(self, features: Sequence[int] = (4, 8, 16), dropout: float = 0.2) -> None:
        super().__init__()
        axis = torch.arange(SIZE) - (SIZE - 1) / 2
        radius = torch.sqrt(axis[:, None] ** 2 + axis[None, :] ** 2)
        # The corners of a turned crop are made up by repeating its edge: hide them in training and in use alike.
        self.register_buffer("field", torch.clamp(SIZE / 2 + 0.5 - radius, 0, 1), persistent=False)
        fine, middle, coarse = features
        self.coarse = coarse
        self.body = nn.Sequential(
            SymmetricConvolution(1, fine, 6, stride=2, is_first=True),
            SymmetricNorm(fine),
            nn.ReLU(),
            Residual(fine, fine, False),
            Residual(fine, middle, True),
            Residual(middle, middle, False),
            Residual(middle, coarse, True),
            Residual(coarse, coarse, False),
        )
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(3 * coarse, 1))

    def forward(self, hu: Tensor) -> Tensor:
        x = (torch.clamp(hu, HU_LOW, HU_HIGH) - HU_LOW) / (HU_HIGH - HU_LOW)
        x = ((x - MIDDLE) * self.field / SPREAD)[:, None]
        x = self.body(x.contiguous(memory_format=torch.channels_last))
        # Nothing may tell the eight positions apart from here on: their mean and their largest.
        mean = x.mean(dim=(2, 3)).reshape(-1, self.coarse, POSITIONS)
        peak = x.amax(dim=(2, 3)).reshape(-1, self.coarse, POSITIONS)
        return self.head(torch.cat([mean.mean(dim=2), peak.mean(dim=2), peak.amax(dim=2)], dim=1))[:, 0]
