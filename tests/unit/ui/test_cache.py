"""What the server does before anybody asks."""

import pytest

from studio.case_queue import Choice
from ui import cache


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[Choice]:
    """The choices that a case was really prepared for; the case is how many there were."""
    calls: list[Choice] = []

    def prepare(choice: Choice, _seen: dict[str, set[int]]) -> int:
        calls.append(choice)
        return len(calls)

    monkeypatch.setattr(cache, "_prepare", prepare)
    monkeypatch.setattr(cache, "storage_problem", lambda: "not asked here")
    cache._spare.clear()
    return calls


def test_the_first_image_is_there_before_anybody_asks_and_goes_to_one_person(prepared: list[Choice]) -> None:
    first = Choice("mnist", "mnist-cnn")
    cache.warm_up()
    assert [cache.prepare(first, {}), cache.prepare(first, {})] == [1, 2]
    assert prepared == [first, first]


def test_whoever_has_seen_images_or_chose_others_gets_their_own(prepared: list[Choice]) -> None:
    cache.warm_up()
    assert cache._spare()[Choice("mnist", "mnist-cnn")].result() == 1
    assert cache.prepare(Choice("mnist", "mnist-cnn"), {"mnist": {7}}) == 2
    assert cache.prepare(Choice("mnist", "mnist-svm"), {}) == 3
    assert cache.prepare(Choice("mnist", "mnist-cnn"), {"mnist": set()}) == 1
