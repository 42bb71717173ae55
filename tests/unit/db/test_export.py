"""An export holds every row and says what each column means."""

import base64
import csv
import json
import zipfile
from datetime import datetime

import numpy as np
import pyarrow.parquet
import pytest

from db.answers import COLUMNS, answers
from db.encoding import to_json
from db.export import codebook, export_files, export_zip
from db.migrations import REVISIONS
from xai_core.analysis.answers import COLUMNS as ANALYSED
from xai_core.analysis.answers import read_answers


@pytest.fixture
def answered(feedback, make_impression, make_decision):
    decision = make_decision()
    feedback.record_decision(decision)
    first = make_impression(decision_id=decision.decision_id, view={"style": "heat", "opacity": 0.5})
    second = make_impression(arm="grid-7", truth=None, features={})
    for shown in (first, second):
        feedback.show(shown)
    feedback.vote(first.impression_id, "ann", -1, reasons=["too-coarse"], lead_time_ms=900)
    feedback.retract(first.impression_id, "ann")
    feedback.comment(second.impression_id, "ann", 'says "no", and\nmeans it')
    return first, second


def read(path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_csv(answered, database, tmp_path):
    paths = export_files(database, tmp_path / "export")
    files = {path.name: path for path in paths}
    assert list(files)[-3:] == ["answers.csv", "codebook.csv", "provenance.json"]
    [decision], impressions, events = (read(files[f"{name}.csv"]) for name in ("decisions", "impressions", "events"))
    assert {row["impression_id"] for row in impressions} == {str(shown.impression_id) for shown in answered}
    by_arm = {row["arm"]: row for row in impressions}
    assert json.loads(by_arm["slic-medium"]["features"]) == {"segments": 12.0, "r2": 0.75}
    assert by_arm["slic-medium"]["shown_at"] == "2026-01-02T03:04:05+00:00"
    assert by_arm["grid-7"]["truth"] == ""
    assert by_arm["slic-medium"]["decision_id"] == decision["decision_id"]
    assert json.loads(by_arm["slic-medium"]["view"]) == {"style": "heat", "opacity": 0.5}
    assert json.loads(decision["candidates"]) == {
        "arms": ["slic-medium", "grid-7", "fused"],
        "propensities": [0.25, 0.5, 0.25],
        "features": {"segments": [12.0, 49.0, None], "r2": [0.75, None, 0.5], "overlap": [None, None, -1.5]},
    }
    assert [row["kind"] for row in events] == ["vote", "retract", "comment"]
    assert (events[0]["value"], events[0]["reasons"], events[0]["lead_time_ms"]) == ("-1", '["too-coarse"]', "900")
    assert events[2]["text"] == 'says "no", and\nmeans it'
    assert read(files["codebook.csv"]) == codebook()
    provenance = json.loads(files["provenance.json"].read_text())
    counts = {name: number for name, number in provenance["rows"].items() if number}
    assert counts == {"decisions": 1, "impressions": 2, "events": 3}
    assert (provenance["schema_revision"], provenance["app_versions"]) == (REVISIONS[-1], ["0.1.0"])


FORMULAS = (
    "=1+1",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "'=1",
    "''",
    "＝1+1",
    '=HYPERLINK("http://x","y")',
)


@pytest.mark.parametrize("text", [*FORMULAS, "plain", " =1", "a=1", "é"])
def test_no_cell_is_a_formula_and_every_text_comes_back(text, feedback, make_impression, database, tmp_path):
    shown = make_impression(dataset=text, margin=0.0)
    feedback.show(shown)
    feedback.vote(shown.impression_id, "ann", -1)
    feedback.comment(shown.impression_id, "ann", text)
    files = {path.name: path for path in export_files(database, tmp_path)}
    impressions, events = files["impressions.csv"], files["events.csv"]
    cells = (read(events)[1]["text"], read(impressions)[0]["dataset"])
    for cell in cells:
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
        assert cell.removeprefix("'") == text
    assert read(events)[0]["value"] == "-1"  # a number, which a spreadsheet shall compute with
    assert "take one ' off" in codebook()[-1]["meaning"]


def test_every_format_holds_the_same(answered, database, tmp_path):
    csv_, jsonl, parquet = (export_files(database, tmp_path / kind, kind) for kind in ("csv", "jsonl", "parquet"))
    assert [path.stem for path in csv_] == [path.stem for path in jsonl] == [path.stem for path in parquet]
    for text, lines, columns in zip(csv_[:-2], jsonl[:-2], parquet[:-2], strict=True):
        objects = [json.loads(line) for line in lines.read_text().splitlines()]
        table = pyarrow.parquet.read_table(columns)
        assert table.num_rows == len(objects) == len(read(text)), text
        for row, written, cells in zip(table.to_pylist(), objects, read(text), strict=True):
            assert list(row) == list(written) == list(cells)
            for name, value in written.items():
                plain = row[name].isoformat() if isinstance(row[name], datetime) else row[name]
                assert plain == (value if not isinstance(value, list | dict) else to_json(value)), name
                if name != "text":
                    assert cells[name] == ("" if value is None else str(plain)), name
    lines = next(path for path in jsonl if path.stem == "impressions").read_text().splitlines()
    [impression] = [json.loads(line) for line in lines if "grid-7" in line]
    assert impression["settings"] == {"samples": 500, "masks": "bernoulli"}
    assert impression["truth"] is None


def test_answers_are_those_not_taken_back(answered, feedback, database, tmp_path):
    first, second = answered
    feedback.vote(first.impression_id, "ann", 1, revision=1, lead_time_ms=1200)
    feedback.vote(second.impression_id, "ann", -1)
    *_, answers, _, _ = export_files(database, tmp_path)
    rows = read(answers)
    assert list(rows[0]) == list(COLUMNS) == list(ANALYSED)
    assert [(row["arm"], row["answer"], row["value"], row["correct"]) for row in rows] == [
        ("slic-medium", "up", "1.0", "0"),
        ("grid-7", "down", "0.0", ""),
    ]
    assert [(row["repetition"], row["current"]) for row in rows] == [("0", "1"), ("0", "1")]
    assert (rows[0]["lead_time_ms"], rows[0]["task"], rows[0]["confidence"]) == ("1200", "thumb", "0.5")
    assert read_answers(tmp_path).shape == (2, len(ANALYSED))


def test_answers_do_not_depend_on_how_many_are_read_at_a_time(feedback, make_impression, database, monkeypatch):
    for arm in ("grid-5", "grid-7", "slic-medium", "grid-5"):
        shown = make_impression(arm=arm)
        feedback.show(shown)
        feedback.vote(shown.impression_id, "ann", 1)
    with database.read() as connection:
        whole = answers(connection)
        monkeypatch.setattr("db.answers.BATCH", 3)
        assert answers(connection) == whole
    repetition = list(COLUMNS).index("repetition")
    assert [row[repetition] for row in whole] == [0, 0, 0, 1]


def test_the_same_shown_again_is_a_repetition(feedback, make_impression, database, tmp_path):
    for value in (1, -1, 1):
        shown = make_impression()
        feedback.show(shown)
        feedback.vote(shown.impression_id, "ann", value)
    *_, answers, _, _ = export_files(database, tmp_path)
    assert [(row["repetition"], row["current"]) for row in read(answers)] == [("0", "0"), ("1", "0"), ("2", "1")]
    assert len(feedback.thumbs()) == 1


def test_archives_of_the_same_data_differ_in_their_time_alone(answered, database, tmp_path):
    told = []
    first = export_zip(database, tmp_path / "a.zip", {"cards/x.json": "{}"}, lambda share, what: told.append(share))
    second = export_zip(database, tmp_path / "b.zip", {"cards/x.json": "{}"})
    with zipfile.ZipFile(first) as one, zipfile.ZipFile(second) as other:
        assert one.namelist() == other.namelist()
        assert {"tables/events.jsonl", "answers.csv", "codebook.csv", "cards/x.json"} < set(one.namelist())
        assert [n for n in one.namelist() if one.read(n) != other.read(n)] == ["provenance.json"]
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_an_archive_that_cannot_be_finished_leaves_no_file(answered, database, tmp_path):
    def fail(share, what):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        export_zip(database, tmp_path / "a.zip", progress=fail)
    assert list(tmp_path.glob("*.zip*")) == []


def test_an_empty_database_exports_headers(database, tmp_path):
    files = {path.name: path for path in export_files(database, tmp_path)}
    assert [name for name in files if name != "codebook.csv" and name.endswith(".csv") and read(files[name])] == []
    assert files["impressions.csv"].read_text().startswith("impression_id,kind,image_id")


def test_every_column_has_a_meaning():
    assert [entry for entry in codebook() if not entry["meaning"]] == []


def test_classes_and_what_the_classifier_saw_are_exported_by_its_version(feedback, make_impression, database, tmp_path):
    shown = make_impression(prediction=1)
    feedback.show(shown)
    assert feedback.save_class_names(shown.classifier_version, ["=cat", "dog"])
    assert not feedback.save_class_names(shown.classifier_version, ["other"]), "what was stored first stands"
    feedback.save_embedding(shown.image_id, shown.classifier_version, [0.5, -1.25])
    files = {path.name: path for path in export_files(database, tmp_path)}
    [classifier], [embedding] = (read(files[f"{name}.csv"]) for name in ("classifiers", "embeddings"))
    assert json.loads(classifier["class_names"])[shown.prediction] == "dog"
    assert classifier["classifier_version"] == embedding["classifier_version"] == shown.classifier_version
    assert list(np.frombuffer(base64.b64decode(embedding["vector"]), "<f4")) == [0.5, -1.25]
