import pytest

from xai_core.errors import InvalidInput
from xai_core.ranking import fit
from xai_core.ranking.history import replay
from xai_core.ranking.prior_fit import prior_for


def test_history_starts_at_the_prior_and_ends_at_the_fit(planted):
    events = planted(70, arms={"fused": 2.0})
    snapshots = replay(events, every=30)
    assert [snapshot.thumbs for snapshot in snapshots] == [0, 30, 60, 70]
    assert sum(standing.thumbs for standing in snapshots[1].standings) == 30
    assert snapshots[0].version == fit([]).version
    assert snapshots[-1].version == fit(events, prior_for(events)).version
    assert snapshots[-1].standings[0].arm == "fused"


def test_order_of_arrival_does_not_matter(planted):
    events = planted(40)
    assert replay(events, every=20) == replay(events[::-1], every=20)


def test_empty_log_and_impossible_step():
    assert [snapshot.thumbs for snapshot in replay([])] == [0]
    with pytest.raises(InvalidInput, match="1 or more"):
        replay([], every=0)
