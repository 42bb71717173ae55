"""From a choice in the sidebar to the prepared case: few calls, and none back up."""

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from studio import case_tasks
from studio.case_source import CaseSource
from studio.dispatcher import Dispatcher

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("pages", "ui", "studio", "xai_core")
MOST = 10


def project_frames() -> list[tuple[str, str]]:
    """Layer and function of every call of the program on this thread's stack, the outermost first."""
    frames = [
        (path.relative_to(ROOT).parts[0], frame.name)
        for frame in traceback.extract_stack()
        if (path := Path(frame.filename)).is_relative_to(ROOT)
    ]
    return [frame for frame in frames if frame[0] in LAYERS]


def test_a_choice_reaches_its_case_in_few_calls_and_none_back_up(
    open_app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    walks: dict[str, list[tuple[str, str]]] = {}

    def watch(owner: object, name: str) -> None:
        real = getattr(owner, name)

        def watched(*arguments: object, **named: object) -> object:
            walks.setdefault(name, project_frames())
            return real(*arguments, **named)

        monkeypatch.setattr(owner, name, watched)

    watch(CaseSource, "_begun")  # from here in a thread that looks the choice up
    watch(Dispatcher, "ask")  # from here in the thread of a worker
    watch(case_tasks, "prepare_case")
    app = open_app("mnist")
    assert app.session_state.tab.rating.shown

    page, *looked_up = walks["_begun"] + [("studio", "_begun")] + walks["ask"] + [("studio", "ask")]
    assert page[0] == "pages"
    walk = [*looked_up, *walks["prepare_case"], ("xai_core", "prepare_case")]
    layers = [LAYERS.index(layer) for layer, _ in walk]
    assert layers == sorted(layers), walk
    assert len(walk) - walk.count(("studio", "_serve")) <= MOST, walk  # which is a thread's loop, not a call
