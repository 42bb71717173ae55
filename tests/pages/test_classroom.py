"""The page of a class in Streamlit's own harness: entrance, desk, phone, wall, results, and who has no role."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from studio.classroom.codes import is_code
from studio.passphrases import hashed
from tests.pages.conftest import PATIENCE, ROOT
from ui.classroom import state


def classroom_page(**address: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    app.query_params["images"] = "mnist"
    app.run()
    for name, value in address.items():
        app.query_params[name] = value
    return app.switch_page("pages/classroom.py").run()


def said(app: AppTest) -> str:
    assert not app.exception
    parts = (app.markdown, app.caption, app.error, app.warning, app.title, app.subheader, app.header)
    return "\n".join(one.value for part in parts for one in part)


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    return app.run()


@pytest.fixture
def code(data_folder: object) -> str:
    """A room on the first lesson."""
    app = classroom_page()
    app.selectbox(key="lesson").set_value("confused-digits").run()
    press(app, "Open the room")
    found = app.query_params["room"]
    found = found if isinstance(found, str) else found[0]
    assert is_code(found)
    assert "Let them guess" in [button.label for button in app.button]
    return found


def test_a_room_is_led_projected_answered_and_told(code: str) -> None:
    desk, wall, phone = (classroom_page(room=code, **at) for at in ({"view": "desk"}, {"view": "projector"}, {}))
    assert code in said(wall)
    assert "You are in" in said(phone)
    press(desk, "Let them guess")
    state.look(code, now=True)
    phone.run()
    assert "What is this?" in said(phone)
    assert "The network says" not in said(phone) + said(wall.run())
    phone.button_group[0].set_value(3).run()
    assert "Saved" in said(phone)
    state.look(code, now=True)
    assert "1 of 1 answered" in said(desk.run())
    press(desk, "Reveal the prediction")
    assert "The network says" in said(wall.run())
    assert "**3**" not in said(wall) or "You said" in said(wall)
    results = classroom_page(room=code, view="results")
    assert "Question 1" in said(results)
    assert [button.label for button in results.get("download_button")]


def test_who_has_no_role_joins_and_does_not_lead(code: str, configure: Callable[..., None]) -> None:
    configure(XAI_INSTRUCTOR_PASSPHRASE=hashed("correct horse battery staple"))
    for view in ("desk", "results"):
        app = classroom_page(room=code, view=view)
        assert "For the role of instructor" in said(app)
        assert [button.label for button in app.button] == ["Open the page"]
    assert "You are in" in said(classroom_page(room=code))
    entrance = classroom_page()
    assert "Open the room" not in [button.label for button in entrance.button]
    assert code not in said(entrance), "rooms are not listed for everybody"


@pytest.mark.parametrize(
    ("room", "told"),
    [("ZZZZZZ", "There is no room ZZZZZZ"), ("<script>", "SCRIPT is no code"), ("AAAAAA" * 500, "is no code")],
)
def test_a_wrong_code_is_told_and_can_be_corrected(data_folder: object, room: str, told: str) -> None:
    app = classroom_page(room=room)
    assert told in said(app)
    assert "Join" in [button.label for button in app.button]


def test_names_that_hold_tags_are_text(data_folder: object) -> None:
    app = classroom_page()
    app.selectbox(key="lesson").set_value("no lesson: questions on the fly").run()
    app.text_input[1].set_value("<script>alert(1)</script> **x**")
    press(app, "Open the room")
    assert "\\<script>alert(1)\\</script> \\*\\*x\\*\\*" in said(app)
    assert "There is no question yet" in said(app)


def test_a_database_that_goes_away_in_mid_round_is_told_and_nothing_is_lost(
    code: str, data_folder: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, phone = classroom_page(room=code, view="desk"), classroom_page(room=code)
    press(desk, "Let them guess")
    state.look(code, now=True)
    phone.run()
    database = data_folder / "feedback.sqlite"  # type: ignore[operator]
    database.rename(database.with_suffix(".away"))
    phone.button_group[0].set_value(3).run()
    assert "Not saved yet" in said(phone)
    database.with_suffix(".away").rename(database)
    press(phone, "Save again")
    assert "Not saved yet" not in said(phone)
    state.look(code, now=True)
    assert "1 of 1 answered" in said(desk.run())


def test_a_lesson_with_mistakes_says_where(open_app: Callable[..., AppTest], data_folder: object) -> None:
    folder = data_folder / "lessons"  # type: ignore[operator]
    folder.mkdir()
    (folder / "mine.yaml").write_text("title: x\nrounds:\n  - image: {dataset: mnist}\n")
    app = classroom_page()
    app.selectbox(key="lesson").set_value("mine").run()
    assert "line 3" in said(app)
    assert "Open the room" not in [button.label for button in app.button]
