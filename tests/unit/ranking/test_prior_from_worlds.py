"""What is learned from worlds, and the prior that comes with the program."""

import json
from dataclasses import replace

import numpy as np
import pytest

from xai_core.ranking import FEATURES, Prior, fit
from xai_core.ranking.prior import BUILT_IN, built_in, built_in_with
from xai_core.ranking.psi import AMPLE, EFFECTS, TYPICAL, ample
from xai_core.ranking.simulation import Pool, World
from xai_core.ranking.transfer import lesson, prior_from

ARMS = ("grid-5", "grid-7", "slic-medium", "fused")


def world(taste, weights, *, dataset="toy", seed=0, sufficiency=None, arms=None):
    """A data set of 80 images judged by its weights of ψ, and of arms."""
    rng = np.random.default_rng(seed)
    centres = np.array([feature.centre for feature in FEATURES.values()])
    scales = np.array([feature.scale for feature in FEATURES.values()])
    psi = centres + scales * rng.standard_normal((80, len(ARMS), len(FEATURES)))
    if sufficiency is not None:
        psi[..., list(FEATURES).index("sufficiency")] = sufficiency
    embeddings = rng.standard_normal((80, 4)).astype(np.float32)
    pool = Pool(dataset, "toy", ARMS, tuple(map(str, range(80))), psi, {}, embeddings)
    utility = pool.standardised() @ np.array([weights.get(name, 0.0) for name in FEATURES])
    utility = utility + np.array([(arms or {}).get(arm, 0.0) for arm in ARMS])
    return lesson(pool, World(taste, (1 / (1 + np.exp(-utility)))[None]))


def test_what_holds_in_every_world_is_believed_and_what_turns_round_is_held_loosely():
    lessons = [
        world("a", {"r2": 1.0, "area": 1.0}, dataset="one", seed=1),
        world("a", {"r2": 1.0, "area": -1.0}, dataset="two", seed=2),
        world("a", {"r2": 1.0, "area": 1.0}, dataset="three", seed=3),
        world("a", {"r2": 1.0, "area": -1.0}, dataset="four", seed=4),
    ]
    prior = prior_from(lessons)
    assert prior.weights["r2"] > 0.5
    assert abs(prior.weights["area"]) < 0.1
    assert prior.sd(("feature", "area", "new")) > 2 * prior.sd(("feature", "r2", "new"))


def test_what_depends_on_taste_alone_is_found_out_once_for_all_data_sets():
    lessons = [
        world(taste, {"area": sign}, dataset=name, seed=seed)
        for seed, name in enumerate(("one", "two", "three"))
        for taste, sign in (("large", 1.0), ("small", -1.0))
    ]
    prior = prior_from(lessons)
    assert prior.sd(("feature", "area")) > 1.5 * prior.sd(("feature", "area", "new"))


def test_effects_where_any_marks_suffice_are_learned_apart():
    lessons = [
        world("a", {"area": 1.0}, dataset="objects", seed=1, sufficiency=0.3),
        world("a", {"area": -1.0}, dataset="spots", seed=2, sufficiency=1.0),
    ]
    prior = prior_from(lessons)
    assert prior.weights["area"] > 0.3
    assert prior.weights[AMPLE + "area"] < -0.3


def test_arms_of_all_worlds_are_known_and_the_best_one_is_believed_to_be_best():
    prior = prior_from([world("a", {}, seed=1, arms={"fused": 1.0}), world("a", {}, seed=2, arms={"fused": 1.0})])
    assert set(prior.arms) == set(ARMS)
    assert max(prior.arms, key=lambda arm: prior.arms[arm]) == "fused"


@pytest.mark.parametrize(("typical", "expected"), [(0.5, 0), (0.75, 0), (0.875, 0.5), (1.2, 1), (float("nan"), 0)])
def test_marks_are_ample_where_they_suffice_on_average(typical, expected):
    assert ample([{TYPICAL + "sufficiency": typical}, {}]).tolist() == [pytest.approx(expected), 0]


def test_a_prior_survives_its_file_and_an_effect_that_it_does_not_know_is_believed_to_be_small(tmp_path):
    prior = prior_from([world("a", {"r2": 1.0}, seed=1), world("b", {"area": 1.0}, seed=2)])
    path = tmp_path / "prior.json"
    prior.save(path, {"made by": "a test"})
    assert Prior.load(path) == prior
    entries = json.loads(path.read_text())
    keep = [at for at, name in enumerate(EFFECTS) if name != "area"]
    entries["effects"] = [EFFECTS[at] for at in keep]
    for kind in ("common", "local"):
        entries[kind] = np.array(entries[kind])[np.ix_(keep, keep)].tolist()
    path.write_text(json.dumps(entries))
    older = Prior.load(path)
    assert older.sd(("feature", "area")) == pytest.approx(0.1)
    assert older.sd(("feature", "r2")) == pytest.approx(prior.sd(("feature", "r2")))


def test_the_built_in_prior_knows_every_effect_and_says_what_it_was_learned_from():
    card = json.loads(BUILT_IN.read_text())["card"]
    assert card["pictures"]
    assert set(built_in().weights) == set(EFFECTS)
    assert BUILT_IN.stat().st_size < 2**20
    assert built_in_with(50.0) == replace(built_in(), half_life=50.0)
    assert fit([]).prior == built_in()


def test_precision_is_the_inverse_of_the_covariance():
    prior = built_in()
    names = [("feature", name) for name in EFFECTS] + [("level",), ("arm", "fused", "toy")]
    covariance = np.linalg.inv(prior.precision(names))
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), [prior.sd(name) for name in names], rtol=1e-6)
