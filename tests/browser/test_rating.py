"""The rating page as a person meets it: clicks, keys, impatience, two tabs, a phone, the dark."""

import re
from collections import Counter

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.studio import CONVINCING, NOT_CONVINCING, Studio, open_page, picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def source(page: Page, number: int = 1) -> str:
    return picture(page, number).get_attribute("src") or ""


def wait_for_votes(page: Page, studio: Studio, count: int) -> list[tuple]:
    for _ in range(100):
        if len(votes := studio.votes()) >= count:
            return votes
        page.wait_for_timeout(50)
    raise AssertionError(f"{len(studio.votes())} votes stored, expected {count}")


def test_a_click_up_brings_the_next_image_and_a_click_down_the_next_explanation(page: Page, studio: Studio) -> None:
    before = len(studio.votes())
    image, explanation = source(page, 0), source(page, 1)
    page.get_by_role("button", name=NOT_CONVINCING).click()
    expect(picture(page)).not_to_have_attribute("src", explanation)
    assert source(page, 0) == image
    page.wait_for_timeout(400)
    page.get_by_role("button", name=CONVINCING).click()
    expect(picture(page, 0)).not_to_have_attribute("src", image)
    assert [value for *_, value in wait_for_votes(page, studio, before + 2)][before:] == [-1, 1]


def test_keys_vote_skip_and_undo(page: Page, studio: Studio) -> None:
    before = len(studio.votes())
    explanation = source(page)
    page.keyboard.press("n")
    expect(picture(page)).not_to_have_attribute("src", explanation)
    wait_for_votes(page, studio, before + 1)
    page.wait_for_timeout(400)
    page.keyboard.press("u")
    expect(picture(page)).to_have_attribute("src", explanation)
    assert studio.rows("select count(*) from events where kind = 'retract'") == [(1,)]
    page.wait_for_timeout(400)
    image = source(page, 0)
    page.keyboard.press("s")
    expect(picture(page, 0)).not_to_have_attribute("src", image)
    assert len(studio.votes()) == before + 1


@pytest.mark.parametrize("clicks", [2, 5])
def test_impatient_clicks_are_one_vote(page: Page, studio: Studio, clicks: int) -> None:
    before = len(studio.votes())
    page.get_by_role("button", name=CONVINCING).click(click_count=clicks, delay=5)
    wait_for_votes(page, studio, before + 1)
    page.wait_for_timeout(1000)
    assert len(studio.votes()) == before + 1


def test_clicks_in_quick_succession_never_vote_twice_on_one_impression(page: Page, studio: Studio) -> None:
    box = page.get_by_role("button", name=CONVINCING).bounding_box()
    assert box
    for _ in range(5):
        page.mouse.click(box["x"] + 20, box["y"] + 10)
        page.wait_for_timeout(90)
    page.wait_for_timeout(1500)
    assert set(Counter(impression for impression, *_ in studio.votes()).values()) == {1}


def test_reloading_in_the_middle_of_a_vote_leaves_one_vote_or_none(page: Page, studio: Studio) -> None:
    before = len(studio.votes())
    page.get_by_role("button", name=NOT_CONVINCING).click(no_wait_after=True)
    page.reload()
    expect(page.get_by_role("button", name=CONVINCING)).to_be_enabled(timeout=60_000)
    assert len(studio.votes()) - before in (0, 1)
    assert set(Counter(impression for impression, *_ in studio.votes()).values()) <= {1}


def test_two_tabs_are_one_rater_with_one_vote_an_impression(page: Page, studio: Studio) -> None:
    before = len(studio.votes())
    other = page.context.new_page()
    open_page(other, studio)
    for tab in (page, other):
        tab.get_by_role("button", name=CONVINCING).click()
    votes = wait_for_votes(page, studio, before + 2)[before:]
    assert len({impression for impression, *_ in votes}) == 2
    assert len({rater for _, rater, _ in votes}) == 1


def test_another_browser_is_another_rater(page: Page, browser: Browser, studio: Studio) -> None:
    before = len(studio.votes())
    stranger = browser.new_context().new_page()
    open_page(stranger, studio)
    for tab in (page, stranger):
        tab.get_by_role("button", name=CONVINCING).click()
    votes = wait_for_votes(page, studio, before + 2)[before:]
    assert len({rater for _, rater, _ in votes}) == 2
    stranger.context.close()


def test_a_phone_shows_both_pictures_and_the_votes_at_once(browser: Browser, studio: Studio) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone = context.new_page()
    open_page(phone, studio)
    for element in (picture(phone, 0), picture(phone, 1), phone.get_by_role("button", name=NOT_CONVINCING)):
        box = element.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["y"] + box["height"] <= 844
    assert phone.evaluate("document.scrollingElement.scrollWidth") <= 390
    context.close()


def test_dark_theme_is_dark_and_every_picture_says_what_it_shows(browser: Browser, studio: Studio) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    open_page(page, studio)
    colour = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    assert max(int(part) for part in re.findall(r"\d+", colour)[:3]) < 60
    alternatives = [image.get_attribute("alt") for image in page.get_by_test_id("stImage").locator("img").all()]
    assert all(alternatives)
    assert re.search("support|beyond doubt", picture(page).get_attribute("alt") or "")
    context.close()


def test_the_session_can_be_summed_up_and_started_over(page: Page, studio: Studio) -> None:
    page.get_by_role("button", name=CONVINCING).click()
    page.get_by_role("button", name="Session summary").click()
    expect(page.get_by_text("What worked for you")).to_be_visible()
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_role("button", name=CONVINCING)).to_be_enabled(timeout=60_000)
    page.get_by_role("button", name="Session summary").click()
    expect(page.get_by_text("No answers yet.")).to_be_visible()
