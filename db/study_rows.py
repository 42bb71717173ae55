"""What both repositories of studies ask of the tables."""

from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection, Row, Select, select

from db.errors import UnknownStudy
from db.schema import studies, study_items
from db.study_records import NewItem, StudyItem

NAMESPACE = uuid5(NAMESPACE_URL, "xai-feedback-studio/studies")
"""Of the ids of items and steps, which are made of what they are about."""

ITEM_FIELDS = (*(item.name for item in fields(NewItem)), "item_id", "added_in", "dropped_in")


def item(row: Row[Any]) -> StudyItem:
    """The item in a row that has its columns by their names."""
    return StudyItem(**{name: getattr(row, name) for name in ITEM_FIELDS})


def items_of(code: str) -> Select[tuple[Any, ...]]:
    """All items that a study has or had."""
    return select(study_items).where(study_items.c.study_code == code).order_by(study_items.c.item_id)


def require(connection: Connection, code: str) -> datetime | None:
    """When the study was closed, None while it runs. Raises ``UnknownStudy``."""
    row = connection.execute(select(studies.c.closed_at).where(studies.c.code == code)).first()
    if row is None:
        raise UnknownStudy(f"There is no study {code}; check the link.")
    closed: datetime | None = row.closed_at
    return closed
