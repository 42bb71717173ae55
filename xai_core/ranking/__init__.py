"""Learning from every thumb which explanation to show first on images never seen before."""

from xai_core.ranking.events import Candidate, Event
from xai_core.ranking.features import all_features, features
from xai_core.ranking.model import Posterior, fit
from xai_core.ranking.policy import Ordering, Ranked, order, rank
from xai_core.ranking.prior import Prior
from xai_core.ranking.psi import FEATURES

__all__ = [
    "FEATURES",
    "Candidate",
    "Event",
    "Ordering",
    "Posterior",
    "Prior",
    "Ranked",
    "all_features",
    "features",
    "fit",
    "order",
    "rank",
]
