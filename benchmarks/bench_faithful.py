"""Is what is shown first true? ``python -m benchmarks.bench_faithful``: test images that no tuning has seen.

Every explanation is judged by the classifier itself, under a black and a blurred reference: insertion - deletion, and
the probability after hiding all marked pieces. Compared are ``lime`` with its defaults, what the program showed first
before (segments hidden in their mean colours, order by looks), what it shows first now, the same pieces in a random
order, and the most faithful of all arms. Then raters who love small marks on the wrong place vote on half of the same
images: is what comes first of the others as true as before?

Sets that are not asked for keep their rows of the last run.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from lime.lime_image import LimeImageExplainer
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import sem, t

from benchmarks.report import RESULTS, table, write
from benchmarks.worlds.persuaded import Offered, persuaded
from benchmarks.worlds.unseen import SETS, Pictures
from studio.pieces import effect_sentence
from xai_core import ranked_explanations
from xai_core.arms import LIME_ARMS, SMALL_IMAGE
from xai_core.classifiers.base import Classifier
from xai_core.datasets import as_float
from xai_core.explanation import Explanation
from xai_core.fusion import fused_explanation
from xai_core.intervals import wilson
from xai_core.lime.engine import explain
from xai_core.lime.settings import LimeSettings
from xai_core.precompute import affordable_samples
from xai_core.quality.curves import curves
from xai_core.quality.faithfulness import WEAK, Faithfulness, faithfulness_of
from xai_core.quality.references import references
from xai_core.ranking import Candidate, Prior, fit, rank
from xai_core.ranking.features import all_features
from xai_core.ranking.guard import guard_features
from xai_core.segmenters import from_labels

COUNTS = {"digits": 60, "cifar10": 40, "castings": 16, "photographs": 8}  # at most
LEAST = 4  # pictures of a set, however long they take
SEEDS, FEWEST = 20, 30  # histories of votes, and images that they need
BY_LOOKS = Prior(weights={"visible": 0.5, "visible_overlap": 0.3, "overlap_core": 0.25, "consensus": 0.1})
LIME_SAMPLES = 1000  # its default
METHODS = ("lime, its defaults", "before", "random order of pieces", "now", "most faithful arm")


@dataclass(frozen=True)
class Judged:
    """One explanation of one image. ``gaps``: insertion - deletion under black and blur."""

    gaps: tuple[float, float]
    figures: Faithfulness
    silent: bool  # weak, and the sentence beside the picture does not say so

    @property
    def gap(self) -> float:
        return float(np.mean(self.gaps))

    @property
    def halves(self) -> bool:
        return self.figures.without_marked < self.figures.whole / 2


def judged(explanation: Explanation, image: NDArray[np.uint8], model: Classifier) -> Judged:
    """Full curves of twenty points a reference, and the marked pieces."""
    pixels = as_float(image)
    gaps = [curves(pixels, fill, explanation, model).scores["gap"] for fill in references(pixels).values()]
    figures = faithfulness_of([explanation], pixels, model)[0]
    sentence = effect_sentence(figures, "it", "marked")
    says_so = any(words in sentence for words in ("hardly matter", "No single piece decides", "gives no reason"))
    return Judged((gaps[0], gaps[1]), figures, figures.strongest < WEAK and not says_so)


def by_lime(image: NDArray[np.uint8], model: Classifier, like: Explanation) -> Explanation:
    """What the ``lime`` package says with its defaults: quickshift, mean colours, 1,000 samples, all its weights."""
    grey = image.shape[2] == 1
    pixels = np.repeat(image, 3, axis=2) if grey else image

    def predict(batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        shown = batch[..., :1] if grey else batch
        return model.predict_proba(shown.astype(np.float32) / np.float32(255))

    with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
        found = LimeImageExplainer(random_state=0).explain_instance(
            pixels, predict, num_samples=LIME_SAMPLES, top_labels=1, random_seed=0
        )
    label = found.top_labels[0]
    cut = from_labels(found.segments.astype(np.int64))
    weights = np.zeros((1, cut.count))
    order = np.unique(found.segments)
    for segment, weight in found.local_exp[label]:
        weights[0, int(np.searchsorted(order, segment))] = weight
    return replace(
        like,
        arm="lime",
        segments=cut.labels,
        classes=(int(label),),
        weights=weights,
        standard_errors=np.zeros_like(weights),
        intercepts=np.zeros(1),
        r2=np.zeros(1),
        unchanged=np.zeros(cut.count, bool),
    )


def shown_before(image: NDArray[np.uint8], model: Classifier, samples: int) -> Explanation:
    """What came first with mean colours and the order by looks."""
    pixels = as_float(image)
    small = image.shape[0] * image.shape[1] <= SMALL_IMAGE
    arms = [arm.name for arm in LIME_ARMS.values() if small or arm.most_pixels is None]
    settings = LimeSettings(samples, masks="hadamard", estimator="kriging")
    found = explain(pixels, model, arms, classes=2, settings=settings)
    found.append(fused_explanation(found))
    offered = [Candidate(e.arm, psi) for e, psi in zip(found, all_features(found, pixels), strict=True)]
    return found[rank(fit([], BY_LOOKS), offered)[0].candidate]


def shuffled(explanation: Explanation, rng: np.random.Generator) -> Explanation:
    """The same pieces with their weights dealt anew."""
    order = rng.permutation(explanation.weights.shape[1])
    return replace(
        explanation,
        weights=explanation.weights[:, order],
        standard_errors=explanation.standard_errors[:, order],
    )


def compared(pictures: Pictures, number: int) -> tuple[dict[str, Judged], list[Candidate]]:
    """Every method on one picture, and all its explanations as the ranking sees them."""
    image, model = pictures.images[number], pictures.classifier
    pixels = as_float(image)
    now = ranked_explanations(image, model, dataset=pictures.dataset)
    figures = faithfulness_of(now, pixels, model)
    shown = {
        "lime, its defaults": by_lime(image, model, now[0]),
        "before": shown_before(image, model, affordable_samples(pixels.shape)),
        "random order of pieces": shuffled(now[0], np.random.default_rng(number)),
        "now": now[0],
        "most faithful arm": now[int(np.argmax([found.gap for found in figures]))],
    }
    offered = [
        Candidate(e.arm, {**psi, **guard_features(found)}, pictures.dataset)
        for e, psi, found in zip(now, all_features(now, pixels), figures, strict=True)
    ]
    return {name: judged(explanation, image, model) for name, explanation in shown.items()}, offered


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and its 95 % interval by Student's t."""
    found = np.asarray(values, float)
    half = t.ppf(0.975, len(found) - 1) * sem(found) if len(found) > 1 else float("nan")
    return float(found.mean()), float(found.mean() - half), float(found.mean() + half)


