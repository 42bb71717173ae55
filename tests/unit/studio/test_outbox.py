"""What was shown is written down as what it is."""

import pytest

from db.records import RANKED_KINDS
from studio.outbox import kind_of
from xai_core.arms import ARMS


@pytest.mark.parametrize(
    ("arm", "kind"),
    [
        ("grid-7", "lime"),
        ("slic-medium@fine", "lime"),
        ("partition", "attribution"),
        ("rise", "attribution"),
        ("fused", "fused"),
        ("near-hits", "near-hits"),
        ("an arm of an older version", "lime"),
    ],
)
def test_an_arm_is_stored_as_what_it_is(arm: str, kind: str) -> None:
    assert kind_of(arm) == kind


def test_the_ranking_chooses_among_all_arms_and_nothing_else() -> None:
    assert {kind_of(arm) for arm in ARMS} == set(RANKED_KINDS)
