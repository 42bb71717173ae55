"""How many people and images the next study needs."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ui.research.figure import SEED, computed
from xai_core.analysis.planning import Design, power, raters_needed

TARGET = 0.8


def show_plan() -> None:
    """A calculator; it needs no answers."""
    st.subheader("Plan a study")
    st.caption(
        "Two kinds of explanation are compared. Power is the share of simulated studies that find the difference at "
        "5 % (divided by the number of comparisons)."
    )
    with st.grid(3, min_column_width=180, gap="small"):
        raters = st.number_input("People", 4, 2000, 30, key="plan-raters")
        items = st.number_input("Answers of each", 2, 500, 20, key="plan-items")
        baseline = st.number_input("Share of 👍 now, %", 1, 99, 50, key="plan-baseline")
        difference = st.number_input("Difference to find, points", 1, 98, 10, key="plan-difference")
        comparisons = st.number_input("Comparisons", 1, 50, 1, key="plan-comparisons")
        within = st.toggle("Each person sees both", value=True, key="plan-within")

    def plan() -> None:
        design = Design(
            items=int(items),
            baseline=baseline / 100,
            difference=difference / 100,
            comparisons=int(comparisons),
            within=within,
        )
        found = power(design, int(raters), rng=np.random.default_rng(SEED))
        st.metric(
            f"Power with {raters} people",
            f"{found.estimate:.0%}",
            help=f"{found.low:.1%} to {found.high:.1%}, n = {found.n}",
        )
        needed, _ = raters_needed(design, TARGET, rng=np.random.default_rng(SEED))
        st.metric(f"People for a power of {TARGET:.0%}", needed)

    computed(plan)
