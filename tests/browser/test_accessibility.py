"""Every page with axe-core, light and dark, on a desk and on a phone; and what axe cannot see: keys and focus."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.axe import grave_findings
from tests.browser.studio import CONVINCING, NOT_CONVINCING, Studio, open_page, picture, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATHS = (
    "/?images=mnist",
    "/summary",
    "/my_data",
    "/examples?images=mnist",
    "/because?images=mnist",
    "/research",
    "/studies",
)
SCREENS = {
    "desk": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}


@pytest.fixture(params=[(screen, scheme) for screen in SCREENS for scheme in ("light", "dark")], ids="-".join)
def visitor(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    screen, scheme = request.param
    context = browser.new_context(color_scheme=scheme, **SCREENS[screen])
    yield context
    context.close()


def test_axe_finds_nothing_serious_on_any_page(visitor: BrowserContext, studio: Studio) -> None:
    page = visitor.new_page()
    open_page(page, studio)
    page.get_by_role("button", name=NOT_CONVINCING).click()
    found = {}
    for path in PATHS:
        page.goto(studio.url + path)
        settle(page)
        found[path] = grave_findings(page)
    assert found == {path: {} for path in PATHS}


def test_axe_finds_nothing_serious_where_the_reasons_are_asked(page: Page) -> None:
    page.get_by_role("button", name=NOT_CONVINCING).click()
    settle(page)  # a vote ends by putting the focus back on the votes, which would close what had been opened
    page.get_by_role("button", name="Why 👎?").click()
    expect(page.get_by_text("What was wrong with it?")).to_be_visible()
    assert grave_findings(page) == {}


def test_axe_itself_notices_an_unnamed_button(page: Page) -> None:
    page.evaluate("document.querySelector('[data-testid=stMain]').append(document.createElement('button'))")
    assert "button-name" in grave_findings(page)


def test_progress_bars_have_their_own_names(page: Page) -> None:
    settle(page)
    names = page.get_by_role("progressbar").evaluate_all("bars => bars.map(bar => bar.getAttribute('aria-label'))")
    assert len(names) == len(set(names)) > 1
    assert "0 of 20 today" in names


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.innerText.trim()")


def test_the_votes_are_the_first_stops_of_tab_and_keep_the_focus(page: Page) -> None:
    settle(page)
    page.keyboard.press("Tab")
    assert CONVINCING in focused(page)
    page.keyboard.press("Tab")
    assert NOT_CONVINCING in focused(page)
    assert page.evaluate("getComputedStyle(document.activeElement).boxShadow") != "none", "the focus can be seen"
    for _ in range(2):
        before = picture(page).get_attribute("src")
        page.keyboard.press("Enter")
        expect(picture(page)).not_to_have_attribute("src", before, timeout=30_000)
        page.wait_for_function(f"document.activeElement.innerText.includes('{NOT_CONVINCING}')")
        page.wait_for_timeout(400)


def click_toggle(page: Page) -> None:
    page.get_by_text("Show runner-up beside it").click()


def click_slider(page: Page) -> None:
    box = page.get_by_test_id("stSlider").bounding_box()
    assert box
    page.mouse.click(box["x"] + 80, box["y"] + box["height"] - 18)


def choose_from_box(page: Page) -> None:
    page.get_by_role("combobox", name="Classifier").click()
    page.get_by_role("option").first.click()


@pytest.mark.parametrize("touch", [click_toggle, click_slider, choose_from_box], ids=lambda touch: touch.__name__)
def test_keys_work_after_a_click_on(touch, page: Page) -> None:
    touch(page)
    settle(page)
    before = picture(page).get_attribute("src")
    page.keyboard.press("n")
    expect(picture(page)).not_to_have_attribute("src", before, timeout=30_000)


def test_letters_typed_into_a_field_are_no_votes(page: Page, studio: Studio) -> None:
    page.get_by_role("button", name=NOT_CONVINCING).click()
    settle(page)  # a vote ends by putting the focus back on the votes, which would close what had been opened
    page.get_by_role("button", name="Why 👎?").click()
    before = len(studio.votes())
    page.get_by_role("textbox", name="In your own words").press_sequentially("yes, no, sun")
    page.wait_for_timeout(500)
    assert len(studio.votes()) == before


def test_results_are_told_to_screen_readers(page: Page) -> None:
    page.keyboard.press("n")
    news = page.locator("[role=status]", has_text="Saved: 👎 Not convincing.")
    expect(news).to_have_count(1)
    expect(news).to_contain_text("Does blue show a good reason for")
    assert news.get_attribute("aria-live") == "polite"


def hint(page: Page) -> str:
    button = page.get_by_role("button", name=CONVINCING).element_handle()
    return page.evaluate("button => getComputedStyle(button, '::after').content", button)


def test_hints_for_keys_are_shown_only_where_there_is_a_keyboard(page: Page, browser: Browser, studio: Studio) -> None:
    assert hint(page).startswith('"Y"')
    context = browser.new_context(**SCREENS["phone"])
    phone = context.new_page()
    open_page(phone, studio)
    assert hint(phone) in ("none", "normal")
    context.close()


def test_after_a_vote_from_below_the_new_picture_is_in_view(page: Page) -> None:
    page.mouse.move(800, 400)
    page.mouse.wheel(0, 3000)
    page.wait_for_timeout(300)
    assert not picture(page).evaluate("image => image.getBoundingClientRect().bottom > 60")
    before = picture(page).get_attribute("src")
    page.get_by_role("button", name=NOT_CONVINCING).click()
    expect(picture(page)).not_to_have_attribute("src", before, timeout=30_000)
    expect(picture(page)).to_be_in_viewport(ratio=0.99)


def test_nothing_jumps_when_a_vote_brings_the_next_explanation(page: Page) -> None:
    places = lambda: [picture(page).bounding_box(), page.get_by_role("button", name=CONVINCING).bounding_box()]  # noqa: E731
    before, source = places(), picture(page).get_attribute("src")
    page.get_by_role("button", name=NOT_CONVINCING).click()
    expect(picture(page)).not_to_have_attribute("src", source, timeout=30_000)
    settle(page)
    assert places() == before
