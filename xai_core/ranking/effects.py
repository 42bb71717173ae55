"""What speaks for an explanation, over all data sets: the effects of ψ as a reader wants them."""

from __future__ import annotations

import numpy as np
from scipy import linalg

from xai_core.ranking.model import Effect, Posterior
from xai_core.ranking.psi import AMPLE, EFFECTS, ample


def feature_effects(posterior: Posterior) -> list[Effect]:
    """The effects of ψ that the log can tell of: what all data sets share, and the mean over thumbs of what each adds.

    Those where any marks suffice are left out where no thumb was given on such images, and the other way round.
    """
    events = posterior.events
    if not events:
        return posterior.effects("feature")
    share = ample([event.features for event in events])
    datasets, counts = np.unique([event.dataset for event in events], return_counts=True)
    told = [name for name in EFFECTS if ((share > 0) if name.startswith(AMPLE) else (share < 1)).any()]
    sums = np.zeros((len(posterior.index), len(told)))
    for column, name in enumerate(told):
        sums[posterior.index["feature", name], column] = 1
        for dataset, count in zip(datasets.tolist(), counts / len(events), strict=True):
            sums[posterior.index["feature", name, dataset], column] = count
    variances = np.einsum("ij,ij->j", sums, linalg.cho_solve(posterior.factor, sums))
    means = sums.T @ posterior.mean
    return [
        Effect(("feature", name), float(mean), float(np.sqrt(variance)))
        for name, mean, variance in zip(told, means, variances, strict=True)
    ]
