"""What all tests share: where data lie, and where they do not."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.watch import sitecustomize

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session", autouse=True)
def nobody_is_asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Watch this process and every Python process that it starts: a test run connects to this machine alone."""
    log = tmp_path_factory.mktemp("watch") / "connections"
    log.touch()
    watcher = str(Path(sitecustomize.__file__).parent)
    os.environ["CONNECTIONS"] = str(log)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (watcher, os.environ.get("PYTHONPATH"))))
    sys.addaudithook(sitecustomize.watch)
    yield
    assert log.read_text() == "", "connections to other machines"


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of real data sets; tests that need one skip without it."""
    root = Path(os.environ.get("XAI_DATA_DIR", ROOT / "data"))
    if not (root / "mnist.npz").exists():
        pytest.skip(f"no real data sets in {root}: set XAI_DATA_DIR")
    return root
