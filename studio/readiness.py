"""Whether votes can be stored at the moment, asked so that nobody waits long for the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

LIMIT_S = 5.0
"""Longer than a vote waits for others, and short of what those who ask usually wait."""


class Readiness:
    """Asks one question at a time in a thread of its own, however many want to know."""

    def __init__(self, check: Callable[[], str | None], limit: float = LIMIT_S) -> None:
        """``check`` returns a problem in a sentence, or None; ``limit`` in seconds."""
        self._check = check
        self._limit = limit
        self._asking: asyncio.Task[str | None] | None = None

    async def problem(self) -> str | None:
        """The answer to the question now being asked, or a sentence that there was none in time."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(asyncio.to_thread(self._check))
        done, _ = await asyncio.wait([self._asking], timeout=self._limit)
        if not done:
            return f"The database has not answered for {self._limit:g} s; check its server or its disk."
        return self._asking.result()
