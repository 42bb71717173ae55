"""The pages of a study that need no picture: in German, of a study that is closed, and for researchers."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from db.studies import Studies
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
