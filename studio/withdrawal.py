"""A person takes their data back: by a code that only they have, at once, and logged without saying whose."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Literal

from itsdangerous import BadSignature, URLSafeSerializer

from db.engine import Database
from db.forget import forget
from db.personal import anonymise, idle
from xai_core.errors import InvalidInput

log = logging.getLogger(__name__)

Manner = Literal["anonymise", "delete"]

_SALT = "withdrawal"  # or a cookie would be such a code


def code_of(rater_id: str, secret: str) -> str:
    """What a person shows to have their data taken out: nobody can make it from a pseudonym in an export."""
    return str(URLSafeSerializer(secret, salt=_SALT).dumps(rater_id))


def rater_of(code: str, secret: str) -> str:
    """The person of a code. Raises ``InvalidInput`` for what is none of this installation."""
    try:
        return str(URLSafeSerializer(secret, salt=_SALT).loads(code.strip()))
    except (BadSignature, ValueError) as error:
        raise InvalidInput("This is no code of this installation; copy all of it, from the page Your data.") from error


def withdraw(database: Database, rater_id: str, manner: Manner) -> None:
    """Delete a person's data, or keep the answers and forget whose they are.

    Raises ``UnknownRater`` where nothing is stored of them, and as ``forget`` does.
    """
    if manner == "delete":
        erased = forget(database, rater_id)
        log.info("withdrawn: manner=delete events=%d impressions=%d", sum(erased.events.values()), erased.impressions)
    else:
        held = anonymise(database, rater_id)
        log.info("withdrawn: manner=anonymise events=%d", sum(held.events.values()))


def keep_to_retention(database: Database, days: float, manner: Manner, now: datetime | None = None) -> int:
    """Withdraw everybody of whom nothing was stored for so many days; returns how many they were."""
    gone = idle(database, (now or datetime.now(UTC)) - timedelta(days=days))
    for rater_id in gone:
        withdraw(database, rater_id, manner)
    if gone:
        log.info("retention: people=%d days=%g", len(gone), days)
    return len(gone)
