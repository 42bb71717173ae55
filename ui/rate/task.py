"""What is asked, in one sentence, and how far the rater has come."""

from __future__ import annotations

import streamlit as st

from studio.pieces import told_effect
from studio.rating import Rating
from studio.shown import Shown
from studio.view import View
from studio.words import literal, percent
from ui.rate.vote_bar import ANSWERS
from xai_core.arms import arm_named
from xai_core.findings import describe

WAVERS = 0.3
"""Margins below this are called hesitation: the model nearly said something else."""


def question(shown: Shown, view: View) -> str:
    """What the thumbs answer, as it is said aloud."""
    return _question(view, shown.case.class_names[shown.case.prediction])


def _question(view: View, name: str) -> str:
    asked = "Do the parts that are kept" if view.style == "keep" else f"Does {view.colours[0]}"
    return f"{asked} show a good reason for {name}?"


def task(shown: Shown, view: View) -> None:
    """The question, what the model answered, and that the thumb is about the explanation."""
    case = shown.case
    first, second = (literal(case.class_names[label]) for label in case.top[:2])
    sure, unsure = (percent(float(case.probabilities[label])) for label in case.top[:2])
    if case.margin < WAVERS:
        says = f"The model hesitates: **{first}** ({sure}) or {second} ({unsure})."
    else:
        says = f"The model says **{first}** ({sure} sure)."
    supports, opposes = view.colours
    marks = (
        "" if view.style == "keep" else f" {supports.capitalize()} is what speaks for {first}, {opposes} against it."
    )
    st.subheader(_question(view, f"**{first}**"))
    st.markdown(f"{says}{marks} Judge the explanation, not the answer: 👎 does not mean that {first} is wrong.")


def effect(shown: Shown, view: View) -> None:
    """What becomes of the answer without what is marked, and with that alone."""
    marked = f"strongest {view.colours[0]}"
    if said := told_effect(shown.case, shown.arm, marked):
        st.markdown(said)


def position(shown: Shown) -> None:
    """Which explanation of the image this is; its technical name is for those who point at it."""
    place, arm = f"{shown.position + 1} of {len(shown.ordering.arms)}", arm_named(shown.arm)
    st.caption(
        f"Explanation {place}: {arm.title}",
        help=f"Technical name: {literal(arm.name)}, of the classifier {literal(shown.case.classifier)}",
        width="content",
    )


def goal(rating: Rating) -> None:
    """How many images were rated today, of how many that are a good day's work."""
    done, wanted = rating.today, rating.goal
    st.progress(min(done / wanted, 1.0), text=f"{done} of {wanted} today", width=180)


def news(rating: Rating, shown: Shown, view: View) -> list[str]:
    """What a screen reader says after an answer: what was stored, what is asked now, what the picture shows."""
    case = shown.case
    stored = [f"Saved: {ANSWERS[rating.last.answer]}."] if rating.last else []
    return [*stored, question(shown, view), describe(case.explanations[shown.arm], case.class_names)]
