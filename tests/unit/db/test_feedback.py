"""The repository on both engines."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import func, insert, select

from db.errors import ForeignImpression, InvalidRecord, UnknownImpression
from db.records import KINDS, Alternative, Approval, Changes, Counts, Impression
from db.schema import events, impressions


def number_of_events(feedback) -> int:
    with feedback.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(events))


def values(feedback) -> list[int]:
    return [thumb.value for thumb in feedback.thumbs()]


def test_everything_that_was_shown_comes_back(feedback, make_impression):
    shown = make_impression()
    feedback.show(shown)
    feedback.vote(shown.impression_id, "ann", -1, reasons=["too-coarse", "wrong-place"], lead_time_ms=1200)

    [thumb] = feedback.thumbs()

    assert {item.name: getattr(thumb, item.name) for item in fields(Impression)} == {
        item.name: getattr(shown, item.name) for item in fields(Impression)
    }
    assert (thumb.value, thumb.reasons) == (-1, ("too-coarse", "wrong-place"))


def test_repetitions_store_one_row_and_the_first_vote_of_a_revision_stands(feedback, make_impression):
    shown = make_impression()
    assert [feedback.show(shown) for _ in range(5)] == [True, False, False, False, False]
    assert [feedback.vote(shown.impression_id, "ann", value) for value in (1, 1, -1, 1, -1)] == [True] + [False] * 4
    assert number_of_events(feedback) == 1
    assert values(feedback) == [1]


def test_an_undone_vote_counts_no_more_and_the_next_revision_does(feedback, make_impression):
    shown = make_impression()
    feedback.show(shown)
    feedback.vote(shown.impression_id, "ann", 1)
    assert [feedback.retract(shown.impression_id, "ann") for _ in range(2)] == [True, False]
    assert values(feedback) == []
    feedback.vote(shown.impression_id, "ann", -1, revision=1)
    assert values(feedback) == [-1]


def test_the_latest_vote_on_an_explanation_counts_across_sessions_and_an_undo_brings_the_earlier_back(
    feedback, make_impression
):
    monday, friday = make_impression(), make_impression(session_id="friday")
    for shown, value in ((monday, 1), (friday, -1)):
        feedback.show(shown)
        feedback.vote(shown.impression_id, "ann", value)
    assert values(feedback) == [-1]
    feedback.retract(friday.impression_id, "ann")
    assert [(thumb.value, thumb.session_id) for thumb in feedback.thumbs()] == [(1, "monday")]


@pytest.mark.parametrize(
    "difference", [{"image_id": "image-2"}, {"arm": "grid-7"}, {"kind": "fused"}, {"classifier_version": "def456"}]
)
def test_votes_on_other_explanations_count_beside_each_other(feedback, make_impression, difference):
    for shown in (make_impression(), make_impression(**difference)):
        feedback.show(shown)
        feedback.vote(shown.impression_id, "ann", 1)
    assert values(feedback) == [1, 1]


def test_an_impression_takes_the_answers_of_the_person_it_was_shown_to(feedback, make_impression):
    shown = make_impression()
    feedback.show(shown)
    for answer in (
        lambda: feedback.vote(shown.impression_id, "bob", -1),
        lambda: feedback.skip(shown.impression_id, "bob"),
        lambda: feedback.comment(shown.impression_id, "bob", "no"),
        lambda: feedback.none_convinced(shown.impression_id, "bob"),
    ):
        with pytest.raises(ForeignImpression, match="shown to somebody else; load a new image"):
            answer()
    feedback.vote(shown.impression_id, "ann", 1, session_id="her other tab")
    for answer in (
        lambda: feedback.retract(shown.impression_id, "bob"),
        lambda: feedback.give_reasons(shown.impression_id, "bob", ["too fine"]),
    ):
        with pytest.raises(ForeignImpression):
            answer()
    [thumb] = feedback.thumbs()
    assert (thumb.rater_id, thumb.session_id, thumb.value, thumb.reasons) == ("ann", "her other tab", 1, ())
    assert number_of_events(feedback) == 1


def test_the_same_explanation_is_judged_by_several_people(feedback, make_impression):
    for rater, value in (("ann", 1), ("bob", -1)):
        shown = make_impression(rater_id=rater)
        feedback.show(shown)
        feedback.vote(shown.impression_id, rater, value)
    assert [(thumb.rater_id, thumb.value) for thumb in feedback.thumbs()] == [("ann", 1), ("bob", -1)]
    assert feedback.counts() == Counts(thumbs=2, raters=2, images=1)


@pytest.mark.parametrize(("measured", "stored"), [(0, 0), (1200, 1200), (-1, None), (-(10**9), None), (10**12, None)])
def test_a_lead_time_that_cannot_be_is_unknown(feedback, make_impression, measured, stored):
    """As where the clock was set back, or forward by years, while the explanation was on screen."""
    shown = make_impression()
    feedback.show(shown)
    assert feedback.vote(shown.impression_id, "ann", 1, lead_time_ms=measured)
    assert feedback.skip(shown.impression_id, "ann", lead_time_ms=measured)
    with feedback.database.read() as connection:
        assert list(connection.scalars(select(events.c.lead_time_ms))) == [stored, stored]


def test_thumbs_and_counts_of_one_data_set_or_kind(feedback, make_impression):
    for dataset, kind in (("mnist", "lime"), ("mnist", "prototypes"), ("cifar10", "lime")):
        shown = make_impression(dataset=dataset, kind=kind, image_id=dataset)
        feedback.show(shown)
        feedback.vote(shown.impression_id, "ann", 1)
    assert [(thumb.dataset, thumb.kind) for thumb in feedback.thumbs("mnist")] == [
        ("mnist", "lime"),
        ("mnist", "prototypes"),
    ]
    assert [thumb.dataset for thumb in feedback.thumbs(kinds=["lime"])] == ["mnist", "cifar10"]
    assert feedback.counts("mnist") == Counts(2, 1, 1)
    assert feedback.counts(kinds=["lime", "fused"]) == Counts(2, 1, 2)


def test_changes_name_what_came_and_what_lost_force(feedback, make_impression):
    first, again = make_impression(), make_impression()
    feedback.show(first)
    feedback.show(again)
    assert feedback.changes_since(0) == Changes((), (), 0)

    feedback.vote(first.impression_id, "ann", 1)
    start = feedback.changes_since(0)
    assert [thumb.value for thumb in start.added] == [1]
    assert feedback.changes_since(start.last_sequence) == Changes((), (), start.last_sequence)

    feedback.vote(again.impression_id, "ann", -1)
    overtaken = feedback.changes_since(start.last_sequence)
    assert [thumb.value for thumb in overtaken.added] == [-1]
    assert overtaken.removed == (start.added[0].sequence,)

    feedback.retract(again.impression_id, "ann")
    undone = feedback.changes_since(overtaken.last_sequence)
    assert undone.added == start.added
    assert undone.removed == (overtaken.added[0].sequence,)

    # Between the first and the last look nothing changed in the end.
    assert feedback.changes_since(start.last_sequence) == Changes((), (), undone.last_sequence)


def test_skips_and_comments_are_stored_once_and_are_no_votes(feedback, make_impression):
    shown = make_impression()
    feedback.show(shown)
    answers = [
        lambda: feedback.skip(shown.impression_id, "ann"),
        lambda: feedback.none_convinced(shown.impression_id, "ann"),
        lambda: feedback.comment(shown.impression_id, "ann", "the rim is what matters"),
        lambda: feedback.comment(shown.impression_id, "ann", "and the hub"),
    ]
    assert [answer() for answer in answers * 2] == [True] * 4 + [False] * 4
    assert feedback.thumbs() == []
    assert feedback.changes_since(0) == Changes((), (), feedback.changes_since(0).last_sequence)


def test_session_summary(feedback, make_impression):
    plan = [
        ("1", "slic", 1),
        ("1", "grid", -1),
        ("2", "grid", -1),
        ("3", "slic", None),
        ("4", "fused", -1),
        ("5", "grid", 1),
    ]
    for image, arm, value in plan:
        shown = make_impression(image_id=image, arm=arm)
        feedback.show(shown)
        if value is None:
            feedback.skip(shown.impression_id, "ann")
        else:
            feedback.vote(shown.impression_id, "ann", value)
        if arm == "fused":
            feedback.none_convinced(shown.impression_id, "ann")
    feedback.show(make_impression(image_id="6"))
    feedback.show(make_impression(image_id="7", session_id="friday"))

    summary = feedback.session_summary("monday")

    assert (summary.images_seen, summary.thumbs_up, summary.thumbs_down) == (6, 2, 3)
    assert (summary.skipped, summary.none_convinced) == (1, 1)
    assert summary.approval == (Approval("slic", 1, 0), Approval("grid", 1, 2), Approval("fused", 0, 1))
    assert [(item.image_id, item.arm, item.value) for item in summary.rated] == [
        ("5", "grid", 1),
        ("4", "fused", -1),
        ("2", "grid", -1),
        ("1", "grid", -1),
        ("1", "slic", 1),
    ]
    assert feedback.session_summary("never").images_seen == 0


def test_answers_to_what_was_never_shown_are_refused(feedback, make_impression):
    for answer in (feedback.skip, feedback.none_convinced):
        with pytest.raises(UnknownImpression, match="Nothing was shown"):
            answer(uuid4(), "ann")
    with pytest.raises(UnknownImpression, match="Nothing was shown"):
        feedback.vote(uuid4(), "ann", 1)
    shown = make_impression()
    feedback.show(shown)
    with pytest.raises(UnknownImpression, match="no vote of revision 0"):
        feedback.retract(shown.impression_id, "ann")
    assert number_of_events(feedback) == 0


@pytest.mark.parametrize("value", [0, 2, None, "up", float("nan")])
def test_a_vote_is_up_or_down(feedback, make_impression, value):
    shown = make_impression()
    feedback.show(shown)
    with pytest.raises(InvalidRecord, match=r"\+1 or -1"):
        feedback.vote(shown.impression_id, "ann", value)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"propensity": 0.0}, "propensity"),
        ({"propensity": 1.5}, "propensity"),
        ({"position": -1}, "position"),
        ({"kind": "horoscope"}, "kind"),
        ({"features": {"r2": float("nan")}}, "JSON"),
        ({"shown_at": datetime(2026, 1, 1)}, "time zone"),
    ],
)
def test_impressions_outside_the_schema_are_refused(feedback, make_impression, change, named):
    with pytest.raises(InvalidRecord, match=named):
        feedback.show(make_impression(**change))


def test_numpy_scalars_are_stored_as_numbers(feedback, make_impression):
    shown = make_impression(
        prediction=np.int64(4),
        truth=np.int64(9),
        seed=np.int64(2**40),
        confidence=np.float32(0.5),
        features={"r2": np.float32(0.25)},
        settings={"samples": np.int32(500)},
    )
    feedback.show(shown)
    feedback.vote(shown.impression_id, "ann", np.int64(1))
    [thumb] = feedback.thumbs()
    assert (thumb.prediction, thumb.truth, thumb.seed, thumb.confidence, thumb.value) == (4, 9, 2**40, 0.5, 1)
    assert (thumb.features, thumb.settings) == ({"r2": 0.25}, {"samples": 500})


def test_old_rows_without_features_and_images_without_truth(feedback, make_impression):
    old = make_impression()
    row = {item.name: getattr(old, item.name) for item in fields(Impression)} | {"features": None, "truth": None}
    with feedback.database.write() as connection:
        connection.execute(insert(impressions).values(row))
    feedback.vote(old.impression_id, "ann", 1)
    [thumb] = feedback.thumbs()
    assert (thumb.features, thumb.truth) == ({}, None)


def test_times_are_aware_and_in_utc_wherever_they_come_from(feedback, make_impression):
    tokyo = timezone(timedelta(hours=9))
    shown = make_impression(shown_at=datetime(2026, 1, 2, 12, 30, tzinfo=tokyo))
    before = datetime.now(UTC)
    feedback.show(shown)
    feedback.vote(shown.impression_id, "ann", 1)
    [thumb] = feedback.thumbs()
    assert thumb.shown_at == datetime(2026, 1, 2, 3, 30, tzinfo=UTC)
    assert before <= thumb.voted_at <= datetime.now(UTC)
    assert {thumb.shown_at.tzinfo, thumb.voted_at.tzinfo} == {UTC}


def test_embeddings_come_back_bit_by_bit(feedback):
    vector = np.random.default_rng(0).normal(size=128).astype(np.float32)
    assert feedback.save_embedding("image-1", "v1", vector)
    assert not feedback.save_embedding("image-1", "v1", vector + 1)
    assert feedback.save_embedding("image-1", "v2", [1.0, 2.0])
    stored = feedback.embeddings()
    assert set(stored) == {("image-1", "v1"), ("image-1", "v2")}
    assert stored["image-1", "v1"].dtype == np.float32
    np.testing.assert_array_equal(stored["image-1", "v1"], vector)
    assert list(feedback.embeddings("v2")) == [("image-1", "v2")]


def test_a_decision_comes_back_with_the_thumb_on_what_it_put_first(feedback, make_impression, make_decision):
    judged, unseen = make_decision(), make_decision(image_id="image-2")
    assert [feedback.record_decision(decision) for decision in (judged, unseen, judged)] == [True, True, False]
    first = make_impression(decision_id=judged.decision_id)
    second = make_impression(decision_id=judged.decision_id, arm="fused", kind="fused", position=1)
    older = make_impression(arm="grid-7")
    for shown in (first, second, older):
        feedback.show(shown)
        feedback.vote(shown.impression_id, "ann", 1 if shown is second else -1)

    [(decision, thumb)] = feedback.decisions()

    assert decision == judged
    assert (thumb.impression_id, thumb.value, thumb.decision_id) == (first.impression_id, -1, judged.decision_id)
    assert feedback.decisions("cifar10") == feedback.decisions(kinds=["fused"]) == []
    feedback.retract(first.impression_id, "ann")
    assert feedback.decisions() == []


def test_two_decisions_on_one_image_keep_their_own_candidates(feedback, make_impression, make_decision):
    """As when an arm has been added between two visits."""
    before = make_decision()
    added = Alternative("rise", {"area": 0.5}, 1.0)
    after = make_decision(rater_id="bob", candidates=(*before.candidates, added), arms=("rise",), explored=False)
    for decision in (before, after):
        feedback.record_decision(decision)
        shown = make_impression(
            decision_id=decision.decision_id, rater_id=decision.rater_id, arm=decision.arms[0], kind="attribution"
        )
        feedback.show(shown)
        feedback.vote(shown.impression_id, decision.rater_id, 1)
    assert [decision for decision, _ in feedback.decisions()] == [before, after]


def test_propensities_of_the_places_drawn_are_kept_exactly(feedback, make_impression, make_decision):
    drawn = make_decision(propensities=(0.25, 1 / 3))
    feedback.record_decision(drawn)
    impression = make_impression(decision_id=drawn.decision_id)
    feedback.show(impression)
    feedback.vote(impression.impression_id, "ann", 1)
    ((stored, _),) = feedback.decisions()
    assert stored.propensities == (0.25, 1 / 3)
    with pytest.raises(InvalidRecord, match="drew 2 arms with 1 propensities"):
        feedback.record_decision(make_decision(propensities=(0.25,)))


def test_features_of_candidates_are_kept_to_seven_digits(feedback, make_impression, make_decision):
    exact = {"area": 0.12345678912345, "entropy": np.float32(1.5), "segments": 16777217.0}
    decision = make_decision(candidates=(Alternative("slic-medium", exact, 1 / 3),), arms=("slic-medium",))
    feedback.record_decision(decision)
    shown = make_impression(decision_id=decision.decision_id)
    feedback.show(shown)
    feedback.vote(shown.impression_id, "ann", 1)
    [(stored, _)] = feedback.decisions()
    assert stored.candidates == (
        Alternative("slic-medium", {"area": 0.1234568, "entropy": 1.5, "segments": 16777220.0}, 1 / 3),
    )


def test_decisions_outside_the_schema_are_refused(feedback, make_impression, make_decision):
    with pytest.raises(InvalidRecord, match=r"drew rise, which its candidates .* lack"):
        feedback.record_decision(make_decision(arms=("rise", "fused")))
    with pytest.raises(InvalidRecord, match="JSON"):
        feedback.record_decision(make_decision(candidates=(Alternative("a", {"r2": np.nan}, 1.0),), arms=("a",)))
    with pytest.raises(InvalidRecord, match=r"(?i)foreign key"):
        feedback.show(make_impression(decision_id=uuid4()))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_explanation_can_be_shown(feedback, make_impression, kind):
    assert feedback.show(make_impression(kind=kind))


def reasons(feedback) -> list[tuple[str, ...]]:
    return [thumb.reasons for thumb in feedback.thumbs()]


def test_the_latest_tags_of_a_vote_are_in_force(feedback, make_impression):
    shown = make_impression()
    feedback.show(shown)
    feedback.vote(shown.impression_id, "ann", -1)
    stored = []
    for tags in (["too fine"], ["too fine"], ["too coarse", "confusing"], ["confusing", "too coarse"], ["too fine"]):
        stored.append(feedback.give_reasons(shown.impression_id, "ann", tags))
    assert stored == [True, False, True, False, True]
    assert reasons(feedback) == [("too fine",)]
    assert feedback.give_reasons(shown.impression_id, "ann", [])
    assert not feedback.give_reasons(shown.impression_id, "ann", [])
    assert reasons(feedback) == [()]
    assert number_of_events(feedback) == 5


def test_tags_given_with_a_vote_hold_until_others_are_given(feedback, make_impression):
    shown = make_impression()
    feedback.show(shown)
    feedback.vote(shown.impression_id, "ann", -1, reasons=["too fine"])
    assert not feedback.give_reasons(shown.impression_id, "ann", ["too fine", "too fine"])
    assert reasons(feedback) == [("too fine",)]
    assert feedback.give_reasons(shown.impression_id, "ann", [])
    assert reasons(feedback) == [()]


def test_tags_belong_to_one_revision_of_one_persons_vote(feedback, make_impression):
    shown, other = make_impression(), make_impression(rater_id="bob")
    for impression in (shown, other):
        feedback.show(impression)
        feedback.vote(impression.impression_id, impression.rater_id, -1)
    feedback.give_reasons(shown.impression_id, "ann", ["too fine"])
    feedback.retract(shown.impression_id, "ann")
    feedback.vote(shown.impression_id, "ann", 1, revision=1)
    assert reasons(feedback) == [(), ()]
    feedback.give_reasons(shown.impression_id, "ann", ["convincing edges"], revision=1)
    feedback.give_reasons(shown.impression_id, "ann", ["confusing"])
    assert reasons(feedback) == [(), ("convincing edges",)]
    assert [thumb.reasons for thumb in feedback.changes_since(4).added] == [("convincing edges",)]


def test_tags_need_an_answer_and_a_skip_is_one(feedback, make_impression):
    shown = make_impression()
    feedback.show(shown)
    with pytest.raises(UnknownImpression, match="no answer of revision 0"):
        feedback.give_reasons(shown.impression_id, "ann", ["cannot judge"])
    feedback.skip(shown.impression_id, "ann", reasons=["cannot judge"])
    assert not feedback.give_reasons(shown.impression_id, "ann", ["cannot judge"])
    assert feedback.give_reasons(shown.impression_id, "ann", ["too dark"])
    with pytest.raises(UnknownImpression, match="no answer of revision 1"):
        feedback.give_reasons(shown.impression_id, "ann", ["too dark"], revision=1)


def test_that_none_convinced_is_no_tag_of_the_vote(feedback, make_impression):
    shown = make_impression()
    feedback.show(shown)
    feedback.vote(shown.impression_id, "ann", -1)
    feedback.none_convinced(shown.impression_id, "ann")
    assert not feedback.give_reasons(shown.impression_id, "ann", [])
    assert feedback.give_reasons(shown.impression_id, "ann", ["too fine"])
    assert reasons(feedback) == [("too fine",)]
    assert feedback.session_summary("monday").none_convinced == 1


def test_how_it_was_drawn_and_how_good_it_is_come_back(feedback, make_impression):
    view = {"style": "heat", "palette": "blue-orange", "opacity": 0.5, "runner_up": False}
    shown = make_impression(view=view, quality={"gap": 0.25, "effect": None})
    feedback.show(shown)
    feedback.vote(shown.impression_id, "ann", 1)
    [thumb] = feedback.thumbs()
    assert (thumb.view, thumb.quality) == (view, {"gap": 0.25, "effect": None})
