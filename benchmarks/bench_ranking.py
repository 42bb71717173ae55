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
from collections.abc import Callable
from pathlib import Path

import numpy as np
from mabwiser.mab import MAB, LearningPolicy
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from benchmarks.report import RESULTS, table, write
from xai_core.classifiers import load_classifier
from xai_core.datasets import as_float, load_dataset
from xai_core.datasets.castings import DEFECTIVE, draw_castings
from xai_core.paths import data_root
from xai_core.ranking.evaluation import leave_images_out, scores
from xai_core.ranking.model import Prior
from xai_core.ranking.off_policy import Decision, crossfit, off_policy
from xai_core.ranking.policy import order
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
from xai_core.segmenters import ARMS

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]

QUANTILE = 0.7
EVERY = 20
LOGS = 200
COMPACT = {"area": -1.0, "components": -1.0, "r2": 1.0, "border": -0.5}


class FixedOrder:
    """Always the same order; a random one per image with ``rng``."""

    def __init__(self, pool: Pool, rng: np.random.Generator | None = None) -> None:
        self.count, self.rng = len(pool.arms), rng

    def order(self, _image: int) -> Ints:
        return np.arange(self.count) if self.rng is None else self.rng.permutation(self.count)

    def learn(self, _image: int, _candidate: int, _value: int, _rater: str) -> None:
        """Nothing is learned."""

    def first(self, images: Ints) -> Ints:
        return np.zeros(len(images), np.intp) if self.rng is None else self.rng.integers(0, self.count, len(images))


class Popularity:
    """Beta–Bernoulli per arm: Thompson draws to learn, posterior means to be judged by; ``forget``: anew per image."""

    def __init__(self, pool: Pool, rng: np.random.Generator, *, forget: bool = False) -> None:
        self.counts, self.rng, self.forget = np.ones((len(pool.arms), 2)), rng, forget

    def order(self, _image: int) -> Ints:
        if self.forget:
            self.counts[:] = 1
        return np.argsort(-self.rng.beta(self.counts[:, 1], self.counts[:, 0]))

    def learn(self, _image: int, candidate: int, value: int, _rater: str) -> None:
        self.counts[candidate, value] += 1

    def first(self, images: Ints) -> Ints:
        if self.forget:  # nothing is known of an image before its first thumb
            return self.rng.integers(0, len(self.counts), len(images))
        return np.full(len(images), np.argmax(self.counts[:, 1] / self.counts.sum(axis=1)))


class Library:
    """A contextual bandit of mabwiser. Context: the first ten principal components of all that is known of an image
    before the first thumb, its embedding and ψ of every arm."""

    def __init__(self, pool: Pool, policy: object, seed: int) -> None:
        known = np.nan_to_num(pool.standardised().reshape(len(pool.image_ids), -1))
        embedding = (pool.embeddings - pool.embeddings.mean(axis=0)) / (pool.embeddings.std(axis=0) + 1e-6)
        components = PCA(10, random_state=0).fit_transform(np.concatenate([known, embedding], axis=1))
        self.context = np.hstack([components / components.std(axis=0), np.ones((len(components), 1))])
        self.count = len(pool.arms)
        self.bandit = MAB(list(range(self.count)), policy, seed=seed)
        self.started = False

    def _expected(self, images: Ints) -> Floats:
        if not self.started:
            return np.zeros((len(images), self.count))
        expected = self.bandit.predict_expectations(self.context[images])
        rows = expected if isinstance(expected, list) else [expected]
        return np.array([[row[arm] for arm in range(self.count)] for row in rows])

    def order(self, image: int) -> Ints:
        return np.argsort(-self._expected(np.array([image]))[0], kind="stable")

    def learn(self, image: int, candidate: int, value: int, _rater: str) -> None:
        train = self.bandit.partial_fit if self.started else self.bandit.fit
        train([candidate], [value], self.context[[image]])
        self.started = True

    def first(self, images: Ints) -> Ints:
        return self._expected(images).argmax(axis=1)


def casting_pool(images: int, samples: int) -> Pool:
    """Drawn castings with a defect that casting-cnn calls defective, twice as many drawn as needed at first."""
    model = load_classifier("casting-cnn", precision="bfloat16")
    drawn, _, masks = draw_castings(2 * images, np.random.default_rng(2026), labels=np.full(2 * images, DEFECTIVE))
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


def run_world(pool: Pool, world: World, seeds: int, thumbs: int, only: tuple[str, ...] = ()) -> dict[str, list[Run]]:
    """Every agent's runs, one a seed; all agents of a seed meet the same split."""
    runs: dict[str, list[Run]] = {}
    for seed in range(seeds):
        train, unseen = split(pool, seed)
        for name, agent in agents(pool, seed).items():
            if not only or name in only:
                rng = np.random.default_rng([seed, 7])
                run = simulate(agent, world, train=train, unseen=unseen, thumbs=thumbs, rng=rng, every=EVERY)
                runs.setdefault(name, []).append(run)
    return runs


