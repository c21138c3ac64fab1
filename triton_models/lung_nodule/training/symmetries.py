"""Convolutions that see a thing alike however it is turned or mirrored: their kernels exist in all eight positions.

A square has eight symmetries (the group D4, "p4m" with its shifts). A layer holds each of its kernels once and applies
it in all eight positions: what is learned of a nodule lying one way holds for the other seven, and few teach much.
Cohen and Welling, Group equivariant convolutional networks, ICML 2016; for lung nodules Winkels and Cohen, MIDL 2018.

Channels are ordered (feature, position): position p is p % 4 quarter turns of the kernel, mirrored first if p >= 4.
Equivariance is exact on sides that strides and pools divide, with kernels as symmetric about their pixels as they are.
"""

import math

import torch
from torch import Tensor, nn

POSITIONS = 8


class SymmetricConvolution(nn.Module):
    """(plane, inputs * 8, row, column) to (plane, outputs * 8, …); `is_first` takes plain images, inputs channels."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1, is_first: bool = False) -> None:
        super().__init__()
        self.depth = 1 if is_first else POSITIONS
        self.stride = stride
        self.padding = (size - stride) // 2 if size % 2 == 0 else size // 2
        spread = math.sqrt(2 / (inputs * self.depth * size * size))
        self.kernel = nn.Parameter(torch.randn(outputs, inputs, self.depth, size, size) * spread)

    def expanded(self) -> Tensor:
        """The kernels in all eight positions, as a plain convolution takes them."""
        turned = [
            turn(self.kernel if self.depth == 1 else self.kernel[:, :, sources(position)], position)
            for position in range(POSITIONS)
        ]
        outputs, inputs, depth, rows, columns = self.kernel.shape
        return torch.stack(turned, 1).reshape(outputs * POSITIONS, inputs * depth, rows, columns)

    def plain(self) -> nn.Conv2d:
        """The same as an ordinary convolution, for export."""
        kernel = self.expanded().detach()
        convolution = nn.Conv2d(
            kernel.shape[1], kernel.shape[0], kernel.shape[2], self.stride, self.padding, bias=False
        )
        convolution.weight.data = kernel
        return convolution

    def forward(self, x: Tensor) -> Tensor:
        kernel = self.expanded().contiguous(memory_format=torch.channels_last)
        return nn.functional.conv2d(x, kernel, stride=self.stride, padding=self.padding)


class SymmetricNorm(nn.Module):
    """Batch normalization that treats the eight positions of a feature alike."""

    mean: Tensor
    variance: Tensor

    def __init__(self, features: int, momentum: float = 0.05) -> None:
        super().__init__()
        self.momentum = momentum
        self.gain = nn.Parameter(torch.ones(features))
        self.bias = nn.Parameter(torch.zeros(features))
        self.register_buffer("mean", torch.zeros(features * POSITIONS))
        self.register_buffer("variance", torch.ones(features * POSITIONS))

    def forward(self, x: Tensor) -> Tensor:
        gain, bias = each_position(self.gain), each_position(self.bias)
        if self.training:
            return nn.functional.batch_norm(x, self.mean, self.variance, gain, bias, True, self.momentum)
        return nn.functional.batch_norm(x, *self.statistics(), gain, bias)

    def statistics(self) -> tuple[Tensor, Tensor]:
        """Mean and variance of each channel, the same in all positions of a feature."""
        mean, variance = (each.view(-1, POSITIONS).mean(dim=1) for each in (self.mean, self.variance))
        return each_position(mean), each_position(variance)

    def plain(self) -> nn.BatchNorm2d:
        """The same as an ordinary normalization, for export; evaluation mode."""
        norm = nn.BatchNorm2d(len(self.mean))
        norm.running_mean, norm.running_var = (each.detach() for each in self.statistics())
        norm.weight.data, norm.bias.data = each_position(self.gain).detach(), each_position(self.bias).detach()
        return norm.eval()


def make_plain(module: nn.Module) -> nn.Module:
    """Replace, in place, each symmetric layer within `module` by the ordinary one that computes the same."""
    for name, child in module.named_children():
        if isinstance(child, SymmetricConvolution | SymmetricNorm):
            setattr(module, name, child.plain())
        else:
            make_plain(child)
    return module


def turn(kernel: Tensor, position: int) -> Tensor:
    """A kernel (…, row, column) in one of the eight positions."""
    mirrored = kernel.flip(-1) if position >= 4 else kernel
    return torch.rot90(mirrored, position % 4, (-2, -1))


def sources(position: int) -> list[int]:
    """Which position each input channel of a kernel had before the kernel was put into `position` (g⁻¹h for each h)."""
    turns, is_mirrored = position % 4, position >= 4
    found = []
    for other in range(POSITIONS):
        left = (other % 4 - turns) % 4
        found.append((-left % 4 if is_mirrored else left) + 4 * (is_mirrored ^ (other >= 4)))
    return found


def each_position(values: Tensor) -> Tensor:
    """One value a feature to one a channel."""
    return values[:, None].expand(-1, POSITIONS).reshape(-1)
