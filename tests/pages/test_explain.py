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
from studio.rating import Rating
from studio.shown import MOST_SHOWN, Shown
from studio.view import draw
from ui import cache, pictures
from xai_core.arms import FUSED_ARM, arm_named
from xai_core.datasets import cifar10, list_datasets

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
    name = first.case.class_names[first.case.prediction]
    assert f"Does blue show a good reason for **{name}**?" in [title.value for title in app.subheader]
    button(app, DOWN).click().run()
    second = shown(app)
    assert second.case is first.case
    assert second.arm != first.arm
    button(app, UP).click().run()
    assert shown(app).case.image_id != first.case.image_id
    assert events(data_folder) == [("vote", -1), ("vote", 1)]
    assert not app.exception


def component(app: AppTest, key: str) -> dict:
    """What the page tells one of its own components."""
    return next(json.loads(found.proto.json) for found in app.get("bidi_component") if found.key == key)


def test_the_task_says_what_the_model_answered_and_what_the_thumb_is_about(open_app: Open) -> None:
    app = open_app("mnist")
    case = shown(app).case
    name = case.class_names[case.prediction]
    said = next(text.value for text in app.markdown if text.value.startswith("The model"))
    assert f"**{name}** ({100 * case.confidence:.0f}" in said
    assert f"Blue is what speaks for {name}, orange against it." in said
    assert f"👎 does not mean that {name} is wrong" in said
    app.segmented_control(key="palette").set_value("green-red").run()
    assert f"Does green show a good reason for **{name}**?" in [title.value for title in app.subheader]
    assert any(text.value.startswith("Green speaks for the class, red against it") for text in app.caption)


def test_the_greatest_weights_stand_in_a_table_with_a_unit(open_app: Open) -> None:
    app = open_app("mnist")
    table = component(app, "table")
    case, arm = shown(app).case, shown(app).arm
    explanation = case.explanations[arm]
    names = [case.class_names[index] for index in explanation.classes]
    assert table["columns"] == ["where", *(f"effect on {name}" for name in names)]
    assert len(table["rows"]) == min(explanation.weights.shape[1], 40)
    first = table["rows"][0]
    assert first["label"] == int(abs(explanation.weights).max(axis=0).argmax())
    for at, cell in enumerate(first["cells"][1:]):
        weight = explanation.weights[at, first["label"]]
        if explanation.settled[at, first["label"]] and arm != FUSED_ARM and abs(weight) > 1e-3:
            assert cell == f"{'for' if weight > 0 else 'against'}, {100 * abs(weight):.2g} points"
    assert component(app, "look")["id"] == table["id"]


def test_what_a_way_of_drawing_ignores_is_disabled(open_app: Open) -> None:
    app = open_app("mnist")
    assert not app.slider(key="opacity").disabled
    app.segmented_control(key="style").set_value("keep").run()
    assert app.slider(key="opacity").disabled
    assert app.segmented_control(key="palette").proto.disabled
    assert not app.exception


def test_two_classes_have_no_mirrored_runner_up(open_app: Open) -> None:
    app = open_app("casting")
    assert len(shown(app).case.class_names) == 2
    alternatives = [image.alt for element in app.get("image") for image in element.proto.imgs]
    explained = [text for text in alternatives if "beyond doubt" in text or "support" in text]
    assert len([text for text in explained if not text.startswith("A worked example")]) == 1
    assert not any("runner-up" in image.caption for element in app.get("image") for image in element.proto.imgs)


