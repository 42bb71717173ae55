"""A backup taken while people vote holds every vote acknowledged before it, and opens like any database."""

import sqlite3
import stat
from contextlib import closing
from datetime import timedelta

import pytest

from db.backup import BackupFolder, backup
from db.engine import Database
from db.errors import StorageUnavailable
from db.feedback import Feedback


@pytest.mark.slow
def test_a_backup_under_load_can_be_restored(sqlite_database, make_impression, start_voter, stored_raters, tmp_path):
    url = f"sqlite:///{sqlite_database.backend.path}"
    voter = start_voter(url, "p", 4, 100_000)
    acknowledged = {voter.stdout.readline().strip() for _ in range(60)}

    backup(url, tmp_path / "copy.db")

    assert voter.poll() is None
    restored = Database.open(f"sqlite:///{tmp_path}/copy.db")
    assert acknowledged <= set(stored_raters(restored))
    with restored.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    after = make_impression(rater_id="after the restore")
    assert Feedback(restored).show(after)
    assert Feedback(restored).vote(after.impression_id, after.rater_id, -1)
    restored.close()


def test_what_cannot_be_backed_up_says_why(sqlite_url, sqlite_database, tmp_path):
    with pytest.raises(StorageUnavailable, match="pg_dump"):
        backup("postgresql://ann:s3cret@host/votes", tmp_path / "copy.db")
    with pytest.raises(StorageUnavailable, match="does not exist"):
        backup(f"sqlite:///{tmp_path}/nowhere.db", tmp_path / "copy.db")
    with pytest.raises(StorageUnavailable, match=r"folder .* does not exist"):
        backup(sqlite_url, tmp_path / "nowhere" / "copy.db")
    note = tmp_path / "note.db"
    note.write_text("no database at all " * 100)
    with pytest.raises(StorageUnavailable, match=r"note\.db is not a database"):
        backup(f"sqlite:///{note}", tmp_path / "copy.db")
    assert not list(tmp_path.glob("copy*"))


@pytest.fixture
def folder(sqlite_url, sqlite_database) -> BackupFolder:
    return BackupFolder(sqlite_url)


def test_scheduled_backups_keep_the_newest(folder, tmp_path):
    made = tmp_path / "backups"
    assert folder.due_in(timedelta(hours=1)) <= timedelta(0)
    newest = folder.add(keep=3)
    assert timedelta(minutes=59) < folder.due_in(timedelta(hours=1)) <= timedelta(hours=1)
    assert folder.due_in(timedelta(0)) <= timedelta(0)
    for day in range(1, 6):
        newest.rename(made / f"feedback-2026010{day}T000000Z.db")
        newest = folder.add(keep=3)
    by_hand = ["feedback-mine.db", "other-20250101T000000Z.db", "feedback-20250101T000000Z.db.txt"]
    for name in by_hand:
        (made / name).touch()
    newest.rename(made / "feedback-20260106T000000Z.db")
    newest = folder.add(keep=3)
    kept = ["feedback-20260105T000000Z.db", "feedback-20260106T000000Z.db", newest.name]
    assert sorted(file.name for file in made.iterdir()) == sorted([*by_hand, *kept])


def test_a_scheduled_backup_is_private_and_whole(folder, sqlite_database, make_impression):
    Feedback(sqlite_database).show(make_impression())
    made = folder.add(keep=1)
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700
    with closing(sqlite3.connect(made)) as connection:
        assert connection.execute("SELECT count(*) FROM impressions").fetchone() == (1,)


def test_a_clock_that_was_set_back_does_not_stop_backups(folder):
    made = folder.add(keep=1)
    made.rename(made.with_name("feedback-29990101T000000Z.db"))
    assert folder.due_in(timedelta(hours=1)) == timedelta(hours=1)


def test_a_server_has_no_backup_folder():
    with pytest.raises(StorageUnavailable, match="pg_dump"):
        BackupFolder("postgresql://ann:s3cret@host/votes").due_in(timedelta(hours=1))
