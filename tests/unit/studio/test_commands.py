"""The commands find the database that the pages use, and never make one only to read it."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from db.engine import Database
from db.feedback import Feedback
from tests.unit.studio.test_learning import show
from xai_core.analysis import read_answers

ROOT = Path(__file__).resolve().parents[3]


def run(environment: dict[str, str], *arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "studio", *arguments]
    environment = {"PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def one_vote(file: Path) -> str:
    database = Database.open(f"sqlite:///{file}")
    feedback = Feedback(database)
    feedback.vote(show(feedback, "grid-7", "7"), "ann", 1)
    database.close()
    return f"sqlite:///{file}"


def exported(folder: Path) -> dict[str, int]:
    return json.loads((folder / "provenance.json").read_text())["rows"]


def test_export_reads_the_database_in_the_data_folder(tmp_path: Path) -> None:
    one_vote(tmp_path / "feedback.sqlite")
    answer = run({"XAI_DATA_DIR": str(tmp_path)}, "export", str(tmp_path / "out"))
    assert answer.returncode == 0, answer.stderr
    assert exported(tmp_path / "out")["events"] == 1
    assert str(tmp_path / "out" / "events.csv") in answer.stdout.splitlines()


def test_export_reads_the_database_that_the_address_names(tmp_path: Path) -> None:
    one_vote(tmp_path / "feedback.sqlite")
    url = one_vote(tmp_path / "other.sqlite")
    feedback = Feedback(Database.open(url))
    feedback.vote(show(feedback, "grid-7", "8"), "ann", -1)
    run({"XAI_DATA_DIR": str(tmp_path), "DATABASE_URL": url}, "export", str(tmp_path / "out"))
    assert exported(tmp_path / "out")["events"] == 2
    run({"XAI_DATA_DIR": str(tmp_path)}, "export", str(tmp_path / "named"), "--database", url)
    assert exported(tmp_path / "named")["events"] == 2


def test_an_archive_goes_into_another_instance_once(tmp_path: Path) -> None:
    url, archive = one_vote(tmp_path / "feedback.sqlite"), tmp_path / "lab.zip"
    answer = run({"DATABASE_URL": url}, "export", str(archive))
    assert (answer.returncode, answer.stdout.strip()) == (0, str(archive)), answer.stderr
    other = {"DATABASE_URL": f"sqlite:///{tmp_path}/other.sqlite"}
    first, second = run(other, "import", str(archive)), run(other, "import", str(archive))
    assert "1 impressions, 1 events" in first.stdout
    assert "nothing new. 4 rows were here already" in second.stdout
    assert events_in(tmp_path / "other.sqlite") == 1
    (tmp_path / "text.zip").write_text("no archive")
    strange = run(other, "import", str(tmp_path / "text.zip"))
    assert (strange.returncode, "is no export of this program" in strange.stderr) == (1, True)


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_export_writes_the_format_asked_for(tmp_path: Path, kind: str) -> None:
    url = one_vote(tmp_path / "feedback.sqlite")
    answer = run({"DATABASE_URL": url}, "export", str(tmp_path / "out"), "--format", kind)
    assert (tmp_path / "out" / f"answers.{kind}").exists(), answer.stderr
    assert len(read_answers(tmp_path / "out")) == 1


def test_without_settings_the_database_is_that_of_the_pages(tmp_path: Path) -> None:
    ask = "from studio.settings import load_settings; print(load_settings().database)"
    plain = subprocess.run(
        [sys.executable, "-c", ask], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    own = ROOT / "data" / "feedback.sqlite"
    assert plain.stdout.strip() == f"sqlite:///{own}"
    answer = run({}, "export", str(tmp_path / "out"), cwd=tmp_path)
    if own.exists():
        assert answer.returncode == 0
    else:
        assert (answer.returncode, str(own) in answer.stderr) == (2, True)
        assert not own.exists()


@pytest.mark.parametrize(
    "command",
    [["export", "out"], ["backup", "copy.sqlite"], ["history"], ["forget", "ann"]],
    ids=lambda command: command[0],
)
def test_a_missing_database_is_one_sentence_and_none_is_made(tmp_path: Path, command: list[str]) -> None:
    answer = run({"XAI_DATA_DIR": str(tmp_path)}, *command, cwd=tmp_path)
    assert answer.returncode == 2
    assert len(answer.stderr.splitlines()) == 1
    assert "does not exist" in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_backup_copies_and_never_overwrites(tmp_path: Path) -> None:
    url = one_vote(tmp_path / "feedback.sqlite")
    copy = tmp_path / "copy.sqlite"
    assert run({"DATABASE_URL": url}, "backup", str(copy)).returncode == 0
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("select count(*) from events").fetchone() == (1,)
    again = run({"DATABASE_URL": url}, "backup", str(copy))
    assert (again.returncode, "exists already" in again.stderr) == (1, True)


def events_in(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("select count(*) from events").fetchone()[0]


def test_restore_puts_a_backup_in_place_and_keeps_the_old_database(tmp_path: Path) -> None:
    url = one_vote(tmp_path / "feedback.sqlite")
    copy = tmp_path / "copy.sqlite"
    assert run({"DATABASE_URL": url}, "backup", str(copy)).returncode == 0
    database = Database.open(url)
    feedback = Feedback(database)
    feedback.vote(show(feedback, "grid-7", "8"), "ann", 1)
    in_use = run({"DATABASE_URL": url}, "restore", str(copy))
    assert (in_use.returncode, "is in use; stop the program" in in_use.stderr) == (1, True)
    database.close()
    answer = run({"DATABASE_URL": url}, "restore", str(copy))
    assert answer.returncode == 0, answer.stderr
    (kept,) = tmp_path.glob("feedback.before-restore-*.sqlite")
    assert str(kept) in answer.stdout
    assert [events_in(file) for file in (tmp_path / "feedback.sqlite", kept, copy)] == [1, 2, 1]
    missing = run({"DATABASE_URL": url}, "restore", str(tmp_path / "nowhere.sqlite"))
    assert (missing.returncode, "does not exist" in missing.stderr) == (1, True)


def test_forget_erases_a_rater_and_says_so(tmp_path: Path) -> None:
    url = one_vote(tmp_path / "feedback.sqlite")
    answer = run({"DATABASE_URL": url}, "forget", "ann")
    assert answer.returncode == 0, answer.stderr
    assert "Erased ann. Events deleted: 1 vote." in answer.stdout
    assert "Backups and exports made before still hold all of it" in answer.stdout
    with closing(sqlite3.connect(tmp_path / "feedback.sqlite")) as connection:
        assert connection.execute("select kind from events").fetchall() == [("erasure",)]
    again = run({"DATABASE_URL": url}, "forget", "ann")
    assert (again.returncode, "Nothing is stored of a rater ann" in again.stderr) == (1, True)


def test_a_setting_out_of_range_is_named() -> None:
    answer = run({"XAI_EXPLORATION": "7"}, "history")
    assert answer.returncode == 2
    assert answer.stderr.startswith("xai_exploration:")


def test_help_names_every_command() -> None:
    told = run({}, "--help").stdout
    assert all(name in told for name in ("export", "import", "backup", "restore", "forget", "history"))
