"""Taking in what another instance exported, so that two laboratories' data become one log.

Rows keep their identifiers, which are unique everywhere; events get new numbers after those that are here, in the order
they had. A study whose code another study has here already is renamed. Whoever was erased or made anonymous here stays
so: nothing of them comes back from an export made before.
"""

import base64
import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, Table, Uuid, func, insert, select, tuple_, update

from db.encoding import from_json
from db.engine import Database
from db.errors import InvalidExport
from db.export import BUFFER, Progress, exported_tables, silent
from db.forget import FORGOTTEN, UPLOAD
from db.migrations import revision_of
from db.personal import ANONYMOUS
from db.room_tables import room_answers, room_rounds, rooms
from db.schema import UtcDateTime, assignments, decisions, embeddings, events, impressions, metadata, studies

BATCH = 500

Row = dict[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Merged:
    """Numbers of rows by table: new ones, those that were here, and those of people who were erased here.

    ``renamed`` studies: the new code by the old one.
    """

    added: dict[str, int]
    known: dict[str, int]
    withheld: int
    renamed: dict[str, str]


def merge(database: Database, archive: Path, progress: Progress = silent) -> Merged:
    """Add all rows of an archive that ``db.export.export_zip`` wrote, in one transaction.

    Doing so twice adds nothing the second time. Votes that people give meanwhile wait. Raises ``InvalidExport`` for
    what is no such archive, is damaged, or comes from another version of the schema, and where a row with the same key
    is here and says something else; ``StorageUnavailable`` and ``StorageFull``. Then nothing was added.
    """
    try:
        with zipfile.ZipFile(archive) as opened, database.write() as connection:
            return _Merge(connection, opened, archive).run(progress)
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        if isinstance(error, InvalidExport):
            raise
        raise InvalidExport(
            f"{archive} is no export of this program, or is damaged ({error}); export again."
        ) from error


@dataclass
class _Merge:
    connection: Connection
    archive: zipfile.ZipFile
    path: Path
    added: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    withheld: int = 0

    def run(self, progress: Progress) -> Merged:
        provenance = from_json(self.archive.read("provenance.json"))
        here = revision_of(self.connection)
        if provenance["schema_revision"] != here:
            raise InvalidExport(
                f"{self.path} was exported with version {provenance['schema_revision']} of the schema, this database "
                f"has {here}; bring both programs to the same version and export again."
            )
        sizes: dict[str, int] = provenance["rows"]
        total, done = max(1, sum(sizes.get(table.name, 0) for table in exported_tables())), 0
        renamed, erased = self._colliding_studies(), self._erased()
        offsets = {log: self.connection.scalar(select(func.max(log.c.sequence))) or 0 for log in _LOGS}
        for table in exported_tables():
            rows = self._rows(table)
            while batch := list(islice(rows, BATCH)):
                self._take(
                    table, [self._adapted(row, renamed, offsets.get(table, 0)) for row in self._allowed(batch, erased)]
                )
                done += len(batch)
                progress(min(1.0, done / total), table.name)
        if self.connection.dialect.name == "postgresql":
            for log in _LOGS:
                last = select(func.coalesce(func.max(log.c.sequence), 1)).scalar_subquery()
                self.connection.execute(select(func.setval(func.pg_get_serial_sequence(log.name, "sequence"), last)))
        progress(1.0, "done")
        return Merged(dict(self.added), dict(self.known), self.withheld, renamed)

    def _rows(self, table: Table) -> Iterator[Row]:
        """The rows of the archive as the database takes them."""
        names = set(table.columns.keys())
        reads = {column.name: read for column in table.columns if (read := _reader(column))}
        with self.archive.open(f"tables/{table.name}.jsonl") as file, io.BufferedReader(file, BUFFER) as lines:  # type: ignore[type-var]
            for line in lines:
                row = from_json(line)
                if row.keys() != names:
                    raise InvalidExport(f"{self.path} has other columns in {table.name}; export again.")
                for name, read in reads.items():
                    if row[name] is not None:
                        row[name] = read(row[name])
                yield row

    def _colliding_studies(self) -> dict[str, str]:
        """New codes for studies of which another with the same code is here."""
        here = dict(tuple(row) for row in self.connection.execute(select(studies.c.code, studies.c.created_at)))
        return {
            row["code"]: f"{row['code'][:55]}-{_digest(row['code'], row['created_at'])}"
            for row in self._rows(studies)
            if here.get(row["code"], row["created_at"]) != row["created_at"]
        }

    def _erased(self) -> set[str]:
        """Raters of the archive who were erased or made anonymous here since, and the images that they brought."""
        people: set[str] = set()
        for table in (decisions, impressions):
            [key] = table.primary_key
            nameless = (table.c.rater_id == FORGOTTEN) | table.c.rater_id.startswith(ANONYMOUS)
            if here := set(self.connection.scalars(select(key).where(nameless))):
                people |= {row["rater_id"] for row in self._rows(table) if row[key.name] in here}
        people = {name for name in people if name != FORGOTTEN and not name.startswith(ANONYMOUS)}
        shown = self._rows(impressions) if people else iter(())
        return people | {
            row["image_id"] for row in shown if row["rater_id"] in people and UPLOAD in (row["dataset"], row["split"])
        }

    def _allowed(self, rows: list[Row], erased: set[str]) -> list[Row]:
        kept = [row for row in rows if not erased & {row.get("rater_id"), row.get("image_id")}] if erased else rows
        self.withheld += len(rows) - len(kept)
        return kept

    def _adapted(self, row: Row, renamed: dict[str, str], offset: int) -> Row:
        for name in ("code", "study_code"):
            if row.get(name) in renamed:
                row[name] = renamed[row[name]]
        if "sequence" in row:
            row["sequence"] += offset
        return row

    def _take(self, table: Table, rows: list[Row]) -> None:
        key = [_LOGS[table]] if table in _LOGS else list(table.primary_key)
        here = self._present(table, key, rows)
        new = [row for row in rows if _key(row, key) not in here]
        if new:
            self.connection.execute(insert(table), new)
        self.added[table.name] += len(new)
        self.known[table.name] += len(rows) - len(new)
        for row in rows:
            if (present := here.get(_key(row, key))) is not None:
                self._reconcile(table, key, present, row)

    def _present(self, table: Table, key: list[Column[Any]], rows: list[Row]) -> dict[Key, Row]:
        wanted = [_key(row, key) for row in rows]
        query = select(table).where(
            tuple_(*key).in_(wanted) if len(key) > 1 else key[0].in_([one for (one,) in wanted])
        )
        return {_key(row, key): dict(row) for row in self.connection.execute(query).mappings()} if wanted else {}

    def _reconcile(self, table: Table, key: list[Column[Any]], present: Row, row: Row) -> None:
        """A row that is here already: what changes with time is filled in where it is empty, all else is the same."""
        changing = _CHANGING.get(table, ())
        fixed = present.keys() - {"sequence", *changing}
        if table is not embeddings and any(present[name] != row[name] for name in fixed):
            different = ", ".join(sorted(name for name in fixed if present[name] != row[name]))
            raise InvalidExport(
                f"{self.path} has another {different} of {table.name} {_key(row, key)} than this database; nothing was "
                "imported: find out which is right."
            )
        later = {name: row[name] for name in changing if present[name] is None and row[name] is not None}
        if later:
            self.connection.execute(update(table).where(*(c == row[c.name] for c in key)).values(later))


_LOGS: dict[Table, Column[Any]] = {events: events.c.event_id, room_answers: room_answers.c.answer_id}
"""Tables whose rows get new numbers, and what tells their rows apart everywhere."""

_CHANGING: dict[Table, Sequence[str]] = {
    studies: ("closed_at",),
    metadata.tables["study_items"]: ("dropped_in",),
    assignments: ("reserved_at", "expires_at", "done_at"),
    rooms: tuple(column.name for column in rooms.columns if column.name not in ("room_id", "code", "opened_at")),
    room_rounds: ("attempt",),
}
"""Columns that are written after the row was made."""


def _key(row: Any, key: Sequence[Column[Any]]) -> Key:  # noqa: ANN401 - a mapping of either kind
    return tuple(row[column.name] for column in key)


def _digest(code: str, created_at: datetime) -> str:
    return hashlib.sha256(f"{code} {created_at.isoformat()}".encode()).hexdigest()[:8]


def _reader(column: Column[Any]) -> Callable[[Any], Any] | None:
    """What makes a value of the archive one of the database, ``None`` where it is one."""
    if isinstance(column.type, Uuid):
        return UUID
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat
    if column.type.python_type is bytes:
        return base64.b64decode
    return None
