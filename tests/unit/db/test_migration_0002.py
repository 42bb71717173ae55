"""Rows made by the first schema come through the second revision: nothing is lost, and all is where it belongs now."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, Table, create_engine, null, text

from db import migrations
from db.engine import Database
from db.feedback import Feedback
from db.schema import events

BEGIN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OFFERED = {"slic": {"area": 0.123456789, "r2": 0.5}, "grid": {"area": 0.25}, "fused": {"r2": 1.0}}


class OldDatabase:
    """Writes rows as the first schema had them; ids are numbers, so that tests can name them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        tables = MetaData()
        self.tables = {
            name: Table(name, tables, autoload_with=connection) for name in ("impressions", "events", "embeddings")
        }
        self.shown = 0
        self.acts = 0

    def insert(self, name: str, **values: object) -> None:
        self.connection.execute(self.tables[name].insert().values(values))

    def candidates(self, image: str, offered: object) -> None:
        self.insert("embeddings", image_id=image, classifier_version="v1", vector=b"\0\0\0\0", candidates=offered)

    def show(self, image: str, arm: str, position: int = 0, **changes: object) -> UUID:
        self.shown += 1
        values = {
            "impression_id": self.id(UUID(int=self.shown)),
            "kind": "fused" if arm == "fused" else "lime",
            "image_id": image,
            "dataset": "mnist",
            "split": "test",
            "image_index": 7,
            "classifier": "mnist-cnn",
            "classifier_version": "v1",
            "precision": "float32",
            "arm": arm,
            "settings": {"samples": 500},
            "seed": 3,
            "position": position,
            "policy": "learned",
            "policy_version": "12",
            "propensity": 0.25,
            "features": null(),
            "prediction": 4,
            "truth": None,
            "confidence": 0.5,
            "margin": 0.125,
            "rater_id": "ann",
            "session_id": "monday",
            "shown_at": self.time(BEGIN + timedelta(seconds=self.shown)),
            "app_version": "0.1.0",
        }
        self.insert("impressions", **(values | changes))
        return UUID(int=self.shown)

    def act(self, kind: str, impression: UUID, words: str | None = None, **changes: object) -> int:
        self.acts += 1
        values = {
            "event_id": self.id(uuid4()),
            "kind": kind,
            "impression_id": self.id(impression),
            "rater_id": "ann",
            "session_id": "monday",
            "revision": 0,
            "value": -1 if kind == "vote" else None,
            "reasons": [],
            "text": words,
            "lead_time_ms": None,
            "server_ts": self.time(BEGIN + timedelta(minutes=self.acts)),
        }
        self.insert("events", **(values | changes))
        return self.acts

    def id(self, value: UUID) -> object:
        return value if self.connection.dialect.name == "postgresql" else value.hex

    def time(self, value: datetime) -> datetime:
        return value if self.connection.dialect.name == "postgresql" else value.replace(tzinfo=None)


