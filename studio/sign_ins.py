"""Who gave a pass-phrase: tried a few times a minute, remembered for half a day."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from uuid import UUID

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from studio.passphrases import matches
from studio.roles import Role
from xai_core.errors import InvalidInput

HALF_A_DAY = 12 * 3600.0  # seconds
TRIES = RateLimitItemPerMinute(5)
TRIES_OF_ALL = RateLimitItemPerMinute(60)


class SignIns:
    """Who gave which pass-phrase, for ``HALF_A_DAY``; and how often whom has tried. Shared between sessions."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[tuple[UUID, Role], float] = {}
        self._tries = MovingWindowRateLimiter(MemoryStorage())

    def roles(self, who: UUID) -> frozenset[Role]:
        """The roles somebody has signed in to."""
        now = self._clock()
        with self._lock:
            self._until = {key: until for key, until in self._until.items() if until > now}
            return frozenset(role for one, role in self._until if one == who)

    def sign_in(self, who: UUID, role: Role, phrase: str, kept: str, *, address: str) -> bool:
        """Whether the pass-phrase was right. Raises ``InvalidInput`` for too many tries from an ``address``."""
        if not (self._tries.hit(TRIES, address) and self._tries.hit(TRIES_OF_ALL)):
            raise InvalidInput("Too many tries: wait a minute, then try again.")
        if not matches(phrase, kept):
            return False
        with self._lock:
            self._until[who, role] = self._clock() + HALF_A_DAY
        return True

    def sign_out(self, who: UUID) -> None:
        """Forget what somebody has signed in to."""
        with self._lock:
            self._until = {key: until for key, until in self._until.items() if key[0] != who}
