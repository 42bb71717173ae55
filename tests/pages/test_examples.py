"""The page of examples: what it says of an image and of a class, thumbs, errors in a sentence."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import settled
from ui import cache

ROOT = Path(__file__).resolve().parents[2]
UP, DOWN = "👍 Helps", "👎 Does not help"
Open = Callable[..., AppTest]


@pytest.fixture
def open_app(few_digits: Path, data_folder: Path, open_app: Open) -> Open:
    shutil.copy(few_digits, data_folder / "mnist.npz")
    cache.jobs.clear()
    return open_app


@pytest.fixture
def page(open_app: Open) -> AppTest:
    return settled(open_app("mnist").switch_page("pages/examples.py").run())


def alternatives(app: AppTest) -> list[str]:
    """What the pictures say to those who cannot see them."""
    return [image.alt for element in app.get("image") for image in element.proto.imgs]


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.subheader, *app.caption))


def buttons(app: AppTest, label: str) -> list:
    return [button for button in app.button if button.label == label]


def votes(folder: Path) -> list[tuple]:
    query = (
        "select i.kind, i.arm, e.kind, e.value from events e join impressions i using (impression_id) "
        "where i.policy = 'examples' order by e.sequence"
    )
    with closing(sqlite3.connect(folder / "feedback.sqlite")) as connection:
        return connection.execute(query).fetchall()


def test_the_image_being_rated_is_the_one_with_examples(page: AppTest) -> None:
    rated = page.session_state.tab.rating.shown.case
    assert page.session_state.tab.held.case is rated
    name = rated.class_names[rated.prediction]
    assert f"Why **{name}**?" in [element.value for element in page.subheader]


def test_hits_carry_the_predicted_class_and_misses_another_one_from_near_to_far(page: AppTest) -> None:
    case = page.session_state.tab.held.case
    found = {"near hit": [], "near miss": [], "prototype": []}
    for alternative in alternatives(page):
        if match := re.match(r"(.*): (\d), training image \d+, (the nearest|as near|[\w.]+ times as far)", alternative):
            found[match[1]].append(
                (int(match[2]), float((match[3].split() or ["1"])[0]) if "times" in match[3] else 1.0)
            )
    assert [label for label, _ in found["near hit"]] == [case.prediction] * 5
    assert case.prediction not in [label for label, _ in found["near miss"]]
    assert [label for label, _ in found["prototype"]] == [*[case.prediction] * 3, *[int(case.top[1])] * 3]
    for role in ("near hit", "near miss"):
        distances = [apart for _, apart in found[role]]
        assert distances == sorted(distances)
    assert re.search(r"\*\*The nearest \d lies", texts(page))
    assert "of the pixels would have to be clearly lighter" in texts(page)


def test_another_distance_space_and_labels_bring_other_examples(page: AppTest) -> None:
    page.selectbox(key="examples_distance").select("manhattan")
    page.selectbox(key="examples_space").select("pixels")
    page.selectbox(key="examples_labels").select("model")
    settled(page.run())
    assert "manhattan distance" in page.dataframe[0].value.columns
    assert len(page.dataframe[0].value) == 10
    assert "The nearest image that the model calls" in texts(page)


def test_each_kind_takes_one_thumb_that_can_be_undone(page: AppTest, data_folder: Path) -> None:
    assert len(buttons(page, UP)) == len(buttons(page, DOWN)) == 3
    buttons(page, UP)[0].click().run()
    buttons(page, DOWN)[0].click().run()
    assert "Saved: 👍 Helps" in texts(page)
    buttons(page, "Undo")[0].click().run()
    assert len(buttons(page, UP)) == 2
    assert not page.exception
    assert votes(data_folder) == [
        ("near-hits", "near-hits/model/cosine/truth", "vote", 1),
        ("near-misses", "near-misses/model/cosine/truth", "vote", -1),
        ("near-hits", "near-hits/model/cosine/truth", "retract", None),
    ]


def test_another_image_leaves_the_one_being_rated_alone(page: AppTest) -> None:
    before = page.session_state.tab.held.case
    settled(buttons(page, "Another image")[0].click().run())
    assert page.session_state.tab.held.case.image_id != before.image_id
    assert page.session_state.tab.rating.shown.case is before


def test_semifactuals_are_there_for_those_who_ask(page: AppTest) -> None:
    assert not any(alternative.startswith("semifactual") for alternative in alternatives(page))
    page.session_state["even_if"] = True
    page.run()
    assert not page.exception
    assert sum(alternative.startswith("semifactual") for alternative in alternatives(page)) == 5


def test_a_class_has_prototypes_criticisms_a_scree_curve_and_a_map(page: AppTest) -> None:
    classifier = page.session_state.tab.held.case.classifier
    page.segmented_control(key="examples_view").set_value("Typical of a class").run()
    page.selectbox(key=f"examples_class-{classifier}").select(7).run()
    page.slider(key="examples_count").set_value(3).run()
    settled(page)
    told = alternatives(page)
    assert sum(text.startswith("prototype of 7") for text in told) == 3
    assert sum(text.startswith("criticism of 7") for text in told) == 3
    chart, curve = (element.proto.SerializeToString() for element in page.get("vega_lite_chart"))
    assert b"data:image/webp;base64," in chart
    assert "left unexplained" in curve.decode(errors="ignore")


def test_the_search_for_a_width_runs_when_asked_for_and_names_the_best(page: AppTest) -> None:
    page.segmented_control(key="examples_view").set_value("Typical of a class").run()
    settled(page)
    assert len(page.get("vega_lite_chart")) == 2
    settled(page.button(key="examples_search").click().run())
    assert len(page.get("vega_lite_chart")) == 3
    assert re.search(r"Best: .*, which names [\d.]+% of the left-out images rightly", texts(page))


def test_a_gallery_that_cannot_be_built_says_why_and_can_be_tried_again(
    without_gallery: Callable[[str], AppTest],
) -> None:
    app = without_gallery("pages/examples.py")
    assert [error.value for error in app.error] == ["The weights of the network are not here."]
    settled(buttons(app, "Try again")[0].click().run())
    assert not app.error
    assert len(buttons(app, UP)) == 3


def test_somebody_who_comes_back_finds_every_page_with_the_settings_of_last_time(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    rater = uuid4()
    monkeypatch.setattr("ui.session.current_rater", lambda: rater)
    first = settled(open_app("mnist"))
    first.session_state.tab.rating.answer(first.session_state.tab.rating.shown.impression_id, "up")
    for page in ("pages/examples.py", "pages/research.py", "pages/summary.py"):
        again = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        again.switch_page(page)
        settled(again.run())