def rows_of(name: str, results: list[dict[str, Judged]]) -> list[dict[str, object]]:
    """A row a method."""
    rows: list[dict[str, object]] = []
    for method in METHODS:
        found = [result[method] for result in results]
        mean, low, high = interval([each.gap for each in found])
        against = interval([a[method].gap - a["lime, its defaults"].gap for a in results])
        rows.append(
            {
                "pictures": name,
                "images": len(results),
                "shown": method,
                "insertion - deletion": round(mean, 3),
                "from": round(low, 3),
                "to": round(high, 3),
                "black": round(float(np.mean([each.gaps[0] for each in found])), 3),
                "blur": round(float(np.mean([each.gaps[1] for each in found])), 3),
                "above lime, 95 %": "" if method == METHODS[0] else f"{against[1]:+.3f} to {against[2]:+.3f}",
                "p whole": round(float(np.mean([each.figures.whole for each in found])), 2),
                "p without marked": round(float(np.mean([each.figures.without_marked for each in found])), 2),
                "marks halve p": _share([each.halves for each in found]),
                "marked area, median": f"{np.median([each.figures.marked_area for each in found]):.0%}",
                "strongest < 5 points": _share([each.figures.strongest < WEAK for each in found]),
                "… and silent": sum(each.silent for each in found),
            }
        )
    return rows


