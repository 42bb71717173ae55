"""Which answers the figures are about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from xai_core.analysis.answers import Selection
from xai_core.arms import arm_named

CORRECTNESS = {True: "right predictions", False: "wrong predictions"}


def select(answers: pd.DataFrame) -> Selection:
    """Filters, each with what occurs in the answers; without a choice all of them."""
    with st.expander("Which answers", icon=":material/filter_alt:"), st.grid(3, min_column_width=180, gap="small"):
        study = _one_of("Study", answers["study"])
        versions = answers.loc[answers["study"] == study, "version"] if study else answers["version"].iloc[:0]
        version = _one_of("Version", versions)
        dataset = _one_of("Data set", answers["dataset"])
        classifier = _one_of("Classifier", answers["classifier"])
        arms = pd.concat([answers["arm"], answers["left_arm"], answers["right_arm"]])
        arm = _one_of("Explanation", arms, lambda name: arm_named(name).title)
        correct = st.selectbox(
            "Classifier was", list(CORRECTNESS), None, CORRECTNESS.__getitem__, "research-correct", placeholder="all"
        )
        rater = _one_of("Person", answers["rater"])
        since, until = _days(answers["answered_at"])
        passed = st.toggle(
            "Passed all checks", help="Only people who failed no gold and no attention item.", key="research-passed"
        )
    return Selection(
        study=study,
        version=None if version is None else int(version),
        dataset=dataset,
        classifier=classifier,
        arm=arm,
        correct=correct,
        since=since,
        until=until,
        rater=rater,
        passed_checks=passed,
    )


def _one_of(label: str, values: pd.Series, title: Callable[[Any], str] = str) -> Any:  # noqa: ANN401 - of any column
    found = sorted(values.dropna().unique().tolist())
    return st.selectbox(label, found, None, title, f"research-{label.lower()}", placeholder="all", disabled=not found)


def _days(times: pd.Series) -> tuple[date | None, date | None]:
    first, last = times.min().date(), times.max().date()
    chosen = st.date_input("Days (UTC)", (first, last), first, last, key="research-days")
    since, until = chosen if isinstance(chosen, tuple) and len(chosen) == 2 else (first, last)
    return (None if since == first else since), (None if until == last else until)
