"""What all tests share: where data lie, and where they do not."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of real data sets; tests that need one skip without it."""
    root = Path(os.environ.get("XAI_DATA_DIR", ROOT / "data"))
    if not (root / "mnist.npz").exists():
        pytest.skip(f"no real data sets in {root}: set XAI_DATA_DIR")
    return root
