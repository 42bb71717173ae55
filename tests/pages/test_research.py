"""The page of what was learned: empty, with a few thumbs, and with enough to say something."""

from collections.abc import Callable

import numpy as np
from streamlit.testing.v1 import AppTest

from studio.example_votes import ExampleVotes
from studio.rating import Rating
from tests.pages.conftest import research_page
from ui import cache
from xai_core.ranking.report import LEAST_IMAGES


def rate(images: int) -> Rating:
    """Rate ``images`` digits as the pages would, 👎 first and 👍 second."""
    rating = Rating(cache.feedback(), cache.learner(), "ann")
    rating._is_burst = lambda: False
    for _ in range(images):
        rating.open(cache.prepare(cache.Choice("mnist"), rating.seen))
        for answer in ("down", "up"):
            rating.answer(rating.shown.impression_id, answer)
    assert rating.outbox.problem is None
    return rating


def titles(app: AppTest) -> list[str]:
    assert not app.exception
    return [title.value for title in app.subheader]


def part(app: AppTest, name: str) -> AppTest:
    """Open a part of the page."""
    app.session_state["research-part"] = name
    return app.run()


def test_without_thumbs_the_page_says_what_to_do(open_app: Callable[..., AppTest]) -> None:
    app = research_page(open_app)
    assert any("No thumbs yet" in text.value for text in app.markdown)
    assert titles(app) == []
    assert titles(part(app, "Plan")) == ["Plan a study"]


def test_few_thumbs_give_approval_and_say_what_is_missing(open_app: Callable[..., AppTest]) -> None:
    open_app("mnist")
    rate(2)
    app = research_page(open_app)
    assert {metric.label: metric.value for metric in app.metric} == {"Answers": "4", "People": "1", "Images": "2"}
    assert "Approval by kind of explanation" in titles(app)
    part(app, "Ranking")
    assert {metric.label: metric.value for metric in app.metric} == {
        "Approval of right predictions": "50%",
        "Approval of wrong predictions": "–",
    }
    assert "Persuasion against truth" in titles(app)
    assert any(f"at least {LEAST_IMAGES} images" in caption.value for caption in app.caption)


def test_reasons_examples_and_an_export_are_there(open_app: Callable[..., AppTest]) -> None:
    open_app("mnist")
    rating = rate(1)
    rating.give_reasons(rating.steps[0], ["too coarse", "confusing"])
    rating.give_reasons(rating.steps[1], ["easy to grasp"])
    rating.give_reasons(rating.steps[0], ["too coarse"])
    app = part(research_page(open_app), "Reasons")
    assert app.dataframe[0].value.to_dict("records") == [
        {"reason": "easy to grasp", "👍": 1, "👎": 0},
        {"reason": "too coarse", "👍": 0, "👎": 1},
    ]
    assert titles(app) == ["Reasons given", "Approval by data set", "Approval by classifier", "Examples"]
    assert "No thumbs among these answers" in app.caption[-1].value, "nobody judged an example"
    votes = ExampleVotes(cache.feedback(), "ann")
    votes.answer(votes.show(rating.steps[0].case, "near-hits", "cosine", {}).impression.impression_id, 1, 0)
    app = part(research_page(open_app), "Reasons")
    assert len(app.get("vega_lite_chart")) == 3
    assert "Export everything" in [button.proto.label for button in app.get("download_button")]


def test_enough_thumbs_are_evaluated_on_unseen_images_and_off_policy(open_app: Callable[..., AppTest]) -> None:
    open_app("mnist")
    rate(LEAST_IMAGES + 1)
    app = part(research_page(open_app), "Ranking")
    assert "What another policy would have earned" in titles(app)
    trusted, predicted, policies, faithful = (table.value for table in app.dataframe)
    assert trusted["data set"].tolist() == ["mnist"]
    assert trusted["P(order is better)"].between(0, 1).all()
    assert trusted["first comes"].tolist() == trusted["best single explanation"].tolist(), "so few thumbs prove nothing"
    assert list(predicted["thumbs"]) == [2 * (LEAST_IMAGES + 1)] * 3
    assert np.isfinite(predicted["log loss"]).all()
    assert set(policies["policy"]) == {"guarded", "learned", "frozen (the prior)", "fixed order", "random"}
    assert list(faithful["policy"]) == list(policies["policy"])
    assert faithful["first shown"].tolist() == [LEAST_IMAGES + 1] * 5
    assert {metric.label: metric.value for metric in app.metric}["Approval of right predictions"] == "50%"
    assert any("too few" in caption.value or "cannot say" in caption.value for caption in app.caption)


def test_a_database_that_cannot_be_reached_is_one_sentence(open_app: Callable[..., AppTest], configure) -> None:
    configure(DATABASE_URL="sqlite:////proc/none/feedback.sqlite")
    app = research_page(open_app)
    assert not app.exception
    assert "The folder none of the database does not exist" in app.error[0].value
