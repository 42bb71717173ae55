"""The parts of the page of answers, each a few figures. A part computes nothing before it is opened."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from studio.words import literal
from ui.research.figure import SEED, Answers, computed, downloads, intervals, section
from xai_core import analysis
from xai_core.analysis.answers import counted
from xai_core.analysis.reliance import Reliance
from xai_core.arms import arm_named
from xai_core.intervals import Interval


def show_answers(answers: Answers) -> None:
    """What convinces, whether it is right, and how long an answer takes."""
    section(
        "Approval by kind of explanation",
        "Share of 👍; the lines are 95 % intervals (Wilson, widened as far as one person's answers go together). "
        "Thumbs measure persuasion, not truth.",
    )
    approval = analysis.approval(answers.table)
    if not approval:
        st.caption(":material/info: No thumbs among these answers.")
        return
    intervals("Approval", approval, answers, "approval(answers)", value="share of 👍")
    section(
        "Approval of right and wrong predictions",
        "A 👍 for the explanation of a wrong prediction is persuasion without truth.",
    )
    _show_split(
        "Approval by correctness",
        analysis.approval_by_correctness(answers.table),
        answers,
        "approval_by_correctness(answers)",
        ("right predictions", "wrong predictions"),
    )
    section("Response times", "The typical person's typical time from showing to answering; n counts answers.")
    times = analysis.response_times(answers.table, "task")
    if times:
        intervals("Response times", times, answers, "response_times(answers)", value="seconds", share=False)


def show_people(answers: Answers) -> None:
    """Whether people agree with each other and with themselves, and who may not have looked."""
    rng = np.random.default_rng(SEED)
    section(
        "Agreement",
        "Krippendorff's α of different people on the same explanation of the same image: 1 is full agreement, 0 what "
        "chance gives. Intervals by bootstrap over items; n counts items with two answers or more.",
    )
    alpha = computed(lambda: analysis.rater_agreement(answers.table, rng=rng))
    if alpha is not None:
        call = "rater_agreement(answers, rng=rng)"
        intervals("Agreement", {"different people": alpha}, answers, call, value="Krippendorff's α", share=False)
    section("Same person, same question", "How often the second answer was the first one; n counts pairs of answers.")
    own = computed(lambda: analysis.self_agreement(answers.table, rng=np.random.default_rng(SEED)))
    if own is not None:
        call = "self_agreement(answers, rng=rng)"
        intervals("Self-agreement", {"the same again": own.same}, answers, call, value="share of pairs")
    section(
        "People who may not have looked",
        "A flag is a reason to look, not to leave somebody out. In simulations with 40 answers each, 2 % of careful "
        "people are flagged; found are all who click at once, and half of those who always give the same answer or "
        "answer by chance at a usual pace (nearly all of them with 100 answers).",
    )
    checks = analysis.careless(answers.table)
    rows: list[dict[str, object]] = [
        {
            "person": one.rater,
            "signs": ", ".join(one.signs),
            "answers": one.n,
            "median seconds": round(one.seconds, 1),
            "share of 👍": round(one.share, 2),
            "correlation with others": round(one.correlation, 2),
            "checks failed": f"{one.failed} of {one.checks}",
        }
        for one in checks
    ]
    st.caption(f"{sum(bool(one.signs) for one in checks)} of {len(checks)} people have a sign.")
    st.dataframe(rows, hide_index=True)
    downloads("Careless people", rows, answers, "careless(answers)")


def show_tasks(answers: Answers) -> None:
    """Comparisons, simulation and reliance."""
    section(
        "Which explanation wins",
        "Bradley-Terry strength: log odds of winning against an average explanation; intervals by jackknife.",
    )
    strengths = computed(lambda: analysis.bradley_terry(answers.table))
    if strengths is not None:
        intervals("Strength", strengths.intervals, answers, "bradley_terry(answers)", value="log odds", share=False)
    section(
        "Can people tell what the model will say?",
        "Share of right guesses with each explanation and without one.",
    )
    guesses = computed(lambda: analysis.simulation_accuracy(answers.table))
    if guesses is not None:
        call = "simulation_accuracy(answers)"
        intervals("Simulation", guesses.accuracy, answers, call, value="share of right guesses")
        for arm, gain in guesses.gains.items():
            st.caption(f"{literal(arm_named(arm).title)}: {_interval(gain)} over no explanation.")
    section(
        "Do people rely on the model where they should?",
        "Share of right judgements where the model is right (less is under-reliance) and where it is wrong (less is "
        "over-reliance). An explanation that helps raises both.",
    )
    relied = analysis.appropriate_reliance(answers.table)
    call = "appropriate_reliance(answers)"
    if relied:
        _show_split("Reliance", relied, answers, call, ("model right", "model wrong"))
    else:
        st.caption(":material/info: Nobody was asked whether the model is right.")


def show_effects(answers: Answers) -> None:
    """Comparisons of kinds of explanations by regression."""
    section(
        "Does one kind convince more than another?",
        "Log odds ratio of a 👍 against the reference (logistic regression, generalised estimating equations over "
        "people, corrected for few of them); p values hold for all comparisons together (Holm).",
    )
    names = sorted(counted(answers.table, "thumb")["arm"].dropna().unique())
    reference = st.selectbox(
        "Reference", names, None, lambda name: arm_named(name).title, "research-reference", placeholder="most judged"
    )
    found = computed(lambda: analysis.contrasts(answers.table, reference))
    if found:
        call = f"contrasts(answers, {reference!r})"
        rows = {one.arm: Interval(one.log_odds, one.low, one.high, one.n) for one in found}
        st.caption(f"Reference: {literal(arm_named(found[0].reference).title)}.")
        intervals("Effects", rows, answers, call, value="log odds ratio of a 👍", share=False)
        st.dataframe(
            [
                {
                    "explanation": arm_named(one.arm).title,
                    "p, all together": f"{one.adjusted_p:.3f}",
                    "people": one.raters,
                }
                for one in found
            ],
            hide_index=True,
        )


def _show_split(title: str, found: Mapping[str, Reliance], answers: Answers, call: str, names: tuple[str, str]) -> None:
    """Two shares of each kind of explanation: of right and of wrong predictions."""
    rows = {
        f"{arm_named(arm).title}, {name}": rate
        for arm, one in found.items()
        for name, rate in zip(names, (one.on_right, one.on_wrong), strict=True)
        if rate is not None
    }
    if not rows:
        st.caption(":material/info: Nobody knows which of these predictions are right.")
        return
    intervals(title, rows, answers, call, value="share")


def _interval(found: Interval) -> str:
    return f"{found.estimate:+.2f} ({found.low:+.2f} to {found.high:+.2f}, n = {found.n})"