def bounds(pool: Pool, world: World, seeds: int) -> tuple[Floats, Floats]:
    """Approval of the best fixed arm in hindsight and of the oracle on each seed's unseen images: two ``[seeds]``."""
    probability = world.at(0).mean(axis=0)
    unseen = [split(pool, seed)[1] for seed in range(seeds)]
    fixed = np.array([probability[images].mean(axis=0).max() for images in unseen])
    return fixed, np.array([probability[images].max(axis=1).mean() for images in unseen])


def interval(values: Floats) -> tuple[float, float]:
    """95 % interval of a mean over seeds, by the normal approximation."""
    half = 1.96 * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


def summary(pool: Pool, world: World, runs: dict[str, list[Run]]) -> list[dict[str, object]]:
    """A row for every agent: approval of what is shown first of unseen images, share of the gap closed."""
    fixed, oracle = bounds(pool, world, len(next(iter(runs.values()))))
    rows: list[dict[str, object]] = []
    for name, history in runs.items():
        curves = np.array([run.approval for run in history])
        last = curves[:, -1]
        ahead = np.flatnonzero(curves.mean(axis=0) > fixed.mean())
        rows.append(
            {
                "world": world.name,
                "agent": name,
                "first shown approved": round(last.mean(), 3),
                "95 %": "{:.3f}–{:.3f}".format(*interval(last)),
                "gap closed": round((last.mean() - fixed.mean()) / (oracle.mean() - fixed.mean()), 2),
                "passes best fixed after": int(history[0].thumbs[ahead[0]]) if len(ahead) else "never",
                "👎 before the first 👍": round(float(np.mean([run.downs.mean() for run in history])), 2),
            }
        )
    for name, values in (("best fixed arm in hindsight", fixed), ("oracle per image", oracle)):
        rows.append(
            {
                "world": world.name,
                "agent": name,
                "first shown approved": round(values.mean(), 3),
                "95 %": "{:.3f}–{:.3f}".format(*interval(values)),
            }
        )
    return rows


def unseen_log_loss(pool: Pool, world: World, seeds: int, thumbs: int) -> dict[str, object]:
    """Log loss of thumbs on images left out of the log (ten folds), learned against popularity: means over seeds."""
    learned, popular = [], []
    for seed in range(seeds):
        agent = Learned(pool, np.random.default_rng([seed, 0]))
        simulate(agent, world, train=split(pool, seed)[0], unseen=np.arange(1), thumbs=thumbs,
                 rng=np.random.default_rng([seed, 7]), every=thumbs)  # fmt: skip
        result = leave_images_out(agent.posterior.events, folds=10, seed=seed)
        learned.append(scores(result.events, result.learned).log_loss)
        popular.append(scores(result.events, result.popularity).log_loss)
    return {
        "world": world.name,
        "learned": round(float(np.mean(learned)), 3),
        "popularity": round(float(np.mean(popular)), 3),
        "difference, 95 %": "{:.3f}–{:.3f}".format(*interval(np.array(learned) - np.array(popular))),
    }


