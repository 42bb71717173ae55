"""The page "This looks like that": what it says, what sliders change, votes, and a sentence for what goes wrong."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import studio.because_votes
import studio.gallery
from db.errors import StorageUnavailable
from db.feedback import Feedback
from studio.because_votes import Comparison
from tests.pages.conftest import settled
from ui import cache
from ui.examples import searches

UP, DOWN, SKIP, UNDO = "👍 Convincing", "👎 Not convincing", "Skip", "Undo"
Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def deliberate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every click of these tests is meant, however quickly it follows the one before."""
    monkeypatch.setattr(studio.because_votes, "BURST_SECONDS", 0.0)


@pytest.fixture
def open_app(few_digits: Path, data_folder: Path, open_app: Open) -> Open:
    shutil.copy(few_digits, data_folder / "mnist.npz")
    cache.jobs.clear()
    return open_app


@pytest.fixture
def page(open_app: Open) -> AppTest:
    return settled(open_app("mnist").switch_page("pages/because.py").run())


def shown(app: AppTest) -> Comparison:
    found: Comparison | None = app.session_state.tab.because_votes.shown
    assert found
    return found


def texts(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(element.value for element in (*app.subheader, *app.markdown, *app.caption))


def bars(app: AppTest) -> list[str]:
    return [bar.text for bar in app.progress]


def click(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def events(folder: Path) -> list[tuple]:
    query = (
        "select i.kind, i.arm, e.kind, e.value from events e join impressions i using (impression_id) "
        "where i.policy = 'because' order by e.sequence"
    )
    with closing(sqlite3.connect(folder / "feedback.sqlite")) as connection:
        return connection.execute(query).fetchall()


def test_the_image_stands_beside_typical_ones_with_reasons_that_sliders_put_to_the_test(
    page: AppTest,
) -> None:
    case = page.session_state.tab.rating.shown.case
    assert shown(page).case is case
    name = case.class_names[case.prediction]
    offered = shown(page).offered
    assert [likeness.label for likeness in offered[:3]] == [case.prediction] * 3
    assert offered[3].label != case.prediction
    assert f"Is this likeness a good reason for **{name}**?" in texts(page)
    said = texts(page)
    assert re.search(r"\*\*this\*\* looks (much|clearly|somewhat|hardly) like \*\*that\*\*, more so than ", said)
    assert "Hue and saturation: not applicable, as this image is grey." in said
    assert "a grey image has no colour" in said
    (chart,) = page.get("vega_lite_chart")
    drawn = chart.proto.SerializeToString().decode(errors="ignore")
    assert drawn.count('"not applicable"') == 2
    scores = shown(page).likeness.importance.scores
    assert (scores["hue"], scores["saturation"], scores["null"]) == (None, None, 0.0)
    alternatives = [image.alt for element in page.get("image") for image in element.proto.imgs]
    assert f"That: training image {shown(page).likeness.row}, {name}" in alternatives

    before = bars(page)
    assert before[1].startswith(f"{name}: ")
    assert len(page.slider) == 3  # none for what a grey image does not have
    page.slider(key=f"because_contrast-{case.image_id}").set_value(1.8).run()
    changed = bars(page)
    assert re.fullmatch(r"similarity to \*\*that\*\*: 0\.\d{3} → -?0\.\d{3}", changed[0])
    assert "→" in changed[1]
    click(page, "As it was")
    assert bars(page) == before
    page.session_state["usual"] = True
    settled(page.run())
    table = page.dataframe[0].value
    assert list(table["all images and that"][table["property"].isin(["hue", "saturation"])]) == ["not applicable"] * 2
    assert re.search(r"Misleading: here|What counts here is what usually counts", texts(page))


def test_votes_move_on_skip_and_undo_as_on_the_rating_page_and_are_stored_as_a_kind_of_their_own(
    page: AppTest, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_args: object, **_settings: object) -> bool:
        raise StorageUnavailable("The database does not answer.")

    first = shown(page)
    rated = page.session_state.tab.rating.shown
    with monkeypatch.context() as broken:
        broken.setattr(Feedback, "vote", unavailable)
        click(page, DOWN)
    assert [error.value for error in page.error] == ["Not saved yet: The database does not answer."]
    assert shown(page) is first
    click(page, "Save again")
    second = shown(page)
    assert (second.case, second.at) == (first.case, 1)
    click(page, UP)
    third = shown(page)
    click(page, SKIP)
    assert len({each.case.image_id for each in (first, third, shown(page))}) == 3
    click(page, UNDO)
    click(page, UNDO)
    assert (shown(page).case, shown(page).at) == (first.case, 1)
    assert events(data_folder) == [
        ("attributes", "because/prototype-1", "vote", -1),
        ("attributes", "because/prototype-2", "vote", 1),
        ("attributes", "because/prototype-1", "skip", None),
        ("attributes", "because/prototype-2", "retract", None),
    ]
    page.pills(key=f"likeness-{shown(page).impression_id}").set_value(3).run()
    assert shown(page).likeness.is_miss
    assert "Is it convincing that it also looks like" in texts(page)
    assert page.session_state.tab.rating.shown is rated


def test_what_cannot_be_compared_says_why_and_can_be_tried_again(
    without_gallery: Callable[[str], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = without_gallery("pages/because.py")
    assert [error.value for error in app.error] == ["The weights of the network are not here."]
    settled(click(app, "Try again"))
    assert not app.error
    assert shown(app).offered
    monkeypatch.setattr(searches, "has_examples", lambda _case: False)
    assert "no training images here that the image could look like" in app.run().info[0].value
