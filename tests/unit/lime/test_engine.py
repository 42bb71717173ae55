import subprocess
import sys
import textwrap

import numpy as np
import pytest
from lime.lime_image import LimeImageExplainer

from xai_core.arms import LIME_ARMS
from xai_core.errors import Cancelled, InvalidAnswer, InvalidInput
from xai_core.lime.engine import explain


def random_image(shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype=np.float32)


def result_of_lime(image, model, segments, samples, *, state):
    """Runs the ``lime`` package on the same image; its grey images have three channels."""
    grey = image.shape[2] == 1
    return LimeImageExplainer(random_state=np.random.RandomState(state)).explain_instance(
        (np.repeat(image, 3, axis=2) if grey else image).astype(np.float64),
        (lambda images: model.predict_proba(images[..., :1])) if grey else model.predict_proba,
        hide_color=None,
        top_labels=len(model.class_names),
        num_samples=samples,
        batch_size=64,
        segmentation_fn=lambda _: segments,
        random_seed=0,  # else lime draws one from the state first
    )


def matrix_of_lime(samples, count, state):
    matrix = np.random.RandomState(state).randint(0, 2, samples * count).reshape(samples, count)
    matrix[0] = 1
    return matrix


LABEL_MAPS = [("cells", n) for n in (2, 3, 5, 7)] + [
    ("arm", arm) for arm in ("slic-medium", "slic-compact@fine", "felzenszwalb")
]


