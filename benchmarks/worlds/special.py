"""Worlds that are hard in one way each: only the arm matters, nothing matters, taste turns, one rater is always
wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.worlds.left_out import LOOKS, Trial, interval, parallel, run_seed, split
from benchmarks.worlds.raters import by_arm, contrary, judged_by, null, planted
from xai_core.ranking.psi import FEATURES
from xai_core.ranking.simulation import Learned, Run, World, simulate

Floats = NDArray[np.float64]

SMALL = {"area": -1.0, "components": -1.0, "r2": 1.0, "border": -0.5}
FLIP_AT = 240


def arm_only(trial: Trial, seed: int) -> Trial:
    """Raters to whom only the arm matters, other levels in each seed."""
    return replace(trial, title="only the arm matters", worlds=(by_arm(trial.pool, np.random.default_rng([seed, 3])),))


def nothing(trial: Trial, seed: int) -> Trial:
    """Raters whose taste nothing foretells, another in each seed."""
    return replace(trial, title="null", worlds=(null(trial.pool, np.random.default_rng([seed, 3])),))


def planted_taste(trial: Trial, seed: int) -> Trial:
    """Ten raters with tastes of their own around small, single marks."""
    world = planted(trial.pool, SMALL, taste=0.5, rng=np.random.default_rng([seed, 3]))
    return replace(trial, title="ten tastes", worlds=(world,))


def one_always_wrong(trial: Trial, seed: int) -> Trial:
    """One of ten raters says the opposite of what he sees."""
    world = trial.world(seed)
    return replace(trial, title="one always wrong", worlds=(contrary(world, seed % len(world.approval)),))


def in_special_world(
    trial: Trial, seed: int, make: str, looks: tuple[int, ...] = LOOKS
) -> tuple[dict[str, Run], Floats]:
    """The runs of one seed, and approval of a random choice, of the best fixed arm and of the oracle."""
    special = {each.__name__: each for each in (arm_only, nothing, planted_taste, one_always_wrong)}[make](trial, seed)
    p = special.world(seed).at(0).mean(axis=0)[split(trial.pool, seed)[1]]
    return run_seed(special, seed, looks), np.array([p.mean(), p.mean(axis=0).max(), p.max(axis=1).mean()])


def special_rows(trial: Trial, make: str, seeds: int) -> list[dict[str, object]]:
    """Learned against popularity and chance, at every look."""
    found = parallel(in_special_world, [(trial, seed, make) for seed in range(seeds)])
    at_random, fixed, oracle = np.array([bound for _, bound in found]).T
    learned = np.array([runs["learned"].approval for runs, _ in found])
    popular = np.array([runs["popularity"].approval for runs, _ in found])
    return [
        {
            "world": f"{make.replace('_', ' ')}, {trial.pool.dataset}",
            "thumbs": thumbs,
            "random": round(at_random.mean(), 3),
            "learned": round(learned[:, at].mean(), 3),
            "learned - random, 95 %": spread(learned[:, at] - at_random),
            "learned - popularity, 95 %": spread(learned[:, at] - popular[:, at]),
            "best fixed": round(fixed.mean(), 3),
            "oracle": round(oracle.mean(), 3),
        }
        for at, thumbs in enumerate(LOOKS)
    ]


def spread(values: Floats) -> str:
    """A mean with its 95 % interval."""
    low, high = interval(values)
    return f"{values.mean():+.3f} ({low:+.3f} to {high:+.3f})"


def flip(trial: Trial, half_life: float | None, seed: int) -> Floats:
    """Approval every 20 thumbs while raters turn their taste round after ``FLIP_AT`` thumbs and give as many again."""
    psi = trial.pool.standardised()
    scores = psi @ np.array([SMALL.get(name, 0.0) for name in FEATURES])
    before, after = (judged_by(sign * scores, name="flips").approval for sign in (1, -1))
    train, unseen = split(trial.pool, seed)
    agent = Learned(trial.pool, np.random.default_rng([seed, 0]), prior=replace(trial.prior, half_life=half_life))
    return simulate(
        agent,
        World("flips", before, after, FLIP_AT),
        train=train,
        unseen=unseen,
        looks=range(0, 2 * FLIP_AT + 1, 20),
        rng=np.random.default_rng([seed, 7]),
    ).approval


def flip_rows(trial: Trial, seeds: int) -> list[dict[str, object]]:
    """How soon is approval back at 90 % of what it was before the flip, for each decay?"""
    rows: list[dict[str, object]] = []
    at = FLIP_AT // 20
    for half_life in (None, 60, 35, 20):
        curve = np.mean(parallel(flip, [(trial, half_life, seed) for seed in range(seeds)]), axis=0)
        level = curve[at - 1]  # the last look before the change
        back = np.flatnonzero(curve[at:] >= 0.9 * level)
        rows.append(
            {
                "world": f"taste flips, {trial.pool.dataset}",
                "half-life": half_life or "none",
                "before": round(level, 3),
                "at the change": round(curve[at], 3),
                "140 thumbs later": round(curve[at + 7], 3),
                "90 % again after": int(back[0]) * 20 if len(back) else f"not within {FLIP_AT}",
            }
        )
    return rows
