"""The server's own backups: made at once where none is there, again after a while, and told where they fail."""

import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from db.engine import Database
from studio.backups import BackupSchedule


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Return once it is true; a minute is far more than any of this takes."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "never came true"
        time.sleep(0.01)


@pytest.fixture
def url(tmp_path: Path) -> str:
    Database.open(f"sqlite:///{tmp_path}/feedback.sqlite").close()
    return f"sqlite:///{tmp_path}/feedback.sqlite"


def test_a_backup_is_there_soon_after_the_start_and_others_follow(url: str, tmp_path: Path) -> None:
    schedule = BackupSchedule(url, hours=1.2 / 3600, keep=2)
    schedule.start()
    until(lambda: len(list((tmp_path / "backups").glob("feedback-*Z.sqlite"))) == 2)
    schedule.stop()
    for made in (tmp_path / "backups").iterdir():
        with closing(sqlite3.connect(made)) as connection:
            assert connection.execute("SELECT count(*) FROM events").fetchone() == (0,)


def test_a_start_soon_after_a_backup_makes_no_other(url: str, tmp_path: Path) -> None:
    for _ in range(2):
        schedule = BackupSchedule(url, hours=24, keep=7)
        schedule.start()
        until(lambda: (tmp_path / "backups").is_dir() and len(list((tmp_path / "backups").iterdir())) == 1)
        schedule.stop()


def test_none_are_made_where_the_setting_says_so(url: str, tmp_path: Path) -> None:
    schedule = BackupSchedule(url, hours=0, keep=7)
    schedule.start()
    schedule.stop()
    assert not (tmp_path / "backups").exists()


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (lambda folder: (folder / "backups").write_text("in the way"), "scheduled backup failed"),
        (lambda folder: (folder / "feedback.sqlite").unlink(), "does not exist"),
    ],
)
def test_a_failure_is_logged_and_does_not_end_the_thread(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, broken: Callable[[Path], object], told: str
) -> None:
    broken(tmp_path)
    schedule = BackupSchedule(url, hours=24, keep=7)
    with caplog.at_level(logging.INFO, "studio.backups"):
        schedule.start()
        until(lambda: told in caplog.text)
    assert schedule._thread.is_alive()
    schedule.stop()


def test_a_server_is_left_to_its_own_tools(caplog: pytest.LogCaptureFixture) -> None:
    schedule = BackupSchedule("postgresql://ann:s3cret@host/votes", hours=24, keep=7)
    with caplog.at_level(logging.INFO, "studio.backups"):
        schedule.start()
        until(lambda: "pg_dump" in caplog.text)
    schedule.stop()
    assert "s3cret" not in caplog.text