@pytest.mark.parametrize("shape", [(28, 28, 1), (24, 24, 3)])
@pytest.mark.parametrize("source", [*LABEL_MAPS, ("halves", 2)], ids=lambda source: f"{source[0]}-{source[1]}")
def test_agrees_with_the_lime_package(shape, source, softmax_classifier, cells):
    image, model, samples = random_image(shape), softmax_classifier(shape), 150
    kind, which = source
    if kind == "cells":
        labels = cells(shape[0], which)
    elif kind == "halves":
        labels = np.zeros(shape[:2], int)
        labels[:, shape[1] // 2 :] = 1
    else:
        labels = explain(image, model, [which], samples=2)[0].segments
    count = labels.max() + 1
    assert 2 <= count <= 80
    mine = explain(image, model, segments=labels, perturbations=matrix_of_lime(samples, count, 5), classes=(0, 1, 2))[0]
    theirs = result_of_lime(image, model, labels, samples, state=5)
    for index in range(3):
        weights = np.array([weight for _, weight in sorted(theirs.local_exp[index])])
        assert mine.weights[index] == pytest.approx(weights, abs=1e-5)
        assert mine.intercepts[index] == pytest.approx(theirs.intercept[index], abs=1e-5)
    last = theirs.top_labels[0]  # lime keeps the R^2 of the class it fitted last, the most probable one
    assert mine.r2[last] == pytest.approx(theirs.score, abs=1e-5)
    assert np.abs(mine.weights).max() > 1e-3


def test_agrees_with_the_lime_package_where_segments_are_of_one_colour(softmax_classifier, cells):
    image, model, labels = random_image((24, 24, 3)), softmax_classifier((24, 24, 3)), cells(24, 4)
    image[labels % 2 == 0] = 0
    mine = explain(image, model, segments=labels, perturbations=matrix_of_lime(200, 16, 1), classes=(0, 1, 2))[0]
    theirs = result_of_lime(image, model, labels, 200, state=1)
    for index in range(3):
        weights = np.array([weight for _, weight in sorted(theirs.local_exp[index])])
        assert mine.weights[index] == pytest.approx(weights, abs=1e-5)
    assert mine.unchanged.tolist() == [True, False] * 8


@pytest.mark.parametrize("masks", ["bernoulli", "paired", "hadamard", "sobol"])
@pytest.mark.parametrize("arm", ["slic-medium", "slic-loose", "quickshift", "felzenszwalb", "watershed", "grid-5"])
def test_evidence_in_the_last_segment_is_found(arm, masks, function_classifier):
    image = random_image((32, 32, 3))
    labels = explain(
        image,
        function_classifier(lambda x: np.full((len(x), 2), 0.5), (32, 32, 3), ("a", "b")),
        [arm],
        samples=2,
    )[0].segments
    last = labels == labels.max()

    def sees_only_the_last_segment(images):
        intact = (np.abs(images[:, last] - image[last]).max(axis=(1, 2)) < 1e-6).astype(float)
        return np.stack([0.1 + 0.8 * intact, 0.9 - 0.8 * intact], axis=1)

    model = function_classifier(sees_only_the_last_segment, (32, 32, 3), ("a", "b"))
    found = explain(image, model, [arm], samples=300, masks=masks)[0]
    assert found.classes == (0, 1)
    assert found.weights[0].argmax() == labels.max()
    assert found.weights[0, -1] == pytest.approx(0.8, abs=0.05)  # the ridge penalty takes a little
    assert np.abs(found.weights[0, :-1]).max() < 0.05
    assert found.settled[0, -1]


def test_a_linear_classifier_is_taken_apart_exactly(mean_classifier, cells):
    """Hiding segment k changes the probability by the sum of weight x (pixel - mean) over it."""
    image, labels = random_image((12, 12, 1)), cells(12, 3)
    pixel_weights = np.random.default_rng(1).random((12, 12)) / 144
    expected = []
    for k in range(9):
        inside = labels == k
        expected.append((pixel_weights[inside] * (image[inside, 0] - image[inside, 0].mean())).sum())
    found = explain(image, mean_classifier(pixel_weights), segments=labels, classes=(0,), alpha=1e-9, samples=200)[0]
    assert found.weights[0] == pytest.approx(expected, abs=1e-6)
    assert found.r2[0] == pytest.approx(1, abs=1e-4)
    assert found.intercepts[0] + found.weights[0].sum() == pytest.approx(found.probabilities[0], abs=1e-6)


def test_two_halves_by_hand(function_classifier):
    """Four images; a response that is 1 only for the full one. Checked against the normal equations."""
    image = np.zeros((4, 4, 1), np.float32)
    image[0, 0], image[0, 3] = 1, 1
    labels = np.repeat([[0, 0, 1, 1]], 4, axis=0)

    def both(images):
        full = ((images[:, 0, 0, 0] == 1) & (images[:, 0, 3, 0] == 1)).astype(float)
        return np.stack([full, 1 - full], axis=1)

    found = explain(image, function_classifier(both, (4, 4, 1), ("a", "b")), segments=labels, classes=(0,), samples=4)[
        0
    ]
    x = np.array([[1, 1], [0, 1], [1, 0], [0, 0]], float)
    p = np.exp(-8 * (1 - np.sqrt([1, 0.5, 0.5, 0])) ** 2)
    z = np.column_stack([np.ones(4), x])
    solution = np.linalg.solve(z.T @ (p[:, None] * z) + np.diag([0, 1, 1]), z.T @ (p * [1, 0, 0, 0]))
    assert found.weights[0] == pytest.approx(solution[1:])
    assert found.intercepts[0] == pytest.approx(solution[0])
    assert found.samples == 4
    assert not found.standard_errors.any()
    assert any("no sampling error" in note for note in found.notes)


def test_enumeration_counts_as_much_as_sampling_would(softmax_classifier, cells):
    """The ridge penalty must not weigh more because fewer masks exist than were asked for."""
    image, model, labels = random_image((16, 16, 1)), softmax_classifier((16, 16, 1)), cells(16, 2)
    exact = explain(image, model, segments=labels, samples=500)[0]
    many = np.random.default_rng(0).integers(0, 2, (500, 4))
    sampled = explain(image, model, segments=labels, perturbations=many)[0]
    assert exact.samples == 16
    assert np.linalg.norm(exact.weights - sampled.weights) < 0.05 * np.linalg.norm(exact.weights)


def test_renumbered_segments_give_the_same_map(softmax_classifier, cells):
    image, model, labels = random_image((24, 24, 3)), softmax_classifier((24, 24, 3)), cells(24, 4)
    order = np.random.default_rng(0).permutation(16)
    matrix = np.random.default_rng(1).integers(0, 2, (100, 16))
    renumbered = order[labels] * 3 + 7  # any integers will do
    first = explain(image, model, segments=labels, perturbations=matrix)[0]
    second = explain(image, model, segments=renumbered, perturbations=matrix[:, np.argsort(order)])[0]
    assert first.relevance() == pytest.approx(second.relevance(), abs=1e-12)


def test_batch_size_does_not_matter(softmax_classifier, monkeypatch):
    image, model = random_image((28, 28, 1)), softmax_classifier((28, 28, 1))
    arms = ["slic-medium", "grid-5"]
    usual = explain(image, model, arms, samples=100)
    monkeypatch.setattr("xai_core.classifiers.base.PIXELS_PER_BATCH", 28 * 28 * 7)
    small = explain(image, model, arms, samples=100)
    assert max(model.batches) <= 100
    for a, b in zip(usual, small, strict=True):
        assert a.weights == pytest.approx(b.weights, abs=1e-6)


def test_one_pass_gives_what_one_call_for_each_segmentation_gives(softmax_classifier):
    image, model = random_image((28, 28, 1)), softmax_classifier((28, 28, 1))
    arms = ["slic-medium", "grid-5", "felzenszwalb"]
    together = explain(image, model, arms, samples=90, masks="hadamard")
    for arm, found in zip(arms, together, strict=True):
        alone = explain(image, model, [arm], samples=90, masks="hadamard")[0]
        assert found.arm == alone.arm == arm
        assert np.array_equal(found.segments, alone.segments)
        assert found.weights == pytest.approx(alone.weights, abs=1e-9)


def test_every_distinct_image_is_seen_once(softmax_classifier, cells):
    image, model, labels = random_image((16, 16, 1)), softmax_classifier((16, 16, 1)), cells(16, 3)
    image[labels < 4] = 0.5  # five of nine segments change when hidden: 32 different images
    explain(image, model, segments=labels, perturbations=np.random.default_rng(0).integers(0, 2, (2000, 9)))
    assert sum(model.batches) == 32


def test_segments_that_hiding_does_not_change_are_reported_and_left_out(softmax_classifier, cells):
    image, model, labels = random_image((20, 20, 1)), softmax_classifier((20, 20, 1)), cells(20, 5)
    image[labels % 5 == 0] = 0
    found = explain(image, model, segments=labels, samples=200)[0]
    assert found.unchanged.sum() == 5
    assert not found.weights[:, found.unchanged].any()
    assert not found.standard_errors[:, found.unchanged].any()
    assert not found.settled[:, found.unchanged].any()
    assert found.weights[:, ~found.unchanged].all()


def test_an_image_of_one_colour_has_nothing_to_explain(softmax_classifier):
    model = softmax_classifier((28, 28, 1))
    found = explain(np.full((28, 28, 1), 77, np.uint8), model, ["grid-5"])[0]
    assert not found.weights.any()
    assert not found.settled.any()
    assert any("nothing to explain" in note for note in found.notes)
    assert sum(model.batches) == 1


def test_the_seed_and_only_what_is_named_decides(softmax_classifier):
    image, model = random_image((28, 28, 1)), softmax_classifier((28, 28, 1))
    first, again = (explain(image, model, ["grid-5"], samples=60, seed=3)[0] for _ in range(2))
    assert np.array_equal(first.weights, again.weights)
    assert not np.array_equal(first.weights, explain(image, model, ["grid-5"], samples=60, seed=4)[0].weights)
    model.version = "2"
    assert not np.array_equal(first.weights, explain(image, model, ["grid-5"], samples=60, seed=3)[0].weights)


def test_two_processes_agree():
    program = textwrap.dedent(
        """
        import numpy as np
        from xai_core.lime.engine import explain
        class Model:
            name, version, precision, class_names, input_shape = "m", "1", "float32", ("a", "b"), (20, 20, 1)
            def predict_proba(self, images):
                first = np.tanh(images[:, 3:9].mean(axis=(1, 2, 3)))
                return np.stack([first, 1 - first], axis=1).astype(np.float32)
        image = np.random.default_rng(0).random((20, 20, 1)).astype(np.float32)
        for e in explain(image, Model(), ["slic-medium", "quickshift"], samples=80, masks="sobol"):
            print(e.segments.sum(), e.weights.tolist())
        """
    )
    outputs = {
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(outputs) == 1


def test_the_stopping_rule_stops_early_and_keeps_its_promise(mean_classifier, softmax_classifier, cells):
    labels = cells(24, 6)
    easy = mean_classifier(np.random.default_rng(1).random((24, 24)) / 576)
    found = explain(random_image((24, 24, 1)), easy, segments=labels, samples=2000, tolerance=0.05, masks="hadamard")[0]
    assert found.samples == 128
    hard = softmax_classifier((24, 24, 1))
    found = explain(random_image((24, 24, 1)), hard, segments=labels, samples=4000, tolerance=0.02, masks="hadamard")[0]
    assert 128 < found.samples < 4000
    assert found.samples % 128 == 0
    assert (found.standard_errors.max(axis=1) / np.ptp(found.weights, axis=1)).max() < 0.02


def test_a_stopped_segmentation_does_not_stop_the_others(softmax_classifier):
    image, model = random_image((24, 24, 1)), softmax_classifier((24, 24, 1))
    found = explain(image, model, ["grid-5", "grid-11"], samples=1500, tolerance=0.04)
    assert found[0].samples < found[1].samples


def test_contrast_is_the_explanation_of_the_difference(softmax_classifier, function_classifier, cells):
    image, model, labels = random_image((24, 24, 3)), softmax_classifier((24, 24, 3)), cells(24, 4)
    matrix = np.random.default_rng(1).integers(0, 2, (200, 16))
    both = explain(image, model, segments=labels, perturbations=matrix, classes=(2, 0))[0]

    def difference(images):
        probabilities = model.predict_proba(images)
        second = (1 + probabilities[:, 2] - probabilities[:, 0]) / 2  # as a probability
        return np.stack([1 - second, second], axis=1)

    one = explain(
        image,
        function_classifier(difference, (24, 24, 3), ("0", "2")),
        segments=labels,
        perturbations=matrix,
        classes=(1,),
    )[0]
    weights, errors = both.contrast()
    assert weights == pytest.approx(2 * one.weights[0], abs=1e-6)
    assert (errors >= 2 * one.standard_errors[0] - 1e-9).all()


def test_classes_are_the_most_probable_ones_or_those_named(softmax_classifier):
    image, model = random_image((16, 16, 1)), softmax_classifier((16, 16, 1))
    found = explain(image, model, ["grid-5"], samples=40)[0]
    assert list(found.classes) == np.argsort(-found.probabilities)[:2].tolist()
    assert explain(image, model, ["grid-5"], samples=40, classes=[2])[0].classes == (2,)


def test_bytes_and_floats_are_the_same_image(softmax_classifier):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 1), dtype=np.uint8)
    model = softmax_classifier((16, 16, 1))
    first = explain(pixels, model, ["grid-5"], samples=40)[0]
    second = explain(pixels / 255, model, ["grid-5"], samples=40)[0]
    assert first.image_id == second.image_id
    assert first.weights == pytest.approx(second.weights, abs=1e-6)


