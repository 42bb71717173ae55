"""Two laboratories' data become one log; nothing doubles, nothing contradicts, nobody who was erased comes back."""

import shutil
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, select

from db.engine import Database
from db.errors import InvalidExport
from db.export import export_zip
from db.feedback import Feedback
from db.forget import forget
from db.merge import merge
from db.records import Counts
from db.schema import assignments, embeddings, events, participants, studies, study_items, study_versions

MOMENT = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)


@pytest.fixture
def lab(feedback, make_impression, make_decision) -> Feedback:
    """A log with everything in it: decisions, thumbs, an undo, words, an embedding, a study with an answer."""
    decision = make_decision()
    feedback.record_decision(decision)
    first = make_impression(decision_id=decision.decision_id, view={"style": "heat"}, confidence=0.1 + 0.2)
    second = make_impression(arm="grid-7", truth=None, rater_id="bob")
    upload = make_impression(rater_id="bob", dataset="upload", image_id="his-face")
    for shown in (first, second, upload):
        feedback.show(shown)
    feedback.save_embedding("image-1", "abc123", [0.25, -1.5])
    feedback.save_embedding("his-face", "abc123", [1.0])
    feedback.vote(first.impression_id, "ann", -1, reasons=["too coarse"], lead_time_ms=900)
    feedback.retract(first.impression_id, "ann")
    feedback.vote(first.impression_id, "ann", 1, revision=1)
    feedback.comment(second.impression_id, "bob", 'says "nö", and\nmeans it \u2028 =1')
    feedback.vote(second.impression_id, "bob", -1)
    start_study(feedback.database, "pilot", MOMENT, second.impression_id, "bob")
    return feedback


def start_study(database: Database, code: str, moment: datetime, impression: UUID, rater: str) -> None:
    item, assignment = uuid4(), uuid4()
    payload = {"task": "reliance", "answer": "right", "role": "main", "condition": "explained", "step": "only"}
    payload |= {"repetition": 0, "confidence": 4, "early": 0, "expected": None, "prediction": 4, "truth": 4}
    with database.write() as connection:
        connection.execute(insert(studies).values(code=code, created_at=moment))
        version = {"study_code": code, "version": 1, "configuration": {"title": code}, "created_at": moment}
        connection.execute(insert(study_versions).values(version))
        place = {"dataset": "mnist", "split": "test", "image_index": 7, "image_id": "image-1", "added_in": 1}
        connection.execute(insert(study_items).values(item_id=item, study_code=code, role="main", **place))
        person = {"study_code": code, "rater_id": rater, "condition": "explained"}
        connection.execute(insert(participants).values(**person, version=1, joined_at=moment))
        times = {"repetition": 0, "place": 0, "reserved_at": moment, "expires_at": moment}
        connection.execute(insert(assignments).values(assignment_id=assignment, item_id=item, **person, **times))
        answer = {"event_id": uuid4(), "kind": "task", "impression_id": impression, "assignment_id": assignment}
        answer |= {"rater_id": rater, "session_id": "s", "revision": 0, "reasons": [], "server_ts": moment}
        answer |= {"study_code": code, "study_version": 1, "payload": payload | {"probability": 0.5, "arm": "grid-7"}}
        connection.execute(insert(events).values(answer))


@pytest.fixture
def other(tmp_path: Path) -> Feedback:
    """Another laboratory's empty database."""
    return Feedback(Database.open(f"sqlite:///{tmp_path}/other.db"))


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "provenance.json"}


def rows(feedback: Feedback, table) -> int:
    with feedback.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_export_import_export_is_identical(lab, other, tmp_path) -> None:
    first = export_zip(lab.database, tmp_path / "first.zip")
    told: list[float] = []
    merged = merge(other.database, first, lambda share, what: told.append(share))
    assert merged.added["events"] == 6
    assert sum(merged.known.values()) == 0
    assert (told == sorted(told), told[-1]) == (True, 1.0)
    assert contents(export_zip(other.database, tmp_path / "second.zip")) == contents(first)
    assert other.counts() == lab.counts()
    assert other.embeddings()[("image-1", "abc123")].tolist() == [0.25, -1.5]


def test_a_second_import_adds_nothing(lab, other, tmp_path) -> None:
    archive = export_zip(lab.database, tmp_path / "lab.zip")
    merge(other.database, archive)
    before = contents(export_zip(other.database, tmp_path / "before.zip"))
    merged = merge(other.database, archive)
    assert sum(merged.added.values()) == 0
    assert merged.known["events"] == 6
    assert contents(export_zip(other.database, tmp_path / "after.zip")) == before


