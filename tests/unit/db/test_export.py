"""An export holds every row and says what each column means."""

import csv
import json

import pytest

from db.csv_cells import restored
from db.export import codebook, export_csv, export_json
from db.migrations import REVISIONS


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
    paths = export_csv(database, tmp_path / "export")
    tables = ["decisions.csv", "impressions.csv", "events.csv"]
    assert [path.name for path in paths] == [*tables, "codebook.csv", "provenance.json"]
    [decision], impressions, events = map(read, paths[:3])
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
    assert read(paths[3]) == codebook()
    provenance = json.loads(paths[4].read_text())
    assert provenance["rows"] == {"decisions": 1, "impressions": 2, "events": 3}
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
    _, impressions, events, *_ = export_csv(database, tmp_path)
    cells = (read(events)[1]["text"], read(impressions)[0]["dataset"])
    for cell in cells:
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
        assert restored(cell) == text
    assert read(events)[0]["value"] == "-1"  # a number, which a spreadsheet shall compute with
    assert "take one ' off" in codebook()[-1]["meaning"]


def test_json_equals_csv_in_content(answered, database, tmp_path):
    content = json.loads(export_json(database, tmp_path / "export.json").read_text())
    assert list(content) == ["provenance", "codebook", "decisions", "impressions", "events"]
    assert [event["kind"] for event in content["events"]] == ["vote", "retract", "comment"]
    assert content["impressions"][0]["settings"] == {"samples": 500, "masks": "bernoulli"}
    assert content["codebook"] == codebook()


def test_an_empty_database_exports_headers(database, tmp_path):
    decisions, impressions, events, *_ = export_csv(database, tmp_path)
    assert read(decisions) == read(impressions) == read(events) == []
    assert impressions.read_text().startswith("impression_id,kind,image_id")


def test_every_column_has_a_meaning():
    assert [entry for entry in codebook() if not entry["meaning"]] == []
