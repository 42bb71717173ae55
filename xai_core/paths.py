"""Where the project, shipped models and data lie."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
_DATA_DIR = REPOSITORY / "data"
MODELS_DIR = _DATA_DIR / "models"


def data_root() -> Path:
    """Folder of data sets and caches: ``$XAI_DATA_DIR``, else ``data/`` of the repository."""
    return Path(os.environ.get("XAI_DATA_DIR") or _DATA_DIR).expanduser()


def keras_cache() -> Path:
    """Where Keras keeps the data sets that it has downloaded."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets"
