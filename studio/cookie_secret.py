"""The key that signs raters' cookies: one for all servers of a database, else one person would become several."""

from __future__ import annotations

import logging
import os
import secrets
from functools import cache
from pathlib import Path

from filelock import FileLock

from db.address import backend_of
from db.errors import StorageUnavailable
from db.sqlite import SqliteBackend
from xai_core.datasets.files import atomic
from xai_core.errors import InvalidInput

log = logging.getLogger(__name__)
NAME = "cookie_secret"


@cache
def secret_beside(database: str) -> str:
    """The key kept in the folder of the SQLite file with the address ``database``; made where there is none.

    A folder that cannot be written can keep no votes either, so that a key of this process alone does no harm then.
    Raises ``InvalidInput`` for a database on a server, beside which there is no place for a file.
    """
    try:
        backend = backend_of(database)
        if isinstance(backend, SqliteBackend):
            backend.path.parent.mkdir(parents=True, exist_ok=True)
            return _kept(backend.path.with_name(NAME))
    except (StorageUnavailable, OSError) as error:
        log.warning("cookies are signed for this process alone: %s", error)
        return secrets.token_hex(32)
    raise InvalidInput(
        "DATABASE_URL names a database that several servers may share, whose cookies need one key: set "
        "XAI_COOKIE_SECRET to a long random text, the same for all of them."
    )


def _kept(file: Path) -> str:
    """What ``file`` holds. A new one appears whole and with mode 600; processes that start together agree on it."""
    with FileLock(file.with_name(f".{NAME}.lock"), timeout=10):
        if file.exists():
            file.chmod(0o600)
            if secret := file.read_text(encoding="utf-8").strip():
                return secret
        secret = secrets.token_hex(32)
        with atomic(file) as draft:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
                handle.write(secret)
                handle.flush()
                os.fsync(handle.fileno())
        return secret
