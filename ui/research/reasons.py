"""Why people answered as they did, what they said of examples, and all of it as files."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from types import MappingProxyType

import streamlit as st

from db.records import Thumb
from studio.exports import export_archive
from studio.roles import Access
from studio.settings import load_settings
from ui import cache
from ui.research.figure import Answers, downloads, intervals, section
from xai_core import analysis

EXAMPLES = MappingProxyType(
    {
        "prototypes": "typical images",
        "near-hits": "most alike, same class",
        "near-misses": "most alike, another class",
        "attributes": "this looks like that, because …",
    }
)


def show_reasons(answers: Answers) -> None:
    """Tags in force beside 👍 and 👎, approval by where it was asked, and of examples."""
    section("Reasons given", "How often each was ticked; several can be ticked for one answer.")
    chosen = set(answers.table["sequence"])
    rows = _tags([thumb for thumb in cache.feedback().thumbs() if thumb.sequence in chosen])
    if rows:
        st.dataframe(rows, hide_index=True)
        downloads("Reasons", rows, answers, "answers['sequence']  # tags stand in the table of events")
    else:
        st.caption(":material/info: Nobody has ticked a reason for one of these answers.")
    for column, name in (("dataset", "data set"), ("classifier", "classifier")):
        section(f"Approval by {name}", "Share of 👍 of everything that was shown of it.")
        _approval(answers, column, f"Approval by {name}")
    section("Examples", "Do typical images, near hits, near misses and likeness help to see why? Share of 👍.")
    shown = answers.table[answers.table["kind"].isin(list(EXAMPLES))]
    _approval(Answers(answers.selection, shown.assign(kind=shown["kind"].map(EXAMPLES))), "kind", "Examples")


def _approval(answers: Answers, column: str, title: str) -> None:
    found = analysis.approval(answers.table, column)
    if found:
        intervals(title, found, answers, f"approval(answers, {column!r})", value="share of 👍")
    else:
        st.caption(":material/info: No thumbs among these answers.")


def _tags(thumbs: list[Thumb]) -> list[dict[str, object]]:
    """A row a tag with how many 👍 and 👎 carry it, the commonest first."""
    ups, downs = (Counter(tag for t in thumbs if t.value == value for tag in t.reasons) for value in (1, -1))
    return [{"reason": tag, "👍": ups[tag], "👎": downs[tag]} for tag, _ in (ups + downs).most_common()]


def export_button(access: Access) -> None:
    """Everything as one archive, made when it is asked for."""

    def archive() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export.zip"
            return export_archive(access, cache.feedback().database, path, load_settings()).read_bytes()

    st.download_button(
        "Export everything",
        archive,
        "export.zip",
        "application/zip",
        icon=":material/download:",
        on_click="ignore",
        help="All tables, answers in force, a codebook, model cards and study files. The same as "
        "`python -m studio export export.zip`.",
    )
