"""What comes before and after the questions: consent, instruction, comprehension check, thanks."""

from __future__ import annotations

import streamlit as st

from db.errors import StudyClosed
from studio.studies.sitting import Sitting
from studio.studies.texts import texts_in
from studio.words import literal
from ui import cache, frontend
from xai_core import overlay
from xai_core.findings import describe

REDIRECT_AFTER = 8  # seconds, long enough to copy the code


def refused(sitting: Sitting) -> None:
    """Why nobody new is admitted."""
    reason = "closed" if sitting.refusal is StudyClosed else "full"
    farewell(sitting, reason)


def farewell(sitting: Sitting, key: str) -> None:
    """A last word: a title and a text."""
    st.header(sitting.texts(f"{key}_title"), icon=":material/waving_hand:")
    st.markdown(sitting.texts(key))


def unknown() -> None:
    """There is no such study, and so no language of one."""
    for language in ("en", "de"):
        texts = texts_in(language)
        st.subheader(texts("unknown_title"))
        st.markdown(texts("unknown"))


def consent(sitting: Sitting) -> None:
    """The text of whoever runs the study, what is stored, and the button that agrees."""
    texts = sitting.texts
    st.header(literal(sitting.study.title))
    st.subheader(texts("consent_title"))
    st.markdown(sitting.study.consent)
    st.markdown(texts("consent_stored"))
    st.button(texts("consent_agree"), on_click=sitting.consent)


def instruction(sitting: Sitting) -> None:
    """What the pictures mean, by an example, and what will be asked."""
    st.header(sitting.texts("instruction_title"))
    instruct(sitting)
    st.button(sitting.texts("instruction_leave"), on_click=sitting.leave_instruction)


def instruct(sitting: Sitting) -> None:
    """The instruction itself."""
    texts, study, person = sitting.texts, sitting.study, sitting.person
    if person is not None and person.condition == "control":
        st.markdown(texts("instruction_control"))
    elif study.shows_examples:
        st.markdown(texts("instruction_examples"))
    else:
        st.markdown(texts("instruction_colours"))
        _example(sitting)
    st.markdown(texts.of(study.task, "instruction"))
    if study.instruction:
        st.markdown(study.instruction)


def _example(sitting: Sitting) -> None:
    texts = sitting.texts
    with st.spinner(texts("loading")):
        example = cache.worked(patience=30)
    if example is None:
        return
    named = texts.language == "en"
    finding = describe(example.explanation, example.class_names) if named else texts("explanation_hidden_alt")
    with st.container(horizontal=True, vertical_alignment="center"):
        for shown in (overlay.picture(example.image), overlay.explained(example.image, example.explanation)):
            st.image(overlay.to_png(shown), width=140, alt=texts("instruction_example_alt", finding=finding))
    st.caption(texts("instruction_example"))


def comprehension(sitting: Sitting) -> None:
    """The questions about the instruction; where a try failed, with the instruction once more."""
    texts, study, left = sitting.texts, sitting.study, sitting.standing.tries
    questions = sitting.questions
    st.header(texts("comprehension_title"))
    if left < study.tries:
        st.warning(texts("comprehension_again", tries=left), icon=":material/replay:")
        with st.container(border=True):
            instruct(sitting)
    else:
        st.markdown(texts("comprehension_lead", count=len(questions), tries=left))
    keys = [f"check-{left}-{at}" for at in range(len(questions))]

    def send() -> None:
        chosen = [st.session_state[key] for key in keys]
        if None in chosen:
            st.session_state.unanswered = texts("comprehension_missing")
            return
        asked = zip(questions, chosen, strict=True)
        sitting.check({question.question: question.options.index(answer) for question, answer in asked})

    with st.form(f"check-{left}", border=False):
        for question, key in zip(questions, keys, strict=True):
            st.radio(literal(question.question), question.options, index=None, key=key, format_func=literal)
        unanswered()
        st.form_submit_button(texts("comprehension_send"), on_click=send)


def unanswered() -> None:
    """What was left out of a form that was sent, once."""
    if told := st.session_state.pop("unanswered", None):
        st.warning(told, icon=":material/error:")


def completed(sitting: Sitting) -> None:
    """The completion code and the way back."""
    st.header(sitting.texts("completed_title"), icon=":material/celebration:")
    st.markdown(sitting.texts("completed"))
    st.code(sitting.standing.code, language=None)
    redirect = sitting.study.completion.redirect
    if redirect is not None:
        st.link_button(sitting.texts("completed_redirect"), str(redirect))
        frontend.redirect(str(redirect), REDIRECT_AFTER)
