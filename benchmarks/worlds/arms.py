"""What the candidates leave room for: the oracle over all arms of a world, and what each arm adds to it."""

from __future__ import annotations

import numpy as np

from benchmarks.worlds.pictures import WORLDS
from benchmarks.worlds.pools import pool


def arm_rows() -> list[dict[str, object]]:
    """A row for each world: overlap (IoU) with the evidence of the best single arm, of the best arm of every image, and
    the arms that this oracle would miss most if they were not there."""
    rows: list[dict[str, object]] = []
    for name in WORLDS:
        found = pool(name)
        overlap = found.measures["iou"]
        oracle = overlap.max(axis=1).mean()
        missed = [oracle - np.delete(overlap, at, axis=1).max(axis=1).mean() for at in range(len(found.arms))]
        most = np.argsort(missed)[::-1][:3]
        rows.append(
            {
                "world": name,
                "arms": len(found.arms),
                "IoU at random": round(overlap.mean(), 3),
                "best single arm": found.arms[int(overlap.mean(axis=0).argmax())],
                "its IoU": round(overlap.mean(axis=0).max(), 3),
                "oracle's IoU": round(oracle, 3),
                "what the oracle would lose without": ", ".join(f"{found.arms[at]} {missed[at]:.3f}" for at in most),
            }
        )
    return rows
