"""A class in real browsers: open, join, guess, reveal, vote, talk, vote again; and a server that is killed."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocket, expect

from tests.browser.axe import grave_findings
from tests.browser.studio import Studio, free_port, serve, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE = 60_000  # milliseconds; the machine may be busy
DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
UP, DOWN = r"👍\s*Convincing", r"👎\s*Not convincing"  # the sign is drawn apart
LESSON = "Digits the model confuses"
TOLD = re.compile(rb"network|sure\)|as unsure as|spoke for either|(?<!question )\d of \d")
"""What nobody's phone may be told before a reveal: prediction, what to talk about, any count."""


class Wire:
    """Every byte that a page receives over its WebSocket."""

    def __init__(self, page: Page) -> None:
        self.received: list[bytes] = []
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on(
            "framereceived", lambda data: self.received.append(data if isinstance(data, bytes) else data.encode())
        )

    def told(self) -> set[bytes]:
        """What it was told since the last call."""
        found = {match for frame in self.received for match in TOLD.findall(frame)}
        self.received.clear()
        return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("class")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Studio]:
    with serve(folder) as studio:
        yield studio


@pytest.fixture
def contexts(browser: Browser) -> Iterator[list[BrowserContext]]:
    opened: list[BrowserContext] = []
    yield opened
    for context in opened:
        context.close()


def visit(browser: Browser, contexts: list[BrowserContext], **screen: object) -> Page:
    context = browser.new_context(**screen)
    contexts.append(context)
    return context.new_page()


def open_room(page: Page, url: str, lesson: str = LESSON) -> str:
    page.goto(f"{url}/classroom")
    page.get_by_role("combobox", name="Lesson").click(timeout=PATIENCE)
    page.get_by_role("option", name=lesson).click()
    page.get_by_role("button", name="Open the room").click()
    expect(page.get_by_role("button", name="Let them guess")).to_be_enabled(timeout=PATIENCE)
    found = re.search(r"room=([A-Z]{6})", page.url)
    assert found
    return found[1]


def join(page: Page, url: str, code: str) -> Wire:
    wire = Wire(page)
    page.goto(f"{url}/classroom?room={code}")
    expect(page.get_by_text("You are in")).to_be_visible(timeout=PATIENCE)
    return wire


def lead(page: Page, button: str, then: str) -> None:
    page.get_by_role("button", name=button).click(timeout=PATIENCE)
    expect(page.get_by_role("button", name=then)).to_be_visible(timeout=PATIENCE)


def answer(page: Page, choice: str) -> None:
    """``choice``: the whole of a button's text, as a pattern."""
    buttons = page.get_by_test_id("stButtonGroup").get_by_role("button").or_(page.get_by_role("radio"))
    buttons.filter(has_text=re.compile(f"^{choice}$")).click(timeout=PATIENCE)
    expect(page.get_by_text("Saved. You can change it")).to_be_visible(timeout=PATIENCE)


