"""Twelve classes of birds as a plain folder: trained, explained and rated without a command line."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import grave_findings
from tests.browser.studio import CONVINCING, Studio, picture, serve, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.data]

PATIENCE = 300_000  # milliseconds; half a minute where nothing else runs
OF_EACH = 15  # pictures of a class


@pytest.fixture
def birds(data_root: Path, tmp_path: Path) -> Iterator[Studio]:
    """A studio whose data folder holds pictures, a folder a class, and nothing else."""
    pictures = data_root / "cub" / "images"
    if not pictures.is_dir():
        pytest.skip(f"no cub in {data_root}")
    for species in sorted(pictures.iterdir()):
        folder = tmp_path / "data" / "birds" / species.name
        folder.mkdir(parents=True)
        for picture_of in sorted(species.iterdir())[:OF_EACH]:
            (folder / picture_of.name).symlink_to(picture_of)
    with serve(tmp_path, XAI_DATA_DIR=str(tmp_path / "data"), XAI_SAMPLES="64") as running:
        yield running


def test_birds_are_trained_explained_and_rated_on_the_page(birds: Studio, browser: Browser) -> None:
    page: Page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{birds.url}/?images=birds")
    train = page.get_by_role("button", name="Train a classifier")
    expect(train).to_be_enabled(timeout=PATIENCE)
    expect(page.get_by_text("of 12 classes to learn from")).to_be_visible()
    assert grave_findings(page) == {}
    train.click()
    expect(page.get_by_role("progressbar", name=re.compile("Training"))).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("birds-transfer is ready")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(re.compile(r"Right on \d+ % of images that it had not learned from"))).to_be_visible()
    expect(picture(page)).to_be_visible(timeout=PATIENCE)
    settle(page)
    assert grave_findings(page) == {}
    page.get_by_role("button", name=CONVINCING).click()
    expect(page.get_by_text("1 of 20 today")).to_be_visible(timeout=PATIENCE)
    assert [value for *_, value in birds.votes()] == [1]
    page.close()
