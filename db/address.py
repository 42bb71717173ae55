"""From DATABASE_URL to the database that it means."""

import re
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from db.backend import Backend
from db.errors import StorageUnavailable
from db.sqlite import SqliteBackend

_EXAMPLES = "write for example sqlite:///data/feedback.sqlite or postgresql://user:password@host/name"


def backend_of(url: str) -> Backend:
    """The database that an address means; white space around it means nothing.

    ``postgres://`` and ``postgresql://`` mean psycopg 3; SQLite needs a file, relative to the working directory or
    absolute. Raises ``StorageUnavailable`` for anything else, in a sentence that holds no part of a password.
    """
    url = url.strip()
    if url.startswith("postgres") and url.count("@") > 1:  # what follows the first would be told as the host's name
        raise StorageUnavailable("DATABASE_URL holds more than one @; write each one of user and password as %40.")
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # its message may hold a password that stands where the port should
        raise StorageUnavailable(f"DATABASE_URL is not a database address; {_EXAMPLES}.") from None
    match parsed.get_backend_name():
        case "postgres" | "postgresql":
            return _postgres(parsed)
        case "sqlite":
            return SqliteBackend(_file(parsed))
    raise StorageUnavailable(f"DATABASE_URL names {parsed.get_backend_name()}, which is not supported; {_EXAMPLES}.")


def _file(url: URL) -> Path:
    if url.database in (None, "", ":memory:"):
        raise StorageUnavailable("A database in memory would forget every vote; name a file in DATABASE_URL.")
    return Path(url.database or "").expanduser().resolve()


def _postgres(url: URL) -> Backend:
    # Only here: whoever stays with SQLite does not wait for the driver to load.
    from db.postgres import OPTIONS, PostgresBackend

    for option in url.query:
        if option not in OPTIONS:
            named = option if re.fullmatch(r"[a-z_]{1,40}", option) else "option"
            raise StorageUnavailable(
                f"DATABASE_URL has the option {named}, which PostgreSQL's client does not know; remove it"
                + (" or write sslmode=require." if option == "ssl" else ".")
            )
    url = url.set(drivername="postgresql+psycopg")
    try:
        url.get_dialect()().create_connect_args(url)
    except ArgumentError as error:
        raise StorageUnavailable(f"DATABASE_URL names hosts or ports that cannot be ({error}); correct it.") from None
    return PostgresBackend(url)
