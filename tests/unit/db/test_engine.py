"""Addresses, settings and what an unusable database says."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from db.address import backend_of
from db.engine import Database
from db.errors import StorageUnavailable
from db.feedback import Feedback
from db.postgres import PostgresBackend
from db.sqlite import SqliteBackend


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_means_psycopg_3(scheme):
    backend = backend_of(f"{scheme}://ann:s3cret@db.example.org:5433/votes?sslmode=require")
    assert isinstance(backend, PostgresBackend)
    assert backend.url.drivername == "postgresql+psycopg"
    assert (backend.url.password, backend.url.port, backend.url.query["sslmode"]) == ("s3cret", 5433, "require")
    assert "s3cret" not in str(backend)


def test_sqlite_paths_become_absolute():
    assert backend_of("sqlite:///data/feedback.db") == SqliteBackend(Path.cwd() / "data" / "feedback.db")
    assert backend_of("sqlite:////srv/feedback.db") == SqliteBackend(Path("/srv/feedback.db"))


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("", "not a database address"),
        ("feedback.db", "not a database address"),
        ("postgresql://host:port/name", "not a database address"),
        ("mysql://host/name", "mysql"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
    ],
)
def test_other_addresses_are_refused_in_one_sentence(url, named):
    with pytest.raises(StorageUnavailable, match=named):
        Database.open(url)


def test_a_path_with_marks_that_mean_something_in_addresses(tmp_path):
    folder = tmp_path / "what? 100% #1"
    folder.mkdir()
    with SqliteBackend(folder / "votes.db").migrator() as engine, engine.begin():
        pass
    assert (folder / "votes.db").exists()


def test_sqlite_settings_hold_on_the_connections_in_use(sqlite_database):
    def settings(connection) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}

    with sqlite_database.write() as writer:
        full = 2
        assert settings(writer) == {
            "journal_mode": "wal",
            "synchronous": full,
            "foreign_keys": 1,
            "busy_timeout": 2_000,
        }
        with sqlite_database.read() as reader:
            assert settings(reader)["journal_mode"] == "wal"


def test_readers_see_one_state_and_cannot_write(database, feedback, make_impression):
    shown = make_impression()
    feedback.show(shown)
    count = text("SELECT count(*) FROM events")
    with database.read() as reader:
        assert reader.scalar(count) == 0
        feedback.vote(shown.impression_id, "ann", 1)
        assert reader.scalar(count) == 0
    with database.read() as reader:
        assert reader.scalar(count) == 1
    with pytest.raises(StorageUnavailable, match="read-only"), database.read() as reader:
        reader.execute(text("DELETE FROM events"))


def test_nothing_of_a_failed_transaction_stays(database, feedback, make_impression):
    def fail_halfway() -> None:
        with database.write() as connection:
            connection.execute(text("CREATE TABLE scratch (x INTEGER)"))
            raise KeyError

    with pytest.raises(KeyError):
        fail_halfway()
    with database.write() as connection:
        connection.execute(text("CREATE TABLE scratch (x INTEGER)"))


def test_an_unreachable_server_is_named_without_its_password():
    with pytest.raises(StorageUnavailable, match=r"votes on 127\.0\.0\.1 cannot be reached") as caught:
        Database.open("postgres://ann:s3cret@127.0.0.1:1/votes?password=s3cret")
    assert "s3cret" not in str(caught.value)


def test_a_server_without_the_database_or_that_takes_no_writes(postgres):
    with pytest.raises(StorageUnavailable, match="nowhere on"):
        Database.open(f"{postgres}/nowhere")
    with pytest.raises(StorageUnavailable, match="read-only"):
        Database.open(f"{postgres}/postgres?options=-c%20default_transaction_read_only%3Don")


def test_a_missing_folder(tmp_path):
    with pytest.raises(StorageUnavailable, match=r"folder .*nowhere.* does not exist"):
        Database.open(f"sqlite:///{tmp_path}/nowhere/feedback.db")


def test_a_missing_file_is_not_created_without_migration(tmp_path):
    with pytest.raises(StorageUnavailable, match="cannot be opened"):
        Database.open(f"sqlite:///{tmp_path}/feedback.db", migrate=False)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_or_a_text_in_the_place_of_the_file(tmp_path):
    with pytest.raises(StorageUnavailable, match="cannot be opened"):
        Database.open(f"sqlite:///{tmp_path}")
    note = tmp_path / "note.db"
    note.write_text("This is a letter, and by no means a database. " * 100)
    with pytest.raises(StorageUnavailable, match=r"note\.db is not a database"):
        Database.open(f"sqlite:///{note}")


def test_a_damaged_file(sqlite_url, make_impression):
    database = Database.open(sqlite_url)
    feedback = Feedback(database)
    for image in range(300):
        feedback.show(make_impression(image_id=f"image-{image}"))
    database.close()
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StorageUnavailable, match="is damaged; stop the program and run python -m studio restore"):
        Feedback(Database.open(sqlite_url)).counts()


@pytest.fixture
def ordinary_user() -> Iterator[Path]:
    """A folder of a user whom file permissions bind (root is not bound), with that user's rights meanwhile."""
    folder = Path(tempfile.mkdtemp(prefix="ordinary-"))
    root = os.geteuid() == 0
    if root:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    yield folder
    if root:
        os.seteuid(0)
    folder.chmod(0o700)
    shutil.rmtree(folder)


def test_a_read_only_file(ordinary_user):
    url = f"sqlite:///{ordinary_user}/feedback.db"
    Database.open(url).close()
    (ordinary_user / "feedback.db").chmod(0o444)
    for migrate in (True, False):
        with pytest.raises(StorageUnavailable, match=r"feedback\.db is read-only; make"):
            Database.open(url, migrate=migrate)


def test_a_read_only_folder(ordinary_user):
    ordinary_user.chmod(0o555)
    with pytest.raises(StorageUnavailable, match=r"folder .* cannot be written"):
        Database.open(f"sqlite:///{ordinary_user}/feedback.db")


def test_a_vote_that_another_program_holds_up_is_reported_and_can_be_repeated(
    sqlite_url, sqlite_database, make_impression, monkeypatch
):
    monkeypatch.setattr("db.backend.PATIENCE_S", 0.05)
    impatient = Feedback(Database.open(sqlite_url))
    shown = make_impression()
    impatient.show(shown)
    with sqlite_database.write(), pytest.raises(StorageUnavailable, match="held by another program"):
        impatient.vote(shown.impression_id, "ann", 1)
    assert impatient.vote(shown.impression_id, "ann", 1)
    impatient.database.close()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_restarted_server_is_found_again(feedback, make_impression, url):
    shown = make_impression()
    feedback.show(shown)
    others = "pid <> pg_backend_pid() AND datname = current_database()"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    feedback.vote(shown.impression_id, "ann", 1)
    assert feedback.counts().thumbs == 1


def test_schemas_of_other_versions(sqlite_url, sqlite_database):
    with sqlite_database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for migrate in (True, False):
        with pytest.raises(StorageUnavailable, match="newer version"):
            Database.open(sqlite_url, migrate=migrate)


def test_a_database_of_another_program(tmp_path):
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE other (x)")
    with pytest.raises(StorageUnavailable, match=r"other\.db holds no table of this program"):
        Database.open(f"sqlite:///{tmp_path}/other.db", migrate=False)
