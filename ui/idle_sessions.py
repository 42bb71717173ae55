"""Tabs whose connection is gone, kept for a while in case they come back, and then really given up.

Streamlit's own storage forgets a session without ending it: its three descriptors and its memory stay until the garbage
collector happens to pass by, which 400 short visits do not live to see.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from streamlit import runtime
from streamlit.runtime import memory_session_storage
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.session_manager import SessionInfo, SessionStorage

MOST = 100
"""Sessions without a connection: a phone that wakes up after more than this goes on from the database."""


class IdleSessions(SessionStorage):
    """At most ``most`` sessions, each for ``ttl_seconds``; those given up are shut down. For one thread."""

    def __init__(
        self, ttl_seconds: float = 120, most: int = MOST, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ttl = ttl_seconds
        self._most = most
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, SessionInfo]] = OrderedDict()  # by when they were saved

    def get(self, session_id: str) -> SessionInfo | None:
        """The session, if it is kept."""
        self.expire()
        found = self._kept.get(session_id)
        return found[1] if found else None

    def save(self, session_info: SessionInfo) -> None:
        """Keep a session; the oldest makes room where there are too many."""
        self._kept.pop(session_info.session.id, None)
        self._kept[session_info.session.id] = (self._clock(), session_info)
        self.expire()

    def delete(self, session_id: str) -> None:
        """Forget a session that goes on elsewhere. Raises ``KeyError``."""
        del self._kept[session_id]

    def list(self) -> list[SessionInfo]:
        """All that are kept."""
        return [info for _, info in self._kept.values()]

    def expire(self) -> None:
        """End those that have been away for too long, or are too many."""
        now = self._clock()
        while self._kept:
            saved, info = next(iter(self._kept.values()))
            if len(self._kept) <= self._most and now - saved <= self._ttl:
                return
            self._kept.popitem(last=False)
            info.session.shutdown()


def install() -> None:
    """Have Streamlit keep its idle sessions here.

    Raises ``RuntimeError`` where this Streamlit keeps them in another way, as nothing would be bounded then.
    """
    if not hasattr(memory_session_storage, "MemorySessionStorage"):
        raise RuntimeError("This Streamlit keeps sessions otherwise: ui.idle_sessions must learn it before it runs.")
    memory_session_storage.MemorySessionStorage = IdleSessions  # type: ignore[assignment, misc]


def presence() -> Callable[[], bool]:
    """What tells, in any thread, whether this tab is still connected."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return lambda: True  # a test without a server
    return partial(runtime.get_instance().is_active_session, context.session_id)
