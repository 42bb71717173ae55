"""What Streamlit has no widget for: three components without a build, a foreign host or ``eval``.

Streamlit imports such code from an address of its own making (``blob:``), which a content security policy has to allow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent
KEYS = {"y": "answer_up", "n": "answer_down", "c": "answer_unclear", "s": "answer_skip", "u": "answer_undo"}
LEAVE = {"Escape": "leave", "Backspace": "leave"}


def _component(name: str, html: str, *, isolate_styles: bool) -> Any:  # noqa: ANN401
    js, css = ((HERE / f"{name}.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))
    return st.components.v2.component(name, html=html, css=css, js=js, isolate_styles=isolate_styles)


_PIECES = _component("pieces", '<div class="pieces"></div>', isolate_styles=True)
_AIDS = _component("aids", '<div class="aids" role="status" aria-live="polite"></div>', isolate_styles=False)

_REDIRECT = _component("redirect", '<div class="redirect"></div>', isolate_styles=True)


def redirect(url: str, seconds: float) -> None:
    """Leave for another address after some seconds. To be called once a tab."""
    _REDIRECT(key="redirect", data={"url": url, "seconds": seconds})


_TAP = _component(
    "tap",
    '<div class="tap"><button type="button">Or move with the arrow keys and press Enter</button></div>',
    isolate_styles=False,
)


def tap(image: str, key: str, place: Mapping[str, float] | None, on_tap: Callable[[], None], *, is_open: bool) -> None:
    """Take taps on the picture that the selector ``image`` finds; ``place``: where it was tapped before, 0..1."""
    _TAP(
        key=key,
        data={"image": image, "place": place and dict(place), "open": is_open},
        default={"place": None},
        on_place_change=on_tap,
    )


def tapped(key: str) -> tuple[float, float] | None:
    """Where the picture of ``key`` was tapped last: x and y, 0..1."""
    place = st.session_state.get(key, {}).get("place")
    return (float(place["x"]), float(place["y"])) if place else None


def pieces(part: str, data: Mapping[str, Any], key: str) -> None:
    """A picture cut into pieces, or its table: see ``pieces.js`` for the parts and ``ui.rate.panels`` for the data."""
    _PIECES(key=key, data={"part": part, **data})


def hideable_pieces(data: Mapping[str, Any], key: str) -> None:
    """Pieces that a person hides and shows; ``hidden_pieces`` says which are hidden now."""
    _PIECES(key=key, data={"part": "try", **data}, default={"hidden": []}, on_hidden_change=lambda: None)


def hidden_pieces(key: str) -> list[int]:
    """Labels of the pieces that a person has hidden."""
    return [int(label) for label in st.session_state.get(key, {}).get("hidden", [])]


def keys(answers: Mapping[str, str]) -> None:
    """Keys of the keyboard, by the beginning of the key of the button each presses, wherever the focus is.

    To be called before anything that takes long, so that they work as soon as the buttons are there.
    """
    _AIDS(key="keys", data={"keys": dict(answers)})


def news(impression: object, question: str, said: Sequence[str]) -> None:
    """What screen readers say once ``impression`` is on screen, and focus that outlives the vote before it."""
    data = {"impression": str(impression), "question": question, "view": ".st-key-pictures", "say": " ".join(said)}
    _AIDS(key="news", data=data)
