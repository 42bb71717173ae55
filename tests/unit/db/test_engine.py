"""Settings, what an unusable database says, and what is noticed while it is open."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from db.engine import Database
from db.errors import StorageFull, StorageUnavailable
from db.feedback import Feedback
from db.migrations import REVISIONS
from db.sqlite import SqliteBackend


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


def test_an_unreachable_server_is_named():
    with pytest.raises(StorageUnavailable, match=r"votes on 127\.0\.0\.1 cannot be reached"):
        Database.open("postgres://ann:s3cret@127.0.0.1:1/votes")


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
    sqlite_url, sqlite_database, make_impression, no_patience
):
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


@pytest.fixture
def no_patience(monkeypatch):
    monkeypatch.setattr("db.backend.PATIENCE_S", 0.05)


def change_revision(url: str, revision: str) -> None:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    engine.dispose()


@pytest.mark.parametrize(("revision", "told"), [("9999", "newer version"), ("0001", "older schema .* restart")])
def test_another_schema_is_noticed_at_the_next_vote(url, feedback, make_impression, revision, told):
    shown = make_impression()
    feedback.show(shown)
    change_revision(url, revision)
    for call in (
        lambda: feedback.vote(shown.impression_id, "ann", 1),
        feedback.thumbs,
        feedback.database.require_ready,
    ):
        with pytest.raises(StorageUnavailable, match=told):
            call()
    change_revision(url, REVISIONS[-1])
    assert feedback.vote(shown.impression_id, "ann", 1)


def test_that_the_tables_are_gone_is_noticed(url, feedback):
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    engine.dispose()
    for call in (feedback.counts, feedback.database.require_ready):
        with pytest.raises(StorageUnavailable, match=r"holds no table of this program; .* studio restore"):
            call()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_vote_that_another_client_holds_up_is_reported_and_can_be_repeated(
    no_patience, url, feedback, make_impression
):
    impatient = Feedback(Database.open(url))
    shown = make_impression()
    impatient.show(shown)
    with feedback.database.write():
        for call in (lambda: impatient.vote(shown.impression_id, "ann", 1), impatient.database.require_ready):
            with pytest.raises(StorageUnavailable, match="held by another program"):
                call()
    assert impatient.vote(shown.impression_id, "ann", 1)
    impatient.database.close()


def test_readiness_means_that_writing_works(url, database):
    database.require_ready()
    before = database_files(url)
    database.require_ready()
    if before:
        assert database_files(url) != before, "something must have been written"


def database_files(url: str) -> list[tuple[str, int]]:
    """Names and times of change of an SQLite database's files; nothing of a server's."""
    if not url.startswith("sqlite"):
        return []
    path = Path(url.removeprefix("sqlite:///"))
    return [(file.name, file.stat().st_mtime_ns) for file in sorted(path.parent.glob(path.name + "*"))]


def test_a_locked_database_is_not_ready(no_patience, sqlite_url):
    database = Database.open(sqlite_url)
    with closing(sqlite3.connect(database.backend.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable, match="held by another program"):
            database.require_ready()
        assert Feedback(database).counts().thumbs == 0, "reading goes on"
    database.require_ready()
    database.close()


def test_a_full_disk_is_not_ready(sqlite_database, monkeypatch):
    monkeypatch.setattr("db.sqlite_file.LEAST_ROOM", 2**62)
    with pytest.raises(StorageFull, match="disk is full"):
        sqlite_database.require_ready()


def test_a_file_that_became_read_only_is_not_ready(sqlite_database):
    with sqlite_database.write() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(StorageUnavailable, match="is read-only"):
        sqlite_database.require_ready()
    assert Feedback(sqlite_database).counts().thumbs == 0, "reading goes on"


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_server_that_became_read_only_is_not_ready(url, database):
    name = url.rpartition("/")[2]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = %s",
            [name],
        )
    with pytest.raises(StorageUnavailable, match="is read-only"):
        database.require_ready()
    assert Feedback(database).counts().thumbs == 0, "reading goes on"


def test_closing_leaves_everything_in_one_file(sqlite_database, make_impression, tmp_path):
    """Also where somebody else still reads from it, so that the write-ahead log stays."""
    feedback = Feedback(sqlite_database)
    with closing(sqlite3.connect(sqlite_database.backend.read_only_address, uri=True)) as other:
        other.execute("SELECT count(*) FROM events").fetchall()
        for number in range(45):
            shown = make_impression(image_id=f"image-{number}")
            feedback.show(shown)
            feedback.vote(shown.impression_id, "ann", 1)
        sqlite_database.close()
        shutil.copy(sqlite_database.backend.path, tmp_path / "alone.db")
    with closing(sqlite3.connect(tmp_path / "alone.db")) as alone:
        assert alone.execute("SELECT count(*) FROM events").fetchone() == (45,)


def test_a_database_of_another_program(tmp_path):
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE other (x)")
    with pytest.raises(StorageUnavailable, match=r"other\.db holds no table of this program"):
        Database.open(f"sqlite:///{tmp_path}/other.db", migrate=False)