def votes(name: str, images: Offered) -> list[dict[str, object]]:
    """What raters who love small wrong marks do to what is shown first, with the guard and without."""
    rows: list[dict[str, object]] = []
    for policy in ("guarded", "learned"):
        found = [persuaded(images, policy, seed) for seed in range(SEEDS)]
        change, low, high = interval([each.gap_after - each.gap_before for each in found])
        rows.append(
            {
                "pictures": name,
                "images": len(images),
                "policy": policy,
                "histories": SEEDS,
                "insertion - deletion before": round(float(np.mean([each.gap_before for each in found])), 3),
                "after": round(float(np.mean([each.gap_after for each in found])), 3),
                "change": round(change, 3),
                "from": round(low, 3),
                "to": round(high, 3),
                "approval before": round(float(np.mean([each.approval_before for each in found])), 3),
                "approval after": round(float(np.mean([each.approval_after for each in found])), 3),
            }
        )
    return rows


def _share(values: Sequence[bool]) -> str:
    """A share with its 95 % (Wilson) interval."""
    found = wilson(sum(values), len(values))
    return f"{found.estimate:.0%} ({found.low:.0%} to {found.high:.0%})"


def plot(rows: Sequence[Mapping[str, object]]) -> None:
    """Insertion - deletion of every method with intervals, a panel a set."""
    names = list(dict.fromkeys(str(row["pictures"]) for row in rows))
    figure = Figure(figsize=(3.2 * len(names), 3.0), layout="constrained")
    axes = figure.subplots(1, len(names), squeeze=False)[0]
    for axis, name in zip(axes, names, strict=True):
        found = [row for row in rows if row["pictures"] == name]
        for at, row in enumerate(found):
            axis.barh(at, row["insertion - deletion"], color="#0072B2" if row["shown"] == "now" else "#888888")
            axis.plot([row["from"], row["to"]], [at, at], color="black", linewidth=1)
        axis.set_yticks(range(len(found)), [row["shown"] if axis is axes[0] else "" for row in found])
        axis.invert_yaxis()
        axis.set_title(f"{name}, {found[0]['images']} test images", fontsize=10)
        axis.set_xlabel("insertion - deletion")
    figure.savefig(RESULTS / "faithful.png", dpi=110)


def with_kept(name: str, rows: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """The rows in the order of the sets, with those that the last run has of other sets."""
    path, new = RESULTS / f"{name}.json", {row["pictures"] for row in rows}
    old = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    order = list(SETS)
    kept = [row for row in old if row["pictures"] in order and row["pictures"] not in new]
    return sorted([*kept, *rows], key=lambda row: order.index(str(row["pictures"])))


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--images", type=int, help="pictures of each set, at most")
    parser.add_argument(
        "--minutes", type=float, default=24, help="shared by the sets: a slow machine sees fewer pictures"
    )
    options = parser.parse_args()
    rows, voted = list[dict[str, object]](), list[dict[str, object]]()
    for name in options.sets:
        pictures = SETS[name](options.images or COUNTS[name])
        results, offered = list[dict[str, Judged]](), list[list[Candidate]]()
        until = time.monotonic() + 60 * options.minutes / len(options.sets)
        for number in range(len(pictures.images)):
            if number >= LEAST and time.monotonic() > until:
                break
            found, candidates = compared(pictures, number)
            results.append(found)
            offered.append(candidates)
            print(f"\r{name}: {number + 1} of {len(pictures.images)}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        rows += rows_of(name, results)
        if len(offered) >= FEWEST:
            voted += votes(name, offered)
    kept = {"faithful": with_kept("faithful", rows), "persuaded": with_kept("persuaded", voted)}
    plot(kept["faithful"])
    for name, found in kept.items():
        print(f"{table(found)}\n\n{write(name, found)}\n")


if __name__ == "__main__":
    main()
