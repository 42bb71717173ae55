"""From the event log to an order: every kind of change counts, and nothing else does."""

import threading
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import numpy as np
import pytest

from db.engine import Database
from db.feedback import Feedback
from db.forget import forget
from db.records import RANKED_KINDS, Alternative, Decision, Impression
from studio.learning import Learner, as_event
from studio.settings import Settings
from xai_core.ranking import Candidate, fit, rank
from xai_core.ranking.caution import IMAGES
from xai_core.ranking.prior import built_in
from xai_core.ranking.prior_fit import prior_for

ARMS = {"slic-medium": {"area": 0.2, "r2": 0.8}, "grid-7": {"area": 0.6, "r2": 0.3}}


@pytest.fixture
def feedback(tmp_path: Path) -> Feedback:
    return Feedback(Database.open(f"sqlite:///{tmp_path / 'feedback.sqlite'}"))


def show(
    feedback: Feedback, arm: str, image: str, position: int = 0, *, kind: str = "lime", rater: str = "ann"
) -> UUID:
    impression_id = uuid4()
    feedback.save_embedding(image, "v1", np.ones(4))
    decision = None
    if position == 0 and arm in ARMS:
        decision = Decision(
            decision_id=uuid4(),
            image_id=image,
            dataset="mnist",
            classifier_version="v1",
            rater_id=rater,
            session_id="s",
            policy="random",
            policy_version="random",
            drawn_at=datetime.now(UTC),
            candidates=tuple(Alternative(arm, features, 0.5) for arm, features in ARMS.items()),
            arms=tuple(ARMS),
            explored=True,
        )
        feedback.record_decision(decision)
    feedback.show(
        Impression(
            impression_id=impression_id,
            kind=kind,
            image_id=image,
            dataset="mnist",
            split="test",
            image_index=int(image),
            classifier="mnist-cnn",
            classifier_version="v1",
            precision="float32",
            arm=arm,
            settings={},
            seed=0,
            position=position,
            policy="random",
            policy_version="random",
            propensity=0.5,
            features=ARMS.get(arm, {}),
            prediction=1,
            truth=1,
            confidence=0.9,
            margin=0.8,
            rater_id=rater,
            session_id="s",
            shown_at=datetime.now(UTC),
            app_version="test",
            decision_id=decision and decision.decision_id,
        )
    )
    return impression_id


def first(learner: Learner) -> str:
    offered = [Candidate(arm=arm, features=features, dataset="mnist") for arm, features in ARMS.items()]
    return rank(learner.refresh(), offered)[0].arm


def test_thumbs_on_some_images_decide_what_comes_first_on_others(feedback: Feedback) -> None:
    learner = Learner(feedback, Settings())
    for image in range(8):
        feedback.vote(show(feedback, "grid-7", str(image)), "ann", 1)
        feedback.vote(show(feedback, "slic-medium", str(image), position=1), "ann", -1)
    assert first(learner) == "grid-7"


def test_a_vote_taken_back_leaves_what_a_fit_without_it_gives(feedback: Feedback) -> None:
    learner = Learner(feedback, Settings())
    kept, undone = show(feedback, "grid-7", "1"), show(feedback, "slic-medium", "2")
    feedback.vote(kept, "ann", 1)
    feedback.vote(undone, "ann", -1)
    assert len(learner.refresh().events) == 2
    feedback.retract(undone, "ann")
    posterior = learner.refresh()
    (thumb,) = feedback.thumbs()
    expected = fit([as_event(thumb, np.ones(4, np.float32))])
    assert [event.arm for event in posterior.events] == ["grid-7"]
    assert posterior.mean == pytest.approx(expected.mean)


def test_erased_votes_are_unlearned(feedback: Feedback) -> None:
    feedback.vote(show(feedback, "grid-7", "1", rater="bob"), "bob", 1)
    feedback.vote(show(feedback, "slic-medium", "2"), "ann", 1)
    learner = Learner(feedback, Settings())
    assert [event.rater for event in learner.refresh().events] == ["bob", "ann"]
    forget(feedback.database, "ann")
    posterior = learner.refresh()
    assert [event.rater for event in posterior.events] == ["bob"]
    assert posterior.mean == pytest.approx(fit(posterior.events, posterior.prior).mean)
    assert learner.place("2") is None
    feedback.vote(show(feedback, "grid-7", "3"), "ann", 1)
    assert len(learner.refresh().events) == 2


