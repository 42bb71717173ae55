"""``python -m studio study``: checks, creates, changes and closes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.studio.studies.test_files import LEAST
from tests.unit.studio.test_commands import run

SMALL = LEAST.replace("{sample: 10}", "{indices: [0, 1, 2, 3, 4]}") + "practice: 0\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "digits.yaml"
    path.write_text(SMALL)
    return path


def test_a_study_is_checked_created_changed_and_closed(file: Path, tmp_path: Path) -> None:
    environment = {"DATABASE_URL": f"sqlite:///{tmp_path / 'feedback.sqlite'}"}
    checked = run(environment, "study", "check", str(file))
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "items: 5 main." in checked.stdout
    assert "It takes 3 participants" in checked.stdout
    assert not (tmp_path / "feedback.sqlite").exists(), "a check stores nothing"
    assert (
        "version 1 is in force. Its link ends with /?study=digits"
        in run(environment, "study", "create", str(file)).stdout
    )
    file.write_text(SMALL.replace("overlap: 3", "overlap: 4"))
    assert "version 2 is in force" in run(environment, "study", "create", str(file)).stdout
    assert "digits is closed." in run(environment, "study", "close", str(file)).stdout
    again = run(environment, "study", "create", str(file))
    assert (again.returncode, "is closed; give the changed one another code" in again.stderr) == (1, True)
    with closing(sqlite3.connect(tmp_path / "feedback.sqlite")) as connection:
        assert connection.execute("select count(*) from study_items").fetchone() == (5,)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("overlap: 3", "overlap: none"), "digits.yaml, line 7, overlap:"),
        (("[0, 1, 2, 3, 4]", "[0, 1, 2, 3, 999999]"), "none with the index 999999"),
        (("dataset: mnist", "dataset: nowhere"), "nowhere"),
    ],
    ids=["value", "image", "dataset"],
)
def test_what_is_wrong_is_told_and_nothing_stored(
    change: tuple[str, str], told: str, file: Path, tmp_path: Path
) -> None:
    file.write_text(SMALL.replace(*change))
    for act in ("check", "create"):
        answer = run({"DATABASE_URL": f"sqlite:///{tmp_path / 'feedback.sqlite'}"}, "study", act, str(file))
        assert (answer.returncode, told in answer.stderr) == (1, True), answer.stderr
        assert "Traceback" not in answer.stderr


def test_a_file_that_is_not_there_and_a_study_that_was_never_created(file: Path, tmp_path: Path) -> None:
    environment = {"DATABASE_URL": f"sqlite:///{tmp_path / 'feedback.sqlite'}"}
    missing = run(environment, "study", "check", str(tmp_path / "nowhere.yaml"))
    assert (missing.returncode, "nowhere.yaml" in missing.stderr) == (1, True)
    run(environment, "study", "create", str(file))
    file.write_text(SMALL.replace("code: digits", "code: others"))
    unknown = run(environment, "study", "close", str(file))
    assert (unknown.returncode, "There is no study others" in unknown.stderr) == (1, True)
