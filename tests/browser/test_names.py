"""Names of classes, folders, models and files read exactly as they are written, in every kind of widget."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.names import NAMES
from tests.browser.studio import ROOT, run_streamlit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCRIPT = """
import numpy as np
import streamlit as st
from studio.words import literal
from tests.browser.names import NAMES

PIXEL = np.zeros((4, 4), np.uint8)
DRAW = {
    "markdown": lambda name: st.markdown(name),
    "bold": lambda name: st.markdown(f"Why **{name}**?"),
    "caption": lambda name: st.caption(name),
    "heading": lambda name: st.markdown(f"##### {name}"),
    "subheader": lambda name: st.subheader(name),
    "small": lambda name: st.markdown(f":small[{name}]"),
    "error": lambda name: st.error(name),
    "button": lambda name: st.button(name, key=name),
    "expander": lambda name: st.expander(name),
    "progress": lambda name: st.progress(0.5, text=name),
    "picture": lambda name: st.image(PIXEL, caption=name, width=300),
    "table": lambda name: st.markdown(f"| head |\\n| --- |\\n| {name} |"),
}
chosen, shown = st.query_params["draw"], str if "raw" in st.query_params else literal
if chosen == "pills":
    st.pills("Names", NAMES, format_func=literal)
else:
    for number, name in enumerate(NAMES):
        with st.container(key=f"name-{number}"):
            DRAW[chosen](shown(name))
st.markdown("that is all")
"""
WIDGETS = (
    *("markdown", "bold", "caption", "heading", "subheader", "small", "table"),
    *("error", "button", "expander", "progress", "picture"),
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    script = tmp_path_factory.mktemp("names") / "names.py"
    script.write_text(SCRIPT)
    environment = {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ["PYTHONPATH"]])}
    with run_streamlit(str(script), script.with_suffix(".log"), environment) as (url, _):
        yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    page = context.new_page()
    page.on("dialog", lambda dialog: pytest.fail(f"a name ran: {dialog.message}"))
    yield page
    context.close()


def read(text: str) -> str:
    """Text as a person sees it."""
    return " ".join(text.replace("\u2060", "").split())


def open_names(page: Page, address: str, query: str) -> None:
    page.goto(f"{address}/?draw={query}")
    expect(page.get_by_text("that is all")).to_be_visible(timeout=60_000)


def misread(page: Page, widget: str) -> dict[str, str]:
    """Names that a widget shows as something else, with that; links, formulas and pictures are marked by a star."""
    wrong = {}
    for number, name in enumerate(NAMES):
        place = page.locator(f".st-key-name-{number}")
        if widget == "expander":  # beside its arrow, which is a letter of a font
            place = place.locator("summary [data-testid=stMarkdownContainer]")
        shown = read(" ".join(place.all_inner_texts()))
        if widget == "bold":
            shown = shown.removeprefix("Why ").removesuffix("?")
        if widget == "table":
            shown = shown.removeprefix("head ")
        foreign = place.locator("a:not([href^='#']), .katex, [role=img], img:not([src*='/media/'])").count()
        if shown != read(name) or foreign:
            wrong[name] = shown + "*" * foreign
    return wrong


@pytest.mark.parametrize("widget", WIDGETS)
def test_a_name_reads_as_it_is_written(page: Page, address: str, widget: str) -> None:
    open_names(page, address, widget)
    for _ in range(20):  # parts of Streamlit's Markdown come later
        if not (wrong := misread(page, widget)):
            break
        page.wait_for_timeout(250)
    assert wrong == {}


def test_the_same_names_would_be_acted_on(page: Page, address: str) -> None:
    """The control: as they are, Streamlit turns them into headings, links, pictures and formulas."""
    open_names(page, address, "markdown&raw")
    page.wait_for_timeout(2000)
    assert len(misread(page, "markdown")) > 25


def test_pills_read_as_they_are_written(page: Page, address: str) -> None:
    open_names(page, address, "pills")
    pills = page.get_by_test_id("stButtonGroup").locator("button")
    expect(pills).to_have_count(len(NAMES))
    shown = [read(text) for text in pills.all_inner_texts()]
    assert shown == [read(name) for name in NAMES]
