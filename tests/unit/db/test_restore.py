"""A backup takes the place of the database whole or not at all, and the old one is kept."""

import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from db.backup import backup
from db.engine import Database
from db.errors import StorageUnavailable
from db.feedback import Feedback
from db.records import Impression
from db.restore import restore


@pytest.fixture
def file(sqlite_url: str) -> Path:
    return Path(sqlite_url.removeprefix("sqlite:///"))


def votes_in(file: Path) -> int:
    """Votes in one file, opened on its own and without its companions."""
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return connection.execute("SELECT count(*) FROM events WHERE kind = 'vote'").fetchone()[0]


def vote(database: Database, impression: Impression) -> None:
    Feedback(database).show(impression)
    Feedback(database).vote(impression.impression_id, impression.rater_id, 1)


@pytest.fixture
def copy(sqlite_url: str, file: Path, tmp_path: Path, make_impression: Callable[..., Impression]) -> Path:
    """A backup with one vote of a database that has two by now, stopped in an orderly way."""
    database = Database.open(sqlite_url)
    vote(database, make_impression())
    backup(sqlite_url, tmp_path / "copy.db")
    vote(database, make_impression(image_id="image-2"))
    database.close()
    return tmp_path / "copy.db"


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


@pytest.mark.slow
def test_every_vote_acknowledged_before_a_backup_under_load_is_there_after_a_restore(
    sqlite_database, start_voter, stored_raters, tmp_path
):
    sqlite_url = f"sqlite:///{sqlite_database.backend.path}"
    voter = start_voter(sqlite_url, "p", 4, 100_000)
    acknowledged = {voter.stdout.readline().strip() for _ in range(60)}
    backup(sqlite_url, tmp_path / "copy.db")
    later = {voter.stdout.readline().strip() for _ in range(60)}
    voter.kill()
    voter.communicate()
    sqlite_database.close()

    kept = restore(sqlite_url, tmp_path / "copy.db")

    restored = Database.open(sqlite_url)
    assert acknowledged <= set(stored_raters(restored))
    restored.close()
    old = Database.open(f"sqlite:///{kept}")
    assert acknowledged | later <= set(stored_raters(old)), "what came after the backup is kept with the old database"
    old.close()


def test_the_old_database_is_kept_and_the_backup_too(sqlite_url, file, copy, tmp_path, make_impression):
    kept = restore(sqlite_url, copy)
    assert kept is not None
    assert kept.name.startswith("feedback.before-restore-")
    assert [votes_in(file), votes_in(kept), votes_in(copy)] == [1, 2, 1]
    assert names(tmp_path) == {file.name, kept.name, copy.name, "feedback.db.lock"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    database = Database.open(sqlite_url)
    vote(database, make_impression(image_id="image-3"))
    assert Feedback(database).counts().thumbs == 2
    database.close()


def test_what_a_killed_server_left_in_the_write_ahead_log_is_kept_with_the_old_database(
    sqlite_url, file, copy, tmp_path, start_python
):
    """Following "put the backup in its place" by hand, the old log would have been read into the backup."""
    program = """
import os, sys
from db import Database, Feedback
from tests.unit.db.conftest import plausible_impression
feedback = Feedback(Database.open(sys.argv[1]))
for number in range(45):
    shown = plausible_impression(image_id=f"late-{number}")
    feedback.show(shown)
    feedback.vote(shown.impression_id, "ann", 1)
os.kill(os.getpid(), 9)
"""
    start_python(program, sqlite_url).communicate()
    assert (tmp_path / "feedback.db-wal").stat().st_size > 0
    kept = restore(sqlite_url, copy)
    assert [votes_in(file), votes_in(kept)] == [1, 47]
    assert not (tmp_path / "feedback.db-wal").exists()


def test_a_damaged_database_is_replaced_and_kept_as_it_is_with_its_log(sqlite_url, file, copy, tmp_path):
    damaged = b"SQLite format 3\0" + bytes(range(256)) * 64
    file.write_bytes(damaged)
    (tmp_path / "feedback.db-wal").write_bytes(b"what was left")
    (tmp_path / "feedback.db-shm").write_bytes(b"shared")
    kept = restore(sqlite_url, copy)
    assert votes_in(file) == 1
    assert kept.read_bytes() == damaged
    assert kept.with_name(kept.name + "-wal").read_bytes() == b"what was left"
    assert not (tmp_path / "feedback.db-shm").exists()


@pytest.mark.parametrize("content", [b"", b"no database at all " * 100])
def test_an_emptied_or_overwritten_file_is_replaced(sqlite_url, file, copy, content):
    file.write_bytes(content)
    kept = restore(sqlite_url, copy)
    assert (votes_in(file), kept.read_bytes()) == (1, content)
    Database.open(sqlite_url).close()


def test_a_missing_database_is_made(sqlite_url, file, copy):
    file.unlink()
    assert restore(sqlite_url, copy) is None
    assert votes_in(file) == 1


def test_a_disk_without_links_keeps_a_copy(sqlite_url, file, copy, monkeypatch):
    def refuse(*arguments: object) -> None:
        raise OSError("not supported")

    monkeypatch.setattr("os.link", refuse)
    kept = restore(sqlite_url, copy)
    assert [votes_in(file), votes_in(kept)] == [1, 2]


def test_a_database_in_use_is_left_alone(sqlite_url, file, copy, tmp_path):
    database = Database.open(sqlite_url)
    before = names(tmp_path)
    with pytest.raises(StorageUnavailable, match="is in use; stop the program"):
        restore(sqlite_url, copy)
    assert names(tmp_path) == before
    assert Feedback(database).counts().thumbs == 2
    database.close()


def test_a_backup_that_is_none_changes_nothing(sqlite_url, file, copy, tmp_path):
    folder = tmp_path / "bad"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "other.db")) as other:
        other.execute("CREATE TABLE other (x)")
    (folder / "note.db").write_text("no database at all " * 100)
    content = bytearray(copy.read_bytes())
    content[8192:12288] = bytes(4096)
    (folder / "damaged.db").write_bytes(content)
    shutil.copy(copy, folder / "newer.db")
    with closing(sqlite3.connect(folder / "newer.db")) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()
    shutil.copy(copy, folder / "orphans.db")
    with closing(sqlite3.connect(folder / "orphans.db")) as orphans:
        orphans.execute("DELETE FROM impressions")
        orphans.commit()
    before = names(tmp_path)
    for name, told in {
        "nowhere.db": "does not exist",
        "other.db": "holds no table of this program",
        "note.db": "is damaged or not a database",
        "damaged.db": "is damaged or not a database",
        "orphans.db": "is damaged or not a database",
        "newer.db": "newer version of this program; update",
    }.items():
        with pytest.raises(StorageUnavailable, match=told):
            restore(sqlite_url, folder / name)
    with pytest.raises(StorageUnavailable, match="is the database itself"):
        restore(sqlite_url, file)
    assert names(tmp_path) == before
    assert votes_in(file) == 2


def test_a_backup_of_the_first_schema_is_brought_up_to_date_when_it_is_opened(sqlite_url, file, tmp_path):
    from alembic import command
    from sqlalchemy import create_engine

    from db.migrations import configuration

    engine = create_engine(f"sqlite:///{tmp_path}/old.db")
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0001")
    engine.dispose()
    restore(sqlite_url, tmp_path / "old.db")
    Database.open(sqlite_url).close()


def test_a_server_is_restored_by_its_own_tool(copy):
    with pytest.raises(StorageUnavailable, match="pg_restore"):
        restore("postgresql://ann:s3cret@host/votes", copy)
