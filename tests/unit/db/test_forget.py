"""Nothing of a forgotten person stays but what was drawn and shown, and that to nobody in particular."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.engine import Database
from db.errors import ForeignImpression, UnknownRater
from db.feedback import Feedback
from db.forget import FORGOTTEN, Erased, forget
from db.records import Counts
from db.schema import decisions, embeddings, events, impressions

ANN, BOB = "ann-7f3a9c", "bob-52e1d0"


@pytest.fixture
def log(feedback, make_impression, make_decision):
    """Two people judge one image; Ann also an upload of hers, and she gives tags and words."""
    for rater in (ANN, BOB):
        decision = make_decision(rater_id=rater, session_id=f"visit of {rater}")
        shown = make_impression(rater_id=rater, session_id=f"visit of {rater}", decision_id=decision.decision_id)
        feedback.save_embedding("image-1", "abc123", [1.0])
        feedback.record_decision(decision)
        feedback.show(shown)
        feedback.vote(shown.impression_id, rater, -1)
        if rater == ANN:
            feedback.give_reasons(shown.impression_id, rater, ["too fine"])
            feedback.comment(shown.impression_id, rater, "words of hers")
    drawn = make_decision(rater_id=ANN, image_id="her-face", dataset="upload")
    upload = make_impression(rater_id=ANN, image_id="her-face", dataset="upload", decision_id=drawn.decision_id)
    feedback.save_embedding("her-face", "abc123", [2.0])
    feedback.record_decision(drawn)
    feedback.show(upload)
    feedback.skip(upload.impression_id, ANN)
    return feedback


def rows(feedback: Feedback, table) -> int:
    with feedback.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_what_is_erased_and_what_stays(log):
    erased = forget(log.database, ANN)
    assert erased == Erased(
        events={"vote": 1, "reasons": 1, "comment": 1, "skip": 1}, impressions=1, decisions=1, uploads=1
    )
    assert [thumb.rater_id for thumb in log.thumbs()] == [BOB]
    assert log.counts() == Counts(1, 1, 1)
    assert [rows(log, table) for table in (events, impressions, decisions, embeddings)] == [2, 2, 2, 1]
    assert set(log.embeddings()) == {("image-1", "abc123")}
    with log.database.read() as connection:
        for table in (impressions, decisions):
            people = connection.execute(select(table.c.rater_id, table.c.session_id).order_by(table.c.rater_id)).all()
            assert people == [(BOB, f"visit of {BOB}"), (FORGOTTEN, FORGOTTEN)]
        last = connection.execute(select(events).order_by(events.c.sequence.desc())).first()
    assert (last.kind, last.impression_id, last.rater_id, last.session_id) == ("erasure", None, FORGOTTEN, FORGOTTEN)
    assert [decision.rater_id for decision, _ in log.decisions()] == [BOB]


def test_whoever_follows_the_log_is_told_to_read_anew(log):
    seen = log.changes_since(0)
    assert len(seen.added) == 2
    forget(log.database, ANN)
    changes = log.changes_since(seen.last_sequence)
    assert (changes.added, changes.removed, changes.erased) == ((), (), True)
    assert changes.last_sequence > seen.last_sequence
    after = log.changes_since(changes.last_sequence)
    assert (after.added, after.removed, after.erased) == ((), (), False)
    assert not log.changes_since(0).erased, "who begins has nothing to read anew"


def test_an_image_that_somebody_else_brought_too_keeps_its_embedding(log, make_impression):
    log.show(make_impression(rater_id=BOB, image_id="her-face", dataset="upload"))
    forget(log.database, ANN)
    assert set(log.embeddings()) == {("image-1", "abc123"), ("her-face", "abc123")}


def test_a_click_that_comes_after_all_finds_nothing(log):
    [hers] = [thumb for thumb in log.thumbs() if thumb.rater_id == ANN]
    forget(log.database, ANN)
    for answer in (
        lambda: log.vote(hers.impression_id, ANN, 1, revision=1),
        lambda: log.retract(hers.impression_id, ANN),
    ):
        with pytest.raises(ForeignImpression):
            answer()


def test_an_unknown_person_is_named_and_nothing_happens(log):
    with pytest.raises(UnknownRater, match="a rater nobody; check"):
        forget(log.database, "nobody")
    assert rows(log, events) == 5
    forget(log.database, ANN)
    with pytest.raises(UnknownRater):
        forget(log.database, ANN)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_not_even_the_bytes_of_the_file_tell(log):
    path = Path(log.database.backend.path)
    forget(log.database, ANN)
    content = b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))
    assert BOB.encode() in content
    for trace in (ANN, "words of hers", "her-face", "too fine"):
        assert trace.encode() not in content, trace


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_numbers_of_erased_events_are_not_used_again(log, make_impression):
    last = log.changes_since(0).last_sequence
    with closing(log.database):
        forget(log.database, ANN)
        shown = make_impression(rater_id=BOB, image_id="image-9")
        log.show(shown)
        log.vote(shown.impression_id, BOB, 1)
        assert min(thumb.sequence for thumb in log.thumbs() if thumb.image_id == "image-9") > last
    assert isinstance(log.database, Database)
