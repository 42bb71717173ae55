"""README's notebook example with the core installed as a package: ``python THIS_FILE``, from anywhere.

What the core must do without is hidden from it, so that the same check holds in an environment that has everything.
"""

import re
import sys
from pathlib import Path

sys.modules.update(dict.fromkeys(("tensorflow", "streamlit", "sqlalchemy", "db", "studio")))

from xai_core import load_classifier  # noqa: E402 - only now is the rest hidden
from xai_core.paths import DATA_DIR, INSTALLED, MODELS_DIR  # noqa: E402

README = Path(__file__).resolve().parents[1] / "README.md"
PACKAGE = MODELS_DIR.parent

assert INSTALLED, f"xai_core comes from a checkout, {MODELS_DIR}"
assert not DATA_DIR.is_relative_to(PACKAGE.parent), f"data would be written to {DATA_DIR}"
assert (PACKAGE / "py.typed").exists()
for name in ("mnist-cnn", "cifar10-cnn", "casting-cnn"):
    print(name, load_classifier(name).version)

[example] = [
    block for block in re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL) if "explain(" in block
]
names: dict[str, object] = {}
exec(example, names)
assert names["e"].weights.shape == (2, 49), names["e"]
print("README's example runs with the models of", MODELS_DIR)
