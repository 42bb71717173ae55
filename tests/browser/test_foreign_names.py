"""A data set and a model whose names want to be pictures, links, formulas and scripts: on every page they are text."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.browser.studio import CONVINCING, Studio, picture, serve
from xai_core import load_dataset
from xai_core.paths import MODELS_DIR

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DATASET = "<img src=x onerror=alert(1)> $x$ :smile: *d*"
MODEL = "<img src=x onerror=alert(2)> *m* $y$"
CLASSES = sorted(
    (
        "# C #",
        "$a$ and $b^2$",
        "*x* **y**",
        ":cat:",
        ":red[alarm]",
        "<img src=x onerror=alert(3)>",
        "[link](http:evil)",
        "__background__",
        "www.studio.example",
        "~~gone~~",
    )
)
ACTIVE = ", ".join(
    (
        "a[href*=evil]:not([href^='#'])",  # a heading's own anchor leads nowhere else
        "a[href*=example]:not([href^='#'])",
        ".katex",
        "img[src=x]",
        ".stMarkdownColoredText",
    )
)
PATIENCE = 90_000


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio with the shipped digits under other names."""
    folder: Path = tmp_path_factory.mktemp("foreign")
    digits = load_dataset("mnist", root=folder)
    parts = (("train", digits.x_train, digits.y_train, 8), ("test", digits.x_test, digits.y_test, 3))
    for label, name in enumerate(CLASSES):
        for part, x, y, count in parts:
            place = folder / DATASET / part / name
            place.mkdir(parents=True)
            for number, row in enumerate(np.flatnonzero(y == label)[:count]):
                Image.fromarray(x[row, ..., 0]).save(place / f"{number}.png")
    models = folder / "models"
    models.mkdir()
    for kind in ("keras", "xml", "bin"):
        (models / f"{MODEL}.{kind}").write_bytes((MODELS_DIR / f"mnist-cnn.{kind}").read_bytes())
    card = json.loads((MODELS_DIR / "mnist-cnn.json").read_text())
    card |= {"name": MODEL, "class_names": CLASSES, "dataset": DATASET}
    card["files"] = {name.replace("mnist-cnn", MODEL): digest for name, digest in card["files"].items()}
    (models / f"{MODEL}.json").write_text(json.dumps(card))
    with serve(folder, XAI_DATA_DIR=str(folder), HOME=str(folder), XAI_SAMPLES="64") as running:
        yield running


@pytest.fixture
def page(browser: Browser, studio: Studio) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    ran: list[str] = []
    asked: list[str] = []

    def note(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    context.on("request", lambda request: asked.append(request.url))
    yield page
    assert ran == []
    assert [url for url in asked if not url.startswith((studio.url, "data:", "blob:"))] == []
    context.close()


def said(page: Page) -> str:
    """All text of the page, as a person sees it; nothing foreign on it may be more than text."""
    body = page.get_by_test_id("stMain")
    assert body.locator(ACTIVE).count() == 0
    return " ".join(body.inner_text().replace("\u2060", "").split())


def named(sentence: str, text: str) -> int:
    """With how many of the classes a sentence stands in a text."""
    return sum(sentence.format(name) in text for name in CLASSES)


def test_the_rating_page(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/?images={quote(DATASET)}")
    expect(page.get_by_role("button", name=CONVINCING)).to_be_enabled(timeout=PATIENCE)
    expect(picture(page)).to_be_visible(timeout=PATIENCE)
    chosen = page.get_by_test_id("stSidebar").locator("input").evaluate_all("boxes => boxes.map(box => box.value)")
    assert {DATASET, MODEL} <= {value.replace("\u2060", "") for value in chosen}
    expect(page.get_by_role("img", name="the classifier finds most alike")).to_have_count(2, timeout=PATIENCE)
    text = said(page)
    assert named("The model says {} (", text) + named("The model hesitates: {} (", text) == 1
    assert named("show a good reason for {}?", text) == 1
    assert named("the most similar {}", text) == 2
    page.get_by_text("Try it yourself").click()
    expect(page.get_by_text("Nothing is hidden")).to_be_visible(timeout=PATIENCE)
    assert named("Nothing is hidden: {} has", page.get_by_text("Nothing is hidden").inner_text()) == 1
    page.get_by_text("How good is it?").click()
    page.get_by_text("Why this one first?").click()
    page.wait_for_timeout(2000)
    said(page)
    page.get_by_role("button", name=CONVINCING).click()
    expect(page.get_by_text("The last image:")).to_be_visible(timeout=PATIENCE)
    assert named("it was {}", said(page)) >= 1


def test_the_examples(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/examples?images={quote(DATASET)}")
    expect(page.get_by_role("img", name="near hit")).to_have_count(5, timeout=PATIENCE)
    expect(page.get_by_role("heading", name="Typical of ")).to_have_count(2, timeout=PATIENCE)
    page.wait_for_timeout(1500)
    text = said(page)
    for sentence in ("Why {}?", "Most alike and also {}", "Most alike, yet not {}"):
        assert named(sentence, text) == 1, sentence
    assert named("Typical of {}", text) == 2
    page.get_by_role("radio", name="Typical of a class").click()
    expect(page.get_by_role("img", name="prototype of").first).to_be_visible(timeout=PATIENCE)
    assert named("unusual {}", said(page)) == 1
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg")).to_have_count(2, timeout=PATIENCE)


def test_an_unknown_name_in_the_address(page: Page, studio: Studio) -> None:
    asked = "<img src=x onerror=alert(4)> [x](http:evil)"
    page.goto(f"{studio.url}/?images={quote(asked)}")
    expect(page.get_by_text("There are no images called")).to_be_visible(timeout=PATIENCE)
    assert f"There are no images called “{asked}”" in said(page)
