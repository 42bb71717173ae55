"""How values become JSON columns and come back."""

import json

import numpy as np
from orjson import loads

from db.errors import InvalidRecord

from_json = loads
"""Reads a column; the standard library takes several times as long, which 100,000 thumbs make felt."""


def to_json(value: object) -> str:
    """JSON of plain values and NumPy scalars. ``InvalidRecord`` for all else, and for NaN, which PostgreSQL refuses."""
    try:
        return _ENCODER.encode(value)
    except (ValueError, TypeError) as error:
        raise InvalidRecord(f"This cannot be stored as JSON ({error}): {value!r}.") from error


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is not a JSON value")


_ENCODER = json.JSONEncoder(allow_nan=False, ensure_ascii=False, default=_plain)
