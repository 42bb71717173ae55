"""Who is rating. ``session_state`` belongs to a tab, not to a person; a signed cookie tells people apart."""

from __future__ import annotations

from uuid import UUID, uuid4

import streamlit as st

from studio.rater_cookie import COOKIE, unsign
from studio.settings import load_settings


def current_rater() -> UUID:
    """The rater of this browser; without a cookie (tests, blocked cookies) a new one each time."""
    return unsign(st.context.cookies.get(COOKIE), load_settings().cookie_secret()) or uuid4()
