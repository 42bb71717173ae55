"""The pages of a study that need no picture: in German, of a study that is closed, and for researchers."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from db.studies import Studies
from studio.roles import OWNER
from studio.studies import service
from studio.studies.configuration import Study
from tests.pages.conftest import PATIENCE, ROOT
from tests.unit.studio.studies.test_sitting import LEAST, items
from ui import access, cache

STUDY = Study.model_validate(LEAST | {"language": "de", "title": "Was <b>überzeugt</b>?"})


@pytest.fixture
def running(data_folder: Path) -> Study:
    Studies(cache.feedback().database).save(STUDY.code, STUDY.model_dump(mode="json"), items("main", "main", "main"))
    return STUDY


def follow(code: str, **parameters: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    app.query_params["study"] = code
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def said(app: AppTest) -> str:
    assert not app.exception
    return " ".join(element.value for element in [*app.header, *app.subheader, *app.markdown, *app.error])


def stored(sql: str) -> list:
    with cache.feedback().database.read() as connection:
        return connection.exec_driver_sql(sql).all()


def test_a_german_study_speaks_german_and_stores_nothing_before_consent(running: Study) -> None:
    app = follow(running.code, pid="ann")
    assert "Bevor Sie beginnen" in said(app)
    assert r"Was \<b>überzeugt\</b>?" in said(app), "a title is text"
    assert stored("select * from participants") == stored("select * from events") == []
    (agree,) = app.button
    agree.click().run()
    assert "Was Sie sehen werden" in said(app)
    app.button[0].click().run()
    assert "Eine kurze Prüfung" in said(app)
    ((rater,),) = stored("select rater_id from participants")
    assert "ann" not in rater


def test_the_check_asks_for_every_answer_and_gives_two_tries(running: Study) -> None:
    app = follow(running.code, pid="ann")
    for _ in range(2):
        app.button[0].click().run()
    app.button[0].click().run()
    assert [warning.value for warning in app.warning] == ["Bitte beantworten Sie jede Frage."]
    assert len(stored("select * from events where payload like '%comprehension%'")) == 0
    for left in ("Versuche übrig 1", "kann die Studie nicht weitergehen"):
        for radio in app.radio:
            radio.set_value(radio.options[-1])
        app.button[0].click().run()
        assert left in said(app) + " ".join(warning.value for warning in app.warning)


def test_a_closed_study_is_a_sentence_in_its_language(running: Study) -> None:
    Studies(cache.feedback().database).close(running.code)
    app = follow(running.code)
    assert "Diese Studie ist geschlossen" in said(app)
    assert list(app.button) == []


@pytest.mark.parametrize("given", ["<script>alert(1)</script>", "a" * 10_000], ids=["script", "long"])
def test_an_id_that_cannot_be_is_a_sentence(given: str, running: Study) -> None:
    app = follow(running.code, pid=given)
    assert "open the link as you were given it" in said(app)
    assert stored("select * from participants") == []


def test_a_link_to_no_study_is_a_sentence(data_folder: Path) -> None:
    assert "There is no such study" in said(follow("<script>"))


SIMULATION = {
    "dataset": "mnist",
    "arms": ["slic-medium"],
    "items": {"sample": 2, "seed": 3},
    "practice": 0,
    "comprehension": [],
    "questionnaires": [],
    "stop_after": 2,
    "overlap": 1,
}


def at_the_first_item(study: Study) -> AppTest:
    service.create(OWNER, cache.feedback().database, cache.LIBRARY, study)
    app = follow(study.code, pid="ann")
    for _ in range(2):
        app.button[0].click().run()
    return app


def alternatives(app: AppTest) -> list[str]:
    assert not app.exception
    return [image.alt for element in app.get("image") for image in element.proto.imgs]


@pytest.mark.slow
def test_what_the_model_says_is_told_neither_in_words_nor_in_alternative_texts(data_folder: Path) -> None:
    study = Study.model_validate(LEAST | SIMULATION | {"task": "simulation", "before": True, "confidence": True})
    app = at_the_first_item(study)
    assert [subheader.value for subheader in app.subheader] == ["What does the model say?"]
    assert len(alternatives(app)) == 1, "first without an explanation"
    digits = [button for button in app.button if button.label.isdigit()]
    assert [button.label for button in digits] == list("0123456789")
    assert all(button.disabled for button in digits), "first how sure"
    app.button_group[0].set_value(2).run()
    next(button for button in app.button if button.label == "7").click().run()
    _, explained = alternatives(app)
    assert "the model's answer" in explained
    assert "You answered “7”" in said(app)
    app.button_group[0].set_value(5).run()
    next(button for button in app.button if button.label == "1").click().run()
    answers = stored("select json_extract(payload, '$.answer'), json_extract(payload, '$.confidence') from events")
    assert [tuple(row) for row in answers[-2:]] == [(7, 2), (1, 5)]


@pytest.mark.slow
def test_examples_are_judged_as_maps_are(data_folder: Path) -> None:
    study = Study.model_validate(LEAST | SIMULATION | {"arms": ["near-hits", "prototypes"], "policy": "fixed"})
    app = at_the_first_item(study)
    for _ in range(PATIENCE):
        if len(alternatives(app)) > 1:
            break
        time.sleep(1)  # for the training images to be searched
        app.run()
    assert "Do the examples give a good reason" in said(app)
    assert alternatives(app)[1].endswith("Examples of the model's answer that it finds most alike")
    next(button for button in app.button if button.label == "👍 Convincing").click().run()
    (shown,) = stored("select kind, arm, value from current_thumbs")
    assert tuple(shown) == ("near-hits", "near-hits", 1)


def test_researchers_see_how_far_a_study_is_and_close_it(running: Study, open_app: Callable[..., AppTest]) -> None:
    follow(running.code, pid="ann").button[0].click().run()
    app = open_app().switch_page("pages/studies.py").run()
    assert [metric.value for metric in app.metric] == ["1", "0", "0"]
    assert any("?study=toys" in code.value for code in app.code)
    next(button for button in app.button if button.label == "Close").click().run()
    assert "toys is closed" in " ".join(success.value for success in app.success)
    assert Studies(cache.feedback().database).is_closed(running.code)


def test_without_the_role_there_is_no_page_of_studies(
    running: Study, open_app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "connection", lambda: ({"Host": "studio.example"}, "192.0.2.7"))
    app = open_app().switch_page("pages/studies.py").run()
    assert not app.metric
    assert any("role of researcher" in title.value for title in app.subheader)
