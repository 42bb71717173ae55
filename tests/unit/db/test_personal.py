"""What is stored about a person is listed in full, and answers can be kept without saying whose they are."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from db.errors import UnknownRater
from db.export import export_zip
from db.forget import forget
from db.merge import merge
from db.personal import ANONYMOUS, about_people, anonymise, held, idle
from db.schema import events, impressions
from tests.unit.db.test_forget import ANN, BOB, log  # noqa: F401 - the fixture
from tests.unit.db.test_merge import MOMENT, contents, start_study


def test_everything_about_a_person_is_counted(log) -> None:  # noqa: F811
    mine = held(log.database, ANN)
    assert mine.events == {"vote": 1, "reasons": 1, "comment": 1, "skip": 1}
    assert {name: number for name, number in mine.rows.items() if number} == {
        "decisions": 2,
        "impressions": 2,
        "events": 4,
    }
    assert mine.uploads == 1
    assert mine.first == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert mine.last > mine.first
    nothing = held(log.database, "nobody")
    assert (nothing.first, nothing.last, any(nothing.rows.values())) == (None, None, False)


def test_every_table_that_names_a_person_is_among_them() -> None:
    assert {"decisions", "impressions", "events", "participants", "assignments"} <= {t.name for t in about_people()}


def test_answers_stay_under_a_name_that_nobody_can_trace(log) -> None:  # noqa: F811
    [hers] = [thumb for thumb in log.thumbs() if thumb.rater_id == ANN]
    with log.database.read() as connection:
        before = set(connection.scalars(select(events.c.event_id).where(events.c.rater_id == ANN)))
    seen = log.changes_since(0).last_sequence
    anonymise(log.database, ANN)
    thumbs = {thumb.rater_id: thumb for thumb in log.thumbs()}
    [name] = set(thumbs) - {BOB}
    assert name.startswith(ANONYMOUS)
    assert (thumbs[name].value, thumbs[name].reasons) == (hers.value, hers.reasons)
    assert log.changes_since(seen).erased, "whoever follows the log reads the new name"
    assert not any(held(log.database, ANN).rows.values())
    assert held(log.database, name).events == {"vote": 1, "reasons": 1, "skip": 1}, "words are gone"
    assert set(log.embeddings()) >= {("image-1", "abc123")}
    with log.database.read() as connection:
        visits = {
            visit
            for table in (events, impressions)
            for visit in connection.scalars(select(table.c.session_id).where(table.c.rater_id == name))
        }
        after = set(connection.scalars(select(events.c.event_id).where(events.c.rater_id == name)))
    assert f"visit of {ANN}" not in visits
    assert not before & after, "an id made of the old name would tell it"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_not_even_the_bytes_of_the_file_name_them(log) -> None:  # noqa: F811
    path = Path(log.database.backend.path)
    anonymise(log.database, ANN)
    content = b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))
    assert BOB.encode() in content
    for trace in (ANN, "words of hers"):
        assert trace.encode() not in content, trace


def test_codes_and_words_of_studies_go(log) -> None:  # noqa: F811
    [shown] = [thumb.impression_id for thumb in log.thumbs() if thumb.rater_id == ANN]
    start_study(log.database, "pilot", MOMENT, shown, ANN)
    told = {"task": "questionnaire", "instrument": "scs", "answers": {"scs-1": 4, "remarks": "I am Ann"}}
    with log.database.write() as connection:
        [row] = connection.execute(select(events).where(events.c.kind == "task")).mappings()
        for payload in (told, {"task": "completion", "code": "C0DE"}):
            again = {**row, "payload": payload, "event_id": uuid4()}
            del again["sequence"]  # which the database gives
            connection.execute(events.insert().values(again))
    anonymise(log.database, ANN)
    with log.database.read() as connection:
        payloads = list(connection.scalars(select(events.c.payload).where(events.c.kind == "task")))
    assert [payload["task"] for payload in payloads] == ["reliance", "questionnaire"]
    assert payloads[1]["answers"] == {"scs-1": 4}


def test_an_unknown_person_is_named_and_nothing_happens(log) -> None:  # noqa: F811
    with pytest.raises(UnknownRater, match="a rater nobody; check"):
        anonymise(log.database, "nobody")
    assert not log.changes_since(log.changes_since(0).last_sequence).erased


def test_who_is_anonymous_here_does_not_come_back_by_an_import(log, tmp_path) -> None:  # noqa: F811
    archive = export_zip(log.database, tmp_path / "before.zip")
    anonymise(log.database, ANN)
    first = contents(export_zip(log.database, tmp_path / "after.zip"))
    merged = merge(log.database, archive)
    assert (sum(merged.added.values()), merged.withheld > 0) == (0, True)
    assert contents(export_zip(log.database, tmp_path / "again.zip")) == first
    assert sum(merge(log.database, tmp_path / "again.zip").added.values()) == 0


def test_who_was_idle_is_found_once(log) -> None:  # noqa: F811
    now = datetime.now(UTC)
    assert idle(log.database, now - timedelta(days=1)) == []
    assert idle(log.database, now + timedelta(days=1)) == [ANN, BOB]
    anonymise(log.database, ANN)
    forget(log.database, BOB)
    assert idle(log.database, now + timedelta(days=1)) == []
