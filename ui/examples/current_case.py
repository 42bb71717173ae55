"""The image on the pages of examples: the one being rated, until the person asks for another."""

from __future__ import annotations

from studio.case_queue import Choice
from ui.session import Held, Tab, tab
from xai_core.case import UPLOAD, Case


def current_case(choice: Choice) -> Case:
    """The case to show. Raises what drawing an image raises.

    Going on to the next image on the rating page, or choosing other images, brings another one here too.
    """
    mine = tab()
    held, rated = mine.held, mine.being_rated(choice)
    if held is None or held.choice != choice or (rated is not None and held.rated is not rated):
        case = rated or _draw(mine, choice)
    else:
        case = held.case or _draw(mine, choice)
    mine.held = Held(case, choice, rated)
    if case.dataset != UPLOAD:
        mine.drawn.setdefault(case.dataset, set()).add(case.index)
    return case


def another() -> None:
    """Have another image drawn in place of the present one; a callback."""
    tab().hold(None)


def prefetch(choice: Choice) -> None:
    """Have the next image ready before it is asked for."""
    mine = tab()
    mine.queue.prefetch(choice, mine.seen)


def _draw(mine: Tab, choice: Choice) -> Case:
    return mine.queue.take(choice, mine.seen)
