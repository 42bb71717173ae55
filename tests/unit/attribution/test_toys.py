"""Games small enough to be divided by hand."""

import itertools
import math

import numpy as np
import pytest

from xai_core.attribution.game import Game
from xai_core.attribution.kernel_shap import explain_kernel_shap, shapley_kernel, shapley_regression
from xai_core.attribution.occlusion import explain_occlusion
from xai_core.attribution.partition import explain_partition, superpixels
from xai_core.attribution.rise import draw_soft_masks, explain_rise
from xai_core.attribution.settings import AttributionSettings
from xai_core.attribution.tree import grow_tree
from xai_core.errors import Cancelled, InvalidInput
from xai_core.segmenters import from_labels

BLACK = AttributionSettings(evaluations=400, fill="constant")
METHODS = [explain_partition, explain_kernel_shap, explain_occlusion, explain_rise]


def quarters(side: int = 16) -> np.ndarray:
    half = side // 2
    labels = np.zeros((side, side), np.int32)
    labels[:half, half:], labels[half:, :half], labels[half:, half:] = 1, 2, 3
    return labels


def seen(images: np.ndarray) -> np.ndarray:
    """How much of each quarter of white images is to be seen, ``[N, 4]``."""
    labels = quarters(images.shape[1])
    return np.stack([images[:, labels == k].mean(axis=(1, 2)) for k in range(4)], axis=1)


def additive(images: np.ndarray) -> np.ndarray:
    """The second class is told by quarters, worth .1, .2, .3 and 0."""
    answer = 0.2 + seen(images) @ np.array([0.1, 0.2, 0.3, 0.0])
    return np.stack([1 - answer, answer], axis=1)


def both(images: np.ndarray) -> np.ndarray:
    """The second class needs the first and the last quarter."""
    shown = seen(images)
    answer = 0.8 * shown[:, 0] * shown[:, 3]
    return np.stack([1 - answer, answer], axis=1)


WHITE = np.ones((16, 16, 1), np.float32)


@pytest.mark.parametrize("explain", METHODS)
def test_the_quarter_that_counts_most_weighs_most_and_the_order_is_right(explain) -> None:
    settings = AttributionSettings(evaluations=1500, fill="constant")
    map_ = explain(WHITE, additive, classes=[1], settings=settings).relevance()
    by_quarter = [map_[quarters() == k].mean() for k in range(4)]
    assert np.argsort(by_quarter).tolist() == [3, 0, 1, 2]


@pytest.mark.parametrize("explain", METHODS)
def test_two_classes_mirror_each_other(explain) -> None:
    weights = explain(WHITE, both, classes=[0, 1], settings=BLACK).weights
    assert weights[0] == pytest.approx(-weights[1], abs=1e-6)
    assert np.abs(weights).max() > 0


@pytest.mark.parametrize("explain", METHODS)
def test_repeats_exactly_and_stays_within_its_budget(explain) -> None:
    asked = []

    def counted(images):
        asked.append(len(images))
        return both(images)

    counted.__name__ = "both"
    first, second = (explain(WHITE, counted, classes=[1], settings=BLACK, seed=3) for _ in range(2))
    assert first.weights.tobytes() == second.weights.tobytes()
    # besides: one image each time to learn how many classes there are
    assert sum(asked) == first.samples + second.samples + 2
    assert first.samples <= BLACK.evaluations
    assert first.settings.as_dict() == {"evaluations": 400, "fill": "constant", "constant": 0.0}


@pytest.mark.parametrize("explain", METHODS)
def test_an_image_that_is_its_own_background_says_so(explain) -> None:
    black = np.zeros((16, 16, 1), np.float32)
    explanation = explain(black, additive, classes=[1], settings=BLACK)
    assert explanation.unchanged.all()
    assert not explanation.weights.any()
    assert "nothing to explain" in " ".join(explanation.notes)


