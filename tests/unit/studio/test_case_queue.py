"""One image ahead, of the right kind, and errors that do not stick."""

from concurrent.futures import Future
from dataclasses import dataclass, field

import pytest

from studio.case_queue import CaseQueue, Choice
from xai_core.errors import Cancelled


@dataclass
class Asked:
    choice: Choice
    seen: dict
    result: Future = field(default_factory=Future)
    left: bool = False

    def leave(self) -> None:
        self.left = True


@pytest.fixture
def asked() -> list[Asked]:
    return []


@pytest.fixture
def queue(asked: list[Asked]) -> CaseQueue:
    def ask(choice: Choice, seen: dict) -> Asked:
        asked.append(Asked(choice, seen))
        asked[-1].result.set_result(f"{choice.dataset} {len(asked)}")
        return asked[-1]

    return CaseQueue(ask)


def test_what_was_prefetched_is_taken_and_not_asked_for_again(queue: CaseQueue, asked: list) -> None:
    queue.prefetch(Choice("mnist"), {})
    assert queue.take(Choice("mnist"), {}) == "mnist 1"
    assert len(asked) == 1
    assert queue.take(Choice("mnist"), {}) == "mnist 2"


def test_another_choice_is_asked_for_anew_and_the_former_is_given_up(queue: CaseQueue, asked: list) -> None:
    queue.prefetch(Choice("mnist"), {})
    assert queue.take(Choice("cifar10"), {}).startswith("cifar10")
    assert [one.left for one in asked] == [True, False]


def test_what_was_seen_when_it_was_asked_stays_as_it_was(queue: CaseQueue, asked: list) -> None:
    seen = {"mnist": {3}}
    queue.prefetch(Choice("mnist"), seen)
    seen["mnist"].add(4)
    assert asked[0].seen == {"mnist": {3}}


def test_a_failure_is_raised_once_and_the_next_take_tries_again(queue: CaseQueue, asked: list) -> None:
    broken = Asked(Choice("mnist"), {})
    broken.result.set_exception(OSError("no such file"))
    answers = [broken]
    queue.ask = lambda choice, seen: answers.pop() if answers else Asked(choice, seen, _done("fine"))
    with pytest.raises(OSError, match="no such file"):
        queue.take(Choice("mnist"), {})
    assert queue.take(Choice("mnist"), {}) == "fine"


def test_what_was_given_up_while_nobody_looked_is_asked_for_again(queue: CaseQueue, asked: list) -> None:
    lost = Asked(Choice("mnist"), {})
    lost.result.cancel()
    answers = [lost]
    queue.ask = lambda choice, seen: answers.pop() if answers else Asked(choice, seen, _done("fine"))
    queue.prefetch(Choice("mnist"), {})
    assert queue.take(Choice("mnist"), {}) == "fine"


def test_whoever_waits_for_what_is_given_up_is_told(queue: CaseQueue) -> None:
    lost = Asked(Choice("mnist"), {})
    queue.ask = lambda choice, seen: lost
    lost.result.cancel()
    with pytest.raises(Cancelled):
        queue.take(Choice("mnist"), {})


def _done(case: str) -> Future:
    future: Future = Future()
    future.set_result(case)
    return future
