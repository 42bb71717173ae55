"""A case comes back from its bytes as it was, and nothing else passes for one."""

from dataclasses import fields

import numpy as np
import pytest

from tests.factories import make_case, make_explanation
from xai_core import case_file, load_classifier, load_dataset
from xai_core.case import Case
from xai_core.errors import BrokenFile
from xai_core.explanation import Explanation
from xai_core.precompute import prepare_case
from xai_core.quality.faithfulness import Faithfulness


def assert_same(one: object, other: object) -> None:
    """Equal to the last bit, types of arrays included."""
    if isinstance(one, np.ndarray):
        assert isinstance(other, np.ndarray)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, (Case, Explanation, Faithfulness)):
        assert type(one) is type(other)
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            assert_same(one[key], other[key])
    else:
        assert one == other


def test_a_real_case_of_every_arm_comes_back_to_the_last_bit() -> None:
    data = load_dataset("mnist")
    case = prepare_case(data, load_classifier("mnist-cnn", dataset=data), 3, samples=16)
    content = case_file.to_bytes(case)
    assert_same(case, case_file.from_bytes(content))
    assert len(case.explanations) > 20
    assert len(content) < 100_000


def test_negative_labels_and_empty_arrays_keep_their_values() -> None:
    segments = np.array([[-1, 70_000], [3, 2]], np.int32)
    explanation = make_explanation(segments, np.zeros((1, 0)), notes=("Zwölf €",))
    case = make_case(1)
    case = Case(**{**vars(case), "explanations": {"grid-5": explanation}})
    assert_same(case, case_file.from_bytes(case_file.to_bytes(case)))


def test_what_is_read_can_be_written_to_by_libraries() -> None:
    case = case_file.from_bytes(case_file.to_bytes(make_case(1)))
    assert case.explanations["grid-5"].segments.flags.writeable


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content[:60],
        lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
        lambda content: content.replace(b"case 1", b"case 2"),
    ],
)
def test_every_damage_is_noticed(damage) -> None:
    with pytest.raises(BrokenFile):
        case_file.from_bytes(damage(case_file.to_bytes(make_case(1))))


@pytest.mark.parametrize("kind", ["os:system", "subprocess:Popen", "xai_core.case_file:to_bytes", "xai_core.case:None"])
def test_a_file_names_results_of_the_core_alone(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_file, "_described", lambda value, values: {"$": kind, "fields": {}})
    content = case_file.to_bytes(make_case(1))
    with pytest.raises(BrokenFile):
        case_file.from_bytes(content)


def test_what_is_no_result_is_refused_by_name() -> None:
    case = Case(**{**vars(make_case(1)), "features": {"grid-5": {"area": object()}}})
    with pytest.raises(TypeError, match="holds object"):
        case_file.to_bytes(case)
