"""The page "This looks like that" as a person meets it: reached by its link, a vote, a slider, a phone."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.studio import NOT_CONVINCING, Studio, open_page, picture, serve, settle
from xai_core.datasets import load_dataset

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE = 90_000  # ms until a gallery is there
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio on so few digits that everything about them is there at once."""
    folder: Path = tmp_path_factory.mktemp("because")
    digits = load_dataset("mnist", root=folder)
    arrays = {"x_train": digits.x_train[:400], "y_train": digits.y_train[:400]}
    np.savez(folder / "mnist.npz", **arrays, x_test=digits.x_test[:30], y_test=digits.y_test[:30])
    settings = {
        "XAI_DATA_DIR": str(folder),
        "HOME": str(folder),
        "XAI_SAMPLES": "64",
        "XAI_AHEAD": "0",
        "XAI_WORKERS": "0",
    }
    with serve(folder, **settings) as running:
        yield running


def stored(studio: Studio) -> list[tuple]:
    return studio.rows(
        "select i.kind, i.arm, e.kind, e.value from events e join impressions i using (impression_id) order by sequence"
    )


def test_a_double_click_is_one_vote_a_slider_moves_the_numbers_and_a_phone_shows_it_all(
    browser: Browser, studio: Studio
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page: Page = context.new_page()
    open_page(page, studio)
    page.get_by_role("link", name="This looks like that").last.click()
    expect(page.get_by_role("slider", name="Contrast")).to_be_visible(timeout=PATIENCE)
    settle(page)
    similarity = page.get_by_test_id("stProgress").filter(has_text="similarity to that")
    before = similarity.inner_text()
    page.get_by_role("slider", name="Contrast").focus()
    page.keyboard.press("End")
    expect(similarity).to_contain_text("→", timeout=PATIENCE)
    assert similarity.inner_text() != before
    page.get_by_role("button", name="As it was").click()
    expect(similarity).to_have_text(before)

    this, that = picture(page, 0), picture(page, 1)
    sources = [this.get_attribute("src"), that.get_attribute("src")]
    page.get_by_role("button", name=NOT_CONVINCING).dblclick()
    expect(that).not_to_have_attribute("src", sources[1])
    expect(this).to_have_attribute("src", sources[0])
    settle(page)
    assert stored(studio) == [("attributes", "because/prototype-1", "vote", -1)]
    page.keyboard.press("u")
    expect(that).to_have_attribute("src", sources[1])
    assert [event[2] for event in stored(studio)] == ["vote", "retract"]

    page.set_viewport_size(PHONE)
    settle(page)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]
    assert page.locator("[data-testid=stMain]").evaluate("main => main.scrollWidth <= main.clientWidth")
    for shown in (this, that, page.get_by_role("button", name=NOT_CONVINCING)):
        box = shown.bounding_box()
        assert box
        assert box["y"] + box["height"] <= PHONE["height"]
    context.close()
