"""A case is computed once for all who may see it; who leaves costs nothing; what a person brought stays theirs."""

import io
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.case_queue import Choice
from studio.case_source import CaseSource
from studio.case_store import CaseStore
from studio.case_tasks import Explain
from studio.dispatcher import Dispatcher
from studio.stock import all_images
from studio.workers import ThreadWorker
from xai_core import load_classifier, load_dataset
from xai_core.case import UPLOAD
from xai_core.errors import ClassifierUnavailable, InvalidAnswer
from xai_core.lime.fill_choice import usual_choice

PATIENCE = 120
MNIST = Choice("mnist", "mnist-cnn")


class Here:
    """The library of this machine."""

    def __init__(self) -> None:
        self.data = load_dataset("mnist")
        self.model = load_classifier("mnist-cnn", dataset=self.data)

    def available(self) -> list[str]:
        return ["mnist"]

    def dataset(self, name: str):
        return self.data

    def classifier(self, name, data):
        if name == "gone":
            raise ClassifierUnavailable("There is no classifier 'gone'.")
        return self.model

    def fill(self, data, classifier):
        return usual_choice(data.name, classifier)


class Counting(ThreadWorker):
    """Counts what it is asked to explain; can be made to wait, or to fail for one image."""

    def __init__(self, library: Here) -> None:
        super().__init__(library)
        self.explained: list[int] = []
        self.free = threading.Event()
        self.free.set()
        self.bad: int | None = None

    def run(self, number, task):
        if isinstance(task, Explain):
            if task.key.index == self.bad:
                raise InvalidAnswer("mnist-cnn answers with what are no probabilities.")
            self.explained.append(task.key.index)
        assert self.free.wait(PATIENCE)
        return super().run(number, task)


@pytest.fixture(scope="module")
def here() -> Here:
    return Here()


@pytest.fixture
def worker(here: Here) -> Counting:
    return Counting(here)


@pytest.fixture
def make_source(here: Here, worker: Counting, tmp_path: Path) -> Iterator:
    made = []

    def make(ahead: int = 0, limit: int = 10**8) -> CaseSource:
        store = CaseStore(tmp_path / "cases", limit)
        made.append(CaseSource(here, store, Dispatcher([worker]), ThreadPoolExecutor(4), samples=16, ahead=ahead))
        return made[-1]

    yield make
    worker.free.set()
    for source in made:
        source.close()


def ask(source: CaseSource, person: str = "a", seen: dict | None = None, choice: Choice = MNIST, wanted=lambda: True):
    return source.next(choice, seen or {}, person, wanted)


def test_everybody_gets_the_same_first_image_and_it_is_explained_once(make_source, worker: Counting) -> None:
    source = make_source()
    requests = [ask(source, person) for person in "abcdef"]
    cases = [request.result.result(PATIENCE) for request in requests]
    assert worker.explained == [cases[0].index]
    assert all(case is cases[0] for case in cases)


def test_whoever_has_seen_it_gets_another(make_source, worker: Counting, here: Here) -> None:
    source = make_source()
    seen: set[int] = set()
    for _ in range(3):
        seen.add(ask(source, seen={"mnist": frozenset(seen)}).result.result(PATIENCE).index)
    order = all_images(here.data)
    assert seen == {next(order) for _ in range(3)}
    assert ask(source, "b").result.result(PATIENCE).index in seen  # explained already
    assert len(worker.explained) == 3


def test_the_next_server_finds_them_explained(make_source, worker: Counting) -> None:
    first = ask(make_source()).result.result(PATIENCE)
    again = ask(make_source()).result.result(PATIENCE)
    assert again.index == first.index
    assert len(worker.explained) == 1


def test_the_stock_is_filled_ahead_of_whoever_has_seen_most(make_source, worker: Counting, here: Here) -> None:
    source = make_source(ahead=3)
    first = ask(source, "fast").result.result(PATIENCE).index
    order = all_images(here.data)
    expected = [next(order) for _ in range(4)]
    _until(lambda: len(worker.explained) == 4)
    assert worker.explained == expected
    second = ask(source, "fast", {"mnist": frozenset({first})}).result.result(PATIENCE).index
    assert second in expected
    ask(source, "slow").result.result(PATIENCE)  # has all of them before them
    _until(lambda: len(worker.explained) == 5)


def test_an_image_that_cannot_be_explained_stops_nobody(make_source, worker: Counting, here: Here) -> None:
    source = make_source(ahead=2)
    worker.bad = next(all_images(here.data))
    with pytest.raises(InvalidAnswer):
        ask(source).result.result(PATIENCE)
    assert ask(source).result.result(PATIENCE).index != worker.bad


def test_a_tab_that_has_gone_costs_nothing(make_source, worker: Counting) -> None:
    source = make_source()
    worker.free.clear()
    there = {"a": True}
    request = ask(source, wanted=lambda: there["a"])
    _until(lambda: len(worker.explained) == 1)
    there["a"] = False
    with pytest.raises(CancelledError):
        request.result.result(PATIENCE)


def test_a_choice_that_cannot_be_had_is_said_to_whoever_made_it(make_source) -> None:
    request = ask(make_source(), choice=Choice("mnist", "gone"))
    with pytest.raises(ClassifierUnavailable, match="no classifier 'gone'"):
        request.result.result(PATIENCE)


def test_what_a_person_brought_is_theirs_and_is_not_kept(make_source, tmp_path: Path) -> None:
    picture = io.BytesIO()
    Image.fromarray(np.full((40, 40), 200, np.uint8)).save(picture, "PNG")
    source = make_source()
    mine = Choice("mnist", "mnist-cnn", upload=picture.getvalue())
    case = ask(source, choice=mine).result.result(PATIENCE)
    assert (case.dataset, case.index) == (UPLOAD, 0)
    assert list(tmp_path.rglob("*.case")) == []
    after = ask(source, seen={UPLOAD: frozenset({0})}, choice=mine).result.result(PATIENCE)
    assert after.dataset == "mnist"


def test_a_past_showing_comes_from_the_store(make_source, worker: Counting) -> None:
    source = make_source()
    case = ask(source).result.result(PATIENCE)
    again = source.same("mnist", "test", case.index, "mnist-cnn", "b").result.result(PATIENCE)
    assert again is case
    other = source.same("mnist", "train", 7, "mnist-cnn", "b").result.result(PATIENCE)
    assert (other.split, other.index) == ("train", 7)
    assert len(worker.explained) == 2


def test_without_a_disk_people_are_still_served(make_source, worker: Counting, tmp_path: Path) -> None:
    (tmp_path / "cases").write_text("a file is in the way")
    source = make_source(ahead=2)
    first = ask(source).result.result(PATIENCE)
    second = ask(source, seen={"mnist": frozenset({first.index})}).result.result(PATIENCE)
    assert second.index != first.index


def _until(holds) -> None:
    tick = threading.Event()
    for _ in range(PATIENCE * 50):
        if holds():
            return
        tick.wait(0.02)
    raise AssertionError("not in time")
