"""The notebook runs from top to bottom, finds what it promises, and leaves the repository as it was."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
TOUR = ROOT / "notebooks" / "tour.ipynb"
VARYING = {"data", "docs"}  # where caches and the built site lie


def files() -> set[Path]:
    """Everything in the repository that is neither hidden nor a cache."""
    found = (
        path for top in ROOT.iterdir() if top.name[0] != "." and top.name not in VARYING for path in top.rglob("*")
    )
    return {path for path in found if path.is_file() and not {"__pycache__", "results"} & set(path.parts)}


@pytest.mark.slow
def test_the_tour_runs_and_writes_nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XAI_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    before = files()
    tour = nbformat.read(TOUR, as_version=4)
    NotebookClient(tour, timeout=300, resources={"metadata": {"path": str(TOUR.parent)}}).execute()

    assert files() == before
    assert not (tmp_path / "data").exists()
    printed = [
        output.get("text") or output["data"].get("text/plain", "")
        for cell in tour.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]
    assert any("quickshift" in text and "region" in text for text in printed)
    shown_first = {line.split()[0]: share(line) for text in printed for line in text.splitlines() if "% marked" in line}
    assert shown_first["after"] < shown_first["before"]  # the simulated person likes small areas
    assert any("approval" in text and "thumbs" in text for text in printed)


def share(line: str) -> float:
    """Mean of the percentages in a line."""
    figures = [float(part.split("%")[0]) for part in line.split("(")[1:]]
    return sum(figures) / len(figures)


def test_the_tour_is_stored_without_results() -> None:
    cells = nbformat.read(TOUR, as_version=4).cells
    assert all(cell.cell_type == "markdown" or (cell.outputs == [] and cell.execution_count is None) for cell in cells)
