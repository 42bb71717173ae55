"""One impression, read back as it was stored."""

from dataclasses import fields
from uuid import UUID

from sqlalchemy import select

from db.engine import Database
from db.errors import UnknownImpression
from db.records import Impression
from db.schema import impressions


def impression(database: Database, impression_id: UUID) -> Impression:
    """What was shown under that id. Raises ``UnknownImpression`` and ``StorageUnavailable``."""
    with database.read() as connection:
        row = connection.execute(select(impressions).where(impressions.c.impression_id == impression_id)).first()
    if row is None:
        raise UnknownImpression(f"Nothing was shown under the id {impression_id}; take it from an export.")
    values = {item.name: getattr(row, item.name) for item in fields(Impression)}
    return Impression(**values | {"features": values["features"] or {}})
