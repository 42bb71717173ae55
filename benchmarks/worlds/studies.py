"""Do the 95 % intervals of effects hold the truth? 28 raters, 20 images, five explanations of each, many studies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import expit

from benchmarks.worlds.left_out import parallel
from xai_core.ranking.effects import feature_effects
from xai_core.ranking.events import Event
from xai_core.ranking.model import fit
from xai_core.ranking.prior import Prior
from xai_core.ranking.prior_fit import fit_prior
from xai_core.ranking.psi import FEATURES, with_typical

RATERS, IMAGES, ARMS = 28, 20, ("slic-medium", "grid-7", "quickshift", "felzenszwalb", "watershed")
EFFECT, SPECIAL, IMAGE, RATER = 0.4, 0.7, 0.7, 0.7  # standard deviations, in log odds
FLAT = Prior(feature_sd=EFFECT, feature_dataset_sd=0.01, explanation_sd=0.5)


def study(seed: int, explanation_sd: float | None = None) -> tuple[int, int, float]:
    """One simulated study: how many intervals hold the true effect, how many there are, their mean width.

    Every rater meets every image and sees its explanations in random order until the first 👍. Explanations, images and
    raters have effects of their own besides those of ψ. ``explanation_sd`` 0: the model knows of no effect of single
    explanations; None: it measures them.
    """
    rng = np.random.default_rng([seed, 28])
    truth = EFFECT * rng.standard_normal(len(FEATURES))
    units = rng.standard_normal((IMAGES, len(ARMS), len(FEATURES)))
    units -= units.mean(axis=1, keepdims=True)
    level = units @ truth + SPECIAL * rng.standard_normal(units.shape[:2]) + IMAGE * rng.standard_normal((IMAGES, 1))
    raters = RATER * rng.standard_normal(RATERS)
    centres, scales = (np.array([getattr(f, key) for f in FEATURES.values()]) for key in ("centre", "scale"))
    psi = [with_typical([dict(zip(FEATURES, row, strict=True)) for row in each]) for each in centres + scales * units]
    events: list[Event] = []
    for rater in range(RATERS):
        for image in rng.permutation(IMAGES):
            for arm in rng.permutation(len(ARMS)):
                value = int(rng.random() < expit(level[image, arm] + raters[rater]))
                events.append(
                    Event(
                        ARMS[arm],
                        psi[image][arm],
                        "study",
                        image_id=f"image-{image}",
                        value=value,
                        rater=f"rater-{rater}",
                        sequence=len(events),
                        propensity=1 / len(ARMS),
                    )
                )
                if value:
                    break
    prior = fit_prior(events, FLAT) if explanation_sd is None else replace(FLAT, explanation_sd=explanation_sd)
    found = feature_effects(fit(events, prior))
    hits = [abs(effect.mean - truth[list(FEATURES).index(effect.name[1])]) <= 1.96 * effect.sd for effect in found]
    return int(np.sum(hits)), len(hits), float(np.mean([2 * 1.96 * effect.sd for effect in found]))


def study_rows(count: int) -> list[dict[str, object]]:
    """Coverage of the intervals over ``count`` studies, with and without an effect of single explanations."""
    rows: list[dict[str, object]] = []
    for title, explanation_sd in (("measured from the log", None), ("left out", 0.0)):
        found = np.array(parallel(study, [(seed, explanation_sd) for seed in range(count)]))
        rows.append(
            {
                "effect of single explanations": title,
                "studies": count,
                "95 % intervals hold the truth": f"{found[:, 0].sum() / found[:, 1].sum():.1%}",
                "mean width": round(found[:, 2].mean(), 2),
            }
        )
    return rows
