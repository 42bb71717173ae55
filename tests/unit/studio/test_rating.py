"""How many explanations of one image are shown, and which comes last."""

import pytest

from studio.rating import MOST_SHOWN, shortened
from xai_core.arms import FUSED_ARM
from xai_core.ranking import Ordering


def ordering(arms: list[str]) -> Ordering:
    count = len(arms)
    return Ordering(
        arms=tuple(arms),
        candidates=tuple(range(count)),
        propensities=tuple(1 / (count - at) for at in range(count)),
        first=(1 / count,) * count,
        explored=True,
        policy="random",
        policy_version="random",
    )


@pytest.mark.parametrize("place", [0, MOST_SHOWN - 1])
def test_a_fused_map_among_the_best_keeps_its_place(place: int) -> None:
    arms = [f"arm {at}" for at in range(20)]
    arms[place] = FUSED_ARM
    whole = ordering(arms)
    short = shortened(whole)
    assert short.arms == whole.arms[:MOST_SHOWN]
    assert short.propensities == whole.propensities[:MOST_SHOWN]


def test_a_fused_map_that_did_not_come_up_closes_the_order_for_certain() -> None:
    whole = ordering([*(f"arm {at}" for at in range(20)), FUSED_ARM])
    short = shortened(whole)
    assert short.arms == (*whole.arms[: MOST_SHOWN - 1], FUSED_ARM)
    assert short.candidates[-1] == 20
    assert short.propensities == (*whole.propensities[: MOST_SHOWN - 1], 1.0)


def test_a_short_order_stays_as_it_is() -> None:
    whole = ordering(["a", FUSED_ARM, "b"])
    assert shortened(whole) is whole
