"""Storage of decisions, impressions, answers and embeddings, in SQLite or PostgreSQL."""

from db.engine import Database
from db.errors import (
    DatabaseMissing,
    ForeignImpression,
    InvalidRecord,
    StorageError,
    StorageFull,
    StorageUnavailable,
    UnknownImpression,
)
from db.feedback import Feedback
from db.records import (
    Alternative,
    Approval,
    Changes,
    Counts,
    Decision,
    Impression,
    RatedItem,
    SessionSummary,
    Thumb,
)

__all__ = [
    "Alternative",
    "Approval",
    "Changes",
    "Counts",
    "Database",
    "DatabaseMissing",
    "Decision",
    "Feedback",
    "ForeignImpression",
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
