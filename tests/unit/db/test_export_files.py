"""Every kind of column, written by hand and by the writers."""

import base64
import csv
import io
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from pyarrow import parquet
from sqlalchemy import JSON, BigInteger, Boolean, Float, LargeBinary, String, Text, Uuid

from db.export_files import BATCH, Source, write_csv, write_jsonl, write_parquet
from db.schema import UtcDateTime

ROWS = BATCH + 1
KINDS = {
    "id": Uuid(),
    "at": UtcDateTime(),
    "name": String(),
    "note": Text(),
    "seed": BigInteger(),
    "share": Float(),
    "sure": Boolean(),
    "said": JSON(),
    "bytes": LargeBinary(),
}


@pytest.fixture
def source() -> Source:
    """A full row, one of nulls but for its id, and so many more that they do not fit into one batch."""
    at = datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC)
    full = [at, "=1+1", 'a "b", ü', -(2**60), 1e-7, True, '{"a": [1.50, null]}', b"\xfb\xff"]
    rows = [[UUID(int=number), *(full if number != 1 else [None] * 8)] for number in range(ROWS)]
    return Source("everything", dict(KINDS), rows)


def test_csv_has_every_kind_of_value(source: Source) -> None:
    file = io.StringIO(newline="")
    assert write_csv(source, file) == ROWS
    header, first, second, *others = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert header == list(KINDS)
    said = ["2026-01-02T03:04:05.000600+00:00", "'=1+1", 'a "b", ü', str(-(2**60)), "1e-07", "True"]
    encoded = "'+/8="  # begins like a formula
    assert first == [str(UUID(int=0)), *said, '{"a": [1.50, null]}', encoded]
    assert second == [str(UUID(int=1)), *[""] * 8]
    assert others[-1] == [str(UUID(int=ROWS - 1)), *first[1:]]
    assert len(others) == ROWS - 2


def test_jsonl_has_every_kind_of_value_and_json_as_it_is(source: Source) -> None:
    file = io.BytesIO()
    assert write_jsonl(source, file) == ROWS
    lines = file.getvalue().splitlines()
    assert len(lines) == ROWS
    assert b'"said":{"a": [1.50, null]}' in lines[0]
    first, second, last = (json.loads(lines[at]) for at in (0, 1, -1))
    said = ["2026-01-02T03:04:05.000600+00:00", "=1+1", 'a "b", ü', -(2**60), 1e-7, True, {"a": [1.5, None]}]
    assert list(first.values()) == [str(UUID(int=0)), *said, base64.b64encode(b"\xfb\xff").decode()]
    assert second == dict.fromkeys(KINDS) | {"id": str(UUID(int=1))}
    assert last == first | {"id": str(UUID(int=ROWS - 1))}


def test_parquet_has_every_kind_of_value(source: Source) -> None:
    file = io.BytesIO()
    assert write_parquet(source, file) == ROWS
    found = parquet.read_table(file).to_pylist()
    expected = [dict(zip(KINDS, [str(row[0]), *row[1:]], strict=True)) for row in source.rows]
    assert found == expected
