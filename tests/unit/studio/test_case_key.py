"""What decides a case is in its name, and nothing else."""

from dataclasses import fields, replace

import numpy as np
import pytest

from studio import case_key
from studio.case_key import CaseKey
from studio.case_tasks import Explain
from xai_core import case_file, load_classifier, load_dataset
from xai_core.errors import Cancelled, DatasetUnavailable
from xai_core.lime.fill_choice import usual_choice

OTHERS = {
    "image_id": "0" * 20,
    "classifier": "other",
    "classifier_version": "0" * 16,
    "precision": "bfloat16",
    "arms": ("grid-5",),
    "fill": "mean",
    "constant": 0.5,
    "second_fill": "surroundings",
    "samples": 17,
    "seed": 1,
}


class Here:
    """The library of this machine, without caches."""

    def available(self) -> list[str]:
        return ["mnist"]

    def dataset(self, name: str):
        return load_dataset(name)

    def classifier(self, name, data):
        return load_classifier(name or "mnist-cnn", dataset=data)

    def fill(self, data, classifier):
        return usual_choice(data.name, classifier)


@pytest.fixture(scope="module")
def library() -> Here:
    return Here()


@pytest.fixture(scope="module")
def key(library: Here) -> CaseKey:
    data = library.dataset("mnist")
    model = library.classifier(None, data)
    return CaseKey.of(data, model, 5, fill=usual_choice("mnist", model), samples=16)


@pytest.mark.parametrize("name", OTHERS)
def test_whatever_decides_the_result_changes_the_name(key: CaseKey, name: str) -> None:
    assert replace(key, **{name: OTHERS[name]}).digest != key.digest


def test_every_field_is_tried_but_where_the_image_lies(key: CaseKey) -> None:
    assert {*OTHERS, "dataset", "split", "index"} == {field.name for field in fields(key)}
    assert replace(key, dataset="copy", split="train", index=9).digest == key.digest


def test_another_program_gives_other_names(key: CaseKey, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key.digest
    monkeypatch.setattr(case_key, "made_by", lambda: "another")
    assert replace(key).digest != before


def test_a_key_is_computed_as_the_page_would(library: Here, key: CaseKey) -> None:
    case = case_file.from_bytes(Explain(key)(library, lambda: False))
    assert (case.image_id, case.index, case.split) == (key.image_id, 5, "test")
    assert [*case.explanations] == [*key.arms, "fused"]
    settings = case.explanations["grid-5"].settings.as_dict()
    assert (settings["samples"], settings["fill"]) == (16, key.fill)


def test_an_image_that_lies_elsewhere_by_now_is_not_passed_off(library: Here, key: CaseKey) -> None:
    with pytest.raises(DatasetUnavailable, match="changed meanwhile"):
        Explain(replace(key, index=6))(library, lambda: False)


def test_a_position_beyond_the_set_is_a_sentence(library: Here) -> None:
    data = library.dataset("mnist")
    model = library.classifier(None, data)
    with pytest.raises(DatasetUnavailable, match="no longer has an image number"):
        CaseKey.of(data, model, len(data.x_test), fill=usual_choice("mnist", model))


def test_it_stops_when_nobody_wants_it_any_more(library: Here, key: CaseKey) -> None:
    asked = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        Explain(key)(library, cancelled)
    assert len(asked) == 3


def test_names_hold_in_every_process(key: CaseKey) -> None:
    assert key.digest == replace(key, arms=tuple(np.array(key.arms).tolist())).digest
    assert len(key.digest) == 40
