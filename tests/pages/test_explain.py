"""The rating page: the loop, and one sentence for everything that can go wrong."""

import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

import studio.rating
from studio.rating import MOST_SHOWN, Rating, Shown
from studio.settings import load_settings
from xai_core.arms import FUSED_ARM

UP, DOWN, SKIP, UNDO = "👍 Convincing", "👎 Not convincing", "Skip", "Undo"
Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def deliberate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every click of these tests is meant, however quickly it follows the one before."""
    monkeypatch.setattr(studio.rating, "BURST_SECONDS", 0.0)


def button(app: AppTest, label: str):
    return next(button for button in app.button if button.label == label)


def shown(app: AppTest) -> Shown:
    rating: Rating = app.session_state.tab.rating
    assert rating.shown
    return rating.shown


def events(folder: Path) -> list[tuple]:
    with closing(sqlite3.connect(folder / "feedback.sqlite")) as connection:
        return connection.execute("select kind, value from events order by sequence").fetchall()


def sentences(app: AppTest) -> str:
    assert not app.exception
    return " ".join(message.value for message in app.error)


def test_the_loop(open_app: Open, data_folder: Path) -> None:
    app = open_app("mnist")
    first = shown(app)
    assert f"Why **{first.case.class_names[first.case.prediction]}**?" in [title.value for title in app.subheader]
    button(app, DOWN).click().run()
    second = shown(app)
    assert second.case is first.case
    assert second.arm != first.arm
    button(app, UP).click().run()
    assert shown(app).case.image_id != first.case.image_id
    assert events(data_folder) == [("vote", -1), ("vote", 1)]
    assert not app.exception


def test_the_greatest_weights_stand_in_a_table(open_app: Open) -> None:
    app = open_app("mnist")
    explanation = shown(app).case.explanations[shown(app).arm]
    table = next(text.value for text in app.markdown if text.value.startswith("| where |"))
    head, _, first, *rest = table.splitlines()
    assert head.count("|") == 4, "where, the first and the second class"
    assert len(rest) + 1 == min(len(explanation.weights[0]), 40)
    settled = abs(explanation.weights[explanation.settled]).max(initial=0)
    assert "uncertain" in first or f"{settled:.2g}" in first


def test_undo_returns_to_the_explanation_and_the_new_vote_counts(open_app: Open, data_folder: Path) -> None:
    app = open_app("mnist")
    first = shown(app)
    button(app, UP).click().run()
    button(app, UNDO).click().run()
    assert (shown(app).case, shown(app).arm) == (first.case, first.arm)
    button(app, DOWN).click().run()
    assert events(data_folder) == [("vote", 1), ("retract", None), ("vote", -1)]
    assert [event.value for event in app.session_state.tab.rating._learner.refresh().events] == [0]


def test_after_the_last_explanation_none_convinced_and_the_next_image_comes(open_app: Open, data_folder: Path) -> None:
    app = open_app("mnist")
    case = shown(app).case
    seen = []
    for _ in range(MOST_SHOWN):
        seen.append(shown(app).arm)
        button(app, DOWN).click().run()
    assert len(set(seen)) == MOST_SHOWN
    assert FUSED_ARM in seen
    assert shown(app).case.image_id != case.image_id
    assert events(data_folder) == [("vote", -1)] * MOST_SHOWN + [("skip", None)]


def test_the_truth_is_told_once_the_image_has_gone(open_app: Open) -> None:
    app = open_app("mnist")
    case = shown(app).case
    assert not any("it was" in caption.value for caption in app.caption)
    button(app, SKIP).click().run()
    told = " ".join(caption.value for caption in app.caption)
    assert f"it was **{case.class_names[case.truth]}**" in told


def test_reasons_for_a_thumb_down_are_stored(open_app: Open, data_folder: Path) -> None:
    app = open_app("mnist")
    button(app, DOWN).click().run()

    def tag(*tags: str) -> list[str]:
        group = next(group for group in app.button_group if "What was wrong" in group.label)
        group.set_value(list(tags)).run()
        with closing(sqlite3.connect(data_folder / "feedback.sqlite")) as connection:
            return [row[0] for row in connection.execute("select reasons from current_thumbs")]

    assert tag("too coarse") == ['["too coarse"]']
    assert tag("too coarse", "confusing") == ['["too coarse", "confusing"]']
    assert tag() == ["[]"]
    assert events(data_folder) == [("vote", -1), *[("reasons", None)] * 3]


def test_the_order_is_stored_with_everything_that_could_have_come_first(open_app: Open, data_folder: Path) -> None:
    app = open_app("mnist")
    case = shown(app).case
    button(app, DOWN).click().run()
    with closing(sqlite3.connect(data_folder / "feedback.sqlite")) as connection:
        [(candidates, arms)] = connection.execute("select candidates, arms from decisions").fetchall()
        impressions = connection.execute("select arm, decision_id from impressions order by position").fetchall()
    assert json.loads(candidates)["arms"] == list(case.features)
    assert sum(json.loads(candidates)["propensities"]) == pytest.approx(1)
    assert [arm for arm, _ in impressions] == json.loads(arms)[:2]
    assert len({decision for _, decision in impressions}) == 1


def test_a_missing_set_offers_its_download_and_says_when_there_is_no_network(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    app = open_app("cifar10")
    assert "is not on this machine" in app.subheader[0].value
    next(button for button in app.button if button.label.startswith("Download")).click().run()
    assert "CIFAR-10" in sentences(app)


def test_a_damaged_archive_is_named(open_app: Open, data_folder: Path) -> None:
    (data_folder / "mnist.npz").write_bytes(b"PK\x03\x04 cut short")
    assert "mnist.npz" in sentences(open_app("mnist"))


def test_a_class_without_an_image_is_named(open_app: Open, data_folder: Path) -> None:
    for name in ("cat", "dog"):
        (data_folder / "pets" / "train" / name).mkdir(parents=True)
        Image.new("RGB", (32, 32)).save(data_folder / "pets" / "train" / name / "1.png")
    (data_folder / "pets" / "train" / "cat" / "1.png").write_text("not a picture")
    assert "cat" in sentences(open_app("pets"))
    (data_folder / "pets" / "train" / "cat" / "1.png").unlink()
    assert "cat" in sentences(open_app("pets"))


def test_a_file_that_is_no_model_does_not_stop_the_others(open_app: Open, data_folder: Path) -> None:
    (data_folder / "models").mkdir()
    (data_folder / "models" / "mine.keras").write_bytes(b"not a model")
    (data_folder / "models" / "mine.json").write_text('{"class_names": ["a", "b"]}')
    app = open_app("mnist")
    assert shown(app).case.explanations
    assert not app.exception


def test_a_database_that_cannot_be_reached_is_one_sentence(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:////proc/none/feedback.sqlite")
    load_settings.cache_clear()
    app = open_app("mnist")
    assert "/proc/none" in sentences(app)
    assert button(app, "Try again")


@pytest.fixture
def full_disk() -> Iterator[Callable[[AppTest], None]]:
    """Lets SQLite find no room for the next write, as on a full disk, until the test ends."""
    filled = []

    def fill(app: AppTest) -> None:
        engine = app.session_state.tab.rating._feedback.database
        with engine.write() as connection:
            pages = connection.exec_driver_sql("pragma page_count").scalar()
            connection.exec_driver_sql(f"pragma max_page_count = {pages}")
        filled.append(engine)

    yield fill
    for engine in filled:
        empty(engine)


def empty(engine) -> None:
    with engine.write() as connection:
        connection.exec_driver_sql("pragma max_page_count = 1073741823")


def test_a_vote_on_a_full_disk_stays_on_the_page_until_it_is_stored(
    open_app: Open, data_folder: Path, full_disk: Callable[[AppTest], None]
) -> None:
    app = open_app("mnist")
    full_disk(app)
    answered = shown(app).impression_id
    for _ in range(30):  # until the last page of the file is full
        button(app, DOWN).click().run()
        if app.session_state.tab.rating.outbox.problem:
            break
        answered = shown(app).impression_id
    assert "Not saved yet" in sentences(app)
    assert button(app, DOWN).disabled
    empty(app.session_state.tab.rating._feedback.database)
    button(app, "Save again").click().run()
    assert not app.error
    with closing(sqlite3.connect(data_folder / "feedback.sqlite")) as connection:
        votes = connection.execute(
            "select count(*) from events where kind = 'vote' and impression_id = ?", (answered.hex,)
        ).fetchone()
    assert votes in [(0,), (1,)]
    assert shown(app)


def test_the_summary_counts_this_session(open_app: Open) -> None:
    app = open_app("mnist")
    button(app, DOWN).click().run()
    button(app, UP).click().run()
    button(app, "Session summary").click().run()
    assert {metric.label: metric.value for metric in app.metric} == {
        "Images": "2",
        "👍": "1",
        "👎": "1",
        "Skipped": "0",
    }
    button(app, "Go on rating").click().run()
    assert shown(app)


@pytest.mark.slow
def test_an_upload_that_is_no_image_is_one_sentence_and_a_real_one_is_explained(open_app: Open) -> None:
    app = open_app("photos")
    app.file_uploader[0].upload("holiday.png", b"these are words", "image/png").run()
    assert "upload" in sentences(app)
    picture = io.BytesIO()
    Image.new("RGB", (300, 200), "green").save(picture, "PNG")
    app.file_uploader[0].upload("green.png", picture.getvalue(), "image/png").run()
    assert not app.exception
    assert shown(app).case.dataset == "upload"
    assert (shown(app).case.image[..., 1] > 100).all()


def test_the_legend_says_how_much_full_colour_is(open_app: Open) -> None:
    app = open_app("mnist")
    case, arm = shown(app).case, shown(app).arm
    explanation = case.explanations[arm]
    strongest = 100 * max(map(abs, explanation.weights[0]))
    expected = f"in percentage points of probability, {strongest:.3g} for **{case.class_names[case.prediction]}**"
    legends = [caption.value for caption in app.caption if "Full colour" in caption.value]
    assert len(legends) == 1
    assert expected in legends[0]
