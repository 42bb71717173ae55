"""A folder that no classifier knows: one is trained there and then, its card is shown, its answers are explained."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from ui import cache
from xai_core.classifiers import transfer_training
from xai_core.errors import ClassifierUnavailable

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def no_background(monkeypatch: pytest.MonkeyPatch) -> None:
    """No job but those asked for here; the search for a fill would outlast the test."""
    cache.jobs.clear()
    monkeypatch.setattr(cache, "_measure_fill", lambda case: None)


@pytest.fixture
def folder(data_folder: Path) -> Path:
    """Reds and blues, which the network of this size tells apart, and one file that is no image."""
    rng = np.random.default_rng(0)
    for name, channel in (("red ones", 0), ("blue ones", 2)):
        (data_folder / "colours" / name).mkdir(parents=True)
        for number in range(10):
            pixels = rng.integers(0, 30, (32, 32, 3), dtype=np.uint8)
            pixels[4:28, 4:28, channel] += 200
            Image.fromarray(pixels).save(data_folder / "colours" / name / f"{number}.png")
    (data_folder / "colours" / "red ones" / "notes.png").write_text("not an image")
    return data_folder / "colours"


def said(app: AppTest) -> str:
    assert not app.exception
    return " ".join(
        element.value for kind in ("subheader", "markdown", "caption", "error") for element in app.get(kind)
    )


def train(app: AppTest) -> AppTest:
    """Press the button and wait for the job, as the page does by asking every second."""
    next(button for button in app.button if button.label == "Train a classifier").click().run()
    job = next(iter(cache.jobs()._jobs.values()))
    while not job.done:
        time.sleep(0.1)
    return app.run()


@pytest.mark.slow
def test_a_folder_without_a_classifier_is_no_dead_end(folder: Path, open_app: Open) -> None:
    app = open_app("colours")
    assert "No classifier knows colours yet" in said(app)
    assert "16 images of 2 classes" in said(app)
    assert "notes.png" in said(app), "what was left out is named"
    app = train(app)
    assert "colours-transfer is ready" in said(app)
    assert "of images that it had not learned from (cross-validation in 5 parts, 16 images of 2 classes" in said(app)
    assert app.selectbox(key="classifier-colours").value == "colours-transfer"
    shown = app.session_state.tab.rating.shown
    assert shown.case.classifier == "colours-transfer"
    assert shown.case.class_names == ("blue ones", "red ones")
    next(button for button in app.button if button.label == "Got it" and button.key == "read_card").click().run()
    assert "colours-transfer is ready" not in said(app)
    assert app.session_state.tab.rating.shown is shown, "reading the card changes nothing else"


def test_training_that_fails_says_why_and_can_be_tried_again(
    folder: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise ClassifierUnavailable("There is no room on the disk.")

    monkeypatch.setattr(transfer_training, "train_transfer", fail)
    app = train(open_app("colours"))
    assert "There is no room on the disk." in said(app)
    next(button for button in app.button if button.label == "Try again").click().run()
    assert [button.label for button in app.button if button.label == "Train a classifier"]


def test_what_was_left_out_and_how_good_the_classifier_is_stand_beside_the_choice(open_app: Open) -> None:
    assert "Right on 99.56 % of 10,000 test images (mnist)" in said(open_app("mnist"))
