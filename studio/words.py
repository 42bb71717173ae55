"""Numbers and names as a person reads them: a unit, two significant digits, nothing taken for Markdown."""

from __future__ import annotations

import re

_MARKS = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~$:])")


def literal(name: str) -> str:
    """A name of somebody else's making as Markdown that reads exactly like it."""
    return _MARKS.sub(r"\\\1", name)


def percent(share: float) -> str:
    """A share or probability 0..1: ``12 %``, ``under 1 %``, ``over 99 %``."""
    if 0 < share < 0.005:
        return "under 1\u00a0%"
    if 0.995 <= share < 1:
        return "over 99\u00a0%"
    return f"{100 * share:.0f}\u00a0%"


def points(change: float) -> str:
    """A change of probability -1..1 by its size: ``12 points``, ``3.1 points``, ``under 0.1 points``."""
    size = abs(100 * change)
    return f"{size:.2g} points" if size >= 0.1 else "under 0.1 points"
