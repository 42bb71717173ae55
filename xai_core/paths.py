"""Where the project, shipped models and data lie, and what the environment says about it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from dotenv import dotenv_values

REPOSITORY = Path(__file__).resolve().parent.parent
ENV_FILE = REPOSITORY / ".env"
_DATA_DIR = REPOSITORY / "data"
MODELS_DIR = _DATA_DIR / "models"


def environment() -> Mapping[str, str]:
    """The variables of the process, and those of the file ``.env`` beside the program that it does not set."""
    return {**_env_file(), **os.environ}


@cache
def _env_file() -> Mapping[str, str]:
    return {name: value for name, value in dotenv_values(ENV_FILE).items() if value is not None}


def data_root() -> Path:
    """Folder of data sets and caches: ``$XAI_DATA_DIR``, else ``data/`` of the repository."""
    return Path(environment().get("XAI_DATA_DIR") or _DATA_DIR).expanduser()


def keras_cache() -> Path:
    """Where Keras keeps the data sets that it has downloaded."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets"
