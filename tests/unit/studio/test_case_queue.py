"""One image ahead, of the right kind, and errors that do not stick."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from studio.case_queue import CaseQueue, Choice


@pytest.fixture
def asked() -> list:
    return []


@pytest.fixture
def queue(asked: list) -> CaseQueue:
    def prepare(choice: Choice, seen: dict[str, set[int]]) -> str:
        asked.append((choice, seen))
        return f"{choice.dataset} {len(asked)}"

    return CaseQueue(prepare, ThreadPoolExecutor(1))


def test_what_was_prefetched_is_taken_and_not_prepared_again(queue: CaseQueue, asked: list) -> None:
    queue.prefetch(Choice("mnist"), {})
    assert queue.take(Choice("mnist"), {}) == "mnist 1"
    assert len(asked) == 1
    assert queue.take(Choice("mnist"), {}) == "mnist 2"


def test_another_choice_is_prepared_anew(queue: CaseQueue) -> None:
    queue.prefetch(Choice("mnist"), {})
    assert queue.take(Choice("cifar10"), {}).startswith("cifar10")


def test_the_worker_sees_what_was_seen_when_it_was_asked(queue: CaseQueue, asked: list) -> None:
    seen = {"mnist": {3}}
    future = queue.prefetch(Choice("mnist"), seen)
    seen["mnist"].add(4)
    future.result()
    assert asked[0][1] == {"mnist": {3}}


def test_a_failure_is_raised_once_and_the_next_take_tries_again() -> None:
    broken = Event()
    broken.set()

    def prepare(choice: Choice, seen: dict[str, set[int]]) -> str:
        if broken.is_set():
            raise OSError("no such file")
        return "fine"

    queue = CaseQueue(prepare, ThreadPoolExecutor(1))
    with pytest.raises(OSError, match="no such file"):
        queue.take(Choice("mnist"), {})
    broken.clear()
    assert queue.take(Choice("mnist"), {}) == "fine"
