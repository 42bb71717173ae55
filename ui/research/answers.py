"""The table of answers that all figures of researchers are made from, read once for everybody."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from studio.roles import Access, Role
from studio.settings import load_settings
from ui import cache

if TYPE_CHECKING:
    import pandas as pd

LARGE_LOG = 20_000
"""Events beyond which the table of answers is read at most once a minute."""


@st.cache_resource(show_spinner="Reading the log …", max_entries=2, show_time=True)  # data that nobody changes
def _answers(url: str, state: int, _access: Access) -> pd.DataFrame:  # noqa: ARG001 (both are the cache's key)
    from studio.research import answers_table

    return answers_table(_access, cache.feedback().database)


def answers(access: Access) -> pd.DataFrame:
    """The table of answers; read again once there are new ones, of a large log within a minute.

    Raises ``NotAllowed`` and ``StorageUnavailable``.
    """
    access.require(Role.RESEARCHER)
    last = cache.feedback().last_sequence()
    return _answers(load_settings().database, last if last <= LARGE_LOG else -int(time.time() // 60), access)
