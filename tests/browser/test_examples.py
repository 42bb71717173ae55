"""The page of examples as a person meets it: progress, pictures, thumbs, another distance, a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.studio import Studio, open_page, serve, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE = 90_000  # ms until a gallery is there
UP, DOWN = "👍 Helps", "👎 Does not help"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio on the few digits that need no download."""
    folder: Path = tmp_path_factory.mktemp("examples")
    with serve(folder, XAI_DATA_DIR=str(folder), HOME=str(folder), XAI_SAMPLES="64") as running:
        yield running


def open_examples(page: Page, studio: Studio) -> None:
    """Go from the rating page to the examples of its image and wait for all of them."""
    open_page(page, studio)
    page.goto(f"{studio.url}/examples?images=mnist")
    expect(page.get_by_role("button", name=UP)).to_have_count(3, timeout=PATIENCE)


def wait_for_votes(page: Page, studio: Studio, count: int) -> list[tuple]:
    query = "select i.arm, e.value from events e join impressions i using (impression_id) where i.policy = 'examples'"
    for _ in range(100):
        if len(votes := studio.rows(query)) >= count:
            return votes
        page.wait_for_timeout(50)
    raise AssertionError(f"{len(votes)} votes stored, expected {count}")


@pytest.fixture
def page(browser: Browser, studio: Studio) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    open_examples(page, studio)
    yield page
    context.close()


def test_pictures_come_with_distances_and_thumbs_are_stored_once(page: Page, studio: Studio) -> None:
    hits = page.get_by_role("img", name="near hit")
    expect(hits).to_have_count(5)
    before = len(wait_for_votes(page, studio, 0))
    page.get_by_role("button", name=DOWN).first.dblclick()
    expect(page.get_by_text(f"Saved: {DOWN}")).to_be_visible()
    assert wait_for_votes(page, studio, before + 1)[before:] == [("near-hits/model/cosine/truth", -1)]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name=UP)).to_have_count(3)


def test_another_distance_brings_other_pictures_without_another_wait(page: Page) -> None:
    page.get_by_role("combobox", name="Distance measured as").click()
    page.get_by_role("option", name="sum of differences").click()
    settle(page)
    expect(page.get_by_role("img", name="near hit")).to_have_count(5)
    assert page.get_by_test_id("stProgress").count() == 0


def test_a_class_is_drawn_with_a_map_and_a_curve(page: Page) -> None:
    page.get_by_role("radio", name="Typical of a class").click()
    expect(page.get_by_role("img", name="prototype of")).to_have_count(5, timeout=PATIENCE)
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)


def test_everything_fits_a_phone(browser: Browser, studio: Studio) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone = context.new_page()
    open_examples(phone, studio)
    assert phone.evaluate("document.scrollingElement.scrollWidth") <= 390
    tops = {image.bounding_box()["y"] for image in phone.get_by_role("img", name="near hit").all()}
    assert len(tops) == 1
    assert all(image.get_attribute("alt") for image in phone.get_by_test_id("stImage").locator("img").all())
    context.close()


def test_the_rating_page_shows_the_nearest_of_both_classes(browser: Browser, studio: Studio) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    open_page(page, studio)
    expect(page.get_by_role("img", name="the classifier finds most alike")).to_have_count(2, timeout=PATIENCE)
    context.close()
