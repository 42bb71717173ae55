"""Writing rows as CSV, JSON lines or Parquet, a row at a time."""

import base64
import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO, Literal, TextIO

import orjson
from sqlalchemy import JSON, Boolean, Connection, Float, Integer, LargeBinary, String, Table, Text, Uuid, cast, select
from sqlalchemy.types import TypeEngine

from db.answers import COLUMNS, answers
from db.csv_cells import defused
from db.schema import UtcDateTime, decisions, events, impressions

Format = Literal["csv", "jsonl", "parquet"]

BATCH = 1000

Convert = Callable[[Any], Any]

_FIRST = {decisions: decisions.c.drawn_at, impressions: impressions.c.shown_at, events: events.c.sequence}
"""What rows are ordered by before their key."""


@dataclass(frozen=True)
class Source:
    """A table to be written: its name, the types of its columns by name, and its rows as the database gives them.

    JSON columns hold their text.
    """

    name: str
    types: dict[str, TypeEngine[Any]]
    rows: Iterable[Sequence[Any]]


def table_source(connection: Connection, table: Table) -> Source:
    """All rows of a table."""
    columns = [cast(c, Text).label(c.name) if isinstance(c.type, JSON) else c for c in table.columns]
    order = [_FIRST[table]] if table in _FIRST else []
    query = select(*columns).order_by(*order, *table.primary_key)
    rows = connection.execution_options(yield_per=BATCH).execute(query)
    return Source(table.name, {str(column.name): column.type for column in table.columns}, rows)


def answers_source(connection: Connection) -> Source:
    """The table of answers."""
    kinds: dict[str, Any] = {"INTEGER": Integer(), "FLOAT": Float(), "VARCHAR": String(), "DATETIME": UtcDateTime()}
    return Source("answers", {name: kinds[kind] for name, (kind, _) in COLUMNS.items()}, answers(connection))


def write_csv(source: Source, file: TextIO) -> int:
    """UTF-8 with a header; returns the number of rows, as the others do."""
    writer = csv.writer(file)
    writer.writerow(source.types)
    count = 0
    for columns in _batches(source, _for_csv):
        writer.writerows(zip(*columns, strict=True))
        count += len(columns[0])
    return count


def write_jsonl(source: Source, file: BinaryIO) -> int:
    """One JSON object a line."""
    names = list(source.types)
    count = 0
    for columns in _batches(source, _for_jsonl):
        for row in zip(*columns, strict=True):
            file.write(orjson.dumps(dict(zip(names, row, strict=True)), option=orjson.OPT_APPEND_NEWLINE))
        count += len(columns[0])
    return count


def write_parquet(source: Source, file: BinaryIO) -> int:
    """JSON and ids are text; times are microseconds, UTC."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([(name, _arrow(kind)) for name, kind in source.types.items()])
    count = 0
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for columns in _batches(source, _for_parquet):
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))
            count += len(columns[0])
    return count


def _batches(source: Source, convert: Callable[[TypeEngine[Any]], Convert | None]) -> Iterator[list[Sequence[Any]]]:
    """The columns of a thousand rows at a time; only those are touched whose kind of values has to be converted."""
    converts = [convert(kind) for kind in source.types.values()]
    rows = iter(source.rows)
    while batch := list(islice(rows, BATCH)):
        columns = zip(*batch, strict=True)
        yield [
            column if convert is None else list(map(convert, column))
            for convert, column in zip(converts, columns, strict=True)
        ]


def counted(rows: Iterable[Any], told: Callable[[int], None]) -> Iterator[Any]:
    """The rows, telling after every thousandth how many have passed."""
    for number, row in enumerate(rows, 1):
        yield row
        if number % BATCH == 0:
            told(number)


def _text(value: Any) -> Any:  # noqa: ANN401 - values of any column
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if isinstance(value, str | int | float | type(None)) else str(value)


def _cell(value: Any) -> Any:  # noqa: ANN401
    return defused(_text(value))


def _fragment(value: str | None) -> orjson.Fragment | None:
    return None if value is None else orjson.Fragment(value)


def _for_csv(kind: TypeEngine[Any]) -> Convert | None:
    if isinstance(kind, JSON | Integer | Float | Boolean | Uuid):
        return None  # written as it is
    if isinstance(kind, UtcDateTime):
        return _text
    return defused if isinstance(kind, String) else _cell


def _for_jsonl(kind: TypeEngine[Any]) -> Convert | None:
    if isinstance(kind, JSON):
        return _fragment
    return None if isinstance(kind, String | Integer | Float | Boolean | Uuid | UtcDateTime) else _text


def _for_parquet(kind: TypeEngine[Any]) -> Convert | None:
    return _text if isinstance(kind, Uuid) else None


def _arrow(kind: TypeEngine[Any]) -> Any:  # noqa: ANN401
    import pyarrow as pa

    for sort, arrow in (
        (Boolean, pa.bool_()),
        (Integer, pa.int64()),
        (Float, pa.float64()),
        (LargeBinary, pa.binary()),
        (UtcDateTime, pa.timestamp("us", tz="UTC")),
    ):
        if isinstance(kind, sort):
            return arrow
    return pa.string()
