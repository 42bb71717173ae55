"""Drawn castings whose true evidence is known pixel by pixel.

Front views of pump impellers in the manner of the photographs that quality inspection works with: a turned face with
the sheen of the lathe, a collar with a groove around it, the dark cavity with its vanes, the hub with its bore. A sound
casting has stains, glints and grain too, so that none of these gives a defect away. A defect is laid over the finished
sound picture, hence the two differ in its mask and nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xai_core.errors import InvalidInput

Plane = NDArray[np.float32]  # [H, W]

DEFECTIVE, SOUND = 0, 1
CLASS_NAMES = ("defective", "sound")

_TURN = 1024  # entries of a table over the angle
_FAINTEST = 0.08  # cover below which a defect's edge is not drawn: a change of a few grey levels at most


def draw_castings(
    count: int, rng: np.random.Generator, size: int = 128, labels: ArrayLike | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.bool_]]:
    """Draw ``count`` castings in new poses.

    Returns images uint8 ``[N, H, W, 1]``, labels int64 ``[N]`` (0 defective, 1 sound, equally likely unless ``labels``
    are given) and masks bool ``[N, H, W]``: the pixels of the defect, none for a sound casting. The scene does not
    depend on the label: the same ``rng`` state with other ``labels`` draws the same castings with and without their
    defect, and such twins are equal outside of the mask. Raises ``InvalidInput`` when ``labels`` are not ``count``
    zeros and ones.
    """
    seeds = rng.integers(2**63, size=(count, 2))
    drawn = rng.integers(0, 2, count)
    y = drawn if labels is None else np.asarray(labels, dtype=np.int64)
    if y.shape != (count,) or not np.isin(y, (DEFECTIVE, SOUND)).all():
        raise InvalidInput(f"{count} castings need as many labels 0 or 1, not {labels!r}.")
    images = np.empty((count, size, size, 1), dtype=np.uint8)
    masks = np.zeros((count, size, size), dtype=bool)
    for index, (scene_seed, defect_seed) in enumerate(seeds):
        scene = _draw_scene(np.random.default_rng(scene_seed), size)
        image = scene.image
        if y[index] == DEFECTIVE:
            image, masks[index] = _add_defect(scene, np.random.default_rng(defect_seed))
        images[index, ..., 0] = np.rint(image * 255).clip(0, 255)
    return images, y, masks


@dataclass(frozen=True)
class _Scene:
    """A sound casting and where its parts are."""

    image: Plane  # 0..1
    rho: Plane  # distance from the centre in rim radii
    angle: NDArray[np.intp]  # polar angle as an index 0..1023
    x: Plane
    y: Plane
    to_pixels: NDArray[np.float64]  # [2, 3]: (cos, sin) of the angle times rho, 1 -> x, y
    rim: float  # radius of the rim in pixels
    scale: float  # pixels of a 128-pixel picture to pixels of this one

    def at(self, rho: float, angle: float) -> tuple[float, float]:
        """Pixel coordinates of polar ones."""
        x, y = self.to_pixels @ (rho * math.cos(angle), rho * math.sin(angle), 1.0)
        return float(x), float(y)


def _draw_scene(rng: np.random.Generator, size: int) -> _Scene:
    scale = size / 128
    y, x = np.mgrid[:size, :size].astype(np.float32)
    rim = size * rng.uniform(0.365, 0.435)
    tilt, squash = rng.uniform(0, math.pi), rng.uniform(0.91, 1.0)
    turn = np.array([[math.cos(tilt), -math.sin(tilt)], [math.sin(tilt), math.cos(tilt)]])
    shape = rim * turn @ np.diag([1, squash]) @ turn.T
    centre = (size - 1) / 2 + rng.uniform(-0.04, 0.04, 2) * size
    parallax = rng.uniform(-0.05, 0.05, 2)  # the hub lies deeper than the rim, so it shifts with the view

    # Python floats from here on: they leave float32 arrays as they are
    (a, b), (c, d) = np.linalg.inv(shape).tolist()
    (cx, cy), (px, py) = centre.tolist(), parallax.tolist()
    u = a * (x - cx) + b * (y - cy)
    v = c * (x - cx) + d * (y - cy)
    rho = np.hypot(u, v)
    angle = ((np.arctan2(v, u) + math.pi) * (_TURN / math.tau)).astype(np.intp)
    angle = np.minimum(angle, _TURN - 1)
    inner = np.hypot(u - px, v - py)
    collar = np.hypot(u - px / 2, v - py / 2)

    def inside(distance: Plane, radius: float, softness: float = 1.0) -> Plane:
        """1 inside of a circle, 0 outside, with an edge ``softness`` pixels wide: an analytic antialiasing."""
        edge = rim / (softness * scale)
        cover: Plane = np.clip((radius - distance) * edge + 0.5, 0, 1)
        return cover

    # table under a light from one side, and the shadow that the disc throws on it
    light = rng.uniform(0, math.tau)
    slope = math.cos(light) * u + math.sin(light) * v
    image = rng.uniform(0.55, 0.78) + rng.uniform(0.02, 0.07) * slope + 0.012 * _clouds(rng, 6, size)
    shade = np.hypot(u + 0.06 * math.cos(light), v + 0.06 * math.sin(light))
    image = image * (1 - rng.uniform(0.2, 0.75) * inside(shade, 1.04, rng.uniform(7, 14)))

    # face: sheen along the angle, grooves of the lathe along the radius
    sheen = rng.uniform(0.6, 2.2) * _sheen(rng)
    face = rng.uniform(0.64, 0.82) + sheen[angle] + 0.04 * slope
    rings = rng.normal(0, rng.uniform(0.003, 0.02), 256).astype(np.float32)
    face = face + rings[(rho * 128).astype(np.intp).clip(0, 255)]
    face = face + rng.uniform(0.01, 0.03) * _clouds(rng, 8, size)
    rough = rho + rng.uniform(0.0, 0.006) * _around(rng, 120)[angle]  # no rim is perfectly round
    image = _over(image, face, inside(rough, 1.0))
    image = image * (1 - rng.uniform(0.15, 0.45) * _ring(rho, 1.0, 0.012))
    image = _blemish(image, rho, angle, rng)

    # collar in its groove, cavity with vanes, hub and bore
    groove, wall, cavity = rng.uniform(0.63, 0.67), rng.uniform(0.6, 0.635), rng.uniform(0.53, 0.575)
    ragged = rho + rng.uniform(0.0, 0.008) * _around(rng, 80)[angle]
    image = _over(image, rng.uniform(0.06, 0.25), inside(ragged, groove, 1.5) * rng.uniform(0.7, 1.0))
    image = _over(image, rng.uniform(0.6, 0.8) + 0.8 * _sheen(rng)[angle], inside(collar, wall))
    image = _over(image, _vanes(rng, inner, angle), inside(inner, cavity, 1.5))
    hub, bore = rng.uniform(0.27, 0.3), rng.uniform(0.205, 0.23)
    image = _over(image, rng.uniform(0.6, 0.75) + 0.5 * _sheen(rng)[angle], inside(inner, hub))
    depth = rng.uniform(0.4, 0.6) + rng.uniform(0.4, 0.9) * slope
    image = _over(image, depth, inside(inner, bore))

    image = _glints(image, rho, angle, rng)
    gain, lift = rng.uniform(0.88, 1.08), rng.uniform(-0.03, 0.03)
    grain = rng.standard_normal((size, size), dtype=np.float32) * rng.uniform(0.002, 0.015)
    image = np.clip(image * gain + lift + grain, 0, 1).astype(np.float32)
    to_pixels = np.column_stack([-shape, centre])  # minus: the table of angles starts at -pi
    return _Scene(image, rho, angle, x, y, to_pixels, rim, scale)


def _over(below: Plane, above: Plane | float, cover: Plane) -> Plane:
    return below + (above - below) * cover


def _ring(rho: Plane, radius: float, width: float) -> Plane:
    """A soft ring: 1 on the radius, falling off over ``width``."""
    ring: Plane = np.exp(-np.square((rho - radius) / width))
    return ring


def _clouds(rng: np.random.Generator, cells: int, size: int) -> Plane:
    """Smooth noise of unit variance at ``cells`` x ``cells`` knots, interpolated linearly."""
    position = np.linspace(0, cells - 1, size, dtype=np.float32)[:, None]
    weights = np.clip(1 - np.abs(position - np.arange(cells, dtype=np.float32)), 0, 1)  # [size, cells]
    clouds: Plane = weights @ rng.standard_normal((cells, cells), dtype=np.float32) @ weights.T
    return clouds


def _around(rng: np.random.Generator, knots: int) -> NDArray[np.float32]:
    """Smooth periodic noise of unit variance over the angle, ``[1024]``."""
    values = rng.standard_normal(knots)
    positions = np.arange(_TURN) * (knots / _TURN)
    noise: NDArray[np.float32] = np.interp(positions, np.arange(knots + 1), [*values, values[0]]).astype(np.float32)
    return noise


def _sheen(rng: np.random.Generator) -> NDArray[np.float32]:
    """Bright and dark sectors of turned metal over the angle, ``[1024]``."""
    angle = np.arange(_TURN) * (math.tau / _TURN)
    phase = rng.uniform(0, math.tau, 3)
    lobes = 0.05 * np.cos(angle - phase[0]) + 0.06 * np.cos(2 * angle - phase[1]) + 0.02 * np.cos(5 * angle - phase[2])
    sheen: NDArray[np.float32] = (lobes * rng.uniform(0.4, 1.4) + 0.015 * _around(rng, 24)).astype(np.float32)
    return sheen


def _vanes(rng: np.random.Generator, inner: Plane, angle: NDArray[np.intp]) -> Plane:
    """The dark cavity with curved vanes that catch a little light."""
    count, twist = int(rng.integers(5, 9)), float(rng.choice([-3, 3])) * rng.uniform(4, 9)
    phase = rng.uniform(0, math.tau)
    turn = np.linspace(phase, phase + math.tau * count, _TURN, endpoint=False, dtype=np.float32)[angle]
    wave = np.cos(turn + twist * inner)
    ridges = np.clip(wave - 0.7, 0, None) * (_around(rng, 12)[angle] * 0.3 + 0.8).clip(0, None)
    cavity: Plane = rng.uniform(0.04, 0.11) + rng.uniform(0.1, 0.5) * ridges
    return cavity


def _blemish(image: Plane, rho: Plane, angle: NDArray[np.intp], rng: np.random.Generator) -> Plane:
    """What sound faces have as well: wide, faint stains."""
    for _ in range(int(rng.integers(0, 3))):
        across = _ring(rho, rng.uniform(0.68, 0.98), rng.uniform(0.04, 0.15))
        along = np.exp(-np.square((np.arange(_TURN) - _TURN / 2) / rng.uniform(25, 90))).astype(np.float32)
        patch = across * np.roll(along, int(rng.integers(_TURN)))[angle]
        image = image + rng.uniform(-0.09, 0.09) * patch
    return image


def _glints(image: Plane, rho: Plane, angle: NDArray[np.intp], rng: np.random.Generator) -> Plane:
    """What sound edges have as well: short bright reflections on rim and collar."""
    for _ in range(int(rng.integers(0, 5))):
        across = _ring(rho, float(rng.choice([0.62, 0.66, 0.985])), 0.012)
        along = np.exp(-np.square((np.arange(_TURN) - _TURN / 2) / rng.uniform(3, 20))).astype(np.float32)
        spot = across * np.roll(along, int(rng.integers(_TURN)))[angle]
        image = image + rng.uniform(0.08, 0.25) * spot
    return image


# --- defects: each returns its cover 0..1 and the brightness that it takes on, both [H, W] ---


def _add_defect(scene: _Scene, rng: np.random.Generator) -> tuple[Plane, NDArray[np.bool_]]:
    """The scene with one defect, sometimes two, and the mask of its changed pixels."""
    image, mask = scene.image, np.zeros(scene.image.shape, dtype=bool)
    for _ in range(1 + int(rng.random() < 0.3)):
        cover, look = _DEFECTS[int(rng.integers(len(_DEFECTS)))](scene, rng)
        cover = np.where(cover < _FAINTEST, np.float32(0), cover)
        image, mask = np.clip(_over(image, look, cover), 0, 1), mask | (cover > 0)
    return image, mask


def _spot(scene: _Scene, x: float, y: float, radius: float, *, stretch: float = 1.0, turn: float = 0.0) -> Plane:
    """An ellipse with a smooth edge about a pixel wide; ``radius`` in pixels of a 128-pixel picture."""
    dx, dy = scene.x - x, scene.y - y
    along = (math.cos(turn) * dx + math.sin(turn) * dy) / stretch
    across = math.cos(turn) * dy - math.sin(turn) * dx
    spot: Plane = np.clip(radius * scene.scale + 0.5 - np.hypot(along, across), 0, 1).astype(np.float32)
    return spot


def _on_face(rng: np.random.Generator) -> tuple[float, float]:
    """A place on the face, more often near the collar, where metal cools last."""
    return 0.67 + 0.28 * rng.beta(1, 1.8), rng.uniform(0, math.tau)


def _blow_hole(scene: _Scene, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """A round dark pit with a bright lip."""
    x, y = scene.at(*_on_face(rng))
    radius, stretch, turn = rng.uniform(1.0, 3.6), rng.uniform(1.0, 1.6), rng.uniform(0, math.pi)
    pit = _spot(scene, x, y, radius, stretch=stretch, turn=turn)
    lit = rng.uniform(0, math.tau)
    reach = 0.7 * scene.scale
    lip = _spot(scene, x + reach * math.cos(lit), y + reach * math.sin(lit), radius, stretch=stretch, turn=turn)
    dark = rng.uniform(0.1, 0.3)
    look = _over(np.minimum(scene.image + 0.18, 1), dark, pit)
    return np.maximum(pit, 0.8 * lip), look


def _pin_holes(scene: _Scene, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """A cluster of dark points."""
    rho, angle = _on_face(rng)
    cover = np.zeros_like(scene.image)
    for _ in range(int(rng.integers(4, 11))):
        place = scene.at(np.clip(rho + rng.normal(0, 0.07), 0.68, 0.97), angle + rng.normal(0, 0.12))
        cover = np.maximum(cover, _spot(scene, *place, rng.uniform(0.6, 1.2)))
    return cover, scene.image * rng.uniform(0.1, 0.35)


def _scratch(scene: _Scene, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """A thin bent line, dark or bright."""
    rho, angle = _on_face(rng)
    x, y = scene.at(rho, angle)
    turn = rng.uniform(0, math.pi)
    dx, dy = scene.x - x, scene.y - y
    along = math.cos(turn) * dx + math.sin(turn) * dy
    half = rng.uniform(5, 13) * scene.scale
    bend = rng.uniform(-0.25, 0.25) / half * np.square(along)
    across = np.abs(math.cos(turn) * dy - math.sin(turn) * dx - bend)
    line = np.clip(rng.uniform(0.9, 1.4) * scene.scale + 0.3 - across, 0, 1) * np.clip(half + 0.5 - np.abs(along), 0, 1)
    line = line * (scene.rho < 0.99)
    bright = rng.random() < 0.25
    look = np.minimum(scene.image + 0.35, 1) if bright else scene.image * rng.uniform(0.2, 0.5)
    return line.astype(np.float32), look


def _chipped_rim(scene: _Scene, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """Ragged dark breaks of the rim along an arc, with bright fresh metal in them."""
    arc = rng.uniform(0.03, 0.6) * _TURN / 2  # half its length
    distance = np.abs(np.arange(_TURN) - _TURN / 2)
    envelope = np.clip((arc - distance) / (0.25 * arc), 0, 1)
    ragged = np.roll(envelope * (0.6 + 0.4 * _around(rng, 90)).clip(0.1, None), int(rng.integers(_TURN)))
    inward, outward = rng.uniform(0.03, 0.1), rng.uniform(0.01, 0.06)
    depth = ragged.astype(np.float32)[scene.angle]
    bite = (scene.rho - 1 + inward * depth) * scene.rim
    flash = (1 - scene.rho + outward * depth) * scene.rim
    cover = np.clip(np.minimum(bite, flash) + 0.5, 0, 1) * (depth > 0)
    metal = np.clip(_clouds(rng, 50, len(cover)) - 0.8, 0, 0.8)
    return cover, rng.uniform(0.08, 0.22) + metal


def _shrinkage(scene: _Scene, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """An irregular dark patch full of pores."""
    x, y = scene.at(rng.uniform(0.72, 0.92), rng.uniform(0, math.tau))
    radius, stretch, turn = rng.uniform(3.0, 6.5) * scene.scale, rng.uniform(1.0, 1.8), rng.uniform(0, math.pi)
    dx, dy = scene.x - x, scene.y - y
    reach = np.hypot((math.cos(turn) * dx + math.sin(turn) * dy) / stretch, math.cos(turn) * dy - math.sin(turn) * dx)
    ragged = radius * (1 + 0.35 * _clouds(rng, 24, len(reach))) - reach
    cover = np.clip(ragged + 0.5, 0, 1) * (scene.rho < 0.985)
    pores = np.clip(0.5 + 0.5 * _clouds(rng, 60, len(reach)), 0, 1)
    look = scene.image * (rng.uniform(0.15, 0.3) + 0.4 * pores)
    return cover.astype(np.float32), look


_DEFECTS: tuple[Callable[[_Scene, np.random.Generator], tuple[Plane, Plane]], ...] = (
    _blow_hole,
    _pin_holes,
    _scratch,
    _chipped_rim,
    _shrinkage,
)
