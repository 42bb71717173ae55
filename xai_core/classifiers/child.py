"""Work that needs Keras once, done in a process of its own: this one then need not carry it from then on."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from xai_core.errors import ClassifierUnavailable
from xai_core.paths import IMPORT_ROOT

REFUSED = 65  # exit status of a module that refuses its input and has said why in a sentence


def run_module(module: str, folder: Path, name: str) -> str | None:
    """``python -m MODULE FOLDER NAME``; returns the last line of what went wrong, ``None`` if nothing did.

    Keras computes by TensorFlow where that is installed, and by OpenVINO where it is not.
    Raises ``ClassifierUnavailable`` with that line where the module exits with ``REFUSED``.
    """
    command = [sys.executable, "-m", module, str(folder.resolve()), name]
    keras_backend = "tensorflow" if importlib.util.find_spec("tensorflow") else "openvino"
    environment = {**os.environ, "KERAS_BACKEND": keras_backend}
    done = subprocess.run(command, cwd=IMPORT_ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    if done.returncode == REFUSED:
        raise ClassifierUnavailable(reason)
    return reason
