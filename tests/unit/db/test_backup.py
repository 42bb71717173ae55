"""A backup taken while people vote holds every vote acknowledged before it, and opens like any database."""

import pytest

from db.backup import backup
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