def test_a_class_from_the_code_to_the_second_vote(
    browser: Browser, running: Studio, contexts: list[BrowserContext]
) -> None:
    desk, wall = (visit(browser, contexts, **DESK) for _ in range(2))
    ann, bob = (visit(browser, contexts, **PHONE) for _ in range(2))
    code = open_room(desk, running.url)
    wall.goto(f"{running.url}/classroom?room={code}&view=projector")
    expect(wall.get_by_text(code)).to_be_visible(timeout=PATIENCE)
    wires = [join(phone, running.url, code) for phone in (ann, bob)]
    expect(wall.get_by_text("2 here")).to_be_visible(timeout=PATIENCE)

    lead(desk, "Let them guess", "Reveal the prediction")
    for phone, choice in ((ann, "4"), (bob, "9")):
        answer(phone, choice)
    expect(wall.get_by_text("2 of 2 answered")).to_be_visible(timeout=PATIENCE)
    expect(desk.get_by_text("2 of 2 answered")).to_be_visible(timeout=PATIENCE)
    assert [wire.told() for wire in wires] == [set(), set()], "nothing before the reveal"
    lead(desk, "Reveal the prediction", "Let them rate")
    for page in (ann, bob, wall):
        expect(page.get_by_text("The network says")).to_be_visible(timeout=PATIENCE)
    assert all(b"network" in wire.told() for wire in wires), "the listening hears what is said"

    lead(desk, "Let them rate", "Reveal the tally")
    for phone, wire in zip((ann, bob), wires, strict=True):
        expect(phone.get_by_text("Does this explanation convince you?")).to_be_visible(timeout=PATIENCE)
        phone.wait_for_timeout(1000)
        wire.told()  # the guesses, which are no secret any more
    answer(ann, UP)
    answer(bob, DOWN)
    answer(bob, UP)  # changes their mind
    expect(desk.get_by_text("2 of 2 answered")).to_be_visible(timeout=PATIENCE)
    assert all(not any(b" of " in said for said in wire.told()) for wire in wires), "no tally"
    lead(desk, "Reveal the tally", "Vote again")
    for page in (ann, bob, wall):
        expect(page.get_by_text("👍 Convincing · 2 of 2")).to_be_visible(timeout=PATIENCE)

    lead(desk, "Vote again", "Show the result")
    answer(ann, UP)
    answer(bob, DOWN)
    lead(desk, "Show the result", "Let them guess")
    for page in (ann, wall):
        expect(page.get_by_text("1 of the 2 who voted twice changed their mind.")).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_text("Two of you agree in 100")).to_be_visible()

    for page in (ann, wall, desk):
        settle_somewhat(page)
        assert grave_findings(page) == {}
    assert ann.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing overflows at 360 px"
    sizes = wall.locator(".st-key-wall p, .st-key-wall h1").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert sizes
    assert min(sizes) >= 40
    assert wall.locator("button:visible, input:visible").count() == 0, "no controls"

    desk.goto(f"{running.url}/classroom?room={code}&view=results")
    with desk.expect_download() as download:
        desk.get_by_role("button", name="Table of all answers").click(timeout=PATIENCE)
    table = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8"))))
    counted = [(row["participant"], row["stage"], row["answer"]) for row in table if row["counts"] == "True"]
    assert counted == [
        ("1", "guess", "4"),
        ("2", "guess", "9"),
        ("1", "rate", "👍 Convincing"),
        ("2", "rate", "👍 Convincing"),
        ("1", "revote", "👍 Convincing"),
        ("2", "revote", "👎 Not convincing"),
    ]
    settle(desk)
    assert grave_findings(desk) == {}


def settle_somewhat(page: Page) -> None:
    """A page that looks again every second is never quite still."""
    page.wait_for_timeout(1500)


def test_two_tabs_of_one_student_have_one_vote_and_a_wrong_code_is_told(
    browser: Browser, running: Studio, contexts: list[BrowserContext]
) -> None:
    desk, phone = visit(browser, contexts, **DESK), visit(browser, contexts, **PHONE)
    code = open_room(desk, running.url)
    phone.goto(f"{running.url}/classroom")
    phone.get_by_role("textbox", name="Code of the room").fill("<b>1</b>")
    phone.get_by_role("button", name="Join").click()
    expect(phone.get_by_text("A code has six letters")).to_be_visible(timeout=PATIENCE)
    phone.get_by_role("textbox", name="Code of the room").fill("zzz zzz")
    phone.get_by_role("button", name="Join").click()
    expect(phone.get_by_text("There is no room ZZZZZZ")).to_be_visible(timeout=PATIENCE)
    phone.get_by_role("textbox", name="Code of the room").fill(code.lower())
    phone.get_by_role("button", name="Join").click()
    expect(phone.get_by_text("You are in")).to_be_visible(timeout=PATIENCE)
    second = phone.context.new_page()
    join(second, running.url, code)
    lead(desk, "Let them guess", "Reveal the prediction")
    answer(phone, "4")
    expect(second.get_by_text("Saved. You can change it")).to_be_visible(timeout=PATIENCE)
    answer(second, "9")
    deadline = time.monotonic() + PATIENCE / 1000  # "Saved" was on this page already, for the first answer
    last: list[tuple[object, ...]] = []
    while last != [(9,)] and time.monotonic() < deadline:
        last = running.rows("select choice from room_answers order by sequence desc limit 1")
        second.wait_for_timeout(100)
    assert last == [(9,)]
    expect(desk.get_by_text("1 of 1 answered")).to_be_visible(timeout=PATIENCE)
    desk.get_by_role("button", name="End the room").click()
    expect(phone.get_by_text("This room is over")).to_be_visible(timeout=PATIENCE)
    late = visit(browser, contexts, **PHONE)
    late.goto(f"{running.url}/classroom?room={code}")
    expect(late.get_by_text(f"The room {code} is over")).to_be_visible(timeout=PATIENCE)


