"""Who has signed in to which role, for all servers of a database."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from db.engine import Database
from db.room_tables import sign_ins


@dataclass(frozen=True)
class StoredSignIns:
    """Roles by person. All methods raise ``StorageUnavailable``, those that write ``StorageFull``."""

    database: Database

    def add(self, rater_id: str, role: str, until: datetime) -> None:
        """Keep that somebody has a role until then; what has ended is dropped on the way."""
        same = (sign_ins.c.rater_id == rater_id) & (sign_ins.c.role == role)
        with self.database.write() as connection:
            connection.execute(delete(sign_ins).where(same | (sign_ins.c.until <= datetime.now(UTC))))
            connection.execute(insert(sign_ins).values(rater_id=rater_id, role=role, until=until))

    def roles(self, rater_id: str) -> frozenset[str]:
        """The roles that somebody has now."""
        query = select(sign_ins.c.role).where(sign_ins.c.rater_id == rater_id, sign_ins.c.until > datetime.now(UTC))
        with self.database.read() as connection:
            return frozenset(connection.scalars(query))

    def remove(self, rater_id: str) -> None:
        """End all roles of somebody."""
        with self.database.write() as connection:
            connection.execute(delete(sign_ins).where(sign_ins.c.rater_id == rater_id))
