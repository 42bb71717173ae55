"""Exports, for researchers alone."""

from __future__ import annotations

from pathlib import Path

from db.engine import Database
from db.export import export_csv
from studio.roles import Access, Role


def export(access: Access, database: Database, folder: Path) -> list[Path]:
    """Write everything that was collected to ``folder``; see ``export_csv``. Raises ``NotAllowed`` too."""
    access.require(Role.RESEARCHER)
    return export_csv(database, folder)
