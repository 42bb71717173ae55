"""Why is this explanation shown first? In words, and with the earlier images that the answer rests on."""

from __future__ import annotations

import streamlit as st

from studio.learning import candidates
from studio.rating import Shown
from ui import cache
from xai_core import overlay
from xai_core.datasets import image_id
from xai_core.errors import XaiError
from xai_core.ranking.reasons import Reason, Similar, reasons, similar

MOST_REASONS = 3
SLIGHT = 0.02
"""Contributions to the log odds below this move nothing that a person would see."""


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
        st.write("A few orders are drawn to try out what is little known. This is one of them.")
    found = [reason for reason in reasons(posterior, offered, chosen) if abs(reason.contribution) >= SLIGHT]
    _list("It stands here because", [reason for reason in found if reason.contribution > 0])
    _list("Against it speaks that", [reason for reason in found if reason.contribution < 0])
    alike = similar(posterior, offered[chosen])
    if alike:
        votes = sum(image.ups + image.downs for image in alike)
        st.markdown(f"**It was judged on similar images** ({votes} thumbs)")
        with st.container(horizontal=True, gap="small"):
            for image in alike:
                _thumbnail(image)


def _list(title: str, found: list[Reason]) -> None:
    if found:
        lines = [f"- {reason.phrase} ({reason.contribution:+.2f} ± {reason.sd:.2f})" for reason in found[:MOST_REASONS]]
        st.markdown("\n".join([f"**{title}**", *lines]))


def _thumbnail(image: Similar) -> None:
    place = cache.learner().place(image.image_id)
    if place is None:
        return
    try:
        data = cache.LIBRARY.dataset(place.dataset)
    except XaiError:  # the set it came from is gone; the other thumbnails still help
        return
    pixels = (data.x_test if place.split == "test" else data.x_train)[place.index]
    if image_id(pixels) == image.image_id:
        verdict = f"👍 {image.ups}   👎 {image.downs}"
        st.image(
            overlay.to_png(overlay.picture(pixels), 96), caption=verdict, alt=f"A similar image: {verdict}", width=96
        )
