"""The state of one browser tab, typed and in one place. Widgets keep their own values under their keys."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import streamlit as st

from db.errors import StorageError
from studio.because_votes import BecauseVotes
from studio.case_queue import CaseQueue, Choice
from studio.example_votes import ExampleVotes
from studio.rating import Rating
from ui import cache
from ui.identity import current_rater
from ui.idle_sessions import presence
from xai_core.case import Case
from xai_core.datasets import DatasetInfo

_KEY = "tab"
KEPT = ("style", "palette", "opacity", "both_classes", "interesting")


@dataclass(frozen=True, eq=False)
class Held:
    """The case on the pages of examples, what it was chosen by, and what was being rated when it was.

    Without a case another one is to be drawn.
    """

    case: Case | None
    choice: Choice
    rated: Case | None


@dataclass
class Tab:
    """Everything that a tab remembers between reruns. ``choice`` is what the image being rated was chosen by.

    ``welcome`` says whether newcomers' words are shown; ``None``: as the person is new or not. ``fresh``: the person
    asked for a new session. ``known`` are the data sets there are, looked for once a run, by the sidebar.
    ``drawn`` are test images that the pages of examples have shown, by data set.
    """

    rater: UUID
    queue: CaseQueue
    rating: Rating | None = None
    example_votes: ExampleVotes | None = None
    because_votes: BecauseVotes | None = None
    choice: Choice | None = None
    held: Held | None = None
    drawn: dict[str, set[int]] = field(default_factory=dict)
    welcome: bool | None = None
    fresh: bool = False
    known: list[DatasetInfo] = field(default_factory=list)
    searched: set[tuple[object, ...]] = field(default_factory=set)

    def show_welcome(self) -> None:
        """Show once more how rating works; a callback."""
        self.welcome = True

    def hide_welcome(self) -> None:
        """Enough of it; a callback."""
        self.welcome = False

    def being_rated(self, choice: Choice) -> Case | None:
        """The case on the rating page, if it was chosen in the same way."""
        if self.rating is None or self.rating.shown is None or self.choice != choice:
            return None
        return self.rating.shown.case

    def hold(self, case: Case | None) -> None:
        """Have ``case`` on the pages of examples, or another one drawn; a callback."""
        if self.held is not None:
            self.held = replace(self.held, case=case)

    @property
    def seen(self) -> dict[str, set[int]]:
        """Test images that this tab has rated, or had on its pages of examples, by data set."""
        rated = self.rating.seen if self.rating is not None else {}
        return {name: rated.get(name, set()) | self.drawn.get(name, set()) for name in rated.keys() | self.drawn.keys()}


def tab() -> Tab:
    """The state of this tab, made on its first run."""
    if _KEY not in st.session_state:
        rater = current_rater()
        _restore_settings(str(rater))
        queue = CaseQueue(partial(cache.source().next, person=str(rater), wanted=presence()))
        st.session_state[_KEY] = Tab(rater, queue)
    found: Tab = st.session_state[_KEY]
    return found


def _restore_settings(rater_id: str) -> None:
    """Choices in the sidebar as this person last had them; the address says otherwise where it says anything."""
    try:
        found = cache.visits().latest_view(rater_id)
    except StorageError:  # the page will say so
        return
    if found is not None:
        dataset, classifier, view = found
        st.session_state.update({name: value for name, value in view.items() if name in KEPT})
        st.session_state.images = dataset
        st.session_state[f"classifier-{dataset}"] = classifier


def rating() -> Rating:
    """The rating loop of this tab. Raises ``StorageUnavailable``."""
    mine = tab()
    if mine.rating is None:
        minutes = st.context.timezone_offset or 0  # of UTC minus local time
        mine.rating = Rating(cache.feedback(), cache.learner(), str(mine.rater), -timedelta(minutes=minutes))
        if not mine.fresh:
            mine.rating.come_back()
    return mine.rating


def example_votes() -> ExampleVotes:
    """The votes on examples of this tab, in the session of the rating page. Raises ``StorageUnavailable``."""
    mine = tab()
    if mine.example_votes is None:
        session = mine.rating.session_id if mine.rating else None
        mine.example_votes = ExampleVotes(cache.feedback(), str(mine.rater), session)
    return mine.example_votes


def because_votes() -> BecauseVotes:
    """The votes on likeness of this tab, in the session of the rating page. Raises ``StorageUnavailable``."""
    mine = tab()
    if mine.because_votes is None:
        session = mine.rating.session_id if mine.rating else None
        mine.because_votes = BecauseVotes(cache.feedback(), str(mine.rater), session, mine.hold)
    return mine.because_votes
