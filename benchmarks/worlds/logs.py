"""Do the off-policy estimates hold the truth? Many logs of a policy that explores, each judged for other policies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.worlds.left_out import Trial, parallel
from xai_core.ranking.events import Decision
from xai_core.ranking.off_policy import OffPolicy, crossfit, off_policy
from xai_core.ranking.policy import order
from xai_core.ranking.simulation import Learned, simulate

Floats = NDArray[np.float64]

DECISIONS = 200
EXPLORATION = 0.3


def taught(trial: Trial, thumbs: int, rng: np.random.Generator) -> Learned:
    """The project's ranking after so many thumbs on any of the pool's images."""
    agent = Learned(trial.pool, rng, prior=trial.prior)
    everything = np.arange(len(trial.pool.image_ids))
    simulate(agent, trial.world(0), train=everything, unseen=everything[:1], looks=[thumbs], rng=rng)
    return agent


def chances(trial: Trial, seed: int) -> Floats:
    """P(shown first) ``[N, K]`` under the learned policy after 60 thumbs."""
    posterior = taught(trial, 60, np.random.default_rng([seed, 11])).posterior
    return np.array(
        [
            order(posterior, candidates, rng=np.random.default_rng([seed, image]), exploration=EXPLORATION).first
            for image, candidates in enumerate(trial.pool.candidates)
        ]
    )


def estimates(
    trial: Trial, probability: Floats, logging: Floats, targets: dict[str, Floats], log: int
) -> dict[str, OffPolicy]:
    """What each target ``[N, K]`` would earn, estimated from one log of ``DECISIONS`` decisions.

    Images are drawn with replacement, so that the pool is the population.
    """
    pool, rng = trial.pool, np.random.default_rng([log, 5])
    images = rng.integers(0, len(pool.image_ids), DECISIONS)
    decisions = []
    for number, image in enumerate(images):
        shown = int(rng.choice(len(pool.arms), p=logging[image]))
        value = int(rng.random() < probability[image, shown])
        offered, chance = tuple(pool.candidates[image]), float(logging[image, shown])
        decisions.append(Decision(pool.image_ids[image], "rater", offered, shown, chance, value, number))
    expected = crossfit(decisions, trial.prior, folds=2)
    return {name: off_policy(decisions, list(target[images]), expected, seed=log) for name, target in targets.items()}


def coverage_rows(trial: Trial, logs: int = 100) -> list[dict[str, object]]:
    """How often the 95 % intervals hold the truth: of a policy that has learned from 300 thumbs, of a random choice.

    The logs come from ten policies that have learned from 60 thumbs each.
    """
    n, k = len(trial.pool.image_ids), len(trial.pool.arms)
    probability = trial.world(0).at(0)[0]
    learned = np.eye(k)[taught(trial, 300, np.random.default_rng(1)).first(np.arange(n))]
    targets = {"learned": learned, "random": np.full((n, k), 1 / k)}
    logging = parallel(chances, [(trial, seed) for seed in range(10)])
    found = parallel(estimates, [(trial, probability, logging[log % 10], targets, log) for log in range(logs)])
    rows: list[dict[str, object]] = []
    for name, target in targets.items():
        truth = float((target * probability).sum(axis=1).mean())
        answers = [result[name] for result in found if not result[name].warning]
        row: dict[str, object] = {"explored": EXPLORATION, "policy judged": name, "truth": round(truth, 3)}
        for estimator in ("ips", "snips", "dr") if answers else ():
            intervals = [getattr(result, estimator) for result in answers]
            inside = np.mean([interval.low <= truth <= interval.high for interval in intervals])
            width = np.mean([interval.high - interval.low for interval in intervals])
            row[f"{estimator}: covers (width)"] = f"{inside:.1%} ({width:.2f})"
        rows.append(row | {"logs": len(answers), "logs that warn instead": len(found) - len(answers)})
    return rows
