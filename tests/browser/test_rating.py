"""The rating page as a person meets it: clicks, keys, impatience, two tabs, a phone, the dark."""

import re
from collections import Counter

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.studio import CONVINCING, NOT_CONVINCING, Studio, open_page, picture, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def source(page: Page, number: int = 1) -> str:
    return picture(page, number).get_attribute("src") or ""


def wait_for_votes(page: Page, studio: Studio, count: int) -> list[tuple]:
    for _ in range(600):
        if len(votes := studio.votes()) >= count:
            return votes
        page.wait_for_timeout(50)
    raise AssertionError(f"{len(studio.votes())} votes stored, expected {count}")


def test_a_click_up_brings_the_next_image_and_a_click_down_the_next_explanation(page: Page, studio: Studio) -> None:
    before = len(studio.votes())
    image, explanation = source(page, 0), source(page, 1)
    page.get_by_role("button", name=NOT_CONVINCING).click()
    expect(picture(page)).not_to_have_attribute("src", explanation, timeout=30_000)
    assert source(page, 0) == image
    settle(page)  # until the votes are those of the new explanation, a click is one on the former and changes nothing
    page.wait_for_timeout(400)
    page.get_by_role("button", name=CONVINCING).click()
    expect(picture(page, 0)).not_to_have_attribute("src", image, timeout=30_000)
    assert [value for *_, value in wait_for_votes(page, studio, before + 2)][before:] == [-1, 1]


def test_keys_vote_skip_and_undo(page: Page, studio: Studio) -> None:
    before = len(studio.votes())
    explanation = source(page)
    page.keyboard.press("n")
    expect(picture(page)).not_to_have_attribute("src", explanation, timeout=30_000)
    wait_for_votes(page, studio, before + 1)
    settle(page)
    page.wait_for_timeout(400)
    page.keyboard.press("u")
    expect(picture(page)).to_have_attribute("src", explanation)
    assert studio.rows("select count(*) from events where kind = 'retract'") == [(1,)]
    settle(page)
    page.wait_for_timeout(400)
    image = source(page, 0)
    page.keyboard.press("s")
    expect(picture(page, 0)).not_to_have_attribute("src", image, timeout=30_000)
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


def test_an_answer_to_what_is_still_being_drawn_is_not_counted_and_says_so(page: Page, studio: Studio) -> None:
    before = len(studio.votes())
    said = page.evaluate("""() => new Promise(said => {
      new MutationObserver(() => {  // it stands there until the next picture is drawn, which may be very soon
        const hint = document.querySelector("[role=alert].aids-hint")
        if (hint) said(hint.textContent)
      }).observe(document.body, { childList: true })
      const vote = () => document.querySelector("[class*=st-key-answer_down-] button").click()
      vote()
      setTimeout(vote, 20)
      setTimeout(said, 30000, "nothing")
    })""")
    assert "that was not counted" in said
    assert len(wait_for_votes(page, studio, before + 1)) == before + 1
    settle(page)
    expect(page.locator(".st-key-vote_bar[aria-busy]")).to_have_count(0)
    page.wait_for_timeout(400)
    page.get_by_role("button", name=NOT_CONVINCING).click()
    assert len(wait_for_votes(page, studio, before + 2)) == before + 2


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


def shown_image(page: Page) -> bytes:
    """The picture of the image itself, whatever address it is served from."""
    source = page.locator(".st-key-pictures img").first.get_attribute("src")
    return page.request.get(source).body()


