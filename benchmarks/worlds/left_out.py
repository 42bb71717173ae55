"""Worlds that nothing was tuned on: what the ranking believes was learned on all other data sets.

A trial is one data set, judged by ten raters of one taste in the first seed, of another in the next. Its prior, and the
single arm that it is compared with, come from the other data sets alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.worlds.pictures import WORLDS
from benchmarks.worlds.pools import pool
from benchmarks.worlds.raters import Judge, standard, tasting
from benchmarks.worlds.rivals import Popularity
from xai_core.ranking.prior import Prior
from xai_core.ranking.simulation import Agent, Learned, Pool, Run, World, simulate
from xai_core.ranking.transfer import Lesson, lesson, prior_from

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Result = TypeVar("Result")

LOOKS = (0, 30, 100, 300)  # thumbs
JUDGES: Mapping[str, Judge] = {
    "overlap": "absolute",
    "completeness": "relative",
    "compactness": "absolute",
    "faithful": "relative",
    "mixed": "absolute",
}  # the taste of the raters, and how they judge


@dataclass(frozen=True, eq=False)
class Trial:
    """A data set and its raters, one world for each taste; ``prior`` and ``arm`` (the best single one) were found on
    all other data sets."""

    title: str
    pool: Pool
    worlds: tuple[World, ...]
    prior: Prior
    arm: str

    def world(self, seed: int) -> World:
        """Who judges in a seed."""
        return self.worlds[seed % len(self.worlds)]


@cache
def judged_worlds() -> Mapping[tuple[str, str], tuple[Pool, World, Lesson]]:
    """Every data set under every taste, with what its raters go by."""
    found = {}
    for name in WORLDS:
        known = pool(name)
        for taste, judge in JUDGES.items():
            world = tasting(known, taste, judge)
            found[name, taste] = (known, world, lesson(known, world))
    return found


def prior_without(name: str) -> Prior:
    """The prior that the other data sets suggest."""
    return prior_from([taught for (other, _), (*_, taught) in judged_worlds().items() if other != name])


def best_arm_without(name: str) -> str:
    """The arm of the greatest mean approval on the other data sets, in units of each world's spread."""
    records: dict[str, list[float]] = {}
    here = set(pool(name).arms)
    for (other, _), (known, world, _) in judged_worlds().items():
        if other != name:
            levels = standard(world.approval.mean(axis=0)).mean(axis=0)
            for arm, level in zip(known.arms, levels, strict=True):
                records.setdefault(arm, []).append(float(level))
    most = max(len(levels) for levels in records.values())
    common = {arm: np.mean(levels) for arm, levels in records.items() if arm in here and len(levels) == most}
    return max(common, key=lambda arm: common[arm])


def trials(names: Sequence[str] = tuple(WORLDS), tastes: Sequence[str] = tuple(JUDGES)) -> list[Trial]:
    """Every data set left out in turn, under these tastes."""
    known = judged_worlds()
    return [
        Trial(
            name,
            pool(name),
            tuple(known[name, taste][1] for taste in tastes),
            prior_without(name),
            best_arm_without(name),
        )
        for name in names
    ]


def split(known: Pool, seed: int) -> tuple[Ints, Ints]:
    """Images to learn on and unseen images, half and half."""
    shuffled = np.random.default_rng([seed, 99]).permutation(len(known.image_ids))
    return shuffled[: len(shuffled) // 2], shuffled[len(shuffled) // 2 :]


def agents(trial: Trial, seed: int) -> dict[str, Agent]:
    """The project's ranking and what it must not lose to."""
    rngs = [np.random.default_rng([seed, number]) for number in range(2)]
    return {
        "learned": Learned(trial.pool, rngs[0], prior=trial.prior),
        "popularity": Popularity(trial.pool, rngs[1]),
    }


def run_seed(
    trial: Trial, seed: int, looks: Sequence[int] = LOOKS, make: Callable[[Trial, int], dict[str, Agent]] = agents
) -> dict[str, Run]:
    """Every agent's run; all agents of a seed meet the same split."""
    train, unseen = split(trial.pool, seed)
    return {
        name: simulate(
            agent, trial.world(seed), train=train, unseen=unseen, looks=looks, rng=np.random.default_rng([seed, 7])
        )
        for name, agent in make(trial, seed).items()
    }


@dataclass(frozen=True)
class Bounds:
    """Approval on each seed's unseen images, ``[seeds]`` each, of a random choice, of the single arm that is best
    elsewhere, of the one that is best here in hindsight, and of the oracle."""

    random: Floats
    elsewhere: Floats
    fixed: Floats
    oracle: Floats


def bounds(trial: Trial, seeds: int) -> Bounds:
    """What can be had without learning, and what at most."""
    at = trial.pool.arms.index(trial.arm)
    found = []
    for seed in range(seeds):
        p = trial.world(seed).at(0).mean(axis=0)[split(trial.pool, seed)[1]]
        found.append((p.mean(), p[:, at].mean(), p.mean(axis=0).max(), p.max(axis=1).mean()))
    return Bounds(*np.array(found).T)


def interval(values: Floats) -> tuple[float, float]:
    """95 % interval of a mean over seeds, by the normal approximation."""
    half = 1.96 * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


def parallel(function: Callable[..., Result], arguments: Sequence[tuple[object, ...]]) -> list[Result]:
    """Results for every tuple of arguments, by as many processes as there are processors."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
        futures = [processes.submit(function, *each) for each in arguments]
        return [future.result() for future in futures]
