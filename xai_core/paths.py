"""Where shipped models lie."""

from pathlib import Path

MODELS_DIR = Path(__file__).resolve().parent.parent / "data" / "models"
