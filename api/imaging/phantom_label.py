"""The word PHANTOM drawn into the pixels, so that no slice can be taken for a patient's."""

import numpy as np
from numpy.typing import NDArray

LABEL_HU = 400  # white under lung and mediastinal windows alike
_LETTERS = {
    "P": ("11110", "10001", "10001", "11110", "10000", "10000", "10000"),
    "H": ("10001", "10001", "10001", "11111", "10001", "10001", "10001"),
    "A": ("01110", "10001", "10001", "11111", "10001", "10001", "10001"),
    "N": ("10001", "11001", "10101", "10101", "10011", "10001", "10001"),
    "T": ("11111", "00100", "00100", "00100", "00100", "00100", "00100"),
    "O": ("01110", "10001", "10001", "10001", "10001", "10001", "01110"),
    "M": ("10001", "11011", "10101", "10101", "10001", "10001", "10001"),
}
_WORD = "PHANTOM"
_ROWS_PER_DOT = 128


def label_mask(rows: int, columns: int) -> NDArray[np.bool_]:
    """Where the word lies in a slice, (rows, columns): bottom right, in the air below the table,
    where viewers write least."""
    dots = np.concatenate([_letter(letter) for letter in _WORD], axis=1)
    scale = max(1, min(rows, columns) // _ROWS_PER_DOT)
    word = np.kron(dots, np.ones((scale, scale), dtype=np.bool_)).astype(np.bool_)
    mask = np.zeros((rows, columns), dtype=np.bool_)
    top, left = (max(0, edge - size - 2 * scale) for edge, size in zip((rows, columns), word.shape, strict=True))
    shown = word[: rows - top, : columns - left]
    mask[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
    return mask


def _letter(letter: str) -> NDArray[np.bool_]:
    """7 rows of 6 dots, the last one the gap."""
    return np.array([[dot == "1" for dot in row] + [False] for row in _LETTERS[letter]], dtype=np.bool_)
