"""The folder tree is the architecture: dependencies point one way, ``app, pages -> ui -> studio -> db, xai_core``."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = {
    "xai_core": {"streamlit", "sqlalchemy", "alembic", "db", "studio", "ui", "pages", "app", "server"},
    "db": {"streamlit", "xai_core", "studio", "ui", "pages", "app", "server"},
    "studio": {"streamlit", "sqlalchemy", "alembic", "ui", "pages", "app", "server", "tensorflow", "keras"},
    "ui": {"pages", "app", "server", "sqlalchemy", "tensorflow", "keras"},
    "pages": {"app", "server", "sqlalchemy", "tensorflow", "keras"},
}
PAGE_LINES, FILE_LINES, UI_LINES = 150, 300, 4800
FIRST_UI_LINES = 1700
"""Of what rating, examples and research need, the pages for which the limit was set; each later page brings its own."""
LATER_UI = (
    "about",
    "access",
    "frontend/",
    "idle_sessions",
    "missing",
    "persuasion",
    "pictures",
    "protection",
    "rate/try_it",
    "rate/welcome",
)
SLOW_TO_IMPORT = {"tensorflow", "keras", "scipy.stats", "sklearn", "statsmodels", "pandas"}
PRODUCT = ("pages", "ui", "studio", "xai_core", "db")


def imported_packages(file: Path) -> set[str]:
    """Top-level packages that a file imports anywhere, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_package_imports_nothing_from_above_or_beside_it(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    offences = {str(f.relative_to(ROOT)): bad for f in files if (bad := imported_packages(f) & FORBIDDEN[package])}
    assert offences == {}


def test_pages_stay_small() -> None:
    lengths = {file.name: len(file.read_text().splitlines()) for file in (ROOT / "pages").glob("*.py")}
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines > PAGE_LINES} == {}


def test_every_file_can_be_read_at_a_sitting() -> None:
    files = [file for package in PRODUCT for file in (ROOT / package).rglob("*.py")]
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in files}
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES} == {}
    drawing = {name.removeprefix("ui/"): lines for name, lines in lengths.items() if name.startswith("ui/")}
    assert sum(drawing.values()) <= UI_LINES
    shared = {name: lines for name, lines in drawing.items() if name.split("/")[0] in ("rate", "examples", name)}
    assert sum(lines for name, lines in shared.items() if not name.startswith(LATER_UI)) <= FIRST_UI_LINES


def test_a_forbidden_import_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text("def f():\n    from streamlit.runtime import y\n    import db.engine as e\n")
    assert imported_packages(file) == {"streamlit", "db"}


@pytest.mark.parametrize(
    "modules", ["xai_core", "studio.next_case, studio.rating", "ui.cache, ui.session, ui.rate.panels"]
)
def test_importing_never_loads_what_pages_can_do_without(modules: str) -> None:
    script = f"import sys, {modules}; print(*({SLOW_TO_IMPORT} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.split() == []


def test_the_first_figure_of_the_answers_waits_for_no_statistics_package() -> None:
    script = (
        "import sys; from xai_core import analysis; analysis.approval, analysis.approval_by_correctness; "
        "print(*({'scipy.stats', 'statsmodels', 'sklearn'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.split() == []
