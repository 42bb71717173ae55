"""Who gave a pass-phrase: tried a few times a minute, remembered for half a day, by all servers of a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from db.sign_ins import StoredSignIns
from studio.passphrases import matches
from studio.roles import Role
from xai_core.errors import InvalidInput

HALF_A_DAY = timedelta(hours=12)
TRIES = RateLimitItemPerMinute(5)
TRIES_OF_ALL = RateLimitItemPerMinute(60)


class SignIns:
    """Roles that people have signed in to, and how often whom has tried here. Methods raise ``StorageError``."""

    def __init__(self, stored: StoredSignIns) -> None:
        self._stored = stored
        self._tries = MovingWindowRateLimiter(MemoryStorage())

    def roles(self, rater_id: str) -> frozenset[Role]:
        """The roles somebody has signed in to."""
        found = self._stored.roles(rater_id)
        return frozenset(role for role in Role if role in found)

    def sign_in(self, rater_id: str, role: Role, phrase: str, kept: str, *, address: str) -> bool:
        """Whether the pass-phrase was right. Raises ``InvalidInput`` for too many tries from an ``address``."""
        if not (self._tries.hit(TRIES, address) and self._tries.hit(TRIES_OF_ALL)):
            raise InvalidInput("Too many tries: wait a minute, then try again.")
        if not matches(phrase, kept):
            return False
        self._stored.add(rater_id, role, datetime.now(UTC) + HALF_A_DAY)
        return True

    def sign_out(self, rater_id: str) -> None:
        """Forget what somebody has signed in to."""
        self._stored.remove(rater_id)
