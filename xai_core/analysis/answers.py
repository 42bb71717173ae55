"""The table of answers that every analysis takes: its columns, reading it from an export, and choosing rows.

One row is one answer that was not taken back. Columns:

``sequence`` order of commits; ``answered_at`` UTC; ``rater``, ``session``; ``study``, ``version``, ``condition``
(explained, control), ``role`` (practice, main, gold, attention), ``step`` (only, before, after): empty outside
studies; ``task`` thumb, pair, simulation or reliance; ``image``, ``dataset``, ``classifier``, ``kind`` and ``arm`` of
what was judged (no arm where nothing was explained); ``left_arm`` and ``right_arm`` of pairs; ``prediction`` and
``truth``, indices of classes; ``correct`` 1 where the classifier was right, 0 where not, empty where nobody knows;
``confidence`` of the classifier, 0..1; ``answer`` as given; ``value`` what is counted: 1 for 👍, for a right answer,
for the left one of a pair, 0 otherwise, 0.5 for a tie; ``sure`` 1..5; ``passed`` 1 or 0 where one answer was expected;
``repetition`` how often this person had answered the same before; ``current`` 1 for the latest answer of a person to
the same, which is the one that counts; ``lead_time_ms`` from showing to answering.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import IO, Any

import pandas as pd

from xai_core.errors import BrokenFile, InvalidInput

COLUMNS = (
    "sequence",
    "answered_at",
    "rater",
    "session",
    "study",
    "version",
    "condition",
    "role",
    "step",
    "task",
    "image",
    "dataset",
    "classifier",
    "kind",
    "arm",
    "left_arm",
    "right_arm",
    "prediction",
    "truth",
    "correct",
    "confidence",
    "answer",
    "value",
    "sure",
    "passed",
    "repetition",
    "current",
    "lead_time_ms",
)

COUNTED_ROLES = ("main", "gold")
"""Of the answers in a study those that say something about explanations; outside studies all do."""

_READERS = {
    ".csv": pd.read_csv,
    ".jsonl": lambda file: pd.read_json(file, lines=True),
    ".parquet": pd.read_parquet,
}


def read_answers(export: Path | str) -> pd.DataFrame:
    """The table of answers in an export: a folder, a zip archive, or the one file itself.

    Raises ``BrokenFile`` where there is none in it.
    """
    path = Path(export)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for suffix in _READERS:
                if f"answers{suffix}" in archive.namelist():
                    with archive.open(f"answers{suffix}") as file:
                        return _read(file, suffix, path)
    elif path.is_dir():
        for suffix in _READERS:
            if (path / f"answers{suffix}").is_file():
                return read_answers(path / f"answers{suffix}")
    elif path.is_file() and path.suffix in _READERS:
        with path.open("rb") as file:
            return _read(file, path.suffix, path)
    raise BrokenFile(f"{path} holds no table of answers; make one with python -m studio export.")


def _read(file: IO[bytes], suffix: str, path: Path) -> pd.DataFrame:
    try:
        table = _READERS[suffix](file)
    except ValueError as error:
        raise BrokenFile(f"{path} is no table of answers ({error}); export it again.") from error
    return complete(table)


def complete(table: pd.DataFrame) -> pd.DataFrame:
    """The table with every column that is missing from it empty, times as such. Raises ``InvalidInput`` for others."""
    if strangers := set(table.columns) - set(COLUMNS):
        raise InvalidInput(f"A table of answers has no column {', '.join(sorted(strangers))}.")
    table = table.reindex(columns=list(COLUMNS))
    table["answered_at"] = pd.to_datetime(table["answered_at"], utc=True, format="ISO8601")
    return table


@dataclass(frozen=True)
class Selection:
    """Which answers an analysis is about; a field that is None chooses all.

    ``correct``: whether the classifier was right. ``since`` and ``until`` are days, UTC, both included.
    ``passed_checks``: only people who failed no gold or attention item.
    """

    study: str | None = None
    version: int | None = None
    dataset: str | None = None
    classifier: str | None = None
    arm: str | None = None
    correct: bool | None = None
    since: date | None = None
    until: date | None = None
    rater: str | None = None
    passed_checks: bool = False

    def of(self, answers: pd.DataFrame) -> pd.DataFrame:
        """The rows chosen; a pair belongs to both of its arms."""
        chosen = pd.Series(data=True, index=answers.index)
        for name in ("study", "version", "dataset", "classifier", "rater"):
            wanted = getattr(self, name)
            if wanted is not None:
                chosen &= answers[name] == wanted
        if self.arm is not None:
            chosen &= (answers[["arm", "left_arm", "right_arm"]] == self.arm).any(axis=1)
        if self.correct is not None:
            chosen &= answers["correct"] == int(self.correct)
        if self.since is not None:
            chosen &= answers["answered_at"] >= pd.Timestamp(self.since, tz="UTC")
        if self.until is not None:
            chosen &= answers["answered_at"] < pd.Timestamp(self.until, tz="UTC") + pd.Timedelta(days=1)
        if self.passed_checks:
            chosen &= ~answers["rater"].isin(answers.loc[answers["passed"] == 0, "rater"].unique())
        return answers[chosen]

    def code(self) -> str:
        """The selection as Python that makes it."""
        given: dict[str, Any] = {
            item.name: value for item in fields(self) if (value := getattr(self, item.name)) != item.default
        }
        words = (
            f"{name}={f'date.fromisoformat({str(v)!r})' if isinstance(v, date) else repr(v)}"
            for name, v in given.items()
        )
        return f"Selection({', '.join(words)})"


def _code(value: object) -> str:
    return f"date.fromisoformat({value.isoformat()!r})" if isinstance(value, date) else repr(value)


def counted(answers: pd.DataFrame, task: str) -> pd.DataFrame:
    """Answers to one task that count: the latest of a person to the same, and of studies no practice or attention."""
    role = answers["role"]
    rows = answers["task"].eq(task) & answers["current"].eq(1) & (role.isna() | role.isin(COUNTED_ROLES))
    return answers[rows]
