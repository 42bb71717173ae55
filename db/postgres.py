"""PostgreSQL through psycopg 3."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event

from db.encoding import from_json, to_json
from db.errors import StorageError, StorageFull, StorageUnavailable

CONNECT_TIMEOUT_S = 5
TURN = 0x58414946
"""Key of the advisory lock under which writers take turns."""


@dataclass(frozen=True)
class PostgresBackend:
    """A database on a server."""

    url: URL

    def __str__(self) -> str:
        # Only these parts: a password may stand in the address or in its query.
        return f"The PostgreSQL database {self.url.database} on {self.url.host or 'this machine'}"

    def exists(self) -> bool:
        """A server's databases are made by its administrator; whether this one is there shows when it is opened."""
        return True

    def writer(self) -> Engine:
        """One connection a process; see ``take_turn`` for why more would not help."""
        return _taking_turns(self._engine(pool_size=1, max_overflow=0))

    def reader(self) -> Engine:
        """Connections that wait for nobody; the server refuses writes on them."""
        return self._engine(isolation_level="REPEATABLE READ").execution_options(postgresql_readonly=True)

    @contextmanager
    def migrator(self) -> Iterator[Engine]:
        """An engine whose transactions exclude those of every other process."""
        yield _taking_turns(self._engine(poolclass=NullPool))

    def sentence(self, error: BaseException) -> StorageError | None:
        """The error that a person can act on, or None where the program itself is at fault."""
        if not isinstance(error, psycopg.Error):
            return None
        match error.sqlstate:
            case "53100":
                return StorageFull(f"{self} cannot grow, because its disk is full; free some space, then try again.")
            case "25006":
                return StorageUnavailable(f"{self} is read-only; use one that takes writes or correct DATABASE_URL.")
            case "42501":
                return StorageUnavailable(f"{self} refuses this user; grant the right to create and write tables.")
        if isinstance(error, psycopg.OperationalError):
            return StorageUnavailable(
                f"{self} cannot be reached; check that the server runs and that DATABASE_URL names it and its user."
            )
        return None

    def _engine(self, **options: type[NullPool] | int | str) -> Engine:
        return create_engine(
            self.url,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S},
            pool_pre_ping=True,
            json_serializer=to_json,
            json_deserializer=from_json,
            **options,
        )


def _taking_turns(engine: Engine) -> Engine:
    @event.listens_for(engine, "begin")
    def take_turn(connection: Connection) -> None:
        # The server hands out sequence numbers before the commit. Without turns a reader could see number 8, remember
        # it, and never learn of number 7 that was committed later.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN})")

    return engine
