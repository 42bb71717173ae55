"""Exports, for researchers alone: everything that was collected, and what it takes to understand it elsewhere."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import yaml

from db.engine import Database
from db.export import Progress, export_files, export_zip, silent
from db.export_files import Format
from db.merge import Merged, merge
from db.provenance import classifiers_shown, study_configurations
from studio.roles import Access, Role
from studio.settings import Settings
from xai_core.classifiers.registry import stored_files
from xai_core.errors import XaiError

DRAWN_BY = ("xai_precision", "xai_samples", "xai_policy", "xai_exploration", "xai_half_life")
"""Settings that decide what is drawn; what each explanation was drawn with stands in its impression."""


def export(
    access: Access,
    database: Database,
    folder: Path,
    kind: Format = "csv",
    progress: Progress = silent,
) -> list[Path]:
    """Write everything that was collected to ``folder``; see ``export_files``. Raises ``NotAllowed`` too."""
    access.require(Role.RESEARCHER)
    return export_files(database, folder, kind, progress)


def export_archive(
    access: Access, database: Database, path: Path, settings: Settings, progress: Progress = silent
) -> Path:
    """Write one archive of all tables, model cards, study files and the settings that draw explanations again.

    See ``export_zip``. Raises ``NotAllowed`` too.
    """
    access.require(Role.RESEARCHER)
    extras = {"settings.json": _json({name: getattr(settings, name) for name in DRAWN_BY})}
    for name in classifiers_shown(database):
        with suppress(XaiError, OSError, ValueError):  # of a classifier that is no longer here the tables say enough
            extras[f"cards/{name}.json"] = _json(stored_files(name).card().entries)
    for study in study_configurations(database):
        text = yaml.safe_dump(study.configuration, allow_unicode=True, sort_keys=False)
        extras[f"studies/{study.code}.{study.version}.yaml"] = text
    return export_zip(database, path, extras, progress)


def take_in(access: Access, database: Database, archive: Path, progress: Progress = silent) -> Merged:
    """Add what another instance exported; see ``db.merge.merge``. Raises ``NotAllowed`` too."""
    access.require(Role.RESEARCHER)
    return merge(database, archive, progress)


def _json(content: object) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
