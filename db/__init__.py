"""Storage of impressions, answers and embeddings, in SQLite or PostgreSQL."""

from db.engine import Database
from db.errors import DatabaseMissing, InvalidRecord, StorageError, StorageFull, StorageUnavailable, UnknownImpression
from db.feedback import Feedback
from db.records import Approval, Changes, Counts, Impression, RatedItem, SessionSummary, Thumb

__all__ = [
    "Approval",
    "Changes",
    "Counts",
    "Database",
    "DatabaseMissing",
    "Feedback",
    "Impression",
    "InvalidRecord",
    "RatedItem",
    "SessionSummary",
    "StorageError",
    "StorageFull",
    "StorageUnavailable",
    "Thumb",
    "UnknownImpression",
]
