"""A class in front of one image: join, follow on a phone, project, lead, look at what came of it."""

from __future__ import annotations

import streamlit as st

from db.errors import RoomClosed, StorageError, UnknownRoom
from studio.classroom.codes import is_code, typed
from studio.roles import Role
from ui.access import require
from ui.classroom.desk import desk
from ui.classroom.entrance import instructors, join_form
from ui.classroom.projector import projector
from ui.classroom.results import results
from ui.classroom.student import student
from ui.problems import stop

STEADY = "<style>[data-stale=true] { opacity: 1 !important; }</style>"  # what looks again each second does not fade

st.html(STEADY)
code = typed(st.query_params.get("room", ""))
view = st.query_params.get("view", "")
try:
    if not code:
        st.header("Classroom", icon=":material/school:")
        join_form()
        instructors()
    elif not is_code(code):
        join_form(f"{code} is no code of a room; it has six letters, as the screen shows them.")
    elif view == "desk":
        desk(code, require(Role.INSTRUCTOR))
    elif view == "results":
        results(code, require(Role.INSTRUCTOR))
    elif view == "projector":
        projector(code)
    else:
        student(code)
except (UnknownRoom, RoomClosed) as error:
    join_form(str(error))
except StorageError as error:
    stop(error, icon="cloud_off")
