"""How long learning takes: ``python -m benchmarks.bench_fit [--thumbs 100000]``.

Thumbs of 3,000 raters on explanations with ψ and embeddings as large as real ones, two sets of images, two thumbs an
image and rater on average. The comparison is scikit-learn's logistic regression on the same rows, without comparisons,
without raters and without uncertainty. Times are the best of three (of 20 for one thumb): machines are shared.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from benchmarks import report
from xai_core.arms import LIME_ARMS
from xai_core.ranking.events import Event
from xai_core.ranking.model import fit
from xai_core.ranking.prior import Prior
from xai_core.ranking.prior_fit import LATEST, fit_prior
from xai_core.ranking.psi import FEATURES, with_typical
from xai_core.ranking.regression import as_regression

ARMS = tuple(LIME_ARMS)
RATERS, IMAGES, DIMENSIONS = 3000, 400, 64


def drawn_log(count: int, seed: int = 0) -> list[Event]:
    """Random thumbs on random explanations of ``IMAGES`` images in each of two data sets."""
    rng = np.random.default_rng(seed)
    sets = []
    for name in ("one", "other"):
        psi = rng.standard_normal((IMAGES, len(ARMS), len(FEATURES)))
        offered = [with_typical([dict(zip(FEATURES, row, strict=True)) for row in image]) for image in psi.tolist()]
        sets.append((name, offered, rng.standard_normal((IMAGES, DIMENSIONS)).astype(np.float32)))
    events: list[Event] = []
    while len(events) < count:
        name, offered, embeddings = sets[rng.integers(2)]
        image, rater = int(rng.integers(IMAGES)), f"rater-{rng.integers(RATERS)}"
        for arm in rng.permutation(len(ARMS))[: 1 + rng.poisson(1)]:
            events.append(
                Event(
                    arm=ARMS[arm],
                    features=offered[image][arm],
                    dataset=name,
                    embedding=embeddings[image],
                    classifier="network",
                    image_id=f"{name}-{image}",
                    value=int(rng.random() < 0.4),
                    rater=rater,
                    sequence=len(events),
                )
            )
    return events[:count]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--thumbs", type=int, default=100_000)
    count = parser.parse_args().thumbs
    *events, last = drawn_log(count + 1)

    def timed(work: str, bar: str, run: Callable[[], object], repetitions: int = 3) -> dict[str, object]:
        walls, processor = [], []
        for _ in range(repetitions):
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            walls.append(time.perf_counter() - wall)
            processor.append(time.process_time() - cpu)
        return {"what": work, "wall s": round(min(walls), 3), "cpu s": round(min(processor), 3), "bar": bar}

    posterior = fit(events)
    posterior.update(last)  # the factor of the covariance is kept from here on, as it is in the studio
    problem = as_regression(events, Prior())
    plain = LogisticRegression(C=1.0, max_iter=1000)
    rows = [
        timed(f"fit {count:,} thumbs from scratch", "≤ 5", lambda: fit(events)),
        timed("one more thumb", "≤ 0.020", lambda: posterior.update(last), 20),
        timed(f"tune the prior to {LATEST} thumbs, in the background", "", lambda: fit_prior(events[-LATEST:])),
    ]
    with threadpool_limits(1):
        work = "scikit-learn's logistic regression, rows given"
        rows.append(timed(work, "", lambda: plain.fit(problem.design[:count], problem.y[:count])))
    print(report.table(rows))
    report.write("fit", rows)


if __name__ == "__main__":
    main()
