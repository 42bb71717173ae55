"""Forward simulation: can people tell what the model will say, and better with an explanation?"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from xai_core.analysis.answers import counted
from xai_core.analysis.rates import Rate, difference, rates
from xai_core.errors import InvalidInput
from xai_core.intervals import Interval

CONTROL = "no explanation"


@dataclass(frozen=True, eq=False)
class SimulationAccuracy:
    """Share of right guesses by arm, ``CONTROL`` among them where it was asked, and what each arm gains over it."""

    accuracy: dict[str, Rate]
    gains: dict[str, Interval]


def simulation_accuracy(answers: pd.DataFrame) -> SimulationAccuracy:
    """How often people foretold the prediction, by arm and without an explanation (Hase & Bansal 2020).

    ``gains`` are differences from ``CONTROL`` for different people (Newcombe's interval); where the same people guessed
    before and after they saw the explanation, the interval is wider than it need be. Raises ``InvalidInput`` without a
    guess.
    """
    guesses = counted(answers, "simulation")
    if guesses.empty:
        raise InvalidInput("Nobody was asked what the model will say.")
    unexplained = guesses["arm"].isna() | guesses["step"].eq("before")
    found = rates(guesses.assign(arm=guesses["arm"].mask(unexplained, CONTROL)), "arm")
    control = found.get(CONTROL)
    gains = {arm: difference(one, control) for arm, one in found.items() if arm != CONTROL} if control else {}
    return SimulationAccuracy(found, gains)