def test_a_tap_on_the_image_is_stored_and_shown(
    browser: Browser, running: Studio, contexts: list[BrowserContext]
) -> None:
    desk, phone = visit(browser, contexts, **DESK), visit(browser, contexts, **PHONE)
    code = open_room(desk, running.url)
    join(phone, running.url, code)
    for _ in range(2):
        desk.get_by_role("button", name="Skip").click()
        desk.wait_for_timeout(2500)
    desk.get_by_role("button", name="Skip").click()
    expect(phone.get_by_text("question 3 of 4")).to_be_visible(timeout=PATIENCE)
    lead(desk, "Reveal the prediction", "Let them rate")
    lead(desk, "Let them rate", "Reveal the tally")
    expect(phone.get_by_text("Tap where the image matters most")).to_be_visible(timeout=PATIENCE)
    image = phone.locator(".st-key-pictures [data-testid=stImage] img")
    box = image.bounding_box()
    assert box
    phone.wait_for_timeout(1000)
    image.click(position={"x": box["width"] / 4, "y": box["height"] / 2})
    expect(phone.get_by_text("Saved. You can change it")).to_be_visible(timeout=PATIENCE)
    [(x, y)] = running.rows("select x, y from room_answers where x is not null")
    assert x == pytest.approx(0.25, abs=0.02)
    assert y == pytest.approx(0.5, abs=0.02)
    lead(desk, "Reveal the tally", "Vote again")
    expect(phone.get_by_text("1 taps")).to_be_visible(timeout=PATIENCE)


def test_a_server_killed_in_mid_round_is_found_again_by_room_votes_and_phones(
    browser: Browser, tmp_path: Path, contexts: list[BrowserContext]
) -> None:
    port = free_port()
    desk, ann, bob = visit(browser, contexts, **DESK), *(visit(browser, contexts, **PHONE) for _ in range(2))
    with ExitStack() as stack:
        first = stack.enter_context(serve(tmp_path, port=port))
        code = open_room(desk, first.url)
        wire = join(ann, first.url, code)
        join(bob, first.url, code)
        lead(desk, "Let them guess", "Reveal the prediction")
        answer(ann, "4")
        first.process.kill()
        first.process.wait(20)
        second = stack.enter_context(serve(tmp_path, port=port))
        expect(ann.get_by_text("Saved. You can change it")).to_be_visible(timeout=PATIENCE)
        answer(bob, "9")
        expect(desk.get_by_text("2 of 2 answered")).to_be_visible(timeout=PATIENCE)
        assert wire.told() == set(), "nothing before the reveal, not even to who comes back"
        lead(desk, "Reveal the prediction", "Let them rate")
        for phone in (ann, bob):
            expect(phone.get_by_text("The network says")).to_be_visible(timeout=PATIENCE)
        assert second.rows("select rater_id, choice from room_answers group by rater_id having count(*) > 1") == []
        assert len(second.rows("select distinct rater_id from room_answers")) == 2
