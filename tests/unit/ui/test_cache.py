"""What the server does before anybody asks."""

from pathlib import Path

import pytest

from studio.case_queue import Choice
from studio.settings import load_settings
from ui import cache


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XAI_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("XAI_SAMPLES", "16")
    monkeypatch.setenv("XAI_WORKERS", "0")
    monkeypatch.setenv("XAI_AHEAD", "0")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    load_settings.cache_clear()
    yield tmp_path
    cache.close()
    load_settings.cache_clear()


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
    assert cache.prepare(Choice("mnist", "mnist-cnn"), {"mnist": {first.index}}).index != first.index
    assert cache.prepare(Choice("mnist", "mnist-cnn"), {"mnist": set()}).index == first.index