@pytest.mark.parametrize("explain", METHODS)
def test_progress_ends_at_one_and_a_cancelled_explanation_stops(explain) -> None:
    shares: list[float] = []
    explain(WHITE, additive, settings=BLACK, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    with pytest.raises(Cancelled):
        explain(WHITE, additive, settings=BLACK, cancelled=lambda: True)


@pytest.mark.parametrize("wrong", [{"evaluations": 1}, {"fill": "lava"}, {"constant": 2.0}])
def test_settings_out_of_range_are_named(wrong: dict) -> None:
    with pytest.raises(InvalidInput, match=str(next(iter(wrong.values())))):
        AttributionSettings(**wrong)


def shapley_by_definition(worth, players: int) -> np.ndarray:
    """The mean gain over all orders in which the players could come."""
    gains = np.zeros(players)
    for order in itertools.permutations(range(players)):
        present: frozenset = frozenset()
        for player in order:
            gains[player] += worth(present | {player}) - worth(present)
            present |= {player}
    return gains / math.factorial(players)


def test_all_coalitions_give_exact_shapley_values() -> None:
    rng = np.random.default_rng(0)
    worths = {frozenset(s): rng.random() for r in range(6) for s in itertools.combinations(range(5), r)}
    rows = np.array([[i in s for i in range(5)] for s in worths], np.uint8)
    answers = np.array(list(worths.values()))[:, None]
    inner = shapley_kernel(rows) > 0
    found = shapley_regression(
        rows[inner], shapley_kernel(rows)[inner], answers[inner], answers[~inner][:1, 0], answers[-1]
    )
    assert found[0] == pytest.approx(shapley_by_definition(worths.__getitem__, 5), abs=1e-9)


def test_kernel_shap_of_an_and_game_on_an_image() -> None:
    explanation = explain_kernel_shap(WHITE, both, classes=[1], settings=BLACK, segments=quarters())
    assert explanation.weights[0] == pytest.approx([0.4, 0, 0, 0.4], abs=1e-6)
    assert explanation.samples == 2 + 14  # all and nothing, and the 14 coalitions between
    assert not explanation.standard_errors.any()


def test_drawn_coalitions_come_near_the_exact_values_and_their_errors_hold_the_truth() -> None:
    labels = np.repeat(np.repeat(np.arange(16).reshape(4, 4), 4, axis=0), 4, axis=1)
    exact = np.zeros(16)
    for k in range(4):
        exact[np.unique(labels[quarters() == k])] = [0.1, 0.2, 0.3, 0.0][k] / 4
    settings = AttributionSettings(evaluations=300, fill="constant")
    explanation = explain_kernel_shap(WHITE, additive, classes=[1], settings=settings, segments=labels)
    assert explanation.weights[0] == pytest.approx(exact, abs=1e-6)  # an additive game leaves nothing to chance
    explanation = explain_kernel_shap(WHITE, both, classes=[1], settings=settings, segments=labels)
    error = np.abs(explanation.weights[0] - np.where(exact_pair(labels), 0.1, 0))
    assert (error <= 3 * explanation.standard_errors[0] + 1e-9).mean() >= 0.9
    assert explanation.standard_errors.max() < 0.05


def exact_pair(labels: np.ndarray) -> np.ndarray:
    """Cells of the first and the last quarter: by symmetry each is worth .8 / 8."""
    owners = np.array([quarters()[labels == k][0] for k in range(16)])
    return (owners == 0) | (owners == 3)


def test_owen_values_add_up_and_spread_what_was_not_divided() -> None:
    explanation = explain_partition(WHITE, both, classes=[1], settings=BLACK)
    assert explanation.weights.sum() == pytest.approx(0.8, abs=1e-6)
    few = explain_partition(WHITE, both, classes=[1], settings=AttributionSettings(2, "constant"))
    assert few.samples == 2
    assert few.weights[0] == pytest.approx(0.8 * np.bincount(few.segments.ravel()) / 256)


def test_owen_values_of_the_and_game_lie_in_its_quarters() -> None:
    image = np.where(np.isin(quarters(), (0, 3)), 1.0, 0.5).astype(np.float32)[..., None]

    def game(images):
        answer = 0.8 * (seen(images)[:, 0] * seen(images)[:, 3])
        return np.stack([1 - answer, answer], axis=1)

    map_ = explain_partition(image, game, classes=[1], settings=AttributionSettings(800, "constant")).relevance()
    inside = np.isin(quarters(), (0, 3))
    assert map_[inside].sum() > 0.95 * map_.sum()


def test_the_tree_joins_what_is_alike_first() -> None:
    labels = np.repeat(np.arange(4), 4)[None].repeat(4, axis=0)
    image = np.array([0.0, 0.1, 0.9, 1.0], np.float32)[labels][..., None]
    tree = grow_tree(image, from_labels(labels))
    joined = {frozenset(np.flatnonzero(row)) for row in tree.members}
    assert {frozenset({0, 1}), frozenset({2, 3}), frozenset(range(4))} <= joined
    assert tree.halves(0) is None
    assert tree.members[tree.root].all()
    assert tree.sizes.tolist() == [16] * 4


def test_superpixels_are_many_on_photographs_and_never_more_than_pixels() -> None:
    rng = np.random.default_rng(0)
    assert 400 <= superpixels(rng.random((224, 224, 3), np.float32)).count <= 1400
    assert superpixels(rng.random((8, 8, 1), np.float32)).count <= 64
    assert superpixels(np.ones((1, 1, 1), np.float32)).count == 1


def test_occlusion_of_a_single_cell_by_hand() -> None:
    """9 cells; the answer is the middle's: each of the 9 windows over it loses all, so it weighs the whole answer."""

    def middle(images):
        answer = images[:, 1, 1, 0]
        return np.stack([1 - answer, answer], axis=1)

    image = np.ones((3, 3, 1), np.float32)
    weights = explain_occlusion(image, middle, classes=[1], settings=AttributionSettings(100, "constant")).weights
    assert weights[0, 4] == pytest.approx(1)
    # of the 9 windows over a corner 4 hide the middle too, over an edge 6
    assert weights[0, [0, 1]] == pytest.approx([4 / 9, 6 / 9])


def test_rise_orders_places_as_its_paper_does() -> None:
    rng = np.random.default_rng(1)
    image = rng.random((12, 12, 1), np.float32)
    masks = draw_soft_masks((12, 12), 200, rng)

    def one_pixel(images):
        answer = images[:, 3, 4, 0]
        return np.stack([1 - answer, answer], axis=1)

    answers = masks[:, 3, 4] * image[3, 4, 0]
    paper = np.einsum("n,nhw->hw", answers, masks) / masks.sum(axis=0)
    mean = answers.mean()
    explanation = explain_rise(
        image, one_pixel, classes=[1], settings=AttributionSettings(500, "constant"), masks=masks
    )
    shown = masks.mean(axis=0)
    assert explanation.relevance() == pytest.approx((paper - mean) / (1 - shown), abs=1e-5)
    assert np.unravel_index(explanation.relevance().argmax(), (12, 12)) == (3, 4)


def test_soft_masks_show_half_and_vary_smoothly() -> None:
    masks = draw_soft_masks((28, 28), 500, np.random.default_rng(0))
    assert masks.min() >= 0
    assert masks.max() <= 1
    assert masks.mean() == pytest.approx(0.5, abs=0.03)
    assert np.abs(np.diff(masks, axis=2)).max() < 0.5


def test_a_game_knows_the_whole_image() -> None:
    game = Game.of(WHITE, additive, classes=[1])
    assert game.whole == pytest.approx([0.8])
