"""Reading a table of answers, choosing rows, and writing down which were chosen."""

import subprocess
import sys
import zipfile
from datetime import date

import pandas as pd
import pytest

from xai_core import analysis
from xai_core.analysis.answers import COLUMNS, Selection, read_answers
from xai_core.errors import BrokenFile


@pytest.fixture
def answers(table) -> pd.DataFrame:
    return table(
        sequence=[1, 2, 3, 4],
        answered_at=["2026-01-01T23:59:59+00:00", "2026-01-02T00:00:00+00:00", "2026-01-03T12:00:00.5+00:00", None],
        dataset=["mnist", "mnist", "castings", "mnist"],
        arm=["a", "b", None, "a"],
        left_arm=[None, None, "a", None],
        right_arm=[None, None, "c", None],
        correct=[1, 0, None, 1],
        rater=["ann", "ann", "bob", "cat"],
        passed=[None, None, None, 0],
        value=[1.0, 0.0, 0.5, 1.0],
    )


@pytest.mark.parametrize(
    ("selection", "chosen"),
    [
        (Selection(), [1, 2, 3, 4]),
        (Selection(dataset="mnist"), [1, 2, 4]),
        (Selection(arm="a"), [1, 3, 4]),
        (Selection(correct=True), [1, 4]),
        (Selection(correct=False), [2]),
        (Selection(since=date(2026, 1, 2)), [2, 3]),
        (Selection(until=date(2026, 1, 2)), [1, 2]),
        (Selection(rater="ann", dataset="mnist", arm="b"), [2]),
        (Selection(passed_checks=True), [1, 2, 3]),
        (Selection(study="none"), []),
    ],
)
def test_a_selection_chooses_rows_and_its_code_chooses_the_same(selection, chosen, answers) -> None:
    assert list(selection.of(answers)["sequence"]) == chosen
    assert eval(selection.code(), {"Selection": Selection, "date": date}) == selection


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_every_format_reads_back_the_same(suffix, answers, tmp_path) -> None:
    path = tmp_path / f"answers{suffix}"
    {
        ".csv": lambda: answers.to_csv(path, index=False),
        ".jsonl": lambda: answers.to_json(path, orient="records", lines=True, date_format="iso"),
        ".parquet": lambda: answers.to_parquet(path),
    }[suffix]()
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(path, path.name)
    for where in (path, tmp_path, archive):
        found = read_answers(where)
        assert list(found.columns) == list(COLUMNS)
        assert list(found["value"]) == [1.0, 0.0, 0.5, 1.0]
        assert found["answered_at"].isna().tolist() == [False, False, False, True]
        assert list(Selection(since=date(2026, 1, 2)).of(found)["sequence"]) == [2, 3]
        assert list(Selection(arm="a", correct=True).of(found)["sequence"]) == [1, 4]


@pytest.mark.parametrize("content", [None, "not json"])
def test_what_is_no_export_is_one_sentence(content, tmp_path) -> None:
    if content:
        (tmp_path / "answers.jsonl").write_text(content)
    with pytest.raises(BrokenFile, match="table of answers"):
        read_answers(tmp_path)


def test_every_name_of_the_package_is_there() -> None:
    for name in analysis.__all__:
        assert callable(getattr(analysis, name)), name


def test_importing_the_package_loads_no_statistics() -> None:
    script = "import sys, xai_core.analysis; sys.exit(bool({'statsmodels', 'pandas', 'scipy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
