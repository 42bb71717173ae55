"""Does the ranking learn what raters want to see, on images that nobody has judged?

``python -m benchmarks.bench_ranking``: simulated raters with known tastes judge real explanations of drawn castings and
of digits. Explanations are computed once and kept under the data root.

A rater approves of an explanation when what it marks covers the true evidence: IoU of the marked area (segments of at
least half the greatest weight) with the defect or the digit's strokes above a threshold, a steep logistic step, and
every tenth thumb comes out the wrong way. The threshold is the 70 % quantile of the pool.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np
from mabwiser.mab import LearningPolicy
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.ranking_rivals import FixedOrder, Library, Popularity
from benchmarks.report import RESULTS, table, write
from xai_core.arms import LIME_ARMS
from xai_core.classifiers import load_classifier
from xai_core.datasets import as_float, load_dataset
from xai_core.datasets.casting_drawings import DEFECTIVE, draw_castings
from xai_core.paths import data_root
from xai_core.ranking.evaluation import leave_images_out, scores
from xai_core.ranking.events import Decision
from xai_core.ranking.off_policy import OffPolicy, crossfit, off_policy
from xai_core.ranking.policy import order
from xai_core.ranking.prior import Prior
from xai_core.ranking.simulation import (
    Agent,
    Learned,
    Pool,
    Run,
    World,
    build_pool,
    evidence_world,
    null_world,
    planted_world,
    simulate,
)

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]
Estimates = dict[str, OffPolicy]
Result = TypeVar("Result")

ARMS = tuple(LIME_ARMS)
QUANTILE = 0.7
EVERY = 20
FLIP_AT = 240
DECISIONS = 1000
LOGS = 200
COMPACT = {"area": -1.0, "components": -1.0, "r2": 1.0, "border": -0.5}


def casting_pool(images: int, samples: int) -> Pool:
    """Drawn castings with a defect that casting-cnn calls defective, twice as many drawn as needed at first."""
    model = load_classifier("casting-cnn", precision="bfloat16")
    drawn, _, masks = draw_castings(2 * images, np.random.default_rng(2031), labels=np.full(2 * images, DEFECTIVE))
    found = np.flatnonzero(model.predict_proba(as_float(drawn)).argmax(axis=1) == DEFECTIVE)[:images]
    return build_pool(drawn[found], masks[found], model, ARMS, dataset="casting", samples=samples, progress=say)


def strokes_pool(images: int, samples: int) -> Pool:
    """MNIST digits; the evidence is the strokes."""
    data = load_dataset("mnist", download=True)
    chosen = data.x_test[np.random.default_rng(2026).permutation(len(data.x_test))[:images]]
    model = load_classifier("mnist-cnn")
    strokes = chosen[..., 0] >= 128
    return build_pool(chosen, strokes, model, ARMS, dataset="mnist", samples=samples, progress=say)


def kept(name: str, build: Callable[[], Pool]) -> Pool:
    """The pool of that name from the data root, built on first use."""
    path = data_root() / "cache" / "ranking" / f"{name}.npz"
    if not path.exists():
        build().save(path)
        print(file=sys.stderr)
    return Pool.load(path)


def say(share: float) -> None:
    """Progress on one line of the terminal."""
    print(f"\rexplaining: {share:.0%}", end="", file=sys.stderr, flush=True)


def agents(pool: Pool, seed: int, prior: Prior | None = None) -> dict[str, Agent]:
    """The project's ranking and what it is compared with."""
    rngs = [np.random.default_rng([seed, number]) for number in range(4)]
    return {
        "learned": Learned(pool, rngs[0], prior=prior),
        "popularity": Popularity(pool, rngs[1]),
        "restart per image": Popularity(pool, rngs[2], forget=True),
        "random": FixedOrder(pool, rngs[3]),
        "fixed order": FixedOrder(pool),
        "LinUCB": Library(pool, LearningPolicy.LinUCB(alpha=0.5), seed),
        "linear Thompson": Library(pool, LearningPolicy.LinTS(alpha=0.5), seed),
    }


