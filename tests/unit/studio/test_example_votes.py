"""Thumbs on examples: stored once, changed by undo, kept while storage fails."""

from types import SimpleNamespace

import pytest

from db.engine import Database
from db.errors import StorageUnavailable
from db.feedback import Feedback
from db.records import Thumb
from studio.example_votes import ExampleVotes

ARM = "near-misses/model/cosine/truth"


@pytest.fixture
def feedback(tmp_path) -> Feedback:
    return Feedback(Database.open(f"sqlite:///{tmp_path / 'feedback.sqlite'}"))


@pytest.fixture
def votes(feedback: Feedback) -> ExampleVotes:
    return ExampleVotes(feedback, "rater", "session")


def case(image_id: str = "a" * 20, truth: int = 3) -> SimpleNamespace:
    return SimpleNamespace(
        image_id=image_id,
        dataset="mnist",
        split="test",
        index=7,
        classifier="mnist-svm",
        classifier_version="1",
        precision="float32",
        prediction=3,
        truth=truth,
        confidence=0.9,
        margin=0.8,
    )


def stored(feedback: Feedback) -> list[tuple[str, str, int]]:
    return [(thumb.kind, thumb.arm, thumb.value) for thumb in feedback.thumbs()]


def thumb_up(votes: ExampleVotes) -> None:
    ballot = votes.show(case(), "near-misses", ARM, {})
    votes.answer(ballot.impression.impression_id, 1, ballot.revision)


def test_a_thumb_is_stored_with_its_kind_and_the_way_the_examples_were_made(
    votes: ExampleVotes, feedback: Feedback
) -> None:
    ballot = votes.show(case(truth=-1), "near-misses", ARM, {"training_images": [5, 6]})
    votes.answer(ballot.impression.impression_id, -1, 0)
    (thumb,) = feedback.thumbs()
    assert isinstance(thumb, Thumb)
    assert (thumb.kind, thumb.arm, thumb.value, thumb.truth) == ("near-misses", ARM, -1, None)
    assert thumb.settings == {"training_images": [5, 6]}
    assert thumb.session_id == "session"
    assert votes.show(case(), "near-misses", ARM, {}).value == -1


def test_seeing_the_same_examples_again_is_the_same_impression(votes: ExampleVotes) -> None:
    first = votes.show(case(), "near-hits", ARM, {})
    assert votes.show(case(), "near-hits", ARM, {}) == first
    others = [
        votes.show(case("b" * 20), "near-hits", ARM, {}),
        votes.show(case(), "near-misses", ARM, {}),
        votes.show(case(), "near-hits", "near-hits/pixels/cosine/truth", {}),
    ]
    assert len({ballot.impression.impression_id for ballot in [first, *others]}) == 4


def test_a_second_click_changes_nothing(votes: ExampleVotes, feedback: Feedback) -> None:
    thumb_up(votes)
    ballot = votes.show(case(), "near-misses", ARM, {})
    votes.answer(ballot.impression.impression_id, -1, ballot.revision)
    assert stored(feedback) == [("near-misses", ARM, 1)]


def test_undo_takes_the_vote_back_and_the_next_one_counts(votes: ExampleVotes, feedback: Feedback) -> None:
    thumb_up(votes)
    ballot = votes.show(case(), "near-misses", ARM, {})
    votes.undo(ballot.impression.impression_id, ballot.revision)
    assert stored(feedback) == []
    changed = votes.show(case(), "near-misses", ARM, {})
    assert changed.key != ballot.key
    votes.undo(ballot.impression.impression_id, ballot.revision)
    votes.answer(changed.impression.impression_id, -1, changed.revision)
    assert stored(feedback) == [("near-misses", ARM, -1)]


def test_a_vote_that_could_not_be_stored_is_kept_until_it_is(
    votes: ExampleVotes, feedback: Feedback, monkeypatch: pytest.MonkeyPatch
) -> None:
    ballot = votes.show(case(), "prototypes", "prototypes/model/mmd-critic", {})

    def unavailable(*_args: object, **_settings: object) -> bool:
        raise StorageUnavailable("The database does not answer.")

    with monkeypatch.context() as broken:
        broken.setattr(Feedback, "vote", unavailable)
        votes.answer(ballot.impression.impression_id, 1, 0)
        assert votes.outbox.problem == "The database does not answer."
        assert votes.show(case(), "prototypes", "prototypes/model/mmd-critic", {}).value is None
    votes.outbox.retry()
    assert votes.outbox.problem is None
    assert stored(feedback) == [("prototypes", "prototypes/model/mmd-critic", 1)]


def test_an_impression_that_could_not_be_stored_comes_with_the_vote(
    votes: ExampleVotes, feedback: Feedback, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_args: object) -> bool:
        raise StorageUnavailable("The database does not answer.")

    with monkeypatch.context() as broken:
        broken.setattr(Feedback, "show", unavailable)
        votes.show(case(), "near-misses", ARM, {})
        assert votes.outbox.problem
    thumb_up(votes)
    assert votes.outbox.problem is None
    assert stored(feedback) == [("near-misses", ARM, 1)]
