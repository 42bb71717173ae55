"""What the server does before anybody asks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.case_queue import Choice
from ui import cache


@pytest.fixture
def folder(tmp_path: Path, configure: Callable[..., None]) -> Iterator[Path]:
    configure(XAI_DATA_DIR=tmp_path, XAI_SAMPLES=16, XAI_WORKERS=0, XAI_AHEAD=0, DATABASE_URL=None)
    yield tmp_path
    cache.close()


def test_the_first_image_is_there_before_anybody_asks_and_for_everybody(folder: Path) -> None:
    cache.warm_up()
    assert len(list(folder.rglob("*.case"))) == 1
    first = Choice("mnist", "mnist-cnn")
    one, other = cache.prepare(first, {}), cache.prepare(first, {})
    assert one.index == other.index
    assert len(list(folder.rglob("*.case"))) == 1


def test_whoever_has_seen_images_gets_others(folder: Path) -> None:
    cache.warm_up()
    first = cache.prepare(Choice("mnist", "mnist-cnn"), {})
    second = cache.prepare(Choice("mnist", "mnist-cnn"), {"mnist": {first.index}})
    assert second.index != first.index
    third = cache.prepare(Choice("mnist", "mnist-cnn"), {"mnist": set()})
    assert third.index in {first.index, second.index}, "who has seen nothing gets what is there"
