"""Drawn castings."""

from __future__ import annotations
import numpy as np

CLASS_NAMES = ("defective", "sound")


def draw_castings(count, rng, size=128, labels=None):
    return np.zeros((count, size, size, 1), np.uint8), np.zeros(count, np.int64), np.zeros((count, size, size), bool)
