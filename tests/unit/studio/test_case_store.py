"""Cases are kept whole or not at all, within bounds, and say of an image what its data set says now."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio.case_key import CaseKey
from studio.case_store import CaseStore
from tests.factories import make_case
from xai_core import case_file
from xai_core.datasets import ImageDataset

MUCH = 10**9


def toy_data(truth: int = 0, names: tuple[str, ...] = ("cat", "dog", "cow")) -> ImageDataset:
    images = np.stack([make_case(number).image for number in range(50)])
    truths = np.full(50, truth)
    return ImageDataset("toy", "Toys", names, images, truths, images, truths, "", "", "")


def key_of(number: int) -> CaseKey:
    case = make_case(number)
    return CaseKey(
        dataset="toy",
        split="test",
        index=number,
        image_id=case.image_id,
        classifier="toy",
        classifier_version="1",
        precision="float32",
        arms=("grid-5", "slic-medium"),
        fill="blur",
        constant=0.0,
        second_fill="mean",
        samples=100,
    )


def keep(store: CaseStore, number: int) -> Path:
    store.put(key_of(number), case_file.to_bytes(make_case(number)))
    return store._path(key_of(number))


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    return CaseStore(tmp_path / "cases", MUCH)


def test_what_was_put_is_found_also_by_the_next_server(store: CaseStore) -> None:
    keep(store, 3)
    for found in (store, CaseStore(store.folder, MUCH)):
        assert key_of(3) in found
        case = found.get(key_of(3), toy_data())
        assert case is not None
        assert (case.index, case.image_id) == (3, make_case(3).image_id)
    assert key_of(4) not in store
    assert store.get(key_of(4), toy_data()) is None


def test_everybody_gets_the_same_case_while_somebody_holds_it(store: CaseStore) -> None:
    keep(store, 3)
    held = store.get(key_of(3), toy_data())
    assert store.get(key_of(3), toy_data()) is held


@pytest.mark.parametrize("content", [b"", b"half a fi", case_file.MAGIC + bytes(500)])
def test_a_damaged_file_is_given_up_and_can_be_written_again(store: CaseStore, content: bytes) -> None:
    keep(store, 3).write_bytes(content)
    assert store.get(key_of(3), toy_data()) is None
    assert key_of(3) not in store
    keep(store, 3)
    assert store.get(key_of(3), toy_data()) is not None


def test_truth_and_names_are_those_of_the_data_set_as_it_is_now(store: CaseStore) -> None:
    keep(store, 3)
    case = store.get(key_of(3), toy_data(truth=2, names=("chat", "chien", "vache")))
    assert (case.truth, case.class_names) == (2, ("chat", "chien", "vache"))
    moved = replace(key_of(3), dataset="copy", index=7)
    elsewhere = store.get(moved, replace(toy_data(), name="copy"))
    assert (elsewhere.dataset, elsewhere.index) == ("copy", 7)


def test_the_least_recently_used_make_room(tmp_path: Path) -> None:
    size = len(case_file.to_bytes(make_case(0)))
    store = CaseStore(tmp_path, limit=10 * size + size // 2)
    for number in range(10):
        os.utime(keep(store, number), (number, number))
    assert store.get(key_of(0), toy_data()) is not None  # used just now
    keep(store, 10)
    keep(store, 11)
    kept = [number for number in range(12) if key_of(number) in store]
    assert 0 in kept
    assert {10, 11} <= set(kept)
    assert 1 not in kept
    count, total = store.size()
    assert count == len(kept)
    assert total <= store.limit


def test_where_nothing_can_be_written_nothing_is_lost_but_time(tmp_path: Path) -> None:
    (tmp_path / "cases").write_text("a file is in the way")
    store = CaseStore(tmp_path / "cases", MUCH)
    store.put(key_of(1), case_file.to_bytes(make_case(1)))
    assert store.get(key_of(1), toy_data()) is None
    assert store.size() == (0, 0)
