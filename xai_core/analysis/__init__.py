"""Statistics of what people answered: for the page of researchers, and as functions for a notebook.

All functions take a table of answers, a pandas ``DataFrame`` with one row an answer and the columns of
``xai_core.analysis.answers``; an export holds it as ``answers.csv``, ``answers.jsonl`` or ``answers.parquet``. The
names below are loaded on first use: the statistics packages behind them take a second.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xai_core.analysis.agreement import krippendorff_alpha, rater_agreement, self_agreement
    from xai_core.analysis.answers import Selection, read_answers
    from xai_core.analysis.carelessness import careless
    from xai_core.analysis.effects import contrasts
    from xai_core.analysis.pairs import bradley_terry
    from xai_core.analysis.planning import power, raters_needed
    from xai_core.analysis.rates import approval, difference, rate
    from xai_core.analysis.reliance import appropriate_reliance, approval_by_correctness
    from xai_core.analysis.simulation import simulation_accuracy
    from xai_core.analysis.times import response_times

__all__ = [
    "Selection",
    "appropriate_reliance",
    "approval",
    "approval_by_correctness",
    "bradley_terry",
    "careless",
    "contrasts",
    "difference",
    "krippendorff_alpha",
    "power",
    "rate",
    "rater_agreement",
    "raters_needed",
    "read_answers",
    "response_times",
    "self_agreement",
    "simulation_accuracy",
]

_HOMES = {
    "answers": ("Selection", "read_answers"),
    "agreement": ("krippendorff_alpha", "rater_agreement", "self_agreement"),
    "carelessness": ("careless",),
    "effects": ("contrasts",),
    "pairs": ("bradley_terry",),
    "planning": ("power", "raters_needed"),
    "rates": ("approval", "difference", "rate"),
    "reliance": ("approval_by_correctness", "appropriate_reliance"),
    "simulation": ("simulation_accuracy",),
    "times": ("response_times",),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the module's attributes have no common type
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
