"""Thumbs on "this looks like that": stored once, in order, taken back by undo, kept while storage fails."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

import studio.because_votes
from db.engine import Database
from db.errors import StorageUnavailable
from db.export import codebook, export_files
from db.feedback import Feedback
from db.records import RANKED_KINDS
from studio.because_votes import KIND, BecauseVotes, Comparison, Likeness
from studio.learning import Learner
from studio.settings import Settings
from tests.factories import make_case
from xai_core.attributes import Importance
from xai_core.case import Case

WHY = Importance(0.9, {"hue": None, "shape": 0.4})
OFFERED = [Likeness(f"because/{name}", at, 10 + at, 0, WHY, {}) for at, name in enumerate("abc")]


@dataclass
class Tab:
    """The part of a page that votes turn to another image."""

    votes: BecauseVotes
    turned: list[Case | None] = field(default_factory=list)

    def show(self, case: Case) -> Comparison:
        return self.votes.show(case, OFFERED)

    def answer(self, answer: str) -> None:
        assert self.votes.shown is not None
        self.votes.answer(self.votes.shown.impression_id, answer)  # type: ignore[arg-type]


@pytest.fixture
def feedback(tmp_path) -> Feedback:
    return Feedback(Database.open(f"sqlite:///{tmp_path / 'feedback.sqlite'}"))


@pytest.fixture
def tab(feedback: Feedback, monkeypatch: pytest.MonkeyPatch) -> Tab:
    monkeypatch.setattr(studio.because_votes, "BURST_SECONDS", 0.0)
    turned: list[Case | None] = []
    return Tab(BecauseVotes(feedback, "ann", "session", turned.append), turned)


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], pytest.MonkeyPatch]:
    """Let a method of storage fail until what it returns is undone."""

    def break_it(name: str) -> pytest.MonkeyPatch:
        def unavailable(*_args: object, **_settings: object) -> bool:
            raise StorageUnavailable("The database does not answer.")

        broken = pytest.MonkeyPatch()
        broken.setattr(Feedback, name, unavailable)
        return broken

    return break_it


def stored(feedback: Feedback) -> list[tuple[str, int]]:
    return [(thumb.arm, thumb.value) for thumb in feedback.thumbs(kinds=[KIND])]


def test_down_brings_the_next_training_image_and_up_another_image(tab: Tab, feedback: Feedback) -> None:
    case = make_case(1)
    assert tab.show(case).likeness is OFFERED[0]
    tab.answer("down")
    assert tab.show(case).likeness is OFFERED[1]
    assert tab.turned == []
    tab.answer("up")
    assert tab.turned == [None]
    assert stored(feedback) == [("because/a", -1), ("because/b", 1)]
    thumb = feedback.thumbs()[1]
    assert (thumb.position, thumb.policy, thumb.settings) == (1, "because", {"training_images": [11]})
    assert thumb.quality == {"similarity": 0.9, "importance": {"hue": None, "shape": 0.5}}


def test_after_the_last_training_image_comes_another_image(tab: Tab) -> None:
    case = make_case(1)
    for _ in OFFERED:
        tab.show(case)
        tab.answer("down")
    assert tab.turned == [None]


def test_a_double_click_is_one_vote_though_its_second_half_meets_the_next_image(
    feedback: Feedback,
) -> None:
    tab = Tab(BecauseVotes(feedback, "ann", None, lambda case: None))
    first = tab.show(make_case(1)).impression_id
    tab.answer("down")
    tab.answer("down")
    tab.votes.answer(first, "down")
    assert stored(feedback) == [("because/a", -1)]


def test_undo_takes_back_votes_and_skips_in_turn_and_goes_back_to_their_image(tab: Tab, feedback: Feedback) -> None:
    first, second = make_case(1), make_case(2)
    shown = tab.show(first)
    tab.answer("up")
    tab.show(second)
    tab.answer("skip")
    tab.show(make_case(3))
    tab.votes.undo()
    tab.votes.undo()
    assert tab.turned == [None, None, second, first]
    assert tab.show(first).impression_id == shown.impression_id
    assert stored(feedback) == []
    tab.answer("down")
    assert stored(feedback) == [("because/a", -1)]
    assert tab.show(first).likeness is OFFERED[1]


def test_what_could_not_be_stored_stays_on_screen_until_it_is(tab: Tab, feedback: Feedback, breaking) -> None:
    case = make_case(1)
    tab.show(case)
    broken = breaking("vote")
    tab.answer("up")
    assert tab.votes.outbox.problem == "The database does not answer."
    assert tab.turned == []
    tab.votes.choose(2)  # another training image meanwhile: the vote is not about that one
    broken.undo()
    tab.votes.outbox.retry()
    assert tab.votes.outbox.problem is None
    assert stored(feedback) == [("because/a", 1)]
    assert tab.show(case).likeness is OFFERED[2]


def test_an_impression_that_could_not_be_stored_comes_with_the_vote(tab: Tab, feedback: Feedback, breaking) -> None:
    broken = breaking("show")
    tab.show(make_case(1))
    assert tab.votes.outbox.problem
    broken.undo()
    tab.answer("up")
    assert stored(feedback) == [("because/a", 1)]


def test_votes_are_exported_with_their_kind_which_the_codebook_names(tab: Tab, feedback: Feedback, tmp_path) -> None:
    tab.show(make_case(1))
    tab.answer("down")
    files = {path.name: path.read_text() for path in export_files(feedback.database, tmp_path / "export")}
    assert any(f",{KIND}," in line and "because/a" in line for line in files["impressions.csv"].splitlines())
    assert "because/a" in files["answers.csv"]
    meaning = next(
        entry["meaning"] for entry in codebook() if (entry["table"], entry["column"]) == ("impressions", "kind")
    )
    assert KIND in meaning


def test_the_ranking_learns_nothing_from_them(tab: Tab, feedback: Feedback, tmp_path) -> None:
    case = make_case(1)
    learner = Learner(feedback, Settings(xai_data_dir=tmp_path))
    before = learner.refresh()
    for answer in ("down", "down", "up"):
        tab.show(case)
        tab.answer(answer)
    assert KIND not in RANKED_KINDS
    assert len(stored(feedback)) == 3
    assert learner.refresh().events == before.events == ()
