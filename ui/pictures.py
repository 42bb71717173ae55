"""Pictures on the rating page as PNG, each drawn and encoded once for all who look at the same in the same way."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from studio.view import PICTURE, View, draw
from studio.worked_example import WorkedExample
from xai_core import overlay
from xai_core.case import Case
from xai_core.colours import PaletteName

if TYPE_CHECKING:
    from xai_core.attributes.protopnet import Box  # brings what the rating page does without

LINE = 4  # of a frame, in pixels of the enlarged picture
MOST = 256
"""Pictures that are kept, the one asked for longest ago given up first. One of a digit has 3 to 10 kB."""


def image(case: Case) -> bytes:
    """The image itself."""
    return _once(case.image_id, lambda: overlay.to_png(overlay.picture(case.image), PICTURE))


def framed(image: NDArray[np.uint8], frame: Box | None) -> bytes:
    """Any image, with a frame around a part of it where there is one, to be seen on any ground."""

    def drawn() -> bytes:
        large = overlay.enlarged(overlay.picture(image), PICTURE)
        drawing, scale = Image.fromarray(large), large.shape[0] // image.shape[0]
        top, left, bottom, right = (edge * scale for edge in frame or ())
        for inset, colour in ((0, "black"), (LINE, "white"), (2 * LINE, "black")):
            corners = (left + inset, top + inset, right - inset - 1, bottom - inset - 1)
            ImageDraw.Draw(drawing).rectangle(corners, outline=colour, width=LINE)
        return overlay.to_png(np.asarray(drawing), PICTURE)

    plain = partial(overlay.to_png, overlay.picture(image), PICTURE)
    return _once(f"{_digest(image.shape, image)} {frame}", plain if frame is None else drawn)


def explained(case: Case, arm: str, class_position: int, view: View) -> bytes:
    """The explanation of an arm for one of its classes over the image."""
    name = f"{_content(case, arm, class_position)} {view}"
    return _once(name, lambda: draw(case, case.explanations[arm], class_position, view))


def small(case: Case, arm: str, view: View, width: int) -> bytes:
    """The explanation for its first class, ``width`` pixels wide: where Streamlit gets more, every run shrinks it."""

    def shrunk() -> bytes:
        full = Image.open(io.BytesIO(explained(case, arm, 0, view)))
        size = (width, full.height * width // full.width)
        return overlay.to_png(np.asarray(full.resize(size, Image.Resampling.BILINEAR)), 1)

    return _once(f"{_content(case, arm, 0)} {view} {width}", shrunk)


def worked(example: WorkedExample, palette: PaletteName) -> bytes:
    """The example for newcomers."""
    name = f"worked {palette}"  # there is one example
    return _once(name, lambda: overlay.to_png(overlay.explained(example.image, example.explanation, palette=palette)))


@st.cache_resource(show_spinner=False, max_entries=MOST)
def _once(name: str, _draw: Callable[[], bytes]) -> bytes:  # noqa: ARG001 (the name is the cache's key)
    return _draw()


def _content(case: Case, arm: str, class_position: int) -> str:
    """Everything about a case that decides how an explanation of it is drawn, as 32 hexadecimal digits.

    Names would not do: a study may have the same image explained by other arms, and so on another scale of colour.
    """
    explanation = case.explanations[arm]
    figures = (case.image.shape, class_position, case.full_colour(arm, class_position))
    return _digest(figures, case.image, explanation.segments, explanation.weights, explanation.standard_errors)


def _digest(figures: tuple[object, ...], *arrays: NDArray[Any]) -> str:
    digest = hashlib.blake2b(repr(figures).encode(), digest_size=16)
    for array in arrays:
        digest.update(array.tobytes())
    return digest.hexdigest()
