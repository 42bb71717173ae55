"""Everything that was collected as plain files, with a codebook and the provenance of the export."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, select

from db.csv_cells import RULE, defused
from db.encoding import to_json
from db.engine import Database
from db.migrations import revision_of
from db.schema import decisions, events, impressions

_ORDER = {decisions: decisions.c.drawn_at, impressions: impressions.c.shown_at, events: events.c.sequence}
_TABLES = tuple(_ORDER)


def export_csv(database: Database, folder: Path) -> list[Path]:
    """Write one CSV file a table, ``codebook.csv`` and ``provenance.json``; returns their paths.

    UTF-8, one header line, times in ISO 8601, JSON in the columns that hold lists or mappings, nothing for null. The
    folder is created. All files describe the same moment. Raises ``StorageUnavailable``; ``OSError`` for the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = (*(f"{table.name}.csv" for table in _TABLES), "codebook.csv", "provenance.json")
    paths = {name: folder / name for name in names}
    with database.read() as connection:
        rows = {
            table.name: _write_csv(paths[f"{table.name}.csv"], table.columns.keys(), _records(connection, table))
            for table in _TABLES
        }
        provenance = _provenance(connection, rows)
    _write_csv(paths["codebook.csv"], ["table", "column", "type", "meaning"], codebook())
    paths["provenance.json"].write_text(json.dumps(provenance, indent=2) + "\n", encoding="utf-8")
    return list(paths.values())


def export_json(database: Database, path: Path) -> Path:
    """Write one JSON file with the members ``provenance``, ``codebook`` and one a table."""
    with database.read() as connection:
        tables = {table.name: list(_records(connection, table)) for table in _TABLES}
        provenance = _provenance(connection, {name: len(records) for name, records in tables.items()})
    content = {"provenance": provenance, "codebook": codebook(), **tables}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def codebook() -> list[dict[str, str]]:
    """One entry a column: table, column, type, and what it means; the last says how text stands in CSV files."""
    columns = [
        {"table": table.name, "column": column.name, "type": str(column.type), "meaning": column.comment or ""}
        for table in _TABLES
        for column in table.columns
    ]
    return [*columns, {"table": "all", "column": "text", "type": "VARCHAR", "meaning": RULE}]


def _records(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    query = select(table).order_by(_ORDER[table])
    for row in connection.execution_options(yield_per=1000).execute(query).mappings():
        yield {name: value if isinstance(value, _JSON_TYPES) else _text(value) for name, value in row.items()}


_JSON_TYPES = (str, int, float, list, dict, type(None))


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _provenance(connection: Connection, rows: Mapping[str, int]) -> dict[str, Any]:
    return {
        "exported_at": datetime.now(UTC).isoformat(),
        "schema_revision": revision_of(connection),
        "app_versions": list(connection.scalars(select(impressions.c.app_version).distinct())),
        "rows": dict(rows),
    }


def _write_csv(path: Path, header: Sequence[str], records: Iterable[Mapping[str, Any]]) -> int:
    """Returns the number of records."""
    count = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for record in records:
            writer.writerow(
                to_json(value) if isinstance(value, list | dict) else defused(value) for value in record.values()
            )
            count += 1
    return count