def test_a_reload_in_the_middle_brings_image_explanation_undo_summary_and_settings_back(page: Page) -> None:
    page.get_by_text("Show runner-up beside it").click()
    settle(page)
    page.get_by_role("button", name=NOT_CONVINCING).click()
    expect(page.get_by_text("Explanation 2 of")).to_be_visible()
    settle(page)
    image, title = shown_image(page), page.get_by_text("Explanation 2 of").inner_text()
    page.reload()
    expect(page.get_by_text("Explanation 2 of")).to_be_visible(timeout=60_000)
    settle(page)
    assert shown_image(page) == image
    assert page.get_by_text("Explanation 2 of").inner_text() == title
    assert page.locator(".st-key-pictures img").count() == 2, "the runner-up stays hidden"
    expect(page.get_by_text("1 of 20 today")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Explanation 1 of")).to_be_visible()
    assert shown_image(page) == image
    page.get_by_role("button", name=CONVINCING).click()
    expect(page.get_by_text("Explanation 1 of")).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Session summary").click()
    expect(page.get_by_text("What worked for you")).to_be_visible()
    page.reload()
    expect(page.get_by_text("What worked for you")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("img", name="that you rated")).to_have_count(1)


def test_an_undo_after_a_reload_brings_the_answered_image_back(page: Page, studio: Studio) -> None:
    image = shown_image(page)
    page.get_by_role("button", name=CONVINCING).click()
    expect(page.get_by_text("The last image")).to_be_visible()
    settle(page)
    page.reload()
    expect(page.get_by_role("button", name="Undo")).to_be_enabled(timeout=60_000)
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Undo").click()
    settle(page)
    assert shown_image(page) == image
    assert studio.rows("select kind from events order by sequence desc limit 1") == [("retract",)]


@pytest.mark.parametrize("leave", ["button", "Escape", "back", "other images"])
def test_the_summary_is_left_by_every_way_a_person_would_try(page: Page, leave: str) -> None:
    settle(page)
    page.get_by_role("button", name="Session summary").click()
    expect(page.get_by_role("heading", name="Your session")).to_be_visible()
    settle(page)
    if leave == "button":
        page.get_by_role("button", name="Go on rating").click()
    elif leave == "Escape":
        page.keyboard.press("Escape")
    elif leave == "back":
        page.go_back()
    else:
        page.get_by_role("combobox", name="Images").click()
        page.get_by_role("option", name="asting").first.click()
    expect(page.get_by_role("button", name=CONVINCING)).to_be_enabled(timeout=60_000)
    expect(page.get_by_role("heading", name="Your session")).to_have_count(0)


def test_back_leads_to_the_images_before_in_one_step(page: Page) -> None:
    settle(page)
    page.get_by_role("combobox", name="Images").click()
    page.get_by_role("option", name="asting").first.click()
    page.wait_for_url("**images=casting*")
    settle(page)
    page.go_back()
    page.wait_for_url("**images=mnist*")
    expect(page.get_by_role("combobox", name="Images")).to_have_value(re.compile("MNIST"))
    expect(page.get_by_role("button", name=CONVINCING)).to_be_enabled(timeout=60_000)


def test_pieces_tell_their_effect_and_light_up_with_their_row(page: Page) -> None:
    settle(page)
    box = picture(page).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tip = page.locator(".tip")
    expect(tip).to_be_visible()
    assert re.search(r"points|uncertain|nothing|of the strongest", tip.inner_text())
    assert page.locator(".st-key-look path.line").first.get_attribute("d")
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()
    row = page.locator(".st-key-table tbody tr").first
    row.hover()
    assert page.locator(".st-key-look path.line").first.get_attribute("d")
    row.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".st-key-table tbody tr").nth(1)).to_be_focused()


def test_pieces_can_be_hidden_and_the_answer_moves(page: Page) -> None:
    settle(page)
    page.get_by_text("Try it yourself").click()
    said = page.locator(".said")
    expect(said).to_contain_text("Nothing is hidden")
    canvas = page.locator("canvas").first
    canvas.click()
    expect(said).to_contain_text("One piece hidden")
    page.locator(".tools").get_by_role("button", name="Undo").click()
    expect(said).to_contain_text("Nothing is hidden")
    page.get_by_role("button", name="Show only the strongest blue ones").click()
    expect(said).to_contain_text("hidden")
    page.locator(".tools").get_by_role("button", name="Show everything").click()
    piece = page.get_by_role("table").get_by_role("button").first
    piece.focus()
    page.keyboard.press("Enter")
    expect(said).to_contain_text("One piece hidden")
    expect(piece).to_have_attribute("aria-pressed", "true")


def test_the_deletion_is_a_film(page: Page) -> None:
    settle(page)
    page.get_by_text("How good is it?").click()
    said = page.locator(".said")
    expect(said).to_contain_text("0 of")
    page.get_by_role("slider", name="Pieces hidden").press("End")
    expect(said).to_contain_text("(100")
    page.get_by_role("button", name="Play").click()
    expect(said).not_to_contain_text("(100")
    expect(page.get_by_text("How far these two lie apart (gap)")).to_be_visible()