def flip_rows(pool: Pool, seeds: int) -> list[dict[str, object]]:
    """Raters turn their taste round after 240 thumbs: how soon is approval back at 90 % of what it was?"""
    change, thumbs = 240, 480
    weights = planted_world(pool, COMPACT)
    reverse = planted_world(pool, {name: -weight for name, weight in COMPACT.items()})
    world = World("preference flips", weights.approval, reverse.approval, change)
    rows: list[dict[str, object]] = []
    for half_life in (None, 300, 150, 75):
        curves = []
        for seed in range(seeds):
            train, unseen = split(pool, seed)
            agent = Learned(pool, np.random.default_rng([seed, 0]), prior=Prior(half_life=half_life))
            run = simulate(agent, world, train=train, unseen=unseen, thumbs=thumbs,
                           rng=np.random.default_rng([seed, 7]), every=EVERY)  # fmt: skip
            curves.append(run.approval)
        curve = np.mean(curves, axis=0)
        level = curve[change // EVERY - 1]  # the last look before the change
        back = np.flatnonzero(curve[change // EVERY :] >= 0.9 * level)
        rows.append(
            {
                "half-life": half_life or "none",
                "before": round(level, 3),
                "at the change": round(curve[change // EVERY], 3),
                "150 thumbs later": round(curve[(change + 160) // EVERY], 3),
                "90 % again after": int(back[0]) * EVERY if len(back) else "not within 240",
            }
        )
    return rows


def coverage(pool: Pool, world: World, logs: int, exploration: float) -> list[dict[str, object]]:
    """How often the 95 % intervals of the off-policy estimates hold the truth, over logs of 200 decisions each.

    The policy that logs has learned from 60 thumbs, the target from 300 others; images are drawn with replacement, so
    that the pool is the population.
    """
    probability = world.at(0)[0]
    n = len(pool.image_ids)

    def taught(thumbs: int, rng: np.random.Generator) -> Learned:
        agent = Learned(pool, rng)
        simulate(agent, world, train=np.arange(n), unseen=np.arange(1), thumbs=thumbs, rng=rng, every=thumbs)
        return agent

    target = taught(300, np.random.default_rng(1)).first(np.arange(n))
    truth = float(probability[np.arange(n), target].mean())
    inside: dict[str, list[bool]] = {"ips": [], "snips": [], "dr": []}
    widths: dict[str, list[float]] = {name: [] for name in inside}
    warned = 0
    for log in range(logs):
        rng = np.random.default_rng([log, 5])
        logging = taught(60, rng).posterior
        decisions = []
        for number, image in enumerate(rng.integers(0, n, 200)):
            drawn = order(logging, pool.candidates[image], rng=rng, exploration=exploration)
            shown = drawn.candidates[0]
            value = int(rng.random() < probability[image, shown])
            decisions.append(Decision(pool.image_ids[image], "rater", tuple(pool.candidates[image]), shown,
                                      drawn.propensities[0], value, number))  # fmt: skip
        place = {identity: at for at, identity in enumerate(pool.image_ids)}
        wanted = [(np.arange(len(pool.arms)) == target[place[d.image_id]]).astype(float) for d in decisions]
        result = off_policy(decisions, wanted, crossfit(decisions, folds=2), seed=log)
        if result.warning:
            warned += 1
            continue
        for name, hits in inside.items():
            found = getattr(result, name)
            hits.append(found.low <= truth <= found.high)
            widths[name].append(found.high - found.low)
    return [
        {
            "estimator": name,
            "explored": exploration,
            "covers the truth": round(float(np.mean(hits)), 3) if hits else "no log can say",
            "mean width": round(float(np.mean(widths[name])), 3) if hits else "",
            "logs": len(hits),
            "logs that warn instead": warned,
        }
        for name, hits in inside.items()
    ]


def plot(worlds: dict[str, tuple[Pool, World, dict[str, list[Run]]]], path: Path) -> None:
    """Approval of what is shown first of unseen images against thumbs, with 95 % intervals over seeds."""
    figure = Figure(figsize=(5 * len(worlds), 4), layout="constrained")
    axes = figure.subplots(1, len(worlds), squeeze=False)[0]
    for axis, (title, (pool, world, runs)) in zip(axes, worlds.items(), strict=True):
        fixed, oracle = bounds(pool, world, len(next(iter(runs.values()))))
        axis.axhline(oracle.mean(), color="0.2", linestyle=":", label="oracle per image")
        axis.axhline(fixed.mean(), color="0.2", linestyle="--", label="best fixed arm in hindsight")
        for name, history in runs.items():
            curves = np.array([run.approval for run in history])
            half = 1.96 * curves.std(axis=0) / np.sqrt(len(curves))
            thumbs = history[0].thumbs
            line = axis.plot(thumbs, curves.mean(axis=0), label=name, linewidth=3 if name == "learned" else 1.2)[0]
            axis.fill_between(thumbs, curves.mean(axis=0) - half, curves.mean(axis=0) + half,
                              color=line.get_color(), alpha=0.15)  # fmt: skip
        axis.set(title=title, xlabel="thumbs given on other images")
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
    options = parser.parse_args()

    castings = kept("castings", lambda: casting_pool(options.images, samples=256))
    strokes = kept("strokes", lambda: strokes_pool(options.images // 2, samples=256))
    rng = np.random.default_rng(0)
    worlds = {
        "evidence, castings": (castings, evidence_world(castings, np.quantile(castings.utility, QUANTILE))),
        "evidence, digits": (strokes, evidence_world(strokes, np.quantile(strokes.utility, QUANTILE))),
        "planted taste": (castings, planted_world(castings, COMPACT)),
        "ten raters, ten tastes": (castings, planted_world(castings, COMPACT, rng=rng, taste=0.5, raters=10)),
        "null": (castings, null_world(castings, rng)),
    }
    results, losses, drawn = [], [], {}
    for title, (pool, unnamed) in worlds.items():
        world = World(title, unnamed.approval)
        runs = run_world(pool, world, options.seeds, options.thumbs)
        results += summary(pool, world, runs)
        losses.append(unseen_log_loss(pool, world, max(options.seeds // 4, 2), options.thumbs))
        drawn[title] = (pool, world, runs)
        print(table([row for row in results if row["world"] == title]), flush=True)
    flips = flip_rows(castings, max(options.seeds // 2, 2))
    covered = [row for share in (0.1, 0.3) for row in coverage(*worlds["evidence, castings"], options.logs, share)]
    for rows in (losses, flips, covered):
        print("\n" + table(rows), flush=True)
    write("ranking", [*results, *losses, *flips, *covered])
    plot(drawn, RESULTS / "ranking.png")


if __name__ == "__main__":
    main()
