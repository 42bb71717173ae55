"""Defects laid over a finished sound casting, with the pixels that they change."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from xai_core.datasets.casting_scene import TURN, Plane, Scene, around, clouds, over

_FAINTEST = 0.08  # cover below which a defect's edge is not drawn: a change of a few grey levels at most


def add_defect(scene: Scene, rng: np.random.Generator) -> tuple[Plane, NDArray[np.bool_]]:
    """The scene with one defect, sometimes two, and the mask of its changed pixels."""
    image, mask = scene.image, np.zeros(scene.image.shape, dtype=bool)
    for _ in range(1 + int(rng.random() < 0.3)):
        cover, look = _DEFECTS[int(rng.integers(len(_DEFECTS)))](scene, rng)
        cover = np.where(cover < _FAINTEST, np.float32(0), cover)
        image, mask = np.clip(over(image, look, cover), 0, 1), mask | (cover > 0)
    return image, mask


def _spot(scene: Scene, x: float, y: float, radius: float, *, stretch: float = 1.0, turn: float = 0.0) -> Plane:
    """An ellipse with a smooth edge about a pixel wide; ``radius`` in pixels of a 128-pixel picture."""
    dx, dy = scene.x - x, scene.y - y
    along = (math.cos(turn) * dx + math.sin(turn) * dy) / stretch
    across = math.cos(turn) * dy - math.sin(turn) * dx
    spot: Plane = np.clip(radius * scene.scale + 0.5 - np.hypot(along, across), 0, 1).astype(np.float32)
    return spot


def _on_face(rng: np.random.Generator) -> tuple[float, float]:
    """A place on the face, more often near the collar, where metal cools last."""
    return 0.67 + 0.28 * rng.beta(1, 1.8), rng.uniform(0, math.tau)


def _blow_hole(scene: Scene, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """A round dark pit with a bright lip."""
    x, y = scene.at(*_on_face(rng))
    radius, stretch, turn = rng.uniform(1.0, 3.6), rng.uniform(1.0, 1.6), rng.uniform(0, math.pi)
    pit = _spot(scene, x, y, radius, stretch=stretch, turn=turn)
    lit = rng.uniform(0, math.tau)
    reach = 0.7 * scene.scale
    lip = _spot(scene, x + reach * math.cos(lit), y + reach * math.sin(lit), radius, stretch=stretch, turn=turn)
    dark = rng.uniform(0.1, 0.3)
    look = over(np.minimum(scene.image + 0.18, 1), dark, pit)
    return np.maximum(pit, 0.8 * lip), look


def _pin_holes(scene: Scene, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """A cluster of dark points."""
    rho, angle = _on_face(rng)
    cover = np.zeros_like(scene.image)
    for _ in range(int(rng.integers(4, 11))):
        place = scene.at(np.clip(rho + rng.normal(0, 0.07), 0.68, 0.97), angle + rng.normal(0, 0.12))
        cover = np.maximum(cover, _spot(scene, *place, rng.uniform(0.6, 1.2)))
    return cover, scene.image * rng.uniform(0.1, 0.35)


def _scratch(scene: Scene, rng: np.random.Generator) -> tuple[Plane, Plane]:
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


def _chipped_rim(scene: Scene, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """Ragged dark breaks of the rim along an arc, with bright fresh metal in them."""
    arc = rng.uniform(0.03, 0.6) * TURN / 2  # half its length
    distance = np.abs(np.arange(TURN) - TURN / 2)
    envelope = np.clip((arc - distance) / (0.25 * arc), 0, 1)
    ragged = np.roll(envelope * (0.6 + 0.4 * around(rng, 90)).clip(0.1, None), int(rng.integers(TURN)))
    inward, outward = rng.uniform(0.03, 0.1), rng.uniform(0.01, 0.06)
    depth = ragged.astype(np.float32)[scene.angle]
    bite = (scene.rho - 1 + inward * depth) * scene.rim
    flash = (1 - scene.rho + outward * depth) * scene.rim
    cover = np.clip(np.minimum(bite, flash) + 0.5, 0, 1) * (depth > 0)
    metal = np.clip(clouds(rng, 50, len(cover)) - 0.8, 0, 0.8)
    return cover, rng.uniform(0.08, 0.22) + metal


def _shrinkage(scene: Scene, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """An irregular dark patch full of pores."""
    x, y = scene.at(rng.uniform(0.72, 0.92), rng.uniform(0, math.tau))
    radius, stretch, turn = rng.uniform(3.0, 6.5) * scene.scale, rng.uniform(1.0, 1.8), rng.uniform(0, math.pi)
    dx, dy = scene.x - x, scene.y - y
    reach = np.hypot((math.cos(turn) * dx + math.sin(turn) * dy) / stretch, math.cos(turn) * dy - math.sin(turn) * dx)
    ragged = radius * (1 + 0.35 * clouds(rng, 24, len(reach))) - reach
    cover = np.clip(ragged + 0.5, 0, 1) * (scene.rho < 0.985)
    pores = np.clip(0.5 + 0.5 * clouds(rng, 60, len(reach)), 0, 1)
    look = scene.image * (rng.uniform(0.15, 0.3) + 0.4 * pores)
    return cover.astype(np.float32), look


_DEFECTS: tuple[Callable[[Scene, np.random.Generator], tuple[Plane, Plane]], ...] = (
    _blow_hole,
    _pin_holes,
    _scratch,
    _chipped_rim,
    _shrinkage,
)
