"""What is stored about the person who looks, and the way to take it back."""

from __future__ import annotations

import streamlit as st

from db.errors import StorageError, UnknownRater
from db.personal import held
from studio.settings import load_settings
from studio.withdrawal import code_of, rater_of, withdraw
from ui import cache
from ui.problems import problem_text, stop
from ui.session import tab
from xai_core.errors import InvalidInput

MANNERS = {
    "anonymise": "Keep my answers, and forget whose they are",
    "delete": "Delete all that is stored about me",
}
NAMES = {
    "impressions": "explanations shown to you",
    "decisions": "orders of explanations drawn for you",
    "participants": "studies you take part in",
    "assignments": "items of studies given to you",
    "room_members": "rooms of classes you joined",
    "room_answers": "answers in rooms of classes",
    "sign_ins": "roles you signed in to",
}
KINDS = {
    "vote": "thumbs",
    "retract": "thumbs taken back",
    "reasons": "times that tags were given",
    "skip": "skips",
    "comment": "comments",
    "task": "steps and answers in studies",
}


def take_back() -> None:
    """A callback: what the form says, once."""
    state = st.session_state
    if not state["sure"]:
        state["withdrawal"] = ("warning", "Tick the box to say that you are sure.")
        return
    try:
        rater = rater_of(state["code"], load_settings().cookie_secret())
        withdraw(cache.feedback().database, rater, state["manner"])
    except UnknownRater:
        state["withdrawal"] = ("info", "Nothing is stored under this code.")
    except (StorageError, InvalidInput) as error:
        state["withdrawal"] = ("error", problem_text(error))
    else:
        state["withdrawal"] = ("success", "Done. Backups that the studio keeps forget it as they are replaced.")
        tab().rating, tab().fresh = None, True


st.header("Your data", icon=":material/shield_person:")
rater = str(tab().rater)
try:
    mine = held(cache.feedback().database, rater)
    code = code_of(rater, load_settings().cookie_secret())
except (StorageError, InvalidInput) as error:
    stop(error, icon="cloud_off")
st.markdown(
    "You have no account here: a cookie with a random number tells you apart from others. No name, no address of your "
    "machine, nothing about your browser is stored."
)
lines = [f"- {NAMES.get(name, name)}: {number}" for name, number in mine.rows.items() if number and name != "events"]
lines += [f"- {KINDS.get(kind, kind)}: {number}" for kind, number in mine.events.items()]
if mine.uploads:
    lines.append(f"- what the classifier made of images that you brought, not the images: {mine.uploads}")
if lines and mine.first and mine.last:
    dates = dict.fromkeys(f"{day:%d %B %Y}" for day in (mine.first, mine.last))
    st.markdown(f"Stored on {' to '.join(dates)}, with time and a number for each visit:")
    st.markdown("\n".join(lines))
else:
    st.markdown("Nothing is stored about you yet.")
days = load_settings().xai_retention_days
st.caption(
    f"Whoever has not been here for {days:g} days is forgotten." if days else "It is kept until you take it back."
)
st.subheader("Take it back")
st.markdown("With this code you can do that from any machine, also later. It is yours alone: keep it like a password.")
st.code(code, language=None, wrap_lines=True)
with st.form("withdrawal-form"):
    st.radio("What shall happen", list(MANNERS), format_func=MANNERS.__getitem__, key="manner")
    st.text_input("Code", code, key="code")
    st.checkbox("I am sure: this cannot be undone.", key="sure")
    st.form_submit_button("Take back", on_click=take_back)
if "withdrawal" in st.session_state:
    kind, words = st.session_state.pop("withdrawal")
    {"warning": st.warning, "info": st.info, "error": st.error, "success": st.success}[kind](words)
