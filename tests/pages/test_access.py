"""The page of researchers asks for their role, and gives the way to it."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from studio.passphrases import hashed
from studio.roles import Access, NotAllowed
from tests.pages.conftest import research_page
from ui import access, cache

PHRASE = "correct horse battery staple"


@pytest.fixture
def from_afar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "connection", lambda: ({"Host": "studio.example.org"}, "192.0.2.7"))


@pytest.fixture
def passphrase(data_folder: object, configure: Callable[..., None]) -> None:
    configure(XAI_RESEARCHER_PASSPHRASE=hashed(PHRASE))


def is_open(app: AppTest) -> bool:
    assert not app.exception
    return any("No thumbs yet" in text.value for text in app.markdown)


def test_on_this_machine_the_page_is_open(open_app: Callable[..., AppTest]) -> None:
    assert is_open(research_page(open_app))


def test_from_afar_it_is_closed_and_says_how_to_open_it(open_app: Callable[..., AppTest], from_afar: None) -> None:
    app = research_page(open_app)
    assert not is_open(app)
    assert any("XAI_RESEARCHER_PASSPHRASE" in text.value for text in app.markdown)
    assert [button.label for button in app.button] == []


def test_from_afar_anybody_can_rate(open_app: Callable[..., AppTest], from_afar: None) -> None:
    app = open_app("mnist")
    assert not app.exception
    assert any("Convincing" in button.label for button in app.button)


def give(app: AppTest, phrase: str) -> AppTest:
    app.text_input[0].set_value(phrase)
    app.button[0].click()
    return app.run()


def test_the_pass_phrase_opens_it_and_a_wrong_one_does_not(
    passphrase: None, open_app: Callable[..., AppTest], from_afar: None
) -> None:
    app = research_page(open_app)
    assert not is_open(app)
    give(app, "wrong")
    assert not is_open(app)
    assert [error.value for error in app.error] == ["That is not the pass-phrase; try again."]
    assert is_open(give(app, PHRASE))
    assert is_open(app.run()), "and stays open"


def test_too_many_tries_are_told(passphrase: None, open_app: Callable[..., AppTest]) -> None:
    app = research_page(open_app)
    for _ in range(6):
        give(app, "wrong")
    assert "Too many tries" in app.error[0].value
    assert not is_open(give(app, PHRASE))


def test_accounts_of_a_provider(
    data_folder: object, open_app: Callable[..., AppTest], configure: Callable[..., None]
) -> None:
    configure(XAI_RESEARCHERS="ann@x.org")
    app = open_app("mnist").switch_page("pages/research.py")

    def is_open_to(**claims: object) -> bool:
        app.user = claims
        return is_open(app.run())

    assert not is_open_to(is_logged_in=False)
    assert [button.label for button in app.button] == ["Sign in"]
    assert not is_open_to(is_logged_in=True, sub="1", email="eve@x.org", email_verified=True)
    assert any("eve" in text.value for text in app.markdown)
    assert not is_open_to(is_logged_in=True, sub="2", email="ann@x.org", email_verified=False), "anybody can claim it"
    assert is_open_to(is_logged_in=True, sub="2", email="ann@x.org", email_verified=True)


def test_below_the_page_it_is_asked_again(data_folder: object) -> None:
    with pytest.raises(NotAllowed):
        cache.learned(Access(frozenset()))