def test_grey_and_colour_are_converted_with_a_note(softmax_classifier):
    grey, colour = random_image((16, 16, 1)), random_image((16, 16, 3))
    for image, channels in ((grey, 3), (grey[..., 0], 3), (colour, 1)):
        found = explain(image, softmax_classifier((16, 16, channels)), ["grid-5"], samples=40)[0]
        assert len(found.notes) == 1
        assert "takes" in found.notes[0]


def test_progress_ends_at_one_and_never_falls(softmax_classifier):
    seen = []
    explain(random_image((28, 28, 1)), softmax_classifier((28, 28, 1)), ["grid-5", "grid-7"], progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1
    assert len(seen) > 5


def test_cancelling_stops_before_the_next_batch(softmax_classifier):
    model, answers = softmax_classifier((28, 28, 1)), iter([False, False, True])
    with pytest.raises(Cancelled):
        explain(random_image((28, 28, 1)), model, ["grid-7"], cancelled=lambda: next(answers))
    assert len(model.batches) == 3  # the unmodified image and two batches


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"segmenters": ["voronoi"]}, "voronoi"),
        ({"masks": "latin"}, "latin"),
        ({"fill": "inpaint"}, "inpaint"),
        ({"samples": 1}, "samples = 1"),
        ({"estimator": "bayes"}, "bayes"),
        ({"alpha": 0.0}, "alpha = 0"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"constant": 2.0}, "constant"),
        ({"classes": 0}, "0"),
        ({"classes": (0, 3)}, r"\(0, 3\)"),
        ({"classes": (1, 1)}, r"\(1, 1\)"),
        ({"classes": ()}, "classes"),
        ({"segments": np.zeros((5, 5), int)}, r"\[5, 5\]"),
        ({"segments": np.zeros((16, 16))}, "float64"),
        ({"perturbations": np.ones((10, 3))}, "perturbations"),
        ({"perturbations": [np.ones((10, 25))] * 2}, "2 perturbation matrices"),
    ],
)
def test_improper_values_are_named(arguments, named, softmax_classifier):
    with pytest.raises(InvalidInput, match=named):
        explain(random_image((16, 16, 1)), softmax_classifier((16, 16, 1)), **{"segmenters": ["grid-5"], **arguments})


