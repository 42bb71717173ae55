"""The image beside a training image, what the model finds, and the choice among training images."""

from __future__ import annotations

import streamlit as st

from studio.because import Reply
from studio.because_votes import BecauseVotes, Comparison, Likeness
from studio.because_words import MEANINGS, company, degree, in_numbers, misleading, question, title
from studio.gallery import Gallery
from studio.view import PICTURE
from studio.words import literal, percent
from ui import pictures
from ui.because.charts import bars
from ui.because.likeness import usual
from ui.waiting import ready
from xai_core.attributes import why_similar
from xai_core.case import Case


def why(likeness: Likeness) -> str:
    """What the likeness rests on, in a sentence."""
    return why_similar(likeness.importance.before, likeness.importance.scores)


def task(shown: Comparison, plain: Reply) -> None:
    """The question, what the model answered, how alike it finds the two, and why."""
    st.subheader(question(shown))
    st.markdown(f"{_says(shown.case)} To it, {degree(shown.likeness, plain.nearer)}. **{why(shown.likeness)}**")


def alone(case: Case) -> None:
    """The image and what the model says, until it is known what the image looks like."""
    st.markdown(_says(case))
    alternative = f"The image to be explained, from {case.dataset}"
    st.image(pictures.image(case), caption="**this**: the image", alt=alternative, width=PICTURE // 2)


def _says(case: Case) -> str:
    return f"The model says **{literal(case.class_names[case.prediction])}** ({percent(case.confidence)} sure)."


def pair(gallery: Gallery, shown: Comparison) -> None:
    """This, and that."""
    case, likeness = shown.case, shown.likeness
    other = gallery.data.class_names[likeness.label]
    frames = likeness.boxes or (None, None)
    framed = "" if likeness.boxes is None else ", with a frame around the part that is compared"
    sides = (
        (case.image, "**this**: the image", f"This: the image to be explained, from {case.dataset}{framed}"),
        (
            gallery.image(likeness.position),
            f"**that**: {literal(other)}, from training",
            f"That: training image {likeness.row}, {other}{framed}",
        ),
    )
    with st.container(key="pictures"), st.grid(2, min_column_width=150, gap="small"):
        for (image, caption, alternative), frame in zip(sides, frames, strict=True):
            st.image(pictures.framed(image, frame), caption=caption, alt=alternative, width="stretch")


def choose(votes: BecauseVotes, shown: Comparison) -> None:
    """Let the person put another training image beside the image."""
    key = f"likeness-{shown.impression_id}"

    def chosen() -> None:
        if (at := st.session_state[key]) is not None:
            votes.choose(at)

    st.pills(
        "Put it beside",
        range(len(shown.offered)),
        format_func=lambda at: title(shown.offered[at], shown.case),
        default=shown.at,
        required=True,
        key=key,
        on_change=chosen,
    )


def reasons(shown: Comparison) -> None:
    """The bars and what they mean."""
    likeness = shown.likeness
    name = literal(shown.case.class_names[likeness.label])
    count = max((found.n for found in likeness.together.values() if found), default=0)
    st.altair_chart(bars(likeness), height=200, alt=f"What the likeness rests on. {why(likeness)}")
    st.caption(
        "One property of the image is changed at a time: the longer its bar, the less alike the two become "
        "(to the left of 0: the more alike). Dots: the "
        f"mean over all {count} {company(likeness)} of {name}, with its 95 % interval. "
        "How strongly a property is changed is a convention: compare pictures by it rather than properties."
    )
    with st.expander("What each property means", icon=":material/help:"):
        st.markdown("\n".join(f"- **{name}**: {meaning}" for name, meaning in MEANINGS.items()))


def numbers(gallery: Gallery, shown: Comparison) -> None:
    """The numbers behind the bars, and whether they are usual, for those who open them."""
    likeness = shown.likeness
    opened = st.expander("In numbers, and is it usual?", icon=":material/straighten:", on_change="rerun", key="usual")
    if opened.open:
        with opened:
            job = usual(gallery, shown.case, likeness)
            found = job.result if ready(job, "Asking other training images") else None
            if found is not None:
                st.markdown(misleading(likeness, found) or "What counts here is what usually counts for **that**.")
            st.dataframe(in_numbers(likeness, found), hide_index=True)
