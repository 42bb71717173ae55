"""One item of a study: what is asked, the pictures, and the answers pinned to the bottom of the screen."""

from __future__ import annotations

import streamlit as st

from studio.studies.answers import options
from studio.studies.examples import EXAMPLE_ARMS
from studio.studies.showing import Item
from studio.studies.sitting import Sitting
from studio.view import PICTURE, View
from studio.words import literal
from ui import pictures as drawings
from ui.studies import examples
from xai_core.findings import describe

SURE = (1, 2, 3, 4, 5)
KEYS = {str(at): f"answer_{at}" for at in range(1, 10)}
"""Digits on the keyboard press the answers from left to right."""

LEAST_WIDTH = 105  # pixels, so that three pictures stand side by side on a phone


def progress(sitting: Sitting) -> None:
    """How far the participant has come."""
    done, total = sitting.done
    st.progress(done / total, text=sitting.texts("progress", done=done, total=total))


def question(sitting: Sitting, item: Item) -> None:
    """What is asked about the item, after what there is to say about the last answer."""
    texts, task = sitting.texts, sitting.study.task
    if sitting.note is not None:
        (st.success if sitting.note.good else st.warning)(literal(sitting.note.text))
    if item.assignment.item.role == "practice":
        st.markdown(f":material/school: {texts('practice')}")
    name = literal(item.case.class_names[item.case.prediction])
    about_examples = task == "thumb" and sitting.study.shows_examples
    st.subheader(texts.of(task, "question_examples" if about_examples else "question", name=name))
    said = [texts.of(task, "says", name=name)]
    if item.step == "before":
        said.append(texts("before"))
    elif item.step == "after" and sitting.first_answer is not None:
        first = literal(sitting.answer_in_words(sitting.first_answer, item))
        said.append(texts("after", answer=first))
    if item.assignment.item.role == "attention" and item.expected is not None:
        asked = literal(sitting.answer_in_words(item.expected, item))
        said.append(texts("attention", answer=asked))
    if words := " ".join(filter(None, said)):
        st.markdown(words)


def pictures(sitting: Sitting, item: Item) -> None:
    """The image and beside it the explanations."""
    texts, case = sitting.texts, item.case
    names = ("left", "right") if len(item.panels) > 1 else ("explanation",)
    with st.container(key="pictures"), st.grid(1 + len(item.panels), min_column_width=LEAST_WIDTH, gap="small"):
        png = drawings.image(case)
        st.image(png, caption=texts("image"), alt=texts("image_alt"), width="stretch" if item.panels else PICTURE)
        for panel, name in zip(item.panels, names, strict=False):
            shows_examples = panel.arm not in case.explanations
            png = (
                examples.picture(case, panel.arm) if shows_examples else drawings.explained(case, panel.arm, 0, View())
            )
            caption = texts("examples") if shows_examples and name == "explanation" else texts(name)
            st.image(png, caption=caption, alt=f"{caption}: {_finding(sitting, item, panel.arm)}", width="stretch")


def _finding(sitting: Sitting, item: Item, arm: str) -> str:
    """The explanation in words, without the name of the answer, which may be what is asked for."""
    if arm in EXAMPLE_ARMS:
        found: str = sitting.texts.values["examples_alt"][arm]
        return found
    if sitting.texts.language != "en":
        return sitting.texts("explanation_hidden_alt")
    case = item.case
    return describe(case.explanations[arm], ["the model's answer"] * len(case.class_names))


def answers(sitting: Sitting, item: Item) -> None:
    """The answers, and before them how sure the participant is where that is asked.

    Widget keys carry the item and its step, so that a click meant for what has just gone hits nothing.
    """
    texts, study, sure_key = sitting.texts, sitting.study, f"sure-{item.key}"
    if study.confidence:
        st.segmented_control(
            texts("confidence"),
            SURE,
            format_func=lambda sure: _sureness(sitting, sure),
            key=sure_key,
        )
    waiting = study.confidence and st.session_state.get(sure_key) is None
    if waiting:
        st.caption(texts("confidence_first"))
    chosen = options(study, item.case)
    with st.bottom, st.container(horizontal=True, horizontal_alignment="center", gap="xsmall", key="vote_bar"):
        for at, answer in enumerate(chosen, start=1):
            st.button(
                literal(sitting.answer_in_words(answer, item)),
                key=f"answer_{at}-{item.key}",
                on_click=_answer,
                args=(sitting, item.key, answer, sure_key),
                disabled=waiting or sitting.outbox.problem is not None,
            )


def _answer(sitting: Sitting, key: str, answer: str | int, sure_key: str) -> None:
    sitting.answer(key, answer, st.session_state.get(sure_key))


def _sureness(sitting: Sitting, sure: int) -> str:
    ends = {SURE[0]: "confidence_low", SURE[-1]: "confidence_high"}
    return f"{sure} {sitting.texts(ends[sure])}" if sure in ends else str(sure)
