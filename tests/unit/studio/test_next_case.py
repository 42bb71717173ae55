"""What a choice of images means."""

from types import SimpleNamespace

import numpy as np
import pytest

from studio.case_queue import Choice
from studio.next_case import chosen
from xai_core.errors import BrokenFile, ClassifierUnavailable, DatasetUnavailable


class Machine:
    """Digits with a classifier, a folder without one, and a folder that is damaged."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)

    def available(self):
        return self.names

    def dataset(self, name):
        if name == "damaged":
            raise BrokenFile("The file damaged is truncated.")
        return SimpleNamespace(name=name)

    def classifier(self, name, data):
        if data.name == "pets":
            raise ClassifierUnavailable("No classifier fits pets.")
        return SimpleNamespace(name=f"{data.name}-cnn")

    def fill(self, data, classifier):
        raise AssertionError


def test_a_surprise_is_one_that_can_be_explained():
    for seed in range(20):
        data, model = chosen(Choice(), Machine("pets", "damaged", "mnist"), np.random.default_rng(seed))
        assert (data.name, model.name) == ("mnist", "mnist-cnn")


def test_every_one_that_can_be_explained_may_be_the_surprise():
    machine = Machine("mnist", "cifar10", "pets")
    drawn = {chosen(Choice(), machine, np.random.default_rng(seed))[0].name for seed in range(20)}
    assert drawn == {"mnist", "cifar10"}


@pytest.mark.parametrize(("names", "problem"), [((), DatasetUnavailable), (("pets",), ClassifierUnavailable)])
def test_where_none_can_be_it_is_said_why(names, problem):
    with pytest.raises(problem):
        chosen(Choice(), Machine(*names), np.random.default_rng(0))


def test_what_was_asked_for_by_name_is_not_replaced():
    with pytest.raises(ClassifierUnavailable, match="pets"):
        chosen(Choice("pets"), Machine("pets", "mnist"), np.random.default_rng(0))