def test_two_learners_agree_whether_votes_came_one_by_one_or_all_at_once(feedback: Feedback) -> None:
    early = Learner(feedback, Settings())
    for image in range(30):
        feedback.vote(show(feedback, ["grid-7", "slic-medium"][image % 2], str(image)), "ann", 1 - 2 * (image % 2))
        early.refresh()
    assert first(early) == first(Learner(feedback, Settings())) == "grid-7"


def test_thumbs_on_prototypes_do_not_rank_segmentations(feedback: Feedback) -> None:
    feedback.vote(show(feedback, "prototypes/model", "1", kind="prototypes"), "ann", 1)
    assert "prototypes" not in RANKED_KINDS
    assert Learner(feedback, Settings()).refresh().events == ()


def test_the_frozen_policy_stays_as_it_was_at_the_start(feedback: Feedback) -> None:
    feedback.vote(show(feedback, "grid-7", "1"), "ann", 1)
    learner = Learner(feedback, Settings(xai_policy="frozen"))
    before = learner.refresh().version
    feedback.vote(show(feedback, "slic-medium", "2"), "ann", 1)
    assert learner.refresh().version == before


def test_decisions_are_first_impressions_with_their_alternatives(feedback: Feedback) -> None:
    feedback.vote(show(feedback, "grid-7", "1"), "ann", -1)
    feedback.vote(show(feedback, "slic-medium", "1", position=1), "ann", 1)
    feedback.vote(show(feedback, "an arm of old", "2"), "ann", 1)
    (decision,) = Learner(feedback, Settings()).decisions()
    assert [candidate.arm for candidate in decision.candidates] == list(ARMS)
    assert (decision.shown, decision.value, decision.propensity) == (1, 0, 0.5)


def test_an_image_that_was_judged_is_found_again(feedback: Feedback) -> None:
    feedback.vote(show(feedback, "grid-7", "7"), "ann", 1)
    learner = Learner(feedback, Settings())
    place = learner.place("7")
    assert place
    assert (place.dataset, place.split, place.index) == ("mnist", "test", 7)
    assert learner.place("8") is None


@pytest.mark.parametrize("policy", ["learned", "frozen"])
def test_the_prior_is_tuned_at_a_milestone_and_later_thumbs_are_kept(feedback: Feedback, policy: str) -> None:
    for image in range(20):
        feedback.vote(show(feedback, "grid-7", str(image)), "ann", 1 if image % 5 else -1)
        feedback.vote(show(feedback, "slic-medium", str(image), position=1), "ann", -1)
    learner = Learner(feedback, Settings(xai_policy=policy))
    feedback.vote(show(feedback, "grid-7", "99"), "ann", 1)
    learner.refresh()
    for thread in threading.enumerate():
        if thread.name == "tuning":
            thread.join()
    posterior = learner.refresh()
    assert posterior.prior == prior_for(posterior.events) != built_in()
    assert len(posterior.events) == (40 if policy == "frozen" else 41)


def test_trust_rests_on_this_image_and_on_those_drawn_before_it(feedback: Feedback) -> None:
    for image in range(IMAGES + 3):
        show(feedback, "grid-7", str(image))
    latest = feedback.latest_decisions("mnist", 2)
    assert [decision.image_id for decision in latest] == [str(IMAGES + 1), str(IMAGES + 2)]
    assert feedback.latest_decisions("casting", 2) == []
    learner = Learner(feedback, Settings())
    case = SimpleNamespace(dataset="mnist", image_id="new", classifier="mnist-cnn", embedding=np.ones(4), features=ARMS)
    assert learner.trust(case).images == IMAGES
    case.dataset, case.features = "casting", {"fused": {}, **ARMS}
    assert learner.trust(case).images == 1