@pytest.fixture
def old(url: str) -> Iterator[OldDatabase]:
    """An open transaction on a database of the first schema; it is committed by ``upgraded``."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        command.upgrade(migrations.configuration(connection), "0001")
        yield OldDatabase(connection)
    engine.dispose()


def upgraded(old: OldDatabase, url: str) -> Feedback:
    old.connection.commit()
    old.connection.close()
    return Feedback(Database.open(url))


def log(feedback: Feedback) -> list[tuple[object, ...]]:
    columns = (events.c.sequence, events.c.kind, events.c.revision, events.c.reasons, events.c.text)
    query = events.select().with_only_columns(*columns).order_by(events.c.sequence)
    with feedback.database.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_candidates_of_old_become_decisions_of_what_was_shown_first(old, url):
    old.candidates("a", OFFERED)
    first = old.show("a", "grid")
    second = old.show("a", "slic", 1)
    alone = old.show("a", "fused", rater_id="bob", session_id="friday", propensity=0.5)
    for impression, rater in ((first, "ann"), (second, "ann"), (alone, "bob")):
        old.act("vote", impression, rater_id=rater)

    feedback = upgraded(old, url)

    (one, its_thumb), (other, _) = feedback.decisions()
    assert {c.arm: c.features for c in one.candidates} == OFFERED
    assert [(c.arm, c.propensity) for c in one.candidates] == [("slic", None), ("grid", 0.25), ("fused", None)]
    assert (one.arms, one.explored, one.drawn_at) == (("grid", "slic"), None, BEGIN + timedelta(seconds=1))
    assert (one.image_id, one.dataset, one.classifier_version) == ("a", "mnist", "v1")
    assert (one.rater_id, one.session_id, one.policy, one.policy_version) == ("ann", "monday", "learned", "12")
    assert its_thumb.impression_id == first
    assert (other.rater_id, other.arms) == ("bob", ("fused",))
    assert [c.propensity for c in other.candidates] == [None, None, 0.5]
    by_impression = {thumb.impression_id: thumb.decision_id for thumb in feedback.thumbs()}
    assert by_impression == {first: one.decision_id, second: one.decision_id, alone: other.decision_id}


def test_an_image_opened_twice_in_one_visit_gives_two_decisions(old, url):
    old.candidates("a", OFFERED)
    for arm, position in (("grid", 0), ("slic", 1), ("fused", 0), ("grid", 1)):
        old.act("vote", old.show("a", arm, position))
    feedback = upgraded(old, url)
    # The later vote on the grid overtakes the first decision's; the decision itself stays.
    assert [decision.arms for decision, _ in feedback.decisions()] == [("fused", "grid")]
    with feedback.database.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM decisions")) == 2


def test_what_has_no_candidates_or_no_first_place_gets_no_decision(old, url):
    old.candidates("a", OFFERED)
    old.candidates("unseen", OFFERED)
    old.candidates("without", null())
    old.act("vote", old.show("without", "grid"))
    old.act("vote", old.show("elsewhere", "grid"))
    old.act("vote", old.show("a", "slic", 1))
    old.act("vote", old.show("a", "cosine", 0, kind="near-hits"))
    feedback = upgraded(old, url)
    assert feedback.decisions() == []
    assert [thumb.decision_id for thumb in feedback.thumbs()] == [None] * 4
    assert set(feedback.embeddings()) == {("a", "v1"), ("unseen", "v1"), ("without", "v1")}


def test_an_arm_that_the_candidates_lack_keeps_them_all_the_same(old, url):
    """The first write had won, and the arm was added later."""
    old.candidates("a", OFFERED)
    old.act("vote", old.show("a", "watershed"))
    [(decision, thumb)] = upgraded(old, url).decisions()
    assert (decision.arms, thumb.arm) == (("watershed",), "watershed")
    assert [candidate.propensity for candidate in decision.candidates] == [None] * 3


def test_comments_that_are_nothing_but_tags_become_tags_where_they_stand(old, url):
    shown, other = old.show("a", "grid"), old.show("b", "grid")
    old.act("vote", shown)
    old.act("comment", shown, "too fine, confusing")
    old.act("comment", shown, "the rim, too fine")
    old.act("comment", shown, "misses the object")
    old.act("retract", shown)
    old.act("vote", shown, revision=1)
    old.act("comment", shown, "too coarse, marks the background")
    old.act("comment", other, "too fine")  # nobody voted on it
    old.act("comment", shown, "too fine, too fine")

    feedback = upgraded(old, url)

    assert log(feedback) == [
        (1, "vote", 0, [], None),
        (2, "reasons", 0, ["too fine", "confusing"], None),
        (3, "comment", 0, [], "the rim, too fine"),
        (4, "reasons", 0, ["misses the object"], None),
        (5, "retract", 0, [], None),
        (6, "vote", 1, [], None),
        (7, "reasons", 1, ["too coarse", "marks the background"], None),
        (8, "comment", 0, [], "too fine"),
        (9, "comment", 0, [], "too fine, too fine"),
    ]
    assert [thumb.reasons for thumb in feedback.thumbs()] == [("too coarse", "marks the background")]
    assert feedback.give_reasons(shown, "ann", [], revision=1)
    assert log(feedback)[-1] == (10, "reasons", 1, [], None)
    assert [thumb.reasons for thumb in feedback.thumbs()] == [()]


def test_every_value_of_old_rows_stays(old, url):
    shown = old.show("a", "grid", 2, truth=9, features={"area": 0.5}, seed=2**40)
    old.act("vote", shown, value=1, reasons=["of old"], lead_time_ms=900)
    before = {
        name: [dict(row) for row in old.connection.execute(table.select()).mappings()]
        for name, table in old.tables.items()
    }
    feedback = upgraded(old, url)
    now = MetaData()
    with feedback.database.read() as connection:
        for name, rows in before.items():
            table = Table(name, now, autoload_with=connection)
            after = [dict(row) for row in connection.execute(table.select()).mappings()]
            assert [{key: kept[key] for key in row} for row, kept in zip(rows, after, strict=True)] == rows
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_numbers_of_events_are_never_used_again(old, url):
    """Whoever has read number 2 must not miss the next event because it is number 2 again."""
    shown = old.show("a", "grid")
    old.act("vote", shown)
    old.act("comment", shown, "gone")
    feedback = upgraded(old, url)
    with feedback.database.write() as connection:
        connection.execute(events.delete().where(events.c.sequence == 2))
    feedback.comment(shown, "ann", "here")
    assert [row[0] for row in log(feedback)] == [1, 3]