@pytest.mark.parametrize(
    ("image", "named"),
    [
        (np.zeros((16, 17, 1), np.uint8), "16 x 17"),
        (np.zeros((16, 16, 4), np.uint8), r"\[16, 16, 4\]"),
        (np.zeros((16, 16, 1), complex), "complex128"),
        (np.full((16, 16, 1), 1.5), "1.5"),
        (np.full((16, 16, 1), np.nan), "nan"),
    ],
)
def test_improper_images_are_named(image, named, softmax_classifier):
    with pytest.raises(InvalidInput, match=named):
        explain(image, softmax_classifier((16, 16, 1)), ["grid-5"])


def test_a_function_in_place_of_a_classifier(softmax_classifier):
    image, model = random_image((16, 16, 1)), softmax_classifier((16, 16, 1))
    expected = explain(image, model, ["grid-5"], samples=60)[0]
    found = explain(image, model.predict_proba, ["grid-5"], samples=60, class_names=["x", "y", "z"], classes="y")[0]
    assert (found.classifier, found.classes) == ("predict_proba", (1,))
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-6)


def test_what_the_classifier_may_not_answer_during_an_explanation(softmax_classifier, function_classifier):
    """The unmodified image is answered properly, some masked ones are not."""
    image, model = random_image((16, 16, 1)), softmax_classifier((16, 16, 1))

    def sometimes(images):
        probabilities = model.predict_proba(images)
        probabilities[images[:, 0, 0, 0] != image[0, 0, 0]] = np.nan
        return probabilities

    with pytest.raises(InvalidAnswer, match=r"toy answers image \d+ of \d+ with something that is not a number"):
        explain(image, function_classifier(sometimes, (16, 16, 1)), ["grid-5"], samples=60)


