"""Learning from every thumb which explanation to show first on images never seen before."""

from xai_core.ranking.events import Candidate, Event
from xai_core.ranking.features import FEATURES, all_features, features
from xai_core.ranking.model import Posterior, Ranked, fit, rank
from xai_core.ranking.policy import Ordering, order
from xai_core.ranking.prior import Prior

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
