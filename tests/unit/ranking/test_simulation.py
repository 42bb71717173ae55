import numpy as np
import pytest

from xai_core.ranking import FEATURES
from xai_core.ranking.simulation import (
    FLIP,
    Learned,
    Pool,
    approving,
    evidence_world,
    null_world,
    planted_world,
    simulate,
)


@pytest.fixture
def pool():
    """60 images with three explanations; only r2 tells how good each is."""
    rng = np.random.default_rng(0)
    z = rng.standard_normal((60, 3, len(FEATURES)))
    centres = np.array([feature.centre for feature in FEATURES.values()])
    scales = np.array([feature.scale for feature in FEATURES.values()])
    quality = z[..., list(FEATURES).index("r2")]
    return Pool("toy", "toy", ("grid-5", "grid-7", "fused"), tuple(map(str, range(60))), centres + scales * z,
                1 / (1 + np.exp(-2 * quality)), rng.standard_normal((60, 4)).astype(np.float32))  # fmt: skip


def test_learned_ranking_passes_every_fixed_arm_on_unseen_images(pool):
    world = evidence_world(pool, 0.5)
    run = simulate(Learned(pool, np.random.default_rng(1)), world, train=np.arange(30), unseen=np.arange(30, 60),
                   thumbs=100, rng=np.random.default_rng(2), every=50)  # fmt: skip
    assert run.thumbs.tolist() == [0, 50, 100]
    assert run.approval[-1] > world.approval[0, 30:].mean(axis=0).max() + 0.05
    assert run.downs.sum() + np.count_nonzero(run.downs < 3) >= 99, "every thumb is a down or ends an image"


def test_flips_bound_the_approval():
    np.testing.assert_allclose(approving(np.array([-9.0, 0.5, 9.0]), 0.5), [FLIP, 0.5, 1 - FLIP])


def test_half_of_a_planted_world_is_approved_by_every_rater(pool):
    world = planted_world(pool, {"r2": 1.0}, taste=0.5, raters=4, rng=np.random.default_rng(0))
    np.testing.assert_allclose(world.approval.mean(axis=(1, 2)), 0.5, atol=0.05)
    assert not np.allclose(planted_world(pool, {"r2": 1, "area": 1}, taste=0.5, raters=2,
                                         rng=np.random.default_rng(0)).approval[0], world.approval[0])  # fmt: skip


def test_null_world_has_nothing_to_do_with_features(pool):
    approval = null_world(pool, np.random.default_rng(0)).approval[0]
    assert abs(np.corrcoef(approval.ravel(), pool.utility.ravel())[0, 1]) < 0.25


def test_pool_survives_storage_and_knows_features_by_name(pool, tmp_path):
    pool.save(tmp_path / "sub" / "pool.npz")
    again = Pool.load(tmp_path / "sub" / "pool.npz")
    np.testing.assert_array_equal(again.features, pool.features)
    assert again.arms == pool.arms
    assert again.candidates[3][1].features == pool.candidates[3][1].features