def test_a_run_draws_nothing_again_and_looks_for_data_sets_once(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app("mnist")
    looked, drawn = [], []
    monkeypatch.setattr(cache, "list_datasets", lambda root: looked.append(root) or list_datasets(root))
    monkeypatch.setattr(pictures, "draw", lambda *what: drawn.append(what) or draw(*what))
    app.run()
    assert not app.exception
    assert drawn == []
    assert len(looked) == 1


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


def test_reasons_are_asked_about_the_explanation_that_got_the_answer(open_app: Open, data_folder: Path) -> None:
    app = open_app("mnist")
    judged = shown(app)
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
    pictures = [image.alt for element in app.get("image") for image in element.proto.imgs]
    assert f"The explanation you answered last: {arm_named(judged.arm).title}" in pictures
    next(field for field in app.text_input if "own words" in field.label).input("blurred edges").run()
    assert texts_of_comments(data_folder)[-1] == ("blurred edges", judged.impression_id.hex)
    button(app, UP).click().run()
    assert any("What was good" in group.label for group in app.button_group)


def texts_of_comments(folder: Path) -> list[tuple]:
    with closing(sqlite3.connect(folder / "feedback.sqlite")) as connection:
        query = "select text, impression_id from events where kind = 'comment' order by sequence"
        return connection.execute(query).fetchall()


def test_who_cannot_judge_says_so(open_app: Open, data_folder: Path) -> None:
    app = open_app("mnist")
    case = shown(app).case
    button(app, "Cannot judge").click().run()
    assert shown(app).case.image_id != case.image_id
    with closing(sqlite3.connect(data_folder / "feedback.sqlite")) as connection:
        assert connection.execute("select kind, reasons from events").fetchall() == [("skip", '["cannot judge"]')]


def test_newcomers_are_shown_an_example_and_can_practise(open_app: Open, data_folder: Path) -> None:
    app = open_app("mnist")
    first = shown(app)
    assert any("New here?" in text.value for text in app.markdown)
    button(app, "Practise first").click().run()
    assert any("does not count" in text.value for text in app.markdown)
    assert shown(app).case.image_id != first.case.image_id
    button(app, DOWN).click().run()
    assert not app.exception
    assert shown(app).impression_id == first.impression_id, "what counts goes on where it was"
    assert events(data_folder) == []
    assert not any("New here?" in text.value for text in app.markdown)
    button(app, "How it works").click().run()
    assert any("New here?" in text.value for text in app.markdown)
    button(app, "Got it").click().run()
    button(app, UP).click().run()
    assert events(data_folder) == [("vote", 1)]


def test_progress_towards_the_goal_and_thanks_at_its_end(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rating, "goal", 2)
    app = open_app("mnist")
    progress = lambda: next(bar.text for bar in app.progress if "today" in bar.text)  # noqa: E731
    assert progress() == "0 of 2 today"
    button(app, DOWN).click().run()
    button(app, UP).click().run()
    assert progress() == "1 of 2 today", "images count, not thumbs"
    button(app, UP).click().run()
    assert progress() == "2 of 2 today"
    assert any("Thank you: 2 images today" in text.value for text in app.markdown)
    button(app, UNDO).click().run()
    assert progress() == "1 of 2 today"
    button(app, UP).click().run()
    button(app, UP).click().run()
    assert not any("Thank you" in text.value for text in app.markdown), "said once"


@pytest.mark.parametrize(("typed", "meant"), [("mnits", "mnist"), ("Casting", "casting"), ("qqqq", None)])
def test_a_mistyped_address_says_so(open_app: Open, typed: str, meant: str | None) -> None:
    app = open_app(typed)
    assert shown(app)
    said = app.warning[0].value
    assert typed in said
    assert (f"(?images={meant})" in said) == (meant is not None)


@pytest.mark.parametrize("page", ["examples", "because"])
def test_other_pages_say_so_too(open_app: Open, page: str) -> None:
    app = open_app("mnist").switch_page(f"pages/{page}.py")
    app.query_params["images"] = "mnits"
    assert "There are no images called “mnits”" in app.run().warning[0].value


def test_the_address_is_followed_back_and_written_only_when_something_else_is_chosen(open_app: Open) -> None:
    app = open_app()
    assert "images" not in app.query_params
    app.selectbox(key="images").set_value("casting").run()
    assert app.query_params["images"] == "casting"
    app.query_params["images"] = "mnist"  # as after a step back
    app.run()
    assert app.selectbox(key="images").value == "mnist"
    assert shown(app).case.dataset == "mnist"
    assert not app.exception


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
    # the discard port of this machine: refused at once, whatever proxy the environment names
    monkeypatch.setattr(cifar10, "_URL", "http://127.0.0.1:9/cifar.tar.gz")
    monkeypatch.setenv("no_proxy", "*")
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
    app = open_app("pets")
    said = sentences(app) + " ".join(text.value for text in (*app.markdown, *app.subheader, *app.caption, *app.info))
    assert "one class only" in said, "one class that is left has nothing to be told from"


def test_a_file_that_is_no_model_does_not_stop_the_others(open_app: Open, data_folder: Path) -> None:
    (data_folder / "models").mkdir()
    (data_folder / "models" / "mine.keras").write_bytes(b"not a model")
    (data_folder / "models" / "mine.json").write_text('{"class_names": ["a", "b"]}')
    app = open_app("mnist")
    assert shown(app).case.explanations
    assert not app.exception


def test_a_database_that_cannot_be_reached_is_one_sentence(open_app: Open, configure: Callable[..., None]) -> None:
    configure(DATABASE_URL="sqlite:////proc/none/feedback.sqlite")
    app = open_app("mnist")
    assert "The folder none of the database does not exist" in sentences(app)
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
    assert sum("that you rated" in image.alt for element in app.get("image") for image in element.proto.imgs) == 1
    button(app, "Go on rating").click().run()
    assert shown(app)
    button(app, "Session summary").click().run()
    app.selectbox(key="images").set_value("casting").run()
    assert shown(app).case.dataset.startswith("casting"), "who chooses other images gets them"


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
