import numpy as np
import pytest

from xai_core.ranking import FEATURES
from xai_core.ranking.guard import EFFECT
from xai_core.ranking.prior import Prior
from xai_core.ranking.simulation import Learned, Pool, World, simulate

R2 = list(FEATURES).index("r2")
FLAT = Prior()


@pytest.fixture
def pool():
    """60 images with three explanations."""
    rng = np.random.default_rng(0)
    z = rng.standard_normal((60, 3, len(FEATURES)))
    centres = np.array([feature.centre for feature in FEATURES.values()])
    scales = np.array([feature.scale for feature in FEATURES.values()])
    return Pool(
        "toy",
        "toy",
        ("grid-5", "grid-7", "fused"),
        tuple(map(str, range(60))),
        centres + scales * z,
        {"iou": rng.random((60, 3)), EFFECT: np.full((60, 3), 0.5)},
        rng.standard_normal((60, 4)).astype(np.float32),
    )


@pytest.fixture
def world(pool):
    """Two raters to whom only r2 tells how good an explanation is."""
    quality = pool.standardised()[..., R2]
    return World("r2", np.tile(0.1 + 0.8 / (1 + np.exp(-4 * quality)), (2, 1, 1)))


def test_learned_ranking_passes_every_fixed_arm_on_unseen_images(pool, world):
    train, unseen = np.arange(30), np.arange(30, 60)
    agent = Learned(pool, np.random.default_rng(1), prior=FLAT)
    run = simulate(agent, world, train=train, unseen=unseen, looks=[0, 50, 150], rng=np.random.default_rng(2))
    assert run.thumbs.tolist() == [0, 50, 150]
    assert run.approval[-1] > world.approval[0, 30:].mean(axis=0).max() + 0.05
    assert run.downs.sum() + np.count_nonzero(run.downs < 3) >= 149, "every thumb is a down or ends an image"


def test_a_cautious_agent_shows_one_arm_first_until_it_is_sure(pool, world):
    unseen = np.arange(30, 60)
    cautious = Learned(pool, np.random.default_rng(1), prior=FLAT)
    assert len(set(cautious.first(unseen).tolist())) == 1
    simulate(cautious, world, train=np.arange(30), unseen=unseen, looks=[150], rng=np.random.default_rng(2))
    assert cautious.trust is not None
    assert cautious.trust.sure
    assert len(set(cautious.first(unseen).tolist())) > 1


def test_taste_may_change(pool, world):
    turned = World("turns", world.approval, 1 - world.approval, change=3)
    np.testing.assert_array_equal(turned.at(2), world.approval)
    np.testing.assert_array_equal(turned.at(3), 1 - world.approval)


def test_pool_survives_storage_and_knows_features_and_measures_by_name(pool, tmp_path):
    pool.save(tmp_path / "sub" / "pool.npz")
    again = Pool.load(tmp_path / "sub" / "pool.npz")
    np.testing.assert_array_equal(again.features, pool.features)
    np.testing.assert_array_equal(again.measures["iou"], pool.measures["iou"])
    assert again.arms == pool.arms
    assert again.candidates[3][1].features == pool.candidates[3][1].features
    assert again.candidates[3][1].features[EFFECT] == 0.5
