"""The image of a question and what explains it, as pictures of a size for phones or for the back row."""

from __future__ import annotations

import io
from concurrent.futures import Future

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from studio.classroom.questions import PAIR
from studio.classroom.views import Picture, Screen
from studio.gallery import Source
from studio.lessons import EXAMPLES
from studio.words import literal
from ui import cache
from ui.classroom.state import explained
from ui.examples import searches
from ui.examples.strips import montage
from ui.problems import problem_text
from xai_core import overlay
from xai_core.arms import arm_named
from xai_core.case import Case
from xai_core.errors import XaiError
from xai_core.findings import describe

PHONE, WALL = 256, 512  # pixels of a picture's shorter side
FEW = 4
DOT = 0.02  # of the picture's side
Panel = tuple[bytes, str, str]  # PNG, caption, alternative text


def show_pictures(shown: Screen, size: int, key: str = "pictures") -> None:
    """Draw what is on the screen: the image, and beside it what explains it; taps once they are told."""
    picture = shown.picture
    if picture is None:
        return
    try:
        panels = _panels(picture, shown, size)
    except XaiError as error:
        st.error(problem_text(error), icon=":material/error:")
        return
    with st.container(key=key), st.grid(len(panels), min_column_width=150, gap="small"):
        for png, caption, alternative in panels:
            st.image(png, caption=caption or None, alt=alternative, width="stretch")


def _panels(picture: Picture, shown: Screen, size: int) -> list[Panel]:
    panels = [_image(picture, shown, size)]
    if not picture.shown:
        return panels
    case = _case(explained(picture))
    if case is None:
        st.caption("The explanation is being made …")
        return panels
    for position, name in enumerate(picture.shown):
        letter = f"**{PAIR[position]}** · " if len(picture.shown) > 1 else ""
        png, caption, alternative = _explanation(case, name, size)
        panels.append((png, letter + caption, f"{PAIR[position]}: {alternative}" if letter else alternative))
    return panels[1:] if len(picture.shown) > 1 else panels


def _case(making: Future[Case]) -> Case | None:
    """Waits for a moment: most explanations are there in less."""
    try:
        return making.result(timeout=1.0)
    except TimeoutError:
        return None


def _image(picture: Picture, shown: Screen, size: int) -> Panel:
    places = shown.votes.places if shown.votes is not None else ()
    if shown.change is not None and shown.change.after.places:
        places = shown.change.after.places
    png = _plain(picture.dataset, picture.index, size, places)
    return (
        png,
        f"{len(places)} taps" if places else "",
        "The image that the question is about" + (f", with {len(places)} taps of the class" if places else ""),
    )


def plain(picture: Picture, size: int) -> bytes:
    """The image itself as PNG."""
    return _plain(picture.dataset, picture.index, size, ())


@st.cache_data(show_spinner=False, max_entries=60)
def _plain(dataset: str, index: int, size: int, places: tuple[tuple[float, float], ...]) -> bytes:
    png = overlay.to_png(overlay.picture(cache.LIBRARY.dataset(dataset).x_test[index]), size)
    return with_dots(png, places) if places else png


def with_dots(png: bytes, places: tuple[tuple[float, float], ...]) -> bytes:
    """A picture with a dot, blue in white in black, at each place, x and y in 0..1."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    pen = ImageDraw.Draw(image)
    radius = DOT * min(image.size)
    for x, y in places:
        at = np.array([x * image.width, y * image.height])
        for scale, colour in ((1.7, "#000000"), (1.4, "#ffffff"), (1.0, "#0072b2")):
            pen.ellipse([*(at - scale * radius), *(at + scale * radius)], fill=colour)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _explanation(case: Case, name: str, size: int) -> Panel:
    predicted = literal(case.class_names[case.prediction])
    if name not in EXAMPLES:
        explanation = case.explanations[name]
        caption = f"for **{predicted}**: {arm_named(name).title}"
        return _heat(case, name, size), caption, describe(explanation, case.class_names, 0)
    found = _examples(case, name)
    what = {
        "prototypes": f"typical of **{predicted}**",
        "near-hits": f"most alike, and also **{predicted}**",
        "near-misses": f"most alike, yet not **{predicted}**",
    }[name]
    if found is None:
        waiting = np.full((8, 8 * FEW, 3), 128, np.uint8)
        return overlay.to_png(waiting, size // FEW), f"{what}: being looked for …", "Examples are being looked for"
    return montage(found), what, f"{len(found)} training images: {what.replace('**', '')}"


@st.cache_data(show_spinner=False, max_entries=60, hash_funcs=searches.KEYS)
def _heat(case: Case, name: str, size: int) -> bytes:
    explanation = case.explanations[name]
    shown = overlay.explained(case.image, explanation, 0, full_colour=case.full_colour(name), smallest=size)
    return overlay.to_png(shown, size)


def _examples(case: Case, name: str) -> list[NDArray[np.uint8]] | None:
    """Training images of one kind; None while they are being looked for. Raises ``XaiError`` where there are none."""
    job = searches.gallery(Source(case.dataset, case.classifier))
    if job.problem:
        raise XaiError(job.problem)
    if not job.ready:
        return None
    found = job.result
    if name == "prototypes":
        typical = searches.summaries(found)
        if not typical.ready:
            return None
        return [found.data.x_train[row] for row in typical.result[case.prediction].prototypes[:FEW]]
    near = searches.neighbours(found, case, FEW, "cosine")
    side = near.hits if name == "near-hits" else near.misses
    return [found.image(int(position)) for position in side.indices]
