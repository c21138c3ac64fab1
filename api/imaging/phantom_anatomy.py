"""The chest that the phantom is made of: body wall, ribs, spine, heart, lungs, as smooth shapes in patient mm.

LPS, x towards the left, y towards the back, z towards the head; the middle of the lungs is the origin. Levels are
signed distances in mm, about: positive inside, 0 on the surface. Not for: vessels and nodules.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

AIR, LUNG, FAT, MUSCLE, BLOOD, LIVER = -1000.0, -862.0, -100.0, 52.0, 42.0, 60.0
CORTEX, MARROW, CANAL, COUCH = 620.0, 190.0, 25.0, -150.0

_BODY = (163.0, 108.0)  # half axes of the outline, mm
_FAT_MM = 13.0
_THORAX = (138.0, 84.0)  # half axes inside the ribs
_APEX_Z, _WIDEST_Z = 122.0, -20.0
_DIAPHRAGM_Z, _DOME_MM = -112.0, 52.0
_RIB_PITCH_MM, _RIB_HALF_MM = 25.0, 6.0
_COUCH_Y = 121.0


@dataclass(frozen=True)
class Plane:
    """The pixel centres of one axial slice: x (columns,), y (rows, 1), mm; z, mm."""

    x: Floats
    y: Floats
    z: float


def draw_anatomy(plane: Plane) -> tuple[Floats, Floats]:
    """HU (rows, columns) of one slice without vessels, nodules and noise, and how much of each pixel is lung (0..1)."""
    couch = np.minimum(1.5 - np.abs(plane.y - _COUCH_Y), 150 - np.abs(plane.x))
    plane = Plane(*_bent(plane.x, plane.y, plane.z), plane.z)
    x, y = plane.x, plane.y
    body = _ellipse(x, y, 0, 0, *_BODY)
    thorax = _thorax_level(x, y, plane.z)
    image = np.full(body.shape, AIR, dtype=np.float32)
    _paint(image, couch, COUCH)
    _paint(image, body, FAT)
    _paint(image, np.minimum(body - _FAT_MM, 60 + thorax), MUSCLE)
    ribs = _rib_level(x, y, thorax, plane.z)
    _paint(image, ribs, CORTEX)
    _paint(image, ribs - 1.6, MARROW)
    _paint_inside(image, plane, thorax)
    _paint_skeleton(image, plane)
    lung = _coverage(_lung_level(x, y, plane.z))
    # Lungs are denser towards the back, where a lying patient's blood gathers.
    image += lung * (LUNG + 0.35 * y - image)
    return image, lung


def lung_level(x: Floats, y: Floats, z: Floats | float) -> Floats:
    """Distance in mm to the lung's surface, positive inside; x, y, z broadcast."""
    bent_x, bent_y = _bent(x, y, z)
    return _lung_level(bent_x, bent_y, z)


def _bent(x: Floats, y: Floats, z: Floats | float) -> tuple[Floats, Floats]:
    """Space bent a little, so that no outline is a perfect ellipse and the two sides differ."""
    height = np.asarray(z, dtype=np.float32)
    bent_x = x + 3.5 * np.sin(y / 27 + height / 60) + 1.5 * np.sin(x / 31)
    bent_y = y + 4.5 * np.cos(x / 46 + 0.4) + 2.0 * np.sin(x / 19 + height / 40)
    return bent_x.astype(np.float32), bent_y.astype(np.float32)


def _lung_level(x: Floats, y: Floats, z: Floats | float) -> Floats:
    side = np.abs(x)
    height = np.asarray(z, dtype=np.float32)
    mediastinum = side - 24 - 9 * np.exp(-(((y - 55) / 30) ** 2)) - 10 * np.exp(-(((height - 110) / 45) ** 2))
    # In front the lungs come together behind the sternum; at the hila they recede.
    mediastinum = mediastinum + 14 * np.exp(-(((y + 70) / 22) ** 2)) - 7 * np.exp(-((y**2 + (height - 8) ** 2) / 600))
    level = np.minimum(_thorax_level(x, y, height), mediastinum)
    level = np.minimum(level, 0.8 * (height - _dome_z(x, y)))
    joined: Floats = np.minimum(level, -_heart_level(x, y, height)).astype(np.float32)
    return joined


def _thorax_level(x: Floats, y: Floats, z: Floats | float) -> Floats:
    above = np.clip((np.asarray(z, dtype=np.float32) - _WIDEST_Z) / (_APEX_Z - _WIDEST_Z), 0, 0.999)
    scale = np.sqrt(1 - above**3)
    return _ellipse(x, y, 0, 4, _THORAX[0] * scale, _THORAX[1] * scale)


