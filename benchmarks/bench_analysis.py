"""Do intervals hold the truth, and whom do flags find: ``python -m benchmarks.bench_analysis``.

Studies are simulated with known shares, effects and strengths, some with people who do not care. An interval at 95 %
should hold the truth in 92 to 98 % of 200 studies; the plain interval, which takes all answers for independent, stands
beside it. Flags are counted over careless and careful people apart.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.special import logit

from benchmarks import report
from xai_core.analysis import approval, bradley_terry, careless, contrasts, krippendorff_alpha, rate
from xai_core.analysis.answers import complete
from xai_core.analysis.planted import Manner, Plan, planted_reliance, planted_thumbs
from xai_core.analysis.reliance import appropriate_reliance
from xai_core.errors import InvalidInput
from xai_core.intervals import Interval

STUDIES = 200
MANNERS: tuple[Manner, ...] = ("random", "hasty", "constant")

Held = tuple[str, bool]


def holds(found: Interval, truth: float) -> bool:
    """Whether the interval contains it."""
    return found.low <= truth <= found.high


def shares_and_effects(rng: np.random.Generator) -> Iterator[Held]:
    """Approval of three arms, plain and clustered, and two contrasts: an effect and none."""
    study = planted_thumbs(Plan(raters=20, items=30, arms={"a": 0.3, "b": 0.3, "c": 1.1}), rng)
    clustered = approval(study.answers)
    for arm, truth in study.shares.items():
        rows = study.answers[study.answers["arm"] == arm]
        yield "approval, plain Wilson", holds(rate(rows["value"]), truth)
        yield "approval, design effect", holds(clustered[arm], truth)
    for one in contrasts(study.answers, "a"):
        truth = float(logit(study.shares[one.arm]) - logit(study.shares["a"]))
        name = "no effect (log odds)" if one.arm == "b" else "arm effect (log odds)"
        yield name, one.low <= truth <= one.high


def harm(rng: np.random.Generator) -> Iterator[Held]:
    """Reliance on wrong predictions where one arm makes people accept them."""
    plan = Plan(raters=20, items=40, arms={"sober": 0.8, "flattering": 0.8}, wrong=0.4, likes_wrong={"sober": -1.6})
    found = appropriate_reliance(planted_reliance(plan, rng).answers)
    over = {arm: one.over for arm, one in found.items()}
    assert over["flattering"] is not None
    assert over["sober"] is not None
    yield "planted harm shows in over-reliance", over["flattering"].low > over["sober"].high


def strengths(rng: np.random.Generator) -> Iterator[Held]:
    """Three arms compared by people whose tastes differ."""
    truth, names = np.array([0.6, 0.0, -0.6]), np.array(["a", "b", "c"])
    rater = np.repeat(np.arange(20), 24)
    left = rng.integers(3, size=len(rater))
    right = (left + rng.integers(1, 3, size=len(rater))) % 3
    taste = truth + rng.normal(0, 0.2, (20, 3))
    won = rng.random(len(rater)) < 1 / (1 + np.exp(taste[rater, right] - taste[rater, left]))
    columns = {"task": "pair", "current": 1, "rater": rater, "left_arm": names[left], "right_arm": names[right]}
    found = bradley_terry(complete(pd.DataFrame(columns | {"value": won * 1.0}))).intervals
    for name, strength in zip(names, truth, strict=True):
        yield "Bradley-Terry strength", holds(found[name], strength)


def agreement(rng: np.random.Generator) -> Iterator[Held]:
    """Three people, each of whom copies a common answer with probability √.5 and guesses otherwise: alpha is .5."""
    common = rng.random(60) < 0.5
    answers = np.where(rng.random((3, 60)) < np.sqrt(0.5), common, rng.random((3, 60)) < 0.5)
    ups = answers.sum(axis=0)
    yield "Krippendorff's alpha", holds(krippendorff_alpha(np.stack([3 - ups, ups], 1), resamples=400, rng=rng), 0.5)


def flags(items: int, studies: int, seed: int) -> list[report.Row]:
    """Sensitivity by manner and false alarms, with 3 careless people among 30."""
    found: dict[str, Counter[bool]] = defaultdict(Counter)
    for study in range(studies):
        plan = Plan(raters=30, items=items, arms={"a": 0.3, "b": 0.8}, item_sd=1.0, careless=MANNERS)
        planted = planted_thumbs(plan, np.random.default_rng([seed, items, study]))
        for one in careless(planted.answers):
            number = int(one.rater.removeprefix("rater-"))
            found[MANNERS[number] if number < len(MANNERS) else "careful"][bool(one.signs)] += 1
    return [
        {
            "people": who,
            "answers each": items,
            "flagged %": round(100 * counts[True] / counts.total(), 1),
            "of": counts.total(),
        }
        for who, counts in sorted(found.items())
    ]


def coverage(studies: int, seed: int) -> list[report.Row]:
    """How often each interval holds the truth."""
    found: dict[str, Counter[bool]] = defaultdict(Counter)
    refused = 0
    for study in range(studies):
        for number, ask in enumerate((shares_and_effects, harm, strengths, agreement)):
            try:
                for name, held in ask(np.random.default_rng([seed, number, study])):
                    found[name][held] += 1
            except InvalidInput:
                refused += 1
    return [
        {
            "what": name,
            "holds %": round(100 * counts[True] / counts.total(), 1),
            "of": counts.total(),
            "refused": refused,
        }
        for name, counts in found.items()
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=STUDIES)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    held = coverage(arguments.studies, arguments.seed)
    flagged = [row for items in (20, 40, 100) for row in flags(items, arguments.studies, arguments.seed)]
    print(report.table(held), report.table(flagged), sep="\n\n")
    report.write("analysis", held + flagged)


if __name__ == "__main__":
    main()
