"""A study from its file to the completion code: two raters, a reload, a phone, and a server that restarts meanwhile."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import grave_findings
from tests.browser.studio import ROOT, Studio, free_port, serve, settle
from tests.browser.test_accessibility import SCREENS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STUDY = """code: digits
title: Which explanation is better?
task: pair
confidence: true
dataset: mnist
arms: [slic-medium, grid-7, fused]
items: {sample: 3, seed: 1}
practice: 1
attention: 1
stop_after: 3
overlap: 2
repeats: 1
consent: Do you agree to take part?
questionnaires: [ess, scs]
completion: {redirect: "https://recruiting.example/done?cc=1"}
"""
BACK = "https://recruiting.example/done?cc=1"
AGREE, READ, SEND = "I agree and want to take part", "I have read this", "Send answers"
LEFT = "Left is better"
PATIENCE = 90_000  # ms: explanations are computed meanwhile, on machines that do other things too


def create(folder: Path) -> None:
    (folder / "study.yaml").write_text(STUDY)
    command = [sys.executable, "-m", "studio", "study", "create", str(folder / "study.yaml")]
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{folder / 'feedback.sqlite'}"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def enter(page: Page) -> None:
    """From the link to the first picture."""
    page.get_by_role("button", name=AGREE).click(timeout=PATIENCE)
    page.get_by_role("button", name=READ).click(timeout=PATIENCE)
    expect(page.get_by_text("this one does not count")).to_be_visible(timeout=PATIENCE)


def answer(page: Page, done: int, of: int) -> None:
    """Answer the item after ``done`` others."""
    expect(page.get_by_text(f"{done} of {of}", exact=True)).to_be_visible(timeout=PATIENCE)
    settle(page)  # the answers to the item before are there until then
    button = page.get_by_role("button", name=LEFT)
    expect(button).to_be_disabled(timeout=PATIENCE)
    page.get_by_test_id("stButtonGroup").get_by_role("radio", name="3").click()
    expect(button).to_be_enabled(timeout=PATIENCE)
    button.click()


def pass_check(page: Page) -> None:
    expect(page.get_by_role("button", name=SEND)).to_be_visible(timeout=PATIENCE)
    page.get_by_text("They spoke for the model's answer.").click()
    page.get_by_text("Two explanations of the same answer.").click()
    page.get_by_role("button", name=SEND).click()


def fill_in(page: Page, title: str, agreement: str, items: int) -> None:
    expect(page.get_by_role("heading", name=title)).to_be_visible(timeout=PATIENCE)
    settle(page)
    for at in range(items):
        page.get_by_test_id("stRadio").nth(at).get_by_text(agreement, exact=True).click()
    page.get_by_role("button", name="Send", exact=True).click()


def finish(page: Page) -> str:
    """From the last item to the completion code."""
    fill_in(page, "About the explanations", "I agree somewhat", 9)
    fill_in(page, "About understanding causes", "Agree", 10)
    expect(page.get_by_text("Your completion code is")).to_be_visible(timeout=PATIENCE)
    return page.get_by_test_id("stCode").inner_text().strip()


def test_two_raters_from_the_file_to_the_code(browser: Browser, tmp_path: Path) -> None:
    create(tmp_path)
    port = free_port()
    desk = browser.new_context(color_scheme="light", **SCREENS["desk"])
    phone = browser.new_context(color_scheme="dark", **SCREENS["phone"])
    tablet = browser.new_context(color_scheme="dark", **SCREENS["phone"])
    for context in (desk, phone, tablet):
        context.route(BACK, lambda route: route.fulfill(status=204))  # upon which a browser stays where it is
    ann, ben = desk.new_page(), phone.new_page()
    found: dict[str, dict] = {}

    def checked(page: Page, stage: str, step: Callable[[], object]) -> None:
        settle(page)
        found[stage] = grave_findings(page)
        step()

    with serve(tmp_path, port=port) as studio:
        for page, name in ((ann, "ann"), (ben, "ben")):
            page.goto(f"{studio.url}/?study=digits&PROLIFIC_PID={name}")
            expect(page.get_by_role("button", name=AGREE)).to_be_visible(timeout=PATIENCE)
            checked(page, f"consent {name}", lambda page=page: enter(page))
            checked(page, f"practice {name}", lambda page=page: answer(page, 0, 1))
            expect(page.get_by_role("button", name=SEND)).to_be_visible(timeout=PATIENCE)
            checked(page, f"check {name}", lambda page=page: pass_check(page))
        assert ann.get_by_text("Research").count() == 0, "raters see no page of researchers"
        answer(ann, 1, 6)
        ann.reload()
        answer(ann, 2, 6)
        width = ben.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, "nothing is wider than a phone"
        expect(ben.get_by_test_id("stImage").locator("img").last).to_be_in_viewport(timeout=PATIENCE)
        expect(ben.get_by_role("button", name=LEFT)).to_be_in_viewport()
        answer(ben, 1, 6)
        expect(ben.get_by_text("2 of 6", exact=True)).to_be_visible(timeout=PATIENCE)
        expect(ann.get_by_text("3 of 6", exact=True)).to_be_visible(timeout=PATIENCE)
    with serve(tmp_path, port=port) as studio:
        other = tablet.new_page()  # another device, while the phone finds its server again
        other.goto(f"{studio.url}/?study=digits&PROLIFIC_PID=ben")
        for done in (2, 3, 4, 5):
            answer(other, done, 6)
        ann.goto(f"{studio.url}/?study=digits&PROLIFIC_PID=ann")
        for done in (3, 4, 5):
            answer(ann, done, 6)
        expect(ann.get_by_role("heading", name="About the explanations")).to_be_visible(timeout=PATIENCE)
        codes = {}
        for page, name in ((ann, "ann"), (other, "ben")):
            expect(page.get_by_role("heading", name="About the explanations")).to_be_visible(timeout=PATIENCE)
            settle(page)
            found[f"questionnaire {name}"] = grave_findings(page)
            with page.expect_request(BACK, timeout=PATIENCE):
                codes[name] = finish(page)
            found[f"completed {name}"] = grave_findings(page)
        ann.goto(f"{studio.url}/?study=digits&PROLIFIC_PID=ann")
        expect(ann.get_by_test_id("stCode")).to_have_text(codes["ann"], timeout=PATIENCE)
        check_what_is_stored(studio)
    assert found == {stage: {} for stage in found}
    assert len(found) == 10
    assert codes["ann"] != codes["ben"]


def check_what_is_stored(studio: Studio) -> None:
    """Every answer once, nothing about who they are."""
    answers = "select rater_id, count(*), count(distinct assignment_id) from events where assignment_id is not null"
    assert [row[1:] for row in studio.rows(f"{answers} group by rater_id")] == [(6, 6), (6, 6)]
    steps = "select json_extract(payload, '$.task'), count(*) from events where assignment_id is null group by 1"
    assert dict(studio.rows(steps)) == {
        "consent": 2,
        "instruction": 2,
        "comprehension": 2,
        "questionnaire": 4,
        "completion": 2,
    }
    overlap = "select count(*) from assignments join study_items using (item_id) where role = 'main' and repetition = 0"
    assert studio.rows(f"{overlap} group by item_id") == [(2,)] * 3
    names = "select count(*) from participants where rater_id like '%ann%' or rater_id like '%ben%'"
    assert studio.rows(names) == [(0,)]


@pytest.mark.parametrize("bad", ["<script>alert(1)</script>", "a" * 10_000], ids=["script", "long"])
def test_an_id_that_cannot_be_is_a_sentence(bad: str, page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/?study=digits&pid={bad}")
    expect(page.get_by_text("open the link as you were given it")).to_be_visible(timeout=PATIENCE)


def test_a_link_to_no_study_is_a_sentence(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/?study=%3Cscript%3E")
    expect(page.get_by_text("There is no such study")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Diese Studie gibt es nicht")).to_be_visible()
    assert grave_findings(page) == {}
