"""What a crop may look like without becoming another thing: turned, mirrored, scaled, shifted, noisy, blurred.

The crops' own spacing is unknown (0.46 to 0.98 mm) while the product samples at `SPACING_MM`: hence the wide scale. The
product also shows the network coronal and sagittal planes of slices up to some millimetres thick: hence the smear along
one direction. numpy only, so that the recipe's arithmetic is tested where there is no torch.
"""

import numpy as np
from numpy.typing import NDArray

SIZE = 48
SPACING_MM = 0.7
LOG_SCALE = 0.30
SHIFT_PIXELS = 1.5
MIRRORED = 0.5
SMEARED = 0.25
KERNEL_CHANGED = 0.30
SHARPEST = 0.8
NOISY = 0.5
NOISE_HU = 45.0
OFFSET_HU = 30.0
GAIN = 0.06

Floats = NDArray[np.float32]


def sample_square(crops: Floats, transform: Floats, shift: Floats, size: int = SIZE) -> Floats:
    """Bilinear resampling about the centre of each crop; outside, the edge repeats.

    crops:     float32 (crop, row, column)
    transform: float32 (crop, 2, 2), output offset (row, column) in pixels to input offset
    shift:     float32 (crop, 2), pixels of the input
    Returns:   float32 (crop, size, size)
    """
    count, rows, columns = crops.shape
    axis = np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2)
    turn, start = transform[:, :, :, None, None], shift[:, :, None, None]
    row = turn[:, 0, 0] * axis[:, None] + turn[:, 0, 1] * axis[None, :] + (start[:, 0] + np.float32((rows - 1) / 2))
    column = turn[:, 1, 0] * axis[:, None] + turn[:, 1, 1] * axis[None, :]
    column += start[:, 1] + np.float32((columns - 1) / 2)
    np.clip(row, 0, rows - 1.001, out=row)
    np.clip(column, 0, columns - 1.001, out=column)
    top, left = row.astype(np.int32), column.astype(np.int32)
    row -= top
    column -= left
    flat = crops.ravel()
    at = top * columns + left + (np.arange(count, dtype=np.int32) * (rows * columns))[:, None, None]
    upper = flat[at]
    upper += (flat[at + 1] - upper) * column
    lower = flat[at + columns]
    lower += (flat[at + columns + 1] - lower) * column
    upper += (lower - upper) * row
    return np.asarray(upper, np.float32)


def center_square(crops: Floats, size: int = SIZE) -> Floats:
    """The middle of each crop, unturned and unscaled: what evaluation sees."""
    turn = np.broadcast_to(np.eye(2, dtype=np.float32), (len(crops), 2, 2))
    return sample_square(crops, turn, np.zeros((len(crops), 2), np.float32), size)


def smear(crops: Floats, width: int) -> Floats:
    """Average `width` rows, as the height of a thick slice does in a coronal plane; same shape."""
    padded = np.pad(crops, ((0, 0), (width // 2, width - 1 - width // 2), (0, 0)), mode="edge")
    summed = np.cumsum(np.pad(padded, ((0, 0), (1, 0), (0, 0))), axis=1, dtype=np.float32)
    return ((summed[:, width:] - summed[:, :-width]) / np.float32(width)).astype(np.float32)


def change_kernel(crops: Floats, softness: NDArray[np.float64]) -> Floats:
    """Soften (up to 1, a 3x3 mean) or sharpen (below 0) each crop, as another reconstruction kernel would."""
    blurred = smear(smear(crops, 3).transpose(0, 2, 1), 3).transpose(0, 2, 1)
    return np.asarray(crops + softness.astype(np.float32)[:, None, None] * (blurred - crops), np.float32)


def augment(crops: Floats, random: np.random.Generator, size: int = SIZE) -> Floats:
    """One random view of each crop, HU float32 (crop, 50, 50) to (crop, size, size)."""
    count = len(crops)
    crops = crops.copy()
    chance = random.random(count)
    for width in (2, 3, 4):
        low = SMEARED * (width - 2) / 3
        chosen = (chance >= low) & (chance < low + SMEARED / 3)
        crops[chosen] = smear(crops[chosen], width)
    angle = random.uniform(0, 2 * np.pi, count)
    scale = np.exp(random.uniform(-LOG_SCALE, LOG_SCALE, count))
    mirror = np.where(random.random(count) < MIRRORED, -1.0, 1.0)
    cosine, sine = np.cos(angle) * scale, np.sin(angle) * scale
    transform = np.stack([cosine, -sine * mirror, sine, cosine * mirror], axis=-1).reshape(count, 2, 2)
    shift = np.clip(random.normal(0, SHIFT_PIXELS, (count, 2)), -2 * SHIFT_PIXELS, 2 * SHIFT_PIXELS)
    views = sample_square(crops, transform.astype(np.float32), shift.astype(np.float32), size)
    changed = random.random(count) < KERNEL_CHANGED
    views[changed] = change_kernel(views[changed], random.uniform(-SHARPEST, 1.0, int(changed.sum())))
    gain = random.uniform(1 - GAIN, 1 + GAIN, (count, 1, 1))
    offset = random.uniform(-OFFSET_HU, OFFSET_HU, (count, 1, 1))
    sigma = random.uniform(0, NOISE_HU, (count, 1, 1)) * (random.random((count, 1, 1)) < NOISY)
    noise = random.standard_normal(views.shape, dtype=np.float32) * sigma
    return ((views + 1000.0) * gain.astype(np.float32) - 1000.0 + offset + noise).astype(np.float32)
