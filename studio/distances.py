"""Distances as a person compares them."""

from __future__ import annotations

SMALLEST = 0.001
MOST_TIMES = 99
ALIKE = 1.05  # times as far: no difference worth a word


def times_as_far(distance: float, nearest: float) -> str:
    """A distance compared with the nearest one, in words."""
    ratio = distance / nearest if nearest > 0 else float("inf")
    if distance <= nearest or ratio < ALIKE:
        return "the nearest" if distance == nearest else "as near"
    return f"{ratio:.2g} times as far" if ratio <= MOST_TIMES else f"over {MOST_TIMES} times as far"


def distance_text(distance: float) -> str:
    """A distance in as many digits as a person compares."""
    if 0 < distance < SMALLEST:
        return f"< {SMALLEST}"
    return f"{distance:.2g}" if distance < 100 else f"{distance:.0f}"
