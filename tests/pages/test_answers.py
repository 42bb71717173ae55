"""The figures of the page of researchers, on a log that is written straight into the database of the pages."""

import csv
import io
import re
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import insert
from streamlit.testing.v1 import AppTest

from db.payloads import Pair, Reliance, Simulation
from db.schema import events, studies
from studio.exports import export
from studio.roles import OWNER
from tests.pages.conftest import research_page
from tests.pages.test_research import part, titles
from tests.unit.db.conftest import plausible_impression
from ui import cache
from ui.research import figure, parts

ARMS = ("grid-5", "slic-medium")


@pytest.fixture
def log(data_folder: Path) -> None:
    """Twelve people judge ten images; one arm is liked more, above all where the classifier is wrong.

    Half of them compare the two, are asked whether the model is right, and what it says."""
    rng = np.random.default_rng(0)
    feedback = cache.feedback()
    for rater in range(12):
        for image in range(10):
            arm = ARMS[(rater + image) % 2]
            right = image % 3 > 0
            shown = plausible_impression(
                rater_id=f"rater-{rater}", image_id=f"image-{image}", arm=arm, prediction=4, truth=4 if right else 9
            )
            feedback.show(shown)
            likes = 0.35 if arm == "grid-5" else 0.6 if right else 0.9
            value = 1 if rng.random() < likes else -1
            feedback.vote(shown.impression_id, shown.rater_id, value, lead_time_ms=1000 * (1 + rater))
            if rater % 2:
                tell(shown.impression_id, shown.rater_id, right, arm)


def tell(impression_id, rater: str, right: bool, arm: str) -> None:
    """Answers in a study: the arm "slic-medium" wins, makes people accept everything, and lets them guess right."""
    liked = arm == "slic-medium"
    usual = {"role": "main", "condition": "explained", "step": "only", "repetition": 0}
    usual |= {"prediction": 4, "truth": 4 if right else 9, "probability": 0.5}
    payloads = [
        Pair(**usual, answer="left", left=impression_id, right=uuid4(), left_arm="slic-medium", right_arm="grid-5"),
        Reliance(**usual, answer="right" if liked or right else "wrong", arm=arm),
        Simulation(**usual, answer=4 if liked else 3, arm=arm),
        Simulation(**usual | {"condition": "control"}, answer=3, arm=None),
    ]
    with cache.feedback().database.write() as connection:
        if not connection.execute(studies.select()).first():
            connection.execute(insert(studies).values(code="pilot", created_at=datetime.now(UTC)))
        for payload in payloads:
            connection.execute(insert(events).values(row(payload, impression_id, rater)))


def row(payload, impression_id, rater: str) -> dict[str, object]:
    return {
        "event_id": uuid4(),
        "kind": "task",
        "impression_id": None if payload.task == "simulation" and payload.arm is None else impression_id,
        "rater_id": rater,
        "session_id": "s",
        "revision": 0,
        "reasons": [],
        "server_ts": datetime.now(UTC),
        "study_code": "pilot",
        "study_version": 1,
        "payload": payload.model_dump(mode="json"),
    }


def test_every_part_shows_its_figures(log, open_app: Callable[..., AppTest]) -> None:
    app = research_page(open_app)
    assert {metric.label: metric.value for metric in app.metric} == {"Answers": "360", "People": "12", "Images": "10"}
    assert titles(app) == [
        "Approval by kind of explanation",
        "Approval of right and wrong predictions",
        "Response times",
    ]
    assert titles(part(app, "People"))[0] == "Agreement"
    assert any("twice" in caption.value for caption in app.caption), "nobody met the same again"
    assert len(app.dataframe[0].value) == 12
    assert titles(part(app, "Tasks")) == [
        "Which explanation wins",
        "Can people tell what the model will say?",
        "Do people rely on the model where they should?",
    ]
    part(app, "Effects")
    assert [row["people"] for row in app.dataframe[0].value.to_dict("records")] == [12]


def test_filters_narrow_what_is_shown_and_say_when_nothing_is_left(log, open_app: Callable[..., AppTest]) -> None:
    app = research_page(open_app)
    app.selectbox(key="research-correct").select(False).run()
    assert app.metric[0].value == str(4 * 12 + 4 * 6 * 4)
    app.selectbox(key="research-explanation").select("grid-5").run()
    assert int(app.metric[0].value) < 4 * 12 + 4 * 6 * 4
    app.selectbox(key="research-study").select("pilot").run()
    app.selectbox(key="research-person").select("rater-0").run()
    assert not app.exception
    assert "No answer is left" in app.info[0].value


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the buttons on the page give, by file."""
    files: dict[str, str] = {}
    monkeypatch.setattr(
        figure.st, "download_button", lambda label, content, file, *_, **__: files.update({file: content})
    )
    return files


@pytest.mark.parametrize("name", ["Answers", "People", "Tasks", "Effects"])
def test_the_code_of_every_figure_prints_it_from_an_export(name, log, open_app, written, tmp_path) -> None:
    app = part(research_page(open_app), name)
    assert not app.exception
    export(OWNER, cache.feedback().database, tmp_path / "out")
    programs = {file.removesuffix(".py"): content for file, content in written.items() if file.endswith(".py")}
    assert programs
    for title, program in programs.items():
        with redirect_stdout(io.StringIO()) as printed:
            exec(program.replace("export.zip", str(tmp_path / "out")), {})
        numbers = list(csv.DictReader(io.StringIO(written[f"{title}.csv"])))
        told = [float(found) for found in re.findall(r"-?\d+\.\d+(?:e-?\d+)?", printed.getvalue())]
        assert numbers, title
        for line in numbers:
            figures = [float(line[key]) for key in ("estimate", "low", "high") if key in line and line[key] != "nan"]
            assert all(min(abs(one - other) for other in told) < 1e-9 for one in figures), (title, line)


def test_the_planted_harm_shows_on_the_page(log, open_app, monkeypatch) -> None:
    shown = {}
    monkeypatch.setattr(parts, "intervals", lambda title, rows, *_, **__: shown.update({title: rows}))
    part(research_page(open_app), "Tasks")
    reliance, simulation = shown["Reliance"], shown["Simulation"]
    assert (
        reliance["patches that balance colour and place, model wrong"].high
        < reliance["squares, 5 by 5, model wrong"].low
    )
    assert simulation["slic-medium"].low > simulation["no explanation"].high
