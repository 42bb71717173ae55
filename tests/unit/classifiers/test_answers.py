"""What numbers mean, told from the numbers alone."""

import numpy as np
import pytest

from xai_core.classifiers.answers import find_answers, flat, numbers, probabilities
from xai_core.errors import ClassifierUnavailable, InvalidAnswer

RNG = np.random.default_rng(0)
SCORES = RNG.normal(0, 0.4, (40, 3)).astype(np.float32)  # as a network of weak weights gives them
FAR = RNG.normal(0, 60, (6, 3)).astype(np.float32)


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def sigmoid(scores):
    return 1 / (1 + np.exp(-scores))


def find(function, classes=3, columns=3, **card):
    return find_answers("net", [function(SCORES[:, :columns])], [function(FAR[:, :columns])], classes, **card)


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda x: x, "scores"),
        (np.abs, "scores"),  # a ReLU at the end
        (lambda x: 0.2 + 0.01 * x, "scores"),  # within 0..1 on every image that there can be
        (softmax, "probabilities"),
        (lambda x: softmax(x).astype(np.float16).astype(np.float32), "probabilities"),
        (lambda x: np.log(softmax(x) + 1e-30), "scores"),
        (sigmoid, "shares"),
    ],
    ids=["scores", "relu", "weak", "softmax", "half", "log", "sigmoid"],
)
def test_each_kind_is_known_by_its_numbers(function, kind):
    answers = find(function)
    assert (answers.output, answers.kind) == (0, kind)
    assert "40 images, and on 6 far beyond" in answers.evidence


@pytest.mark.parametrize(("function", "kind"), [(lambda x: x, "scores"), (sigmoid, "probabilities")])
def test_one_output_for_two_classes(function, kind):
    answers = find(function, classes=2, columns=1)
    assert answers.kind == kind
    found = probabilities(function(SCORES[:, :1]), answers.kind)
    np.testing.assert_allclose(found, np.hstack([1 - sigmoid(SCORES[:, :1]), sigmoid(SCORES[:, :1])]), atol=1e-6)


def test_log_probabilities_come_out_as_the_probabilities():
    logs = np.log(softmax(SCORES))
    np.testing.assert_allclose(
        probabilities(logs, find(lambda x: np.log(softmax(x) + 1e-30)).kind), softmax(SCORES), atol=1e-6
    )


def test_shares_are_divided_by_their_sum_even_where_all_are_0():
    np.testing.assert_allclose(
        probabilities(np.float32([[0.5, 0.25, 0.25], [0.9, 0.9, 0], [0, 0, 0]]), "shares"),
        [[0.5, 0.25, 0.25], [0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3]],
        atol=1e-6,
    )


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((5,), (5, 1)), ((5, 1), (5, 1)), ((5, 1, 1, 4), (5, 4)), ((5, 4, 1, 1), (5, 4)), ((5, 7, 7, 4),) * 2],
)
def test_axes_of_length_1_are_dropped(shape, expected):
    assert flat(np.zeros(shape, np.float32)).shape == expected


def test_overflow_far_out_does_not_matter():
    with np.errstate(over="ignore", invalid="ignore"):
        assert (
            find(
                lambda x: (
                    np.exp(x.astype(np.float16) * 100) / np.exp(x.astype(np.float16) * 100).sum(1, keepdims=True)
                    if np.abs(x).max() > 10
                    else softmax(x)
                )
            ).kind
            == "probabilities"
        )


def test_the_output_as_wide_as_the_class_names_is_taken():
    outputs = [np.zeros((40, 4), np.float32), SCORES, np.zeros((40, 7, 7, 3), np.float32)]
    answers = find_answers("net", outputs, [values[:6] * 100 for values in outputs], 3)
    assert (answers.output, answers.kind) == (1, "scores")


def test_of_scores_and_their_probabilities_the_latter_are_taken():
    answers = find_answers("net", [SCORES, softmax(SCORES)], [FAR, softmax(FAR)], 3)
    assert (answers.output, answers.kind) == (1, "probabilities")


def test_outputs_that_contradict_each_other_need_the_card():
    usual, far = [softmax(SCORES), softmax(-SCORES)], [softmax(FAR), softmax(-FAR)]
    with pytest.raises(ClassifierUnavailable, match=r"2 outputs of 3 classes that contradict each other, 0, 1 .*card"):
        find_answers("net", usual, far, 3)
    assert find_answers("net", usual, far, 3, output=1).output == 1
    with pytest.raises(ClassifierUnavailable, match="asks for output 2"):
        find_answers("net", usual, far, 3, output=2)


def test_a_column_of_its_own_beside_two_classes_is_not_asked():
    both = SCORES[:, :2]
    answers = find_answers("net", [SCORES[:, 2:], softmax(both)], [FAR[:, 2:], softmax(FAR[:, :2])], 2)
    assert answers.output == 1


def test_the_card_may_say_what_numbers_cannot():
    with pytest.raises(ClassifierUnavailable, match=r"stays within -1\.\.1"):
        find(np.tanh, classes=2, columns=1)
    answers = find(np.tanh, classes=2, columns=1, kind="scores")
    assert answers.kind == "scores"
    assert "as the card says" in answers.evidence


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(bad):
    broken = SCORES.copy()
    broken[3, 1] = bad
    with pytest.raises(ClassifierUnavailable, match=r"net answers 1 of 40 images .*not a number"):
        find_answers("net", [broken], [FAR], 3)
    with pytest.raises(InvalidAnswer, match=r"net answers image 4 of 40 .*not a number"):
        numbers("net", broken)
    assert numbers("net", SCORES) is SCORES


@pytest.mark.parametrize(
    ("shapes", "classes", "message"),
    [
        ([(5,)], 3, r"5 outputs but its card names 3 classes"),
        ([(1,)], 3, r"1 outputs but its card names 3 classes"),
        ([(7, 7, 3)], 3, r"every place of an image, \[7, 7, 3\]"),
        ([(5,), (4,)], 3, r"No output of net, \[5\], \[4\], is as wide as the 3 classes"),
        ([(1,)], 1, r"one class"),
    ],
)
def test_what_fits_no_class_names(shapes, classes, message):
    outputs = [np.zeros((4, *shape), np.float32) for shape in shapes]
    with pytest.raises(ClassifierUnavailable, match=message):
        find_answers("net", outputs, outputs, classes)
