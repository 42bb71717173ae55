"""The view, the incremental changes and a replay of the log by hand agree on every history."""

import tempfile
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.engine import Database
from db.errors import UnknownImpression
from db.feedback import Feedback
from db.records import Thumb

RATERS = ("ann", "bob")
# Two impressions of one explanation, one of another arm, one of another image.
SHOWN = [{"arm": "slic"}, {"arm": "slic"}, {"arm": "grid"}, {"arm": "slic", "image_id": "image-2"}]

acts = st.lists(
    st.tuples(
        st.sampled_from(["vote", "vote", "retract", "reasons", "look"]),
        st.integers(0, len(SHOWN) - 1),
        st.sampled_from(RATERS),
        st.integers(0, 2),
        st.sampled_from([-1, 1]),
    ),
    max_size=25,
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(history=acts)
def test_view_and_changes_equal_a_replay_by_hand(make_impression, history):
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{folder}/feedback.db")
        feedback = Feedback(database)
        shown = {
            (rater, index): make_impression(impression_id=uuid4(), rater_id=rater, **what)
            for rater in RATERS
            for index, what in enumerate(SHOWN)
        }
        for impression in shown.values():
            feedback.show(impression)

        votes: dict[tuple, int] = {}
        undone: set[tuple] = set()
        tags: dict[tuple, tuple[str, ...]] = {}
        held: dict[int, Thumb] = {}
        last = 0
        for kind, index, rater, revision, value in [*history, ("look", 0, "ann", 0, 1)]:
            vote = (rater, index, revision)
            if kind == "vote":
                feedback.vote(shown[rater, index].impression_id, rater, value, revision=revision)
                votes.setdefault(vote, value)
            elif kind == "retract" and vote in votes:
                feedback.retract(shown[rater, index].impression_id, rater, revision)
                undone.add(vote)
            elif kind == "retract":
                with pytest.raises(UnknownImpression):
                    feedback.retract(shown[rater, index].impression_id, rater, revision)
            elif kind == "reasons" and vote in votes:
                tags[vote] = ("too fine",) if value > 0 else ()
                feedback.give_reasons(shown[rater, index].impression_id, rater, tags[vote], revision=revision)
            elif kind == "reasons":
                with pytest.raises(UnknownImpression):
                    feedback.give_reasons(shown[rater, index].impression_id, rater, ["too fine"], revision=revision)
            else:
                changes = feedback.changes_since(last)
                held = {number: thumb for number, thumb in held.items() if number not in changes.removed}
                held |= {thumb.sequence: thumb for thumb in changes.added}
                last = changes.last_sequence

        standing = {}
        for vote, value in votes.items():  # in the order of their commits
            if vote not in undone:
                rater, index, _ = vote
                impression = shown[rater, index]
                explanation = (rater, impression.image_id, impression.arm)
                standing.pop(explanation, None)
                standing[explanation] = (impression.impression_id, value, tags.get(vote, ()))

        thumbs = feedback.thumbs()
        found = [((t.rater_id, t.image_id, t.arm), (t.impression_id, t.value, t.reasons)) for t in thumbs]
        assert found == list(standing.items())
        # Tags given after a look are not among the changes.
        untagged = [replace(thumb, reasons=()) for thumb in thumbs]
        assert [replace(held[number], reasons=()) for number in sorted(held)] == untagged
        assert feedback.counts().thumbs == len(thumbs)
        database.close()
