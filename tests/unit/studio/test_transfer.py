"""A classifier is trained in the background, once, and what stands in the way is said."""

from dataclasses import replace

import pytest

from studio.jobs import Jobs
from studio.transfer import training
from tests.unit.classifiers.toys import two_classes
from xai_core.classifiers import list_classifiers
from xai_core.classifiers import transfer_training as module


@pytest.fixture
def quick(monkeypatch):
    """Features are the rows' means, so that no network is needed."""
    asked = []

    def train(data, **options):
        asked.append((data.name, options["models"], options["precision"]))
        options["progress"](0.5, "half")
        return "trained"

    monkeypatch.setattr(module, "train_transfer", train)
    return asked


def test_asked_for_twice_it_is_trained_once(quick, tmp_path):
    jobs, data = Jobs(), two_classes()
    first = training(jobs, data, tmp_path, "float32")
    assert first.result == "trained"
    assert training(jobs, two_classes(), tmp_path, "float32") is first
    assert quick == [("halves", tmp_path / "models", "float32")]


def test_other_images_are_another_job(quick, tmp_path):
    jobs, data = Jobs(), two_classes()
    first = training(jobs, data, tmp_path, "float32")
    assert training(jobs, replace(data, x_train=255 - data.x_train), tmp_path, "float32") is not first


def test_what_stands_in_the_way_is_the_jobs_problem(tmp_path):
    data = two_classes()
    none = replace(data, x_train=data.x_train[:0], y_train=data.y_train[:0])
    job = training(Jobs(), none, tmp_path, "float32")
    job._future.exception(timeout=60)
    assert "Halves has no labelled training images" in job.problem
    assert list_classifiers(data, models=tmp_path / "models") == []