def split(pool: Pool, seed: int) -> tuple[Ints, Ints]:
    """Images to learn on and unseen images, half and half."""
    shuffled = np.random.default_rng([seed, 99]).permutation(len(pool.image_ids))
    return shuffled[: len(shuffled) // 2], shuffled[len(shuffled) // 2 :]


def run_seed(pool: Pool, world: World, seed: int, thumbs: int) -> dict[str, Run]:
    """Every agent's run; all agents of a seed meet the same split."""
    train, unseen = split(pool, seed)
    return {
        name: simulate(agent, world, train=train, unseen=unseen, thumbs=thumbs,
                       rng=np.random.default_rng([seed, 7]), every=EVERY)
        for name, agent in agents(pool, seed).items()
    }  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """A kind of world on a pool; each seed has a world of its own where chance makes the world."""

    title: str
    pool: Pool
    world: Callable[[int], World]

    def bounds(self, seeds: int) -> tuple[Floats, Floats]:
        """Approval of the best fixed arm in hindsight and of the oracle on each seed's unseen images: ``[seeds]``."""
        probability = [self.world(seed).at(0).mean(axis=0)[split(self.pool, seed)[1]] for seed in range(seeds)]
        fixed = np.array([p.mean(axis=0).max() for p in probability])
        return fixed, np.array([p.max(axis=1).mean() for p in probability])


def parallel(function: Callable[..., Result], arguments: Sequence[tuple[object, ...]]) -> list[Result]:
    """Results for every tuple of arguments, by as many processes as there are processors."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
        futures = [processes.submit(function, *each) for each in arguments]
        return [future.result() for future in futures]


def interval(values: Floats) -> tuple[float, float]:
    """95 % interval of a mean over seeds, by the normal approximation."""
    half = 1.96 * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


def summary(trial: Trial, runs: list[dict[str, Run]]) -> list[dict[str, object]]:
    """A row for every agent: approval of what is shown first of unseen images, share of the gap closed."""
    fixed, oracle = trial.bounds(len(runs))
    at_random = np.array([run["random"].approval[-1] for run in runs])
    rows: list[dict[str, object]] = []
    for name in runs[0]:
        history = [run[name] for run in runs]
        curves = np.array([run.approval for run in history])
        last = curves[:, -1]
        ahead = np.flatnonzero(curves.mean(axis=0) > fixed.mean())
        rows.append(
            {
                "world": trial.title,
                "agent": name,
                "first shown approved": round(last.mean(), 3),
                "95 %": "{:.3f}–{:.3f}".format(*interval(last)),
                "above random, 95 %": ""
                if name == "random"
                else "{:+.3f} to {:+.3f}".format(*interval(last - at_random)),
                "gap closed": round((last.mean() - fixed.mean()) / (oracle.mean() - fixed.mean()), 2),
                "passes best fixed after": int(history[0].thumbs[ahead[0]]) if len(ahead) else "never",
                "👎 before the first 👍": round(float(np.mean([run.downs.mean() for run in history])), 2),
            }
        )
    for name, values in (("best fixed arm in hindsight", fixed), ("oracle per image", oracle)):
        rows.append(
            {
                "world": trial.title,
                "agent": name,
                "first shown approved": round(values.mean(), 3),
                "95 %": "{:.3f}–{:.3f}".format(*interval(values)),
            }
        )
    return rows


def unseen_log_loss(pool: Pool, world: World, seed: int, thumbs: int) -> tuple[float, float]:
    """Log loss of one log's thumbs on images left out of it (ten folds): learned, popularity."""
    agent = Learned(pool, np.random.default_rng([seed, 0]))
    simulate(agent, world, train=split(pool, seed)[0], unseen=np.arange(1), thumbs=thumbs,
             rng=np.random.default_rng([seed, 7]), every=thumbs)  # fmt: skip
    result = leave_images_out(agent.posterior.events, folds=10, seed=seed)
    return scores(result.events, result.learned).log_loss, scores(result.events, result.popularity).log_loss


def log_loss_row(trial: Trial, seeds: int, thumbs: int) -> dict[str, object]:
    """Mean log loss on images left out over seeds, learned against popularity."""
    found = np.array(
        parallel(unseen_log_loss, [(trial.pool, trial.world(seed), seed, thumbs) for seed in range(seeds)])
    )
    return {
        "world": trial.title,
        "log loss, learned": round(found[:, 0].mean(), 3),
        "log loss, popularity": round(found[:, 1].mean(), 3),
        "difference, 95 %": "{:+.3f} to {:+.3f}".format(*interval(found[:, 0] - found[:, 1])),
    }


def flip(pool: Pool, half_life: float | None, seed: int) -> Floats:
    """Approval curve of raters who turn their taste round after ``FLIP_AT`` thumbs and give as many again."""
    reverse = planted_world(pool, {name: -weight for name, weight in COMPACT.items()})
    world = World("preference flips", planted_world(pool, COMPACT).approval, reverse.approval, FLIP_AT)
    train, unseen = split(pool, seed)
    agent = Learned(pool, np.random.default_rng([seed, 0]), prior=Prior(half_life=half_life))
    return simulate(agent, world, train=train, unseen=unseen, thumbs=2 * FLIP_AT,
                    rng=np.random.default_rng([seed, 7]), every=EVERY).approval  # fmt: skip


def flip_rows(pool: Pool, seeds: int) -> list[dict[str, object]]:
    """How soon is approval back at 90 % of what it was before the flip, for each decay?"""
    rows: list[dict[str, object]] = []
    at = FLIP_AT // EVERY
    for half_life in (None, 60, 35, 20):
        curve = np.mean(parallel(flip, [(pool, half_life, seed) for seed in range(seeds)]), axis=0)
        level = curve[at - 1]  # the last look before the change
        back = np.flatnonzero(curve[at:] >= 0.9 * level)
        rows.append(
            {
                "half-life": half_life or "none",
                "before": round(level, 3),
                "at the change": round(curve[at], 3),
                "140 thumbs later": round(curve[at + 140 // EVERY], 3),
                "90 % again after": int(back[0]) * EVERY if len(back) else f"not within {FLIP_AT}",
            }
        )
    return rows


def taught(pool: Pool, world: World, thumbs: int, rng: np.random.Generator) -> Learned:
    """The project's ranking after so many thumbs on any of the pool's images."""
    agent = Learned(pool, rng)
    simulate(agent, world, train=np.arange(len(pool.image_ids)), unseen=np.arange(1), thumbs=thumbs, rng=rng,
             every=thumbs)  # fmt: skip
    return agent


def chances(pool: Pool, world: World, exploration: float, seed: int) -> Floats:
    """P(shown first) ``[N, K]`` under the learned policy after 60 thumbs."""
    posterior = taught(pool, world, 60, np.random.default_rng([seed, 11])).posterior
    return np.array(
        [
            order(posterior, candidates, rng=np.random.default_rng([seed, image]), exploration=exploration).first
            for image, candidates in enumerate(pool.candidates)
        ]
    )


def estimate(pool: Pool, probability: Floats, logging: Floats, targets: dict[str, Floats], log: int) -> Estimates:
    """Off-policy estimates of what each target ``[N, K]`` would earn, from one log of ``DECISIONS`` decisions.

    Images are drawn with replacement, so that the pool is the population.
    """
    rng = np.random.default_rng([log, 5])
    images = rng.integers(0, len(pool.image_ids), DECISIONS)
    decisions = []
    for number, image in enumerate(images):
        shown = int(rng.choice(len(pool.arms), p=logging[image]))
        value = int(rng.random() < probability[image, shown])
        decisions.append(Decision(pool.image_ids[image], "rater", tuple(pool.candidates[image]), shown,
                                  float(logging[image, shown]), value, number))  # fmt: skip
    expected = crossfit(decisions, folds=2)
    return {name: off_policy(decisions, list(target[images]), expected, seed=log) for name, target in targets.items()}


def coverage(pool: Pool, world: World, logs: int, exploration: float) -> list[dict[str, object]]:
    """How often the 95 % intervals of the off-policy estimates hold the truth: of a policy that has learned from 300
    thumbs, and of a random choice. The logs come from ten policies that have learned from 60 thumbs each."""
    n, k = len(pool.image_ids), len(pool.arms)
    probability = world.at(0)[0]
    learned = np.eye(k)[taught(pool, world, 300, np.random.default_rng(1)).first(np.arange(n))]
    targets = {"learned": learned, "random": np.full((n, k), 1 / k)}
    logging = parallel(chances, [(pool, world, exploration, seed) for seed in range(10)])
    found = parallel(estimate, [(pool, probability, logging[log % 10], targets, log) for log in range(logs)])
    rows: list[dict[str, object]] = []
    for name, target in targets.items():
        truth = float((target * probability).sum(axis=1).mean())
        answers = [result[name] for result in found if not result[name].warning]
        row: dict[str, object] = {"explored": exploration, "policy judged": name, "truth": round(truth, 3)}
        for estimator in ("ips", "snips", "dr") if answers else ():
            intervals = [getattr(result, estimator) for result in answers]
            inside = np.mean([interval.low <= truth <= interval.high for interval in intervals])
            width = np.mean([interval.high - interval.low for interval in intervals])
            row[f"{estimator}: covers (width)"] = f"{inside:.1%} ({width:.2f})"
        rows.append(row | {"logs": len(answers), "logs that warn instead": len(found) - len(answers)})
    return rows


def plot(trials: list[tuple[Trial, list[dict[str, Run]]]], path: Path) -> None:
    """Approval of what is shown first of unseen images against thumbs, with 95 % intervals over seeds."""
    figure = Figure(figsize=(5 * len(trials), 4), layout="constrained")
    axes = figure.subplots(1, len(trials), squeeze=False)[0]
    for axis, (trial, runs) in zip(axes, trials, strict=True):
        fixed, oracle = trial.bounds(len(runs))
        axis.axhline(oracle.mean(), color="0.2", linestyle=":", label="oracle per image")
        axis.axhline(fixed.mean(), color="0.2", linestyle="--", label="best fixed arm in hindsight")
        for name in runs[0]:
            curves = np.array([run[name].approval for run in runs])
            half = 1.96 * curves.std(axis=0) / np.sqrt(len(curves))
            thumbs = runs[0][name].thumbs
            line = axis.plot(thumbs, curves.mean(axis=0), label=name, linewidth=3 if name == "learned" else 1.2)[0]
            axis.fill_between(thumbs, curves.mean(axis=0) - half, curves.mean(axis=0) + half,
                              color=line.get_color(), alpha=0.15)  # fmt: skip
        axis.set(title=trial.title, xlabel="thumbs given on other images")
    axes[0].set_ylabel("first shown on unseen images: approved")
    axes[-1].legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(path, dpi=110)


def main() -> None:
    """Run every world and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--thumbs", type=int, default=300)
    parser.add_argument("--images", type=int, default=400)
    parser.add_argument("--logs", type=int, default=LOGS)
    parser.add_argument("--world", help="only this world, e.g. null with more seeds; nothing is stored")
    options = parser.parse_args()

    castings = kept("castings", lambda: casting_pool(options.images, samples=256))
    strokes = kept("strokes", lambda: strokes_pool(options.images // 2, samples=256))
    evidence = evidence_world(castings, np.quantile(castings.utility, QUANTILE))
    on_strokes = evidence_world(strokes, np.quantile(strokes.utility, QUANTILE))
    taste = planted_world(castings, COMPACT)
    trials = [
        Trial("evidence, castings", castings, lambda _: evidence),
        Trial("evidence, digits", strokes, lambda _: on_strokes),
        Trial("planted taste", castings, lambda _: taste),
        Trial("ten raters, ten tastes", castings, lambda seed: planted_world(
            castings, COMPACT, rng=np.random.default_rng([seed, 3]), taste=0.5, raters=10)),
        Trial("null", castings, lambda seed: null_world(castings, np.random.default_rng([seed, 3]))),
    ]  # fmt: skip
    everything: list[dict[str, object]] = []

    def show(rows: list[dict[str, object]]) -> None:
        everything.extend(rows)
        print(table(rows) + "\n", flush=True)

    drawn = []
    if options.world:
        trials = [trial for trial in trials if trial.title == options.world]
    for trial in trials:
        tasks = [(trial.pool, trial.world(seed), seed, options.thumbs) for seed in range(options.seeds)]
        drawn.append((trial, parallel(run_seed, tasks)))
        show(summary(*drawn[-1]))
    if options.world:
        return
    plot(drawn, RESULTS / "ranking.png")
    show([log_loss_row(trial, max(options.seeds // 2, 2), options.thumbs) for trial in trials])
    show(flip_rows(castings, max(options.seeds // 2, 2)))
    show([row for share in (0.1, 0.3) for row in coverage(castings, evidence, options.logs, share)])
    write("ranking", everything)


if __name__ == "__main__":
    main()
