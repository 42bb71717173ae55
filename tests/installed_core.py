"""What README shows for notebooks, run by a Python that has the core installed and nothing else: ``python THIS_FILE``."""

import importlib.util
import sys
from importlib.metadata import version

from xai_core import explain, load_classifier, load_dataset
from xai_core.paths import DATA_DIR, INSTALLED, MODELS_DIR

assert INSTALLED, f"xai_core comes from a checkout, {MODELS_DIR}"
assert not DATA_DIR.is_relative_to(sys.prefix), f"data would be written to {DATA_DIR}"
for absent in ("tensorflow", "streamlit", "sqlalchemy"):
    assert importlib.util.find_spec(absent) is None, f"{absent} came along"

data = load_dataset("mnist")
for name in ("mnist-cnn", "cifar10-cnn", "casting-cnn"):
    print(name, load_classifier(name).version)
model = load_classifier("mnist-cnn")
found = explain(data.x_test[7], model, segmenters=["slic-medium", "grid-7"], classes=2, samples=500, seed=0)
for e in found:
    print(e.arm, e.weights.shape, e.standard_errors.max())
assert [e.arm for e in found] == ["slic-medium", "grid-7"]
assert all(e.weights.shape == (2, e.segments.max() + 1) for e in found)
assert "tensorflow" not in sys.modules
print("xai-feedback-studio", version("xai-feedback-studio"), "from", MODELS_DIR)
