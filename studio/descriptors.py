"""File descriptors: as many as the system grants, and a word in the log before they run out.

Every tab has one for its connection and three of Streamlit's; the database and the workers have some more.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

WANTED = 65_536
NEAR = 0.8  # of the limit
LOOK_SECONDS = 15.0
_OPEN = (Path("/proc/self/fd"), Path("/dev/fd"))


def raise_limit(wanted: int = WANTED) -> int | None:
    """Let this process open up to ``wanted`` files, or as many as it may; returns the limit in force.

    ``None`` where the system has no such limit.
    """
    try:
        import resource
    except ImportError:
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return None
    aim = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < aim:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (aim, hard))
            soft = aim
    return int(soft)


def open_now() -> int | None:
    """How many descriptors are open; ``None`` where the system does not tell."""
    for folder in _OPEN:
        with suppress(OSError):
            return len(list(folder.iterdir()))
    return None


def warning(count: int | None, limit: int | None) -> str | None:
    """What to say of that many, if anything."""
    if count is None or limit is None or count < NEAR * limit:
        return None
    return (
        f"{count} of {limit} file descriptors are open: at the limit nobody new is let in. "
        "Raise it (LimitNOFILE= of systemd, or ulimit -n), or run a second server."
    )


async def watch(limit: int | None) -> None:
    """Say so in the log whenever they come near the limit; once until they are fewer again."""
    warned = False
    while True:
        said = warning(open_now(), limit)
        if said and not warned:
            log.warning(said)
        warned = said is not None
        await asyncio.sleep(LOOK_SECONDS)