def _dome_z(x: Floats, y: Floats) -> Floats:
    """The diaphragm, higher over the liver on the patient's right (negative x)."""
    dome = 1 - ((np.abs(x) - 68) / 82) ** 2 - ((y + 8) / 105) ** 2
    height: Floats = (_DIAPHRAGM_Z + (_DOME_MM - 6 * np.tanh(x / 8)) * dome).astype(np.float32)
    return height


def _heart_level(x: Floats, y: Floats, z: Floats | float) -> Floats:
    ball = np.sqrt(((x - 24) / 52) ** 2 + ((y + 22) / 44) ** 2 + ((np.asarray(z, np.float32) + 48) / 56) ** 2)
    level: Floats = ((1 - ball) * 44).astype(np.float32)
    return level


def _rib_level(x: Floats, y: Floats, thorax: Floats, z: float) -> Floats:
    """Ribs slope down towards the front, so a slice cuts several, each at another angle."""
    height = z + 0.55 * y + 0.03 * np.abs(x)
    along = (height + _RIB_PITCH_MM / 2) % _RIB_PITCH_MM - _RIB_PITCH_MM / 2
    across = thorax + 6.0
    level = (1 - np.sqrt((along / _RIB_HALF_MM) ** 2 + (across / 3.8) ** 2)) * 3.8
    rib: Floats = np.minimum(level, np.abs(x) - 20).astype(np.float32)
    return rib


def _paint_inside(image: Floats, plane: Plane, thorax: Floats) -> None:
    """What fills the chest where there is no lung: mediastinal fat, heart, great vessels, liver, airways."""
    x, y, z = plane.x, plane.y, plane.z
    below = 0.8 * (_dome_z(x, y) - z)
    _paint(image, np.minimum(thorax, 33 - np.abs(x)), FAT + 40)
    _paint(image, np.minimum(thorax, below), LIVER)
    _paint(image, np.minimum(thorax, _heart_level(x, y, z)), BLOOD)
    arch = z > 35
    _paint(image, _ellipse(x, y, 16 if not arch else 10, 38 if not arch else 18, 12.5, 12.5 if not arch else 22), BLOOD)
    if z > -10:
        _paint(image, _ellipse(x, y, -20, -6, 9, 10), BLOOD)  # superior vena cava
        _paint(image, _ellipse(x, y, 2, -14, 14, 13), BLOOD)  # ascending aorta
    if 0 < z < 26:
        _paint(image, np.minimum(_ellipse(x, y, 4, -2, 38, 9), thorax), BLOOD)  # pulmonary arteries
    split = max(0.0, 32.0 - z) * 1.3  # the trachea divides at the carina, z 32
    if z > 6:
        for centre in {-split, split}:
            radius = 8.5 if split == 0 else 6.5
            _paint(image, _ellipse(x, y, centre, 12, radius + 1.6, radius + 1.6), MUSCLE)
            _paint(image, _ellipse(x, y, centre, 12, radius, radius), AIR)


def _paint_skeleton(image: Floats, plane: Plane) -> None:
    x, y, z = plane.x, plane.y, plane.z
    disc = abs((z + 12) % 24 - 12) < 3  # between vertebral bodies
    _paint(image, _ellipse(x, y, 0, 62, 17, 14), MUSCLE + 40 if disc else CORTEX)
    if not disc:
        _paint(image, _ellipse(x, y, 0, 62, 15, 12), MARROW)
    _paint(image, _ellipse(x, y, 0, 79, 12, 9), CORTEX)
    _paint(image, _ellipse(x, y, 0, 79, 9, 7), CANAL)
    _paint(image, np.minimum(3.0 - np.abs(x), 9 - np.abs(y - 91)) if not disc else np.full_like(image, -9), MARROW)
    if z > -70:
        _paint(image, _ellipse(x, y, 0, -87, 18, 5.5), CORTEX)  # sternum
        _paint(image, _ellipse(x, y, 0, -87, 16, 3.8), MARROW)


def _ellipse(x: Floats, y: Floats, x0: float, y0: float, a: float | Floats, b: float | Floats) -> Floats:
    radius = np.sqrt(((x - x0) / a) ** 2 + ((y - y0) / b) ** 2)
    level: Floats = ((1 - radius) * np.minimum(a, b)).astype(np.float32)
    return level


def _coverage(level: Floats) -> Floats:
    """How much of a pixel lies inside a surface: an edge blurs over about one pixel."""
    coverage: Floats = np.clip(0.5 + level / 1.1, 0, 1).astype(np.float32)
    return coverage


def _paint(image: Floats, level: Floats, hu: float) -> None:
    image += _coverage(level) * (np.float32(hu) - image)
