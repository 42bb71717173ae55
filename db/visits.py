"""What a person comes back to: what they saw, what they answered, where they stopped."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import distinct, exists, func, select

from db.engine import Database
from db.schema import events, impressions

RANKED = ("lime", "fused")


@dataclass(frozen=True)
class Visits:
    """Questions about one person's showings. All methods raise ``StorageUnavailable``."""

    database: Database

    def is_new(self, rater_id: str) -> bool:
        """Whether nothing was ever shown to this person."""
        query = select(exists().where(impressions.c.rater_id == rater_id))
        with self.database.read() as connection:
            return not connection.scalar(query)

    def images_rated(self, rater_id: str, since: datetime) -> int:
        """Images shown since then that a vote in force of this person is about."""
        later = events.alias()
        undone = exists().where(
            later.c.kind == "retract",
            *(later.c[name] == events.c[name] for name in ("impression_id", "rater_id", "revision")),
        )
        query = (
            select(func.count(distinct(impressions.c.image_id)))
            .join_from(impressions, events, events.c.impression_id == impressions.c.impression_id)
            .where(impressions.c.rater_id == rater_id, impressions.c.shown_at >= since)
            .where(impressions.c.kind.in_(RANKED), events.c.kind == "vote", events.c.rater_id == rater_id, ~undone)
        )
        with self.database.read() as connection:
            return connection.scalar(query) or 0

    def images_seen(self, rater_id: str) -> dict[str, set[int]]:
        """Test images that were shown to this person, by data set."""
        query = (
            select(impressions.c.dataset, impressions.c.image_index)
            .where(impressions.c.rater_id == rater_id, impressions.c.split == "test")
            .distinct()
        )
        seen: dict[str, set[int]] = defaultdict(set)
        with self.database.read() as connection:
            for dataset, index in connection.execute(query):
                seen[dataset].add(index)
        return dict(seen)
