"""The command that replays the history gives the same account every time."""

import subprocess
import sys
from pathlib import Path

from db.engine import Database
from db.feedback import Feedback
from tests.unit.studio.test_learning import show

ROOT = Path(__file__).resolve().parents[3]


def run(database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "studio", "history", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env={"DATABASE_URL": database}, capture_output=True, text=True, check=False
    )


def test_the_history_is_told_moment_by_moment_and_the_same_twice(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'feedback.sqlite'}"
    feedback = Feedback(Database.open(url))
    for image in range(6):
        feedback.vote(show(feedback, "grid-7", str(image)), "ann", 1)
    told = run(url, "--every", "4").stdout
    assert [line.split(" (")[0] for line in told.splitlines()[::3]] == [
        "after 0 thumbs",
        "after 4 thumbs",
        "after 6 thumbs",
    ]
    assert "grid-7" in told
    assert run(url, "--every", "4").stdout == told


def test_a_database_that_cannot_be_opened_is_one_sentence() -> None:
    answer = run("sqlite:////proc/none/feedback.sqlite")
    assert answer.returncode == 2
    assert "/proc/none" in answer.stderr
    assert "Traceback" not in answer.stderr
