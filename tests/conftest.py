"""What all tests share: where data lie, and where they do not; each finds settings and log as a new process does."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio import logs
from studio.settings import load_settings
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


@pytest.fixture(autouse=True)
def log_as_found() -> Iterator[None]:
    """A command that runs within a test sends the log elsewhere; the next test finds it where it was."""
    loggers = [logging.getLogger(package) for package in logs.PACKAGES]
    before = [(logger.level, logger.propagate, logger.handlers) for logger in loggers]
    yield
    for logger, (level, propagate, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.propagate, logger.handlers = propagate, handlers


@pytest.fixture
def configure() -> Iterator[Callable[..., None]]:
    """Sets variables of the environment, or takes them out where ``None``, for one test; the settings follow.

    Settings are read again at once, before and after: a thread of an earlier test, which asks for them at any time,
    would otherwise read them while the environment changes, and leave those of the wrong test behind.
    """
    with pytest.MonkeyPatch.context() as patch:

        def configure(**variables: object) -> None:
            for name, value in variables.items():
                if value is None:
                    patch.delenv(name, raising=False)
                else:
                    patch.setenv(name, str(value))
            load_settings.cache_clear()
            load_settings()

        yield configure
    load_settings.cache_clear()
    load_settings()


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of real data sets; tests that need one skip without it."""
    root = Path(os.environ.get("XAI_DATA_DIR", ROOT / "data"))
    if not (root / "mnist.npz").exists():
        pytest.skip(f"no real data sets in {root}: set XAI_DATA_DIR")
    return root
