"""Do explanations help to tell right predictions from wrong ones, or only make people accept both?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from xai_core.analysis.answers import counted
from xai_core.analysis.rates import Rate, rate
from xai_core.analysis.simulation import CONTROL


@dataclass(frozen=True)
class Reliance:
    """Share of right answers to "is the model right?" where it is and where it is not; None without such answers.

    Appropriate reliance needs both (Schemmer et al. 2023).
    """

    on_right: Rate | None
    on_wrong: Rate | None

    @property
    def under(self) -> Rate | None:
        """Share of right predictions that were rejected."""
        return _complement(self.on_right)

    @property
    def over(self) -> Rate | None:
        """Share of wrong predictions that were accepted."""
        return _complement(self.on_wrong)


def appropriate_reliance(answers: pd.DataFrame, by: str = "arm") -> dict[str, Reliance]:
    """Reliance for each value of the column ``by``; answers without an explanation are those of ``CONTROL``."""
    asked = counted(answers, "reliance")
    if by == "arm":
        unexplained = asked["arm"].isna() | asked["step"].eq("before")
        asked = asked.assign(arm=asked["arm"].mask(unexplained, CONTROL))
    return _split(asked, by)


def approval_by_correctness(answers: pd.DataFrame, by: str = "arm") -> dict[str, Reliance]:
    """Share of 👍 on explanations of right and of wrong predictions: a 👍 for a wrong one is persuasion without truth.

    ``on_right`` and ``on_wrong`` hold approval here.
    """
    return _split(counted(answers, "thumb"), by)


def _split(answers: pd.DataFrame, by: str) -> dict[str, Reliance]:
    return {
        str(name): Reliance(*(_rate(rows[rows["correct"] == correct]) for correct in (1, 0)))
        for name, rows in answers.groupby(by, sort=True)
    }


def _rate(rows: pd.DataFrame) -> Rate | None:
    return rate(rows["value"], rows["rater"]) if len(rows) else None


def _complement(found: Rate | None) -> Rate | None:
    if found is None:
        return None
    return replace(found, estimate=1 - found.estimate, low=1 - found.high, high=1 - found.low)
