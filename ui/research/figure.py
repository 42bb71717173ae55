"""A figure with its n, its numbers and the code that makes it from an export."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd
import streamlit as st

from studio.words import literal
from ui import charts
from xai_core.analysis.answers import Selection
from xai_core.arms import arm_named
from xai_core.errors import InvalidInput
from xai_core.intervals import Interval

T = TypeVar("T")

SEED = 0
"""Of intervals by resampling: the same figures whenever the page is drawn."""

CODE = '''"""{title}: made from an export, `python -m studio export export.zip`."""

from datetime import date

import numpy as np

from xai_core.analysis import *

answers = {selection}.of(read_answers("export.zip"))
rng = np.random.default_rng({seed})
found = {call}
print(found)
'''


@dataclass(frozen=True)
class Answers:
    """The answers that the page is about: how they were chosen, and the rows."""

    selection: Selection
    table: pd.DataFrame

    def code(self, title: str, call: str) -> str:
        """Python that prints what a figure shows; ``call`` computes it from ``answers`` and ``rng``."""
        return CODE.format(title=title, selection=self.selection.code(), seed=SEED, call=call)


def section(title: str, caption: str) -> None:
    """What a figure is called and what it says."""
    st.subheader(title)
    st.caption(caption)


def computed(compute: Callable[[], T]) -> T | None:
    """What was computed; where it does not exist the page says why, and it is None."""
    try:
        return compute()
    except InvalidInput as error:
        st.caption(f":material/info: {literal(str(error))}")
        return None


def intervals(
    title: str, rows: Mapping[str, Interval], answers: Answers, call: str, *, value: str, share: bool = True
) -> None:
    """Dots with intervals and their n; below them the numbers and the code. ``value`` names the axis."""
    named = {arm_named(name).title: found for name, found in rows.items()}
    st.altair_chart(charts.intervals(named, title, value, share=share))
    downloads(title, [{"what": name, **_numbers(found)} for name, found in rows.items()], answers, call)


def downloads(title: str, rows: list[dict[str, object]], answers: Answers, call: str) -> None:
    """Buttons for the numbers behind a figure and for the code that made it."""
    name = title.lower().replace(" ", "-").replace("?", "")
    files = {
        "Numbers": (_csv(rows), "csv", "text/csv", ":material/table:"),
        "Code": (answers.code(title, call), "py", "text/x-python", ":material/code:"),
    }
    with st.container(horizontal=True):
        for label, (content, suffix, kind, icon) in files.items():
            key = f"{title}-{label}"
            st.download_button(label, content, f"{name}.{suffix}", kind, key=key, icon=icon, on_click="ignore")


def _numbers(found: Interval) -> dict[str, object]:
    return {"estimate": found.estimate, "low": found.low, "high": found.high, "n": found.n}


def _csv(rows: list[dict[str, object]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
