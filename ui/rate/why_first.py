"""Why is this explanation shown first? In words, and with the earlier images that the answer rests on."""

from __future__ import annotations

import streamlit as st

from studio.learning import candidates
from studio.reasons import SLIGHT, in_words
from studio.shown import Shown
from studio.words import literal
from ui import cache
from ui.thumbnails import thumbnail
from xai_core.ranking.reasons import Reason, Similar, reasons, similar

MOST_REASONS = 3


def why_first(shown: Shown) -> None:
    """What spoke for and against the explanation on screen, and thumbs on similar images."""
    learner = cache.learner()
    posterior = learner.refresh()
    offered = candidates(shown.case)
    chosen = next(at for at, candidate in enumerate(offered) if candidate.arm == shown.arm)
    if not posterior.events:
        st.write("Nobody has given a thumb yet: the order is the one that the program starts with.")
    elif shown.ordering.policy in ("random", "fixed"):
        st.write(f"The order of this study is {shown.ordering.policy}: thumbs are stored but do not change it.")
        return
    elif shown.ordering.explored:
        st.write("Now and then an order is drawn to try out what is little known. This is one of them.")
    if shown.ordering.policy == "guarded" and shown.position == 0:
        st.write(
            "Only explanations that the model really goes by may come first: those whose marked pieces change its "
            "answer most when they are hidden. Among these, what people find convincing decides."
        )
    found = [reason for reason in reasons(posterior, offered, chosen) if abs(reason.contribution) >= SLIGHT]
    _list("What speaks for showing it here", [reason for reason in found if reason.contribution > 0])
    _list("What speaks against", [reason for reason in found if reason.contribution < 0])
    alike = similar(posterior, offered[chosen])
    if alike:
        votes = sum(image.ups + image.downs for image in alike)
        thumbs = "one thumb" if votes == 1 else f"{votes} thumbs"
        st.markdown(f"**People have judged this way of explaining on similar images** ({thumbs})")
        with st.container(horizontal=True, gap="small"):
            for image in alike:
                _show(image)


def _list(title: str, found: list[Reason]) -> None:
    if found:
        st.markdown("\n".join([f"**{title}**", *(f"- {literal(in_words(reason))}" for reason in found[:MOST_REASONS])]))


def _show(image: Similar) -> None:
    place = cache.learner().place(image.image_id)
    verdict = f"👍 {image.ups}   👎 {image.downs}"
    picture = place and thumbnail(place.dataset, place.split, place.index, image.image_id)
    if picture:
        st.image(picture, caption=verdict, alt=f"A similar image: {verdict}", width=96)
