"""The network: one small residual encoder looks at each plane of a candidate, and the planes vote.

Input int16 HU (candidate, plane, row, column), 48x48 pixels of 0.7 mm; normalization, the round field of view, the vote
and the calibration lie inside the graph, so that a client sends voxels and gets a probability.
"""

import torch
from torch import Tensor, nn

from triton_models.lung_nodule.training.augmentation import SIZE
from triton_models.lung_nodule.training.crops import HU_HIGH, HU_LOW


class Residual(nn.Module):
    """Two 3x3 convolutions and a way around them."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
        )
        self.second = nn.Sequential(nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.around: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.around = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.second(self.first(x)) + self.around(x))


class PlaneEncoder(nn.Module):
    """HU float32 (plane, row, column) to one logit a plane."""

    field: Tensor

    def __init__(self, width: int = 24, dropout: float = 0.3) -> None:
        super().__init__()
        axis = torch.arange(SIZE) - (SIZE - 1) / 2
        radius = torch.sqrt(axis[:, None] ** 2 + axis[None, :] ** 2)
        # The corners of a turned crop are made up by repeating its edge: hide them in training and in use alike.
        self.register_buffer("field", torch.clamp(SIZE / 2 + 0.5 - radius, 0, 1), persistent=False)
        self.body = nn.Sequential(
            nn.Conv2d(1, width, 3, 1, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            Residual(width, 32, 2),
            Residual(32, 32, 1),
            Residual(32, 64, 2),
            Residual(64, 64, 1),
            Residual(64, 128, 2),
            Residual(128, 128, 1),
        )
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(256, 1))

    def forward(self, hu: Tensor) -> Tensor:
        x = (torch.clamp(hu, HU_LOW, HU_HIGH) - HU_LOW) / (HU_HIGH - HU_LOW)
        x = self.body((x * self.field)[:, None])
        x = torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)
        return self.head(x)[:, 0]