def test_every_arm_explains(softmax_classifier):
    found = explain(random_image((32, 32, 3)), softmax_classifier((32, 32, 3)), tuple(LIME_ARMS), samples=8)
    assert [explanation.arm for explanation in found] == list(LIME_ARMS)
    assert all(np.isfinite(explanation.weights).all() for explanation in found)


def test_kriging_gives_what_regression_gives_where_every_mask_was_run(softmax_classifier, cells):
    model = softmax_classifier((12, 12, 3))
    image = np.random.default_rng(0).random((12, 12, 3), dtype=np.float32)
    regression, kriging = (
        explain(image, model, segments=cells(12, 3), samples=600, estimator=name)[0]
        for name in ("regression", "kriging")
    )
    np.testing.assert_array_equal(regression.weights, kriging.weights)


def test_kriging_is_nearer_to_a_long_run_than_regression(softmax_classifier, cells):
    model = softmax_classifier((16, 16, 3))
    image = np.random.default_rng(0).random((16, 16, 3), dtype=np.float32)
    arguments = {"segments": cells(16, 4), "masks": "hadamard"}
    long_run = explain(image, model, samples=20_000, **arguments)[0].weights
    errors = {
        name: np.linalg.norm(explain(image, model, samples=128, estimator=name, **arguments)[0].weights - long_run)
        for name in ("regression", "kriging")
    }
    assert errors["kriging"] < 0.7 * errors["regression"]


def test_kriging_hands_many_samples_to_regression_and_says_so(softmax_classifier, cells):
    model = softmax_classifier((16, 16, 1))
    arguments = {"segments": cells(16, 4), "perturbations": matrix_of_lime(2100, 16, 0)}
    kriging, regression = (
        explain(random_image((16, 16, 1)), model, estimator=name, **arguments)[0] for name in ("kriging", "regression")
    )
    np.testing.assert_array_equal(kriging.weights, regression.weights)
    assert kriging.notes == ("Weights by regression: kriging is for at most 2048 samples.",)
    assert regression.notes == ()


@pytest.mark.parametrize("estimator", ["regression", "kriging"])
def test_log_odds_tell_pieces_apart_where_probabilities_are_all_certain(estimator, function_classifier, cells):
    image, labels = np.ones((12, 12, 1), np.float32), cells(12, 3)
    effects = np.array([1.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.5])

    def certain(images):
        shown = np.stack([images[:, labels == k].mean(axis=(1, 2)) for k in range(9)], axis=1)
        first = 1 / (1 + np.exp(-(6 + shown @ effects)))
        return np.stack([first, 1 - first], axis=1)

    model = function_classifier(certain, (12, 12, 1), ("a", "b"))
    asked = {"segments": labels, "fill": "constant", "classes": 1, "masks": "hadamard", "samples": 200}
    plain, odds = (
        explain(image, model, estimator=estimator, scale=scale, alpha=1e-6, **asked)[0]
        for scale in ("probability", "log-odds")
    )
    assert np.abs(plain.weights).max() < 0.01, "nobody would call this an effect"
    assert odds.weights[0] == pytest.approx(effects, abs=0.05)
    assert odds.settled[0, [0, 1, 8]].all()
    assert (plain.scale, odds.scale) == ("probability", "log-odds")
    assert odds.intercepts[0] + odds.weights[0].sum() == pytest.approx(7.5, abs=0.1)
    assert odds.r2[0] > 0.99
