"""How values become JSON columns and come back."""

import json

import numpy as np
from orjson import loads

from_json = loads
"""Reads a column; the standard library takes several times as long, which 100,000 thumbs make felt."""


def to_json(value: object) -> str:
    """JSON of plain values and NumPy scalars; ValueError for NaN and infinities, which PostgreSQL refuses."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON: {value!r}.")
