"""What is told of a room in words and bars, on phones, on the wall and at the desk alike."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from studio.classroom.tally import Change, Tally
from studio.classroom.views import Screen
from studio.words import literal, percent

FEWEST = 2  # people of whom a share is told


def bars(found: Tally, names: Mapping[int, str], marked: int | None = None) -> None:
    """A bar a choice, with its count; ``marked`` is the one that a tick stands beside."""
    total = sum(found.counts.values())
    for choice, count in found.counts.items():
        share = count / total if total else 0.0
        tick = ":material/check: " if choice == marked else ""
        st.progress(share, text=f"{tick}{literal(names.get(choice, str(choice)))} · {count} of {total}")


def before_and_after(found: Change, names: Mapping[int, str], alphas: tuple[float | None, float | None]) -> None:
    """The first vote and the second, who changed their mind, and how far people agree."""
    if found.before.counts or found.after.counts:
        left, right = st.columns(2)
        with left:
            st.markdown("**Before**")
            bars(found.before, names)
        with right:
            st.markdown("**After**")
            bars(found.after, names)
        st.markdown(" ".join((_moves(found), _agreement(found), in_alpha(alphas))).strip())


def _moves(found: Change) -> str:
    if not found.both:
        return ""
    return f"{found.changed} of the {found.both} who voted twice changed their mind."


def _agreement(found: Change) -> str:
    before, after = found.before.agreement, found.after.agreement
    if before is None or after is None:
        return ""
    return f"Two of you agree in {percent(before)} of cases before, {percent(after)} after."


def in_alpha(alphas: tuple[float | None, float | None]) -> str:
    """Krippendorff's α before and after, in words where it can be told."""
    before, after = (f"{value:.2f}" if value is not None else "–" for value in alphas)
    if before == after == "–":
        return "Krippendorff's α needs two questions of this kind on which you differ."
    return f"Krippendorff's α over the questions of this kind: {before} before, {after} after."


def show_reveal(shown: Screen) -> None:
    """What this phase reveals: the prediction, guesses, votes, the truth, what to talk about."""
    if shown.prediction is not None and shown.confidence is not None:
        st.markdown(f"The network says **{literal(shown.prediction)}** ({percent(shown.confidence)} sure).")
    if shown.guesses is not None and shown.phase == "prediction" and shown.names is not None:
        st.markdown("You said:")
        bars(Tally({choice: count for choice, count in shown.guesses.counts.items() if count}), shown.names)
    if shown.truth is not None:
        right = "the network is right" if shown.truth == shown.prediction else "the network is wrong"
        st.markdown(f"It is **{literal(shown.truth)}**: {right}.")
    if shown.change is not None and shown.names is not None:
        before_and_after(shown.change, shown.names, shown.alphas)
    elif shown.votes is not None and shown.names:
        bars(shown.votes, shown.names)
    if shown.note:
        st.markdown(literal(shown.note))


def progress(shown: Screen) -> str:
    """How many have answered, and how long there is."""
    parts = []
    if shown.answers or shown.points:
        parts.append(f"{shown.answered} of {shown.members} answered")
    if shown.seconds_left is not None:
        parts.append(f"{shown.seconds_left} s left" if shown.seconds_left else "time is up")
    if shown.locked:
        parts.append("answers are closed")
    return " · ".join(parts)