def test_two_laboratories_with_a_study_of_the_same_code(lab, other, make_impression, tmp_path) -> None:
    own = make_impression(rater_id="cat", image_id="image-2")
    other.show(own)
    other.vote(own.impression_id, "cat", 1)
    start_study(other.database, "pilot", MOMENT.replace(year=2027), own.impression_id, "cat")
    last = other.changes_since(0).last_sequence
    archive = export_zip(lab.database, tmp_path / "lab.zip")
    merged = merge(other.database, archive)
    assert list(merged.renamed) == ["pilot"]
    assert merge(other.database, archive).renamed == merged.renamed, "the same name the second time"
    assert other.counts() == Counts(3, 3, 2)
    with other.database.read() as connection:
        codes = connection.execute(select(events.c.study_code, events.c.rater_id).where(events.c.kind == "task")).all()
        numbers = list(connection.scalars(select(events.c.sequence).order_by(events.c.sequence)))
    assert set(codes) == {("pilot", "cat"), (merged.renamed["pilot"], "bob")}
    assert (len(numbers), numbers[1]) == (8, last)
    other.vote(own.impression_id, "cat", -1, revision=1)
    assert other.changes_since(numbers[-1]).last_sequence > numbers[-1]


def test_people_erased_here_do_not_come_back(lab, other, tmp_path) -> None:
    archive = export_zip(lab.database, tmp_path / "lab.zip")
    merge(other.database, archive)
    forget(other.database, "bob")
    erased = contents(export_zip(other.database, tmp_path / "before.zip"))
    merged = merge(other.database, archive)
    assert merged.withheld == 8, "two impressions, an embedding, participant, assignment, comment, vote, answer"
    assert contents(export_zip(other.database, tmp_path / "after.zip")) == erased
    assert [thumb.rater_id for thumb in other.thumbs()] == ["ann"]


def test_what_changed_later_is_filled_in(lab, other, tmp_path) -> None:
    merge(other.database, export_zip(lab.database, tmp_path / "early.zip"))
    with lab.database.write() as connection:
        connection.execute(studies.update().values(closed_at=MOMENT))
        connection.execute(assignments.update().values(done_at=MOMENT))
    merge(other.database, export_zip(lab.database, tmp_path / "late.zip"))
    with other.database.read() as connection:
        assert connection.scalar(select(studies.c.closed_at)) == MOMENT
        assert connection.scalar(select(assignments.c.done_at)) == MOMENT


def test_a_row_that_says_something_else_stops_all(lab, other, tmp_path) -> None:
    archive = export_zip(lab.database, tmp_path / "lab.zip")
    changed = rewritten(archive, tmp_path / "changed.zip", "tables/impressions.jsonl", b'"grid-7"', b'"grid-5"')
    merge(other.database, archive)
    with pytest.raises(InvalidExport, match=r"another arm of impressions .* nothing was imported"):
        merge(other.database, changed)


def rewritten(archive: Path, path: Path, member: str, old: bytes, new: bytes) -> Path:
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(old, new) if name == member else content)
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("provenance.json", b'revision": "', b'revision": "9'), "bring both programs to the same version"),
        (("tables/events.jsonl", b'"lead_time_ms"', b'"lead_time"'), "other columns in events"),
        (("tables/events.jsonl", b'"sequence":', b'"sequence"'), "is no export of this program, or is damaged"),
        (("tables/impressions.jsonl", b'"impression_id":"', b'"impression_id":"x'), "is no export of this program"),
    ],
    ids=["version", "column", "json", "id"],
)
def test_a_strange_file_is_one_sentence_and_nothing_is_added(change, message, lab, other, tmp_path) -> None:
    archive = export_zip(lab.database, tmp_path / "lab.zip")
    with pytest.raises(InvalidExport, match=message):
        merge(other.database, rewritten(archive, tmp_path / "bad.zip", *change))
    assert [rows(other, table) for table in (events, embeddings, studies)] == [0, 0, 0]


def test_what_is_no_archive_is_one_sentence(other, tmp_path) -> None:
    (tmp_path / "lab.zip").write_text("hello")
    with pytest.raises(InvalidExport, match="no export of this program"):
        merge(other.database, tmp_path / "lab.zip")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(InvalidExport, match="no export of this program"):
        merge(other.database, tmp_path / "empty.zip")
    shutil.copy(tmp_path / "lab.zip", tmp_path / "copy.zip")
    with pytest.raises(FileNotFoundError):
        merge(other.database, tmp_path / "none.zip")
