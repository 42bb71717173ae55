"""Since when does the learned order beat the best single arm? Read back from the log, for reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xai_core.ranking.caution import Advantage, advantage
from xai_core.ranking.events import Candidate, Decision
from xai_core.ranking.model import Posterior, fit
from xai_core.ranking.prior import Prior
from xai_core.ranking.prior_fit import prior_for

LOOKS = (0, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
"""Numbers of thumbs at which the past is looked at."""


@dataclass(frozen=True)
class Trust:
    """What is known of the order on a data set now, and, where it is trusted, the number of thumbs since when it has
    been at every look."""

    advantage: Advantage
    since: int | None


def trust_by_dataset(
    posterior: Posterior, decisions: Sequence[Decision], prior: Prior | None = None
) -> Mapping[str, Trust]:
    """The trust in the order on each data set of the decisions, on the images judged there last."""
    images: dict[str, dict[str, Sequence[Candidate]]] = {}
    for decision in decisions:
        images.setdefault(decision.candidates[0].dataset, {})[decision.image_id] = decision.candidates
    now = {name: advantage(posterior, list(found.values())) for name, found in images.items()}
    since = {name: len(posterior.events) for name in images}
    trusted = {name for name, found in now.items() if found.sure}
    for count in reversed([look for look in LOOKS if look < len(posterior.events)]):
        if not trusted:
            break
        log = posterior.events[:count]
        earlier = fit(log, prior_for(log, prior, posterior.seed), posterior.seed)
        for name in sorted(trusted):
            if advantage(earlier, list(images[name].values())).sure:
                since[name] = count
            else:
                trusted.discard(name)
    return {name: Trust(found, since[name] if found.sure else None) for name, found in now.items()}
