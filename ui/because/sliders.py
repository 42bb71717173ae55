"""Change the picture yourself, and see what becomes of the likeness and of the answer."""

from __future__ import annotations

import math

import streamlit as st

from studio.because import Reply, changeable, reply
from studio.because_votes import Comparison, Likeness
from studio.because_words import MEANINGS
from studio.gallery import Gallery
from studio.words import literal, percent
from ui.because.likeness import KEYS, network_of
from xai_core import overlay
from xai_core.attributes import ATTRIBUTES, STRONGEST
from xai_core.case import Case

MOST_SIMILAR = 9.2  # of a patch with a learned prototype: log(1 / 1e-4)
BARS, STEP, SIDE = 3, 0.1, 224  # bars of classes, step of a slider, pixels of the picture's shorter side


@st.cache_resource(show_spinner=False, max_entries=256, hash_funcs=KEYS)
def _reply(gallery: Gallery, case: Case, likeness: Likeness, strengths: tuple[tuple[str, float], ...]) -> Reply:
    return reply(gallery, case, likeness, strengths, network_of(case))


def unchanged(gallery: Gallery, shown: Comparison) -> Reply:
    """What the classifier makes of the image as it is."""
    return _reply(gallery, shown.case, shown.likeness, ())


@st.fragment
def change_it(gallery: Gallery, shown: Comparison) -> None:
    """A slider for each attribute, the changed picture, and what the classifier makes of it."""
    case = shown.case
    possible = changeable(case)
    outcome, controls = st.columns(2, gap="medium")
    with controls:
        strengths = {name: _slider(name, case) for name in possible}
        if missing := [name for name in ATTRIBUTES if name not in possible]:
            st.caption(f"{' and '.join(missing).capitalize()}: not applicable, as this image is grey.")
        st.button("As it was", on_click=_reset, args=(case,), disabled=not any(strengths.values()))
    plain = unchanged(gallery, shown)
    now = _reply(gallery, case, shown.likeness, tuple(pair for pair in strengths.items() if pair[1]))
    with outcome, st.grid(2, min_column_width=150, gap="small"):
        state = "changed" if any(strengths.values()) else "as it is"
        st.image(
            overlay.to_png(overlay.picture(now.image), SIDE),
            caption=f"the image, {state}",
            alt=f"The image, {state}: {_told(strengths)}",
            width="stretch",
        )
        with st.container(gap="xsmall"):
            most = 1.0 if shown.likeness.prototype is None else MOST_SIMILAR
            _bars(case, plain, now, most)


def _bars(case: Case, plain: Reply, now: Reply, most: float) -> None:
    before, after = (f"{answer.similarity:.3f}" for answer in (plain, now))
    moved = before if before == after else f"{before} → {after}"
    st.progress(min(max(now.similarity / most, 0.0), 1.0), text=f"similarity to **that**: {moved}")
    for label in case.top[:BARS]:
        was, becomes = (percent(float(answer.probabilities[label])) for answer in (plain, now))
        share = was if was == becomes else f"{was} → {becomes}"
        st.progress(float(now.probabilities[label]), text=f"{literal(case.class_names[label])}: {share}")
    leading = int(now.probabilities.argmax())
    if leading != case.prediction:
        st.markdown(f"The model now says **{literal(case.class_names[leading])}**.")


def _slider(attribute: str, case: Case) -> float:
    """How strongly the person wants the attribute changed, up to what the core allows."""
    most = math.floor(STRONGEST[attribute] / STEP + 1e-9) * STEP
    help_ = f"{MEANINGS[attribute].capitalize()}."
    return float(
        st.slider(attribute.capitalize(), 0.0, most, 0.0, STEP, format="%.1f", key=_key(attribute, case), help=help_)
    )


def _key(attribute: str, case: Case) -> str:
    return f"because_{attribute}-{case.image_id}"


def _reset(case: Case) -> None:
    for attribute in changeable(case):
        st.session_state[_key(attribute, case)] = 0.0


def _told(strengths: dict[str, float]) -> str:
    return ", ".join(f"{name} {strength:.1f}" for name, strength in strengths.items())
