"""What the ranking learned from all thumbs, and how far it can be trusted."""

from __future__ import annotations

import math

import streamlit as st

from studio.roles import Access
from studio.words import literal
from ui import cache, charts
from ui.persuasion import show_persuasion
from xai_core.arms import arm_named
from xai_core.intervals import Interval
from xai_core.ranking.caution import SURE
from xai_core.ranking.psi import EFFECTS, words
from xai_core.ranking.report import LEAST_IMAGES, Report

WINDOW = 25


def show_over_time(report: Report) -> None:
    """Whether approval changes."""
    if len(report.thumbs) >= 2 * WINDOW:
        st.subheader("Approval over time")
        st.altair_chart(charts.over_time(report.thumbs, WINDOW))


def show_trust(report: Report) -> None:
    """Whether the learned order decides what comes first, or the best single way of explaining."""
    st.subheader("Does the learned order beat the best single explanation?")
    if not report.trust:
        st.caption("This needs first-shown explanations with stored alternatives; rate a few images.")
        return
    st.caption(
        f"Until the thumbs say with {SURE:.0%} that the order convinces more often on a data set, the one "
        "kind of explanation that is best there comes first."
    )
    st.dataframe(
        [
            {
                "data set": name,
                "first comes": "the learned order" if trust.since is not None else arm_named(trust.advantage.arm).title,
                "since thumb": None if trust.since is None else trust.since,
                "P(order is better)": round(trust.advantage.probability, 2),
                "best single explanation": arm_named(trust.advantage.arm).title,
                "images": trust.advantage.images,
            }
            for name, trust in report.trust.items()
        ],
        hide_index=True,
    )


def show_effects(report: Report) -> None:
    """What the ranking believes about features."""
    st.subheader("What makes an explanation convincing")
    st.caption(
        "What speaks for a 👍 (to the right) and against it (to the left); the lines show how far that is sure "
        "(log odds with two posterior standard deviations to each side)."
    )
    st.altair_chart(charts.effects(report.effects, {effect: words(effect) for effect in EFFECTS}))
    for note in report.notes:
        st.caption(literal(note))


def show_prediction(report: Report) -> None:
    """Does it hold on images that it was not fitted on?"""
    st.subheader("Does it predict thumbs on unseen images?")
    if not report.predicted:
        st.caption(f"This needs thumbs on at least {LEAST_IMAGES} images.")
        return
    st.dataframe(
        [
            {
                "prediction by": name,
                "log loss": round(s.log_loss, 3),
                "Brier": round(s.brier, 3),
                "AUC": _figure(s.auc),
                "best one was a 👍": _figure(s.top_hit),
                "by chance": _figure(s.chance),
                "thumbs": s.n,
            }
            for name, s in report.predicted.items()
        ],
        hide_index=True,
    )
    st.caption(
        "Each image's thumbs are predicted from the thumbs on other images. Smaller log loss and Brier are better."
    )
    st.altair_chart(charts.calibration(report.calibration))


def show_policies(report: Report) -> None:
    """What another order would have earned."""
    st.subheader("What another policy would have earned")
    if not report.policies:
        st.caption("This needs first-shown explanations with stored alternatives; rate a few images.")
        return
    st.caption("Share of 👍 on first-shown explanations, estimated from the stored propensities (doubly robust).")
    st.altair_chart(charts.intervals({name: p.dr for name, p in report.policies.items()}, "policy", "share of 👍"))
    st.dataframe(
        [
            {
                "policy": name,
                "IPS": _interval(p.ips),
                "SNIPS": _interval(p.snips),
                "doubly robust": _interval(p.dr),
                "effective n": round(p.effective),
            }
            for name, p in report.policies.items()
        ],
        hide_index=True,
    )
    for name, p in report.policies.items():
        if p.warning:
            st.caption(f":material/warning: {name}: {literal(p.warning)}")


def _figure(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def _interval(share: Interval) -> str:
    return "–" if math.isnan(share.estimate) else f"{share.estimate:.2f} ({share.low:.2f} to {share.high:.2f})"


def show_ranking(access: Access) -> None:
    """The part of the page."""
    with st.spinner("Learning from all thumbs …", show_time=True):
        report, persuaded = cache.learned(access), cache.persuaded(access)
    show_over_time(report)
    show_trust(report)
    show_effects(report)
    show_prediction(report)
    show_policies(report)
    show_persuasion(persuaded, report)
