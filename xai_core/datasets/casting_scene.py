"""A sound pump impeller, drawn: a turned face, a collar in its groove, the cavity with its vanes, hub and bore."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]  # [H, W]

TURN = 1024  # entries of a table over the angle


@dataclass(frozen=True)
class Scene:
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


def draw_scene(rng: np.random.Generator, size: int) -> Scene:
    """A sound casting of random proportions, place, surface and light, ``size`` pixels square."""
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
    angle = ((np.arctan2(v, u) + math.pi) * (TURN / math.tau)).astype(np.intp)
    angle = np.minimum(angle, TURN - 1)
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
    image = rng.uniform(0.55, 0.78) + rng.uniform(0.02, 0.07) * slope + 0.012 * clouds(rng, 6, size)
    shade = np.hypot(u + 0.06 * math.cos(light), v + 0.06 * math.sin(light))
    image = image * (1 - rng.uniform(0.2, 0.75) * inside(shade, 1.04, rng.uniform(7, 14)))

    # face: sheen along the angle, grooves of the lathe along the radius
    sheen = rng.uniform(0.6, 2.2) * _sheen(rng)
    face = rng.uniform(0.64, 0.82) + sheen[angle] + 0.04 * slope
    rings = rng.normal(0, rng.uniform(0.003, 0.02), 256).astype(np.float32)
    face = face + rings[(rho * 128).astype(np.intp).clip(0, 255)]
    face = face + rng.uniform(0.01, 0.03) * clouds(rng, 8, size)
    rough = rho + rng.uniform(0.0, 0.006) * around(rng, 120)[angle]  # no rim is perfectly round
    image = over(image, face, inside(rough, 1.0))
    image = image * (1 - rng.uniform(0.15, 0.45) * _ring(rho, 1.0, 0.012))
    image = _blemish(image, rho, angle, rng)

    # collar in its groove, cavity with vanes, hub and bore
    groove, wall, cavity = rng.uniform(0.63, 0.67), rng.uniform(0.6, 0.635), rng.uniform(0.53, 0.575)
    ragged = rho + rng.uniform(0.0, 0.008) * around(rng, 80)[angle]
    image = over(image, rng.uniform(0.06, 0.25), inside(ragged, groove, 1.5) * rng.uniform(0.7, 1.0))
    image = over(image, rng.uniform(0.6, 0.8) + 0.8 * _sheen(rng)[angle], inside(collar, wall))
    image = over(image, _vanes(rng, inner, angle), inside(inner, cavity, 1.5))
    hub, bore = rng.uniform(0.27, 0.3), rng.uniform(0.205, 0.23)
    image = over(image, rng.uniform(0.6, 0.75) + 0.5 * _sheen(rng)[angle], inside(inner, hub))
    depth = rng.uniform(0.4, 0.6) + rng.uniform(0.4, 0.9) * slope
    image = over(image, depth, inside(inner, bore))

    image = _glints(image, rho, angle, rng)
    gain, lift = rng.uniform(0.88, 1.08), rng.uniform(-0.03, 0.03)
    grain = rng.standard_normal((size, size), dtype=np.float32) * rng.uniform(0.002, 0.015)
    image = np.clip(image * gain + lift + grain, 0, 1).astype(np.float32)
    to_pixels = np.column_stack([-shape, centre])  # minus: the table of angles starts at -pi
    return Scene(image, rho, angle, x, y, to_pixels, rim, scale)


def over(below: Plane, above: Plane | float, cover: Plane) -> Plane:
    """One picture laid over another, opaque where ``cover`` is 1 and invisible where it is 0."""
    return below + (above - below) * cover


def _ring(rho: Plane, radius: float, width: float) -> Plane:
    """A soft ring: 1 on the radius, falling off over ``width``."""
    ring: Plane = np.exp(-np.square((rho - radius) / width))
    return ring


def clouds(rng: np.random.Generator, cells: int, size: int) -> Plane:
    """Smooth noise of unit variance at ``cells`` x ``cells`` knots, interpolated linearly."""
    position = np.linspace(0, cells - 1, size, dtype=np.float32)[:, None]
    weights = np.clip(1 - np.abs(position - np.arange(cells, dtype=np.float32)), 0, 1)  # [size, cells]
    clouds: Plane = weights @ rng.standard_normal((cells, cells), dtype=np.float32) @ weights.T
    return clouds


def around(rng: np.random.Generator, knots: int) -> NDArray[np.float32]:
    """Smooth periodic noise of unit variance over the angle, ``[1024]``."""
    values = rng.standard_normal(knots)
    positions = np.arange(TURN) * (knots / TURN)
    noise: NDArray[np.float32] = np.interp(positions, np.arange(knots + 1), [*values, values[0]]).astype(np.float32)
    return noise


def _sheen(rng: np.random.Generator) -> NDArray[np.float32]:
    """Bright and dark sectors of turned metal over the angle, ``[1024]``."""
    angle = np.arange(TURN) * (math.tau / TURN)
    phase = rng.uniform(0, math.tau, 3)
    lobes = 0.05 * np.cos(angle - phase[0]) + 0.06 * np.cos(2 * angle - phase[1]) + 0.02 * np.cos(5 * angle - phase[2])
    sheen: NDArray[np.float32] = (lobes * rng.uniform(0.4, 1.4) + 0.015 * around(rng, 24)).astype(np.float32)
    return sheen


def _vanes(rng: np.random.Generator, inner: Plane, angle: NDArray[np.intp]) -> Plane:
    """The dark cavity with curved vanes that catch a little light."""
    count, twist = int(rng.integers(5, 9)), float(rng.choice([-3, 3])) * rng.uniform(4, 9)
    phase = rng.uniform(0, math.tau)
    turn = np.linspace(phase, phase + math.tau * count, TURN, endpoint=False, dtype=np.float32)[angle]
    wave = np.cos(turn + twist * inner)
    ridges = np.clip(wave - 0.7, 0, None) * (around(rng, 12)[angle] * 0.3 + 0.8).clip(0, None)
    cavity: Plane = rng.uniform(0.04, 0.11) + rng.uniform(0.1, 0.5) * ridges
    return cavity


def _blemish(image: Plane, rho: Plane, angle: NDArray[np.intp], rng: np.random.Generator) -> Plane:
    """What sound faces have as well: wide, faint stains."""
    for _ in range(int(rng.integers(0, 3))):
        across = _ring(rho, rng.uniform(0.68, 0.98), rng.uniform(0.04, 0.15))
        along = np.exp(-np.square((np.arange(TURN) - TURN / 2) / rng.uniform(25, 90))).astype(np.float32)
        patch = across * np.roll(along, int(rng.integers(TURN)))[angle]
        image = image + rng.uniform(-0.09, 0.09) * patch
    return image


def _glints(image: Plane, rho: Plane, angle: NDArray[np.intp], rng: np.random.Generator) -> Plane:
    """What sound edges have as well: short bright reflections on rim and collar."""
    for _ in range(int(rng.integers(0, 5))):
        across = _ring(rho, float(rng.choice([0.62, 0.66, 0.985])), 0.012)
        along = np.exp(-np.square((np.arange(TURN) - TURN / 2) / rng.uniform(3, 20))).astype(np.float32)
        spot = across * np.roll(along, int(rng.integers(TURN)))[angle]
        image = image + rng.uniform(0.08, 0.25) * spot
    return image
