"""Decisions as rows: the candidates of an order take a fifth of the room when features are stored by name.

Some twenty candidates share some forty names of features, and nobody needs more than seven digits of them. The
probabilities of the places drawn lie with them: they are as many as there are arms, and only read together.
"""

from dataclasses import fields
from typing import Any

from sqlalchemy import Row

from db.errors import InvalidRecord
from db.records import Alternative, Decision
from db.schema import decisions

_COLUMNS = ("arms", "propensities", "features")
DECISION_FIELDS = tuple(item.name for item in fields(Decision))


def as_row(decision: Decision) -> dict[str, Any]:
    """The row of a decision.

    Raises ``InvalidRecord`` where it drew what was not among its candidates, or not with one probability an arm.
    """
    offered = [candidate.arm for candidate in decision.candidates]
    if strangers := set(decision.arms) - set(offered):
        raise InvalidRecord(f"A decision drew {', '.join(sorted(strangers))}, which its candidates {offered} lack.")
    arms, propensities = list(decision.arms), list(decision.propensities)
    if propensities and len(propensities) != len(arms):
        raise InvalidRecord(f"A decision drew {len(arms)} arms with {len(propensities)} propensities.")
    drawn = {"drawn": propensities} if propensities else {}
    values = {name: getattr(decision, name) for name in DECISION_FIELDS if name in decisions.columns}
    return values | {"arms": arms, "candidates": _columns(decision.candidates) | drawn}


def from_row(row: Row[*tuple[Any, ...]]) -> Decision:
    """The decision in the columns of ``db.schema.decisions`` that a row begins with."""
    values = dict(zip(decisions.columns.keys(), row, strict=False))
    values["arms"] = tuple(values["arms"])
    values["propensities"] = tuple(values["candidates"].get("drawn", ()))
    values["candidates"] = _alternatives(**{name: values["candidates"][name] for name in _COLUMNS})
    return Decision(**values)


def _columns(candidates: tuple[Alternative, ...]) -> dict[str, Any]:
    names = dict.fromkeys(name for candidate in candidates for name in candidate.features)
    return {
        "arms": [candidate.arm for candidate in candidates],
        "propensities": [candidate.propensity for candidate in candidates],
        "features": {name: [_short(candidate.features.get(name)) for candidate in candidates] for name in names},
    }


def _alternatives(
    arms: list[str], propensities: list[float | None], features: dict[str, list[float | None]]
) -> tuple[Alternative, ...]:
    return tuple(
        Alternative(arm, {name: value for name, of in features.items() if (value := of[at]) is not None}, propensity)
        for at, (arm, propensity) in enumerate(zip(arms, propensities, strict=True))
    )


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.7g}")
