"""A study as its participants see it, from the link to the completion code."""

from __future__ import annotations

import streamlit as st

from db.errors import StorageError, UnknownStudy
from studio.studies.sitting import Sitting
from ui import frontend
from ui.problems import problem_text, stop
from ui.studies import entry, examples, task
from ui.studies.cases import case_of, learner_of
from ui.studies.questionnaire import questionnaire
from ui.studies.sitting import sitting as sitting_of
from xai_core.errors import InvalidInput, XaiError


def unsaved(sitting: Sitting) -> None:
    """Say what could not be stored and keep it until it is."""
    if sitting.outbox.problem:
        st.error(sitting.texts("not_saved", problem=problem_text(sitting.outbox.problem)), icon=":material/cloud_off:")
        st.button(sitting.texts("save_again"), on_click=sitting.outbox.retry)


def show_item(sitting: Sitting) -> None:
    """The item whose turn it is; the next one is prepared meanwhile."""
    current = sitting.standing.assignment
    assert current is not None
    task.progress(sitting)
    if sitting.item is None:
        with st.spinner(sitting.texts("loading")):
            case = case_of(sitting.study, current).result()
        sitting.open(case, learner_of(sitting.study, sitting.version))
        unsaved(sitting)
    item = sitting.item
    assert item is not None
    left = [one for one in sitting.assignments if not one.done and one != current]
    if left:
        case_of(sitting.study, left[0])
    if not examples.are_ready(sitting.study, item.case, sitting.texts("loading")):
        return
    task.question(sitting, item)
    task.pictures(sitting, item)
    task.answers(sitting, item)


frontend.keys(task.KEYS)
try:
    sitting = sitting_of(st.query_params.get("study", ""))
except InvalidInput as error:
    stop(error)
except UnknownStudy:
    entry.unknown()
    st.stop()
except StorageError as error:
    stop(error, icon="cloud_off")

unsaved(sitting)
standing = sitting.standing
try:
    if sitting.refusal is not None:
        entry.refused(sitting)
    elif standing.stage == "consent":
        entry.consent(sitting)
    elif standing.stage == "instruction":
        entry.instruction(sitting)
    elif standing.stage in ("practice", "task"):
        show_item(sitting)
    elif standing.stage == "comprehension":
        entry.comprehension(sitting)
    elif standing.stage == "failed":
        entry.farewell(sitting, "failed")
    elif standing.stage == "questionnaire" and standing.instrument is not None:
        questionnaire(sitting, standing.instrument)
    else:
        entry.completed(sitting)
except (XaiError, StorageError) as error:
    stop(error)
