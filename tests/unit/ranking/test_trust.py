import numpy as np

from xai_core.ranking import FEATURES, Candidate, fit
from xai_core.ranking.caution import advantage
from xai_core.ranking.events import Decision
from xai_core.ranking.prior import Prior
from xai_core.ranking.prior_fit import prior_for
from xai_core.ranking.psi import with_typical
from xai_core.ranking.trust import LOOKS, trust_by_dataset

ARMS = ("grid-5", "grid-7", "fused")
FLAT = Prior()


def decisions(count, dataset, weight, *, seed):
    """Decisions whose thumbs follow r2 with that weight."""
    rng = np.random.default_rng(seed)
    r2 = FEATURES["r2"]
    found = []
    for number in range(count):
        z = rng.standard_normal(len(ARMS))
        rows = with_typical([{"r2": r2.centre + r2.scale * value} for value in z])
        offered = tuple(Candidate(arm, row, dataset) for arm, row in zip(ARMS, rows, strict=True))
        shown = int(rng.integers(len(ARMS)))
        value = int(rng.random() < 1 / (1 + np.exp(-weight * (z[shown] - z.mean()))))
        found.append(Decision(f"{dataset}-{number}", "ann", offered, shown, 1 / 3, value, number))
    return found


def test_trust_says_where_the_order_is_sure_and_since_which_thumb():
    judged = decisions(250, "follows", 4.0, seed=1)
    posterior = fit([decision.event for decision in judged], FLAT)
    found = trust_by_dataset(posterior, judged, FLAT)
    assert set(found) == {"follows"}
    trust = found["follows"]
    assert trust.advantage.sure
    assert trust.since in LOOKS
    early = [decision.event for decision in judged[: trust.since]]
    before = [look for look in LOOKS if look < trust.since][-1]
    images = [decision.candidates for decision in judged]
    assert advantage(fit(early, prior_for(early, FLAT)), images).sure
    log = early[:before]
    assert not advantage(fit(log, prior_for(log, FLAT)), images).sure


def test_where_thumbs_follow_nothing_the_order_is_not_trusted():
    judged = decisions(60, "random", 0.0, seed=2)
    found = trust_by_dataset(fit([decision.event for decision in judged], FLAT), judged, FLAT)
    assert not found["random"].advantage.sure
    assert found["random"].since is None
