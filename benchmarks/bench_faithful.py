"""Is what is shown first true? ``python -m benchmarks.bench_faithful``: test images that no tuning has seen.

Every explanation is judged by the classifier itself, under a black and a blurred reference: insertion - deletion, and
the probability after hiding all marked pieces. Compared are ``lime`` with its defaults, what the program showed first
before (segments hidden in their mean colours, order by looks), what it shows first now, the same pieces in a random
order, and the most faithful of all arms.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from lime.lime_image import LimeImageExplainer
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.report import RESULTS, table, write
from benchmarks.worlds.pictures import WORLDS, Pictures
from xai_core import ranked_explanations
from xai_core.arms import LIME_ARMS, SMALL_IMAGE
from xai_core.classifiers.base import Classifier
from xai_core.datasets import as_float
from xai_core.explanation import Explanation
from xai_core.fusion import fused_explanation
from xai_core.lime.engine import explain
from xai_core.lime.settings import LimeSettings
from xai_core.precompute import affordable_samples
from xai_core.quality.curves import curves
from xai_core.quality.faithfulness import WEAK, Faithfulness, faithfulness_of
from xai_core.quality.references import references
from xai_core.quality.words import effect_sentence
from xai_core.ranking import Candidate, Prior, fit, rank
from xai_core.ranking.features import all_features
from xai_core.segmenters import from_labels

COUNTS = {"digits": 40, "cifar10": 40, "castings": 30, "imagenet": 12}
TUNED_ON = {"digits": 1000, "cifar10": 1000, "castings": 200, "imagenet": 60}  # pictures before these may be known
DATASETS = {"digits": "mnist", "cifar10": "cifar10", "castings": "casting-synthetic", "imagenet": "photos"}
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
    sentence = effect_sentence(figures, "it")
    says_so = not sentence.startswith("Without")
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


def compared(pictures: Pictures, number: int) -> dict[str, Judged]:
    """Every method on one picture."""
    image, model = pictures.images[number], pictures.classifier
    now = ranked_explanations(image, model, dataset=DATASETS[pictures.name])
    samples = affordable_samples_of(image)
    rng = np.random.default_rng(number)
    pixels = as_float(image)
    best = int(np.argmax([found.gap for found in faithfulness_of(now, pixels, model)]))
    shown = {
        "lime, its defaults": by_lime(image, model, now[0]),
        "before": shown_before(image, model, samples),
        "random order of pieces": shuffled(now[0], rng),
        "now": now[0],
        "most faithful arm": now[best],
    }
    return {name: judged(explanation, image, model) for name, explanation in shown.items()}


def affordable_samples_of(image: NDArray[np.uint8]) -> int:
    """As many samples an arm as the pages draw for an image of this size."""
    return affordable_samples(image.shape[:2])


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and its 95 % interval by the normal approximation."""
    found = np.asarray(values, float)
    half = 1.96 * found.std(ddof=1) / np.sqrt(len(found)) if len(found) > 1 else float("nan")
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
                "pictures": f"{name} ({len(results)})",
                "shown": method,
                "insertion - deletion": round(mean, 3),
                "95 %": f"{low:.3f} to {high:.3f}",
                "black": round(float(np.mean([each.gaps[0] for each in found])), 3),
                "blur": round(float(np.mean([each.gaps[1] for each in found])), 3),
                "above lime, 95 %": "" if method == METHODS[0] else f"{against[1]:+.3f} to {against[2]:+.3f}",
                "p whole": round(float(np.mean([each.figures.whole for each in found])), 2),
                "p without marked": round(float(np.mean([each.figures.without_marked for each in found])), 2),
                "marks halve p": f"{np.mean([each.halves for each in found]):.0%}",
                "marked area, median": f"{np.median([each.figures.marked_area for each in found]):.0%}",
                "strongest < 5 points": f"{np.mean([each.figures.strongest < WEAK for each in found]):.0%}",
                "… and silent": sum(each.silent for each in found),
            }
        )
    return rows


def plot(found: dict[str, list[dict[str, Judged]]]) -> None:
    """Insertion - deletion of every method with intervals, a panel a set."""
    figure = Figure(figsize=(3.6 * len(found), 3.2), layout="constrained")
    axes = figure.subplots(1, len(found), squeeze=False)[0]
    for axis, (name, results) in zip(axes, found.items(), strict=True):
        for at, method in enumerate(METHODS):
            mean, low, high = interval([result[method].gap for result in results])
            colour = "#0072B2" if method == "now" else "#888888"
            axis.barh(at, mean, color=colour)
            axis.plot([low, high], [at, at], color="black", linewidth=1)
        axis.set_yticks(range(len(METHODS)), METHODS if axis is axes[0] else [""] * len(METHODS))
        axis.invert_yaxis()
        axis.set_title(f"{name}, {len(results)} test images")
        axis.set_xlabel("insertion - deletion")
    figure.savefig(RESULTS / "faithful.png", dpi=110)


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", choices=COUNTS, default=list(COUNTS))
    parser.add_argument("--images", type=int, help="pictures of each set; by default what minutes allow")
    options = parser.parse_args()
    found: dict[str, list[dict[str, Judged]]] = {}
    for name in options.sets:
        count, known = options.images or COUNTS[name], TUNED_ON[name]
        pictures = WORLDS[name](known + count)
        results = []
        for number in range(known, len(pictures.images)):
            results.append(compared(pictures, number))
            print(f"\r{name}: {number - known + 1} of {count}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        found[name] = results
    rows = [row for name, results in found.items() for row in rows_of(name, results)]
    print(table(rows))
    plot(found)
    print(f"\n{write('faithful', rows)}")


if __name__ == "__main__":
    main()
