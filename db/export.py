"""Everything that was collected as plain files, with a codebook and the provenance of the export."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from sqlalchemy import Connection, Table, func, select

from db.answers import COLUMNS
from db.csv_cells import RULE
from db.engine import Database
from db.export_files import (
    Format,
    Source,
    answers_source,
    counted,
    table_source,
    write_csv,
    write_jsonl,
    write_parquet,
)
from db.migrations import revision_of
from db.room_tables import PRIVATE
from db.schema import events, impressions, metadata

Progress = Callable[[float, str], None]
"""Told the share that is done, 0..1, and what is being written or read."""


def silent(_share: float, _what: str) -> None:
    """Tells nobody how far it is."""


BUFFER = 1 << 20
"""Bytes that an archive takes at a time: compressing every line by itself would take longer."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of the files in an archive: that of the export would make two exports of the same data differ."""


def exported_tables() -> list[Table]:
    """All tables, each after those that it refers to; who has which role is nobody else's business."""
    return [table for table in metadata.sorted_tables if not table.info.get(PRIVATE)]


def export_files(database: Database, folder: Path, kind: Format = "csv", progress: Progress = silent) -> list[Path]:
    """Write one file a table and one of answers, ``codebook.csv`` and ``provenance.json``; returns their paths.

    UTF-8, times in ISO 8601, UTC; in CSV JSON in the columns that hold lists or mappings, and nothing for null. Bytes
    are base64, but in Parquet. The folder is created. All files describe the same moment; rows are read and written
    a thousand at a time. Raises ``StorageUnavailable``; ``OSError`` for the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with database.read() as connection:
        rows = {}
        for source in _sources(connection, progress):
            with (folder / f"{source.name}.{kind}").open("wb") as file:
                rows[source.name] = _write(source, file, kind)
        provenance = _provenance(connection, rows)
    (folder / "codebook.csv").write_text(_codebook_text(), encoding="utf-8")
    (folder / "provenance.json").write_text(_json(provenance), encoding="utf-8")
    return [*(folder / f"{name}.{kind}" for name in rows), folder / "codebook.csv", folder / "provenance.json"]


def export_zip(
    database: Database,
    path: Path,
    extras: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> Path:
    """Write one archive: ``tables/NAME.jsonl``, ``answers.csv``, ``codebook.csv``, ``provenance.json`` and ``extras``.

    ``db.merge.merge`` reads it. Two exports of the same data differ in the time in ``provenance.json`` alone. Where it
    cannot be finished, no file is left. Raises as ``export_files``.
    """
    unfinished = path.with_name(path.name + ".part")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            with database.read() as connection:
                rows = {}
                for source in _sources(connection, progress):
                    kind: Format = "csv" if source.name == "answers" else "jsonl"
                    name = "answers.csv" if source.name == "answers" else f"tables/{source.name}.jsonl"
                    with _member(archive, name) as file:
                        rows[source.name] = _write(source, file, kind)
                texts = {"codebook.csv": _codebook_text(), "provenance.json": _json(_provenance(connection, rows))}
            for name, text in {**texts, **(extras or {})}.items():
                with _member(archive, name) as file:
                    file.write(text.encode())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def codebook() -> list[dict[str, str]]:
    """One entry a column: table, column, type, and what it means; the last says how text stands in CSV files."""
    columns = [
        {"table": table.name, "column": column.name, "type": str(column.type), "meaning": column.comment or ""}
        for table in exported_tables()
        for column in table.columns
    ]
    derived = [
        {"table": "answers", "column": name, "type": kind, "meaning": meaning}
        for name, (kind, meaning) in COLUMNS.items()
    ]
    return [*columns, *derived, {"table": "all", "column": "text", "type": "VARCHAR", "meaning": RULE}]


def _sources(connection: Connection, progress: Progress) -> Iterator[Source]:
    """Every table and the answers, telling how far the rows have got."""
    sizes = {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in exported_tables()}
    sizes["answers"] = sizes[events.name]
    total, done = max(1, sum(sizes.values())), 0
    for table in [*exported_tables(), None]:
        source = answers_source(connection) if table is None else table_source(connection, table)

        def tell(number: int, before: int = done, name: str = source.name) -> None:
            progress(min(1.0, (before + number) / total), name)

        yield replace(source, rows=counted(source.rows, tell))
        done += sizes[source.name]
    progress(1.0, "done")


def _write(source: Source, file: BinaryIO, kind: Format) -> int:
    if kind == "csv":
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        count = write_csv(source, cast(TextIO, text))
        text.flush()
        text.detach()
        return count
    return write_jsonl(source, file) if kind == "jsonl" else write_parquet(source, file)


@contextmanager
def _member(archive: zipfile.ZipFile, name: str) -> Iterator[BinaryIO]:
    info = zipfile.ZipInfo(name, EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(info, "w", force_zip64=True) as file, io.BufferedWriter(file, BUFFER) as buffered:
        yield buffered


def _codebook_text() -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, ["table", "column", "type", "meaning"])
    writer.writeheader()
    writer.writerows(codebook())
    return text.getvalue()


def _provenance(connection: Connection, rows: Mapping[str, int]) -> dict[str, Any]:
    versions = connection.scalars(select(impressions.c.app_version).distinct().order_by(impressions.c.app_version))
    return {
        "exported_at": datetime.now(UTC).isoformat(),
        "schema_revision": revision_of(connection),
        "app_versions": list(versions),
        "rows": dict(rows),
    }


def _json(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
