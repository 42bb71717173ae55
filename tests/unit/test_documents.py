"""What the documents at the top of the repository name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("", "xai_core", "studio", "ui", "db")
NAMED = re.compile(r"`(?P<file>[\w/]+\.(?:py|ipynb))(?:: (?P<name>[\w.]+))?`")


def missing(text: str) -> list[str]:
    """Files in backticks that do not exist, and names that their files do not define."""
    found = []
    for mention in NAMED.finditer(text):
        files = [path for package in PACKAGES if (path := ROOT / package / mention["file"]).is_file()]
        last = (mention["name"] or "").split(".")[-1]
        if not files or not any(re.search(rf"\b{last}\b", path.read_text(encoding="utf-8")) for path in files):
            found.append(mention[0])
    return found


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_documents_name_what_is_there(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8").replace("NAME.py", "explain.py")
    assert document == "README.md" or NAMED.search(text)
    assert missing(text) == []


def test_what_has_gone_is_noticed() -> None:
    assert missing("`lime/engine.py: explain` and `lime/engine.py: gone`, `lime/gone.py`") == [
        "`lime/engine.py: gone`",
        "`lime/gone.py`",
    ]
