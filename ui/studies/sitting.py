"""The sitting of this tab: which study and who, from the link and the cookie."""

from __future__ import annotations

import streamlit as st

from studio.settings import load_settings
from studio.studies.identity import identity, pseudonym
from studio.studies.sitting import Sitting
from ui import cache
from ui.identity import current_rater

_KEY = "sitting"


def sitting(code: str) -> Sitting:
    """The participant's sitting in the study of the link, made on the first run of the tab.

    Raises ``InvalidInput`` for an id that cannot be, ``UnknownStudy`` and ``StorageUnavailable``.
    """
    held: tuple[str, str, Sitting] | None = st.session_state.get(_KEY)
    if "participant" not in st.session_state:
        st.session_state.participant = str(current_rater())  # without a cookie: as long as the tab lasts
    who = identity(st.query_params.to_dict(), st.session_state.participant)
    if held is None or held[:2] != (code, who):
        rater = pseudonym(load_settings().cookie_secret(), code, who)
        held = (code, who, Sitting(cache.feedback(), code, rater))
        st.session_state[_KEY] = held
    return held[2]
