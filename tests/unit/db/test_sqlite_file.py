"""The file of a database: private, noticed when it is gone or another one, and refused on disks that cannot lock."""

import shutil
import sqlite3
import stat
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from db.engine import Database
from db.errors import StorageFull, StorageUnavailable
from db.feedback import Feedback
from db.sqlite import SqliteBackend
from db.sqlite_file import make_private, require_room


@pytest.fixture
def file(sqlite_url: str) -> Path:
    return Path(sqlite_url.removeprefix("sqlite:///"))


@pytest.fixture
def shown(sqlite_database, make_impression):
    impression = make_impression()
    Feedback(sqlite_database).show(impression)
    return impression


def companions(file: Path) -> list[Path]:
    return [file, *(file.with_name(file.name + ending) for ending in ("-wal", "-shm"))]


def refused(database: Database, shown, told: str) -> None:
    feedback = Feedback(database)
    for call in (lambda: feedback.vote(shown.impression_id, "ann", 1), feedback.thumbs, database.require_ready):
        with pytest.raises(StorageUnavailable, match=told):
            call()


def test_a_deleted_file_takes_no_vote_and_no_new_one_is_made(sqlite_database, shown, file):
    for part in companions(file):
        part.unlink()
    refused(sqlite_database, shown, r"deleted or moved while this program ran; .* studio restore")
    assert not file.exists()


def test_a_moved_file_takes_votes_again_once_it_is_back(sqlite_database, shown, file, tmp_path):
    away = tmp_path / "away"
    away.mkdir()
    for part in companions(file):
        part.rename(away / part.name)
    refused(sqlite_database, shown, "deleted or moved")
    for part in companions(file):
        (away / part.name).rename(part)
    assert Feedback(sqlite_database).vote(shown.impression_id, "ann", 1)
    assert len(Feedback(sqlite_database).thumbs()) == 1


def test_a_file_in_the_place_of_the_old_one_is_not_used_before_a_restart(sqlite_database, shown, file, tmp_path):
    Database.open(f"sqlite:///{tmp_path}/other.db").close()
    (tmp_path / "other.db").replace(file)
    refused(sqlite_database, shown, "replaced while this program ran; restart")


def test_an_empty_file_in_the_place_of_the_old_one_is_no_new_database(sqlite_database, shown, file):
    for part in companions(file):
        part.unlink()
    file.touch()
    refused(sqlite_database, shown, "replaced while this program ran")
    with pytest.raises(StorageUnavailable, match=r"is empty; run python -m studio restore .*, or delete it"):
        Database.open(f"sqlite:///{file}")
    assert file.stat().st_size == 0


def test_a_file_emptied_in_place_is_noticed(sqlite_database, shown, file):
    sqlite_database.settle()
    with file.open("r+b") as handle:
        handle.truncate(0)
    feedback = Feedback(sqlite_database)
    with pytest.raises(StorageUnavailable):
        feedback.vote(shown.impression_id, "ann", 1)


def test_a_write_ahead_log_that_is_gone_is_noticed(sqlite_database, shown, file):
    """Votes would go into a file without a name, and be gone with this process."""
    companions(file)[1].unlink()
    refused(sqlite_database, shown, "lost its write-ahead log")
    sqlite_database.close()
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM impressions").fetchone() == (1,), "saved at the end"


def test_a_file_that_goes_while_a_vote_is_being_stored_is_not_acknowledged(sqlite_database, file, tmp_path):
    def store_and_lose() -> None:
        with sqlite_database.write():
            file.rename(tmp_path / "away.db")

    with pytest.raises(StorageUnavailable, match="deleted or moved"):
        store_and_lose()


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_only_the_owner_reads_a_database(sqlite_database, file):
    assert [mode(part) for part in companions(file)] == [0o600] * 3


@pytest.mark.parametrize(("before", "after"), [(0o644, 0o600), (0o664, 0o600), (0o660, 0o660), (0o444, 0o400)])
def test_an_older_file_is_closed_to_everybody_but_a_group_that_somebody_let_in(sqlite_url, file, before, after):
    Database.open(sqlite_url).close()
    file.chmod(before)
    make_private(file)
    assert mode(file) == after


def test_room_is_asked_of_the_disk(tmp_path, monkeypatch):
    require_room(tmp_path / "a.db", "It")
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)
    with pytest.raises(StorageFull, match="It cannot grow"):
        require_room(tmp_path / "a.db", "It")


def test_a_disk_without_shared_memory_is_refused_and_not_used_without_a_write_ahead_log(tmp_path, monkeypatch):
    """SQLite says nothing and takes the next best mode, in which readers and voters lock each other out."""
    address = SqliteBackend._address
    monkeypatch.setattr(SqliteBackend, "_address", lambda self, mode: address(self, mode) + "&vfs=unix-dotfile")
    monkeypatch.setattr(SqliteBackend, "locked", nullcontext)  # that file system keeps its locks under the same name
    with pytest.raises(StorageUnavailable, match=r"network shares .* local disk or use PostgreSQL"):
        Database.open(f"sqlite:///{tmp_path}/feedback.db")


@pytest.mark.parametrize("name", ["SQLITE_PROTOCOL", "SQLITE_NOLFS", "SQLITE_IOERR_LOCK", "SQLITE_IOERR_SHMLOCK"])
def test_what_network_shares_answer_is_one_sentence(tmp_path, monkeypatch, name):
    def refuse(*arguments: object, **options: object) -> None:
        error = sqlite3.OperationalError("as the driver says it")
        error.sqlite_errorcode, error.sqlite_errorname = getattr(sqlite3, name), name
        raise error

    monkeypatch.setattr("sqlite3.connect", refuse)
    with pytest.raises(StorageUnavailable, match=r"cannot lock files .* local disk or use PostgreSQL"):
        Database.open(f"sqlite:///{tmp_path}/feedback.db")
    assert not (tmp_path / "feedback.db").exists()
