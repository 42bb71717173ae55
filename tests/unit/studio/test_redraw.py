"""What was shown can be computed again from its impression alone; what has changed since is named."""

from argparse import Namespace
from dataclasses import replace
from uuid import uuid4

import pytest

from db.engine import Database
from db.errors import UnknownImpression
from db.feedback import Feedback
from db.showings import impression
from studio.commands.redraw import DrawnDifferently, run
from studio.learning import Learner
from studio.rating import Rating
from studio.redraw import compared, redraw
from studio.settings import Settings
from xai_core.classifiers import load_classifier
from xai_core.datasets import load_dataset
from xai_core.errors import InvalidInput
from xai_core.lime.fill_choice import usual_choice
from xai_core.precompute import prepare_case


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """Digits that are always there, and the shipped network."""
    data = load_dataset("mnist", root=tmp_path_factory.mktemp("data"))
    return data, load_classifier("mnist-cnn", dataset=data)


@pytest.fixture
def shown(digits, tmp_path):
    """The first explanation of a digit, shown as the page does, read back from the database."""
    data, model = digits
    feedback = Feedback(Database.open(f"sqlite:///{tmp_path}/feedback.sqlite"))
    settings = Settings(xai_data_dir=tmp_path, database_url=None)
    rating = Rating(feedback, Learner(feedback, settings), "ann")
    rating.open(prepare_case(data, model, 7, samples=64, fill=usual_choice(data.name, model)))
    assert rating.outbox.problem is None
    return impression(feedback.database, rating.shown.impression_id)


def test_an_explanation_comes_out_as_it_was_shown(shown, digits) -> None:
    found = compared(shown, redraw(shown, *digits))
    assert {one.name: (one.shown, one.now) for one in found if not one.same} == {}
    names = {one.name.split(".")[0] for one in found}
    assert {"image_id", "prediction", "confidence", "settings", "features", "quality"} <= names
    assert len(found) > 20


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"image_index": 8}, "image_id"),
        ({"classifier_version": "older"}, "classifier_version"),
        ({"confidence": 0.2}, "confidence"),
        ({"seed": 5}, "features"),
    ],
)
def test_what_differs_is_named(change, named, shown, digits) -> None:
    altered = replace(shown, **change)
    different = [one.name for one in compared(altered, redraw(altered, *digits)) if not one.same]
    assert any(name.startswith(named) for name in different), different


def test_examples_and_unknown_ids_are_one_sentence(shown, digits, tmp_path) -> None:
    with pytest.raises(InvalidInput, match="looked up and not drawn"):
        redraw(replace(shown, kind="prototypes"), *digits)
    with pytest.raises(InvalidInput, match="does not explain such an image by stained-glass"):
        redraw(replace(shown, arm="stained-glass"), *digits)
    with pytest.raises(UnknownImpression, match="take it from an export"):
        impression(Database.open(f"sqlite:///{tmp_path}/feedback.sqlite"), uuid4())


def test_the_command_says_that_it_is_the_same_or_what_is_not(shown, tmp_path, capsys) -> None:
    options = Namespace(impression=shown.impression_id, database=None)
    run(options, Settings(xai_data_dir=tmp_path, database_url=None))
    assert "comes out as it was shown" in capsys.readouterr().out
    database = Database.open(f"sqlite:///{tmp_path}/feedback.sqlite")
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE impressions SET confidence = 0.25")
    database.close()
    with pytest.raises(DrawnDifferently, match="differently now: confidence"):
        run(options, Settings(xai_data_dir=tmp_path, database_url=None))
    assert "DIFFERENT" in capsys.readouterr().out
