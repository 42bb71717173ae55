"""The page that lists what is stored about whoever looks, and takes it back."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from studio.settings import load_settings
from studio.withdrawal import code_of
from tests.unit.db.conftest import plausible_impression
from ui import cache


def my_data(open_app: Callable[..., AppTest]) -> AppTest:
    return open_app("mnist").switch_page("pages/my_data.py").run()


def texts(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(block.value for block in app.markdown)


def stored_thumb(rater: str) -> None:
    shown = plausible_impression(rater_id=rater)
    cache.feedback().show(shown)
    cache.feedback().vote(shown.impression_id, rater, 1)


def take_back(app: AppTest, code: str, *, sure: bool = True) -> AppTest:
    app.text_input(key="code").set_value(code)
    app.checkbox(key="sure").set_value(sure)
    [button] = [button for button in app.button if button.label == "Take back"]
    return button.click().run()


def test_what_is_stored_is_listed_and_taken_back_by_its_own_code(open_app: Callable[..., AppTest]) -> None:
    app = my_data(open_app)
    mine = str(app.session_state["tab"].rater)
    stored_thumb(mine)
    app.run()
    assert "thumbs: 1" in texts(app)
    assert "nothing about your browser is stored" in texts(app)
    [code] = [block.value for block in app.code]
    assert code == code_of(mine, load_settings().cookie_secret())
    app = take_back(app, code, sure=False)
    assert [warning.value for warning in app.warning] == ["Tick the box to say that you are sure."]
    assert len(cache.feedback().thumbs()) == 1
    app.radio(key="manner").set_value("delete")
    app = take_back(app, code)
    assert [note.value[:5] for note in app.success] == ["Done."]
    assert "thumbs: 1" not in texts(app)
    assert cache.feedback().thumbs() == []


def test_another_persons_code_takes_theirs_and_a_wrong_one_nothing(open_app: Callable[..., AppTest]) -> None:
    stored_thumb("bob")
    app = my_data(open_app)
    app = take_back(app, "<script>alert(1)</script>")
    assert "no code of this installation" in app.error[0].value
    assert [thumb.rater_id for thumb in cache.feedback().thumbs()] == ["bob"]
    app = take_back(app, code_of("bob", load_settings().cookie_secret()))
    assert app.success
    [thumb] = cache.feedback().thumbs()
    assert thumb.rater_id.startswith("anonymous-")
    app = take_back(app, code_of("bob", load_settings().cookie_secret()))
    assert app.info[0].value == "Nothing is stored under this code."
