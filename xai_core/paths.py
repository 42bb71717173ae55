"""Where the project, shipped models and data lie, and what the environment says about it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from dotenv import dotenv_values
from platformdirs import user_data_path

IMPORT_ROOT = Path(__file__).resolve().parent.parent
"""The folder that ``xai_core`` is imported from: the repository, or ``site-packages`` of an installed core."""

_SHIPPED = Path(__file__).resolve().parent / "shipped"  # what a wheel holds of data/models; a checkout has none
INSTALLED = _SHIPPED.is_dir()

# An installed core has no folder of its own to write to. The user's data folder serves all notebooks alike, so that
# downloads and embeddings are made once, whatever folder a notebook runs in.
DATA_DIR = user_data_path("xai-feedback-studio", appauthor=False) if INSTALLED else IMPORT_ROOT / "data"
MODELS_DIR = _SHIPPED if INSTALLED else DATA_DIR / "models"
ENV_FILE = (DATA_DIR if INSTALLED else IMPORT_ROOT) / ".env"


def environment() -> Mapping[str, str]:
    """The variables of the process, and those of ``ENV_FILE`` that it does not set."""
    return {**_env_file(), **os.environ}


@cache
def _env_file() -> Mapping[str, str]:
    return {name: value for name, value in dotenv_values(ENV_FILE).items() if value is not None}


def data_root() -> Path:
    """Folder of data sets and caches: ``$XAI_DATA_DIR``, else ``DATA_DIR``."""
    return Path(environment().get("XAI_DATA_DIR") or DATA_DIR).expanduser()


def keras_cache() -> Path:
    """Where Keras keeps the data sets that it has downloaded."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets"
