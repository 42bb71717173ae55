"""PostgreSQL through psycopg 3."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event

from db import backend
from db.encoding import from_json, to_json
from db.errors import StorageError, StorageFull, StorageUnavailable

CONNECT_TIMEOUT_S = 5
TURN = 0x58414946
"""Key of the advisory lock under which writers take turns."""

OPTIONS = frozenset(option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults())
"""What may stand in an address after the question mark."""


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
        engine = self._engine(pool_size=1, max_overflow=0, pool_timeout=backend.PATIENCE_S)
        return _taking_turns(engine, backend.PATIENCE_S)

    def reader(self) -> Engine:
        """Connections that wait for nobody; the server refuses writes on them."""
        return self._engine(isolation_level="REPEATABLE READ").execution_options(postgresql_readonly=True)

    @contextmanager
    def migrator(self) -> Iterator[Engine]:
        """An engine whose transactions exclude those of every other process."""
        yield _taking_turns(self._engine(poolclass=NullPool), backend.MIGRATION_PATIENCE_S)

    def watch(self) -> Callable[[], None]:
        """Nothing to check: a server ends the connections to what it drops, and the schema is checked each time."""
        return lambda: None

    def require_room(self) -> None:
        """Only the server knows, and says so when something is written."""

    def settle(self, writer: Engine) -> None:
        """Nothing to do: what is committed is the server's."""

    def translate_error(self, error: BaseException) -> StorageError | None:
        """The error that a person can act on, or None where the program itself is at fault."""
        if not isinstance(error, psycopg.Error):
            return None
        if error.sqlstate == _DISK_FULL:
            return StorageFull(f"{self} cannot grow, because its disk is full; free some space, then try again.")
        advice = _ADVICE.get(error.sqlstate or "")
        if error.sqlstate == _NO_SUCH_TABLE and "alembic_version" in str(error):
            advice = backend.NOTHING_OF_OURS
        elif error.sqlstate is None and (refused := _REFUSED_OPTION.search(str(error))):
            advice = f"cannot be reached; correct {refused[refused.lastindex or 0]} in DATABASE_URL."
        elif advice is None and isinstance(error, psycopg.OperationalError):
            advice = "cannot be reached; check that the server runs and that DATABASE_URL names it and its user."
        return StorageUnavailable(f"{self} {advice}") if advice else None

    def _engine(self, **options: type[NullPool] | float | str) -> Engine:
        patience = {} if "connect_timeout" in self.url.query else {"connect_timeout": CONNECT_TIMEOUT_S}
        return create_engine(
            self.url,
            connect_args=patience,
            pool_pre_ping=True,
            json_serializer=to_json,
            json_deserializer=from_json,
            **options,
        )


_DISK_FULL, _NO_SUCH_TABLE = "53100", "42P01"

_ADVICE = {
    "25006": "is read-only; use one that takes writes or correct DATABASE_URL.",
    "42501": "refuses this user; grant the right to create and write tables.",
    "55P03": "is held by another program; close that program, then try again.",
}
"""What to do, by SQLSTATE."""

_REFUSED_OPTION = re.compile(
    r"""for connection option "(\w+)"|invalid "?((?!integer)\w+)"? value|bad value for (\w+)""",
)
"""How the client names what it does not understand; the values are left out."""


def _taking_turns(engine: Engine, patience: float) -> Engine:
    @event.listens_for(engine, "begin")
    def take_turn(connection: Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(1000 * patience)}")
        # The server hands out sequence numbers before the commit. Without turns a reader could see number 8, remember
        # it, and never learn of number 7 that was committed later.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN})")

    return engine
