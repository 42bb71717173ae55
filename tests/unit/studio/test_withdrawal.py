"""A code takes out one person's data; the rule takes out whoever stayed away; the log names nobody."""

import logging
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from db.engine import Database
from db.errors import UnknownRater
from db.feedback import Feedback
from studio.rater_cookie import sign
from studio.retention import RetentionSchedule
from studio.withdrawal import code_of, keep_to_retention, rater_of, withdraw
from tests.unit.studio.test_learning import show
from xai_core.errors import InvalidInput


@pytest.fixture
def feedback(tmp_path) -> Feedback:
    """One thumb of Ann's."""
    found = Feedback(Database.open(f"sqlite:///{tmp_path}/feedback.db"))
    found.vote(show(found, "grid-7", "7"), "ann", 1)
    return found


def test_a_code_names_its_person_and_only_here() -> None:
    code = code_of("ann", "secret")
    assert rater_of(f" {code}\n", "secret") == "ann"
    for wrong in (code[:-1], "ann", "", code.replace(".", ""), "x" * 10_000, "<script>"):
        with pytest.raises(InvalidInput, match="no code of this installation"):
            rater_of(wrong, "secret")
    with pytest.raises(InvalidInput):
        rater_of(code, "another secret")


def test_a_cookie_is_no_code() -> None:
    with pytest.raises(InvalidInput):
        rater_of(sign(uuid4(), "secret"), "secret")


@pytest.mark.parametrize(("manner", "left"), [("delete", 0), ("anonymise", 1)])
def test_withdrawal_is_logged_without_saying_whose(manner, left, feedback, caplog) -> None:
    with caplog.at_level(logging.INFO):
        withdraw(feedback.database, "ann", manner)
    assert len(feedback.thumbs()) == left
    assert f"withdrawn: manner={manner} events=1" in caplog.text
    assert "ann" not in caplog.text.replace("manner", "")
    with pytest.raises(UnknownRater):
        withdraw(feedback.database, "ann", manner)


def test_retention_takes_out_whoever_stayed_away(feedback) -> None:
    later = datetime.now(UTC) + timedelta(days=30)
    assert keep_to_retention(feedback.database, 31, "delete", later) == 0
    assert keep_to_retention(feedback.database, 29, "delete", later) == 1
    assert feedback.thumbs() == []
    assert keep_to_retention(feedback.database, 29, "delete", later) == 0


def test_the_schedule_begins_at_once_and_ends_when_told(feedback) -> None:
    schedule = RetentionSchedule(lambda: feedback.database, days=1e-9, manner="delete")
    schedule.start()
    deadline = time.monotonic() + 60
    while feedback.thumbs() and time.monotonic() < deadline:
        time.sleep(0.01)
    schedule.stop()
    assert feedback.thumbs() == []
    never = RetentionSchedule(lambda: feedback.database, days=None, manner="delete")
    never.start()
    never.stop()
