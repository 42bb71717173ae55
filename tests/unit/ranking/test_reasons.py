import numpy as np
import pytest

from xai_core.ranking import FEATURES, Candidate, Event, fit
from xai_core.ranking.reasons import reasons, similar


def candidate(arm, **offsets):
    return Candidate(arm, {name: FEATURES[name].centre + z * FEATURES[name].scale for name, z in offsets.items()})


def test_planted_feature_is_named_first_with_its_words(planted):
    posterior = fit(planted(800, {"area": -2.0}))
    candidates = [candidate("grid-5", area=-1.5), candidate("grid-5", area=1.5), candidate("grid-5", area=1.0)]
    for_it, against = reasons(posterior, candidates, 0)[0], reasons(posterior, candidates, 1)[0]
    assert (for_it.about, for_it.phrase) == ("area", FEATURES["area"].low)
    assert for_it.contribution > 0
    assert (against.about, against.phrase) == ("area", FEATURES["area"].high)
    assert against.contribution < 0


def test_contributions_add_up_to_the_difference_of_utilities(planted):
    events = planted(300, {"area": -1.0}, embedding=lambda image: np.random.default_rng(image).standard_normal(4))
    posterior, candidates = fit(events), events[:4]
    utility = posterior.mean_utility(candidates)
    total = sum(reason.contribution for reason in reasons(posterior, candidates, 2))
    assert total == pytest.approx(utility[2] - np.delete(utility, 2).mean())


def test_record_of_the_arm_is_a_reason():
    events = [Event(arm=arm, image_id=f"{arm}{n}", value=int(arm == "fused"), rater="r", sequence=n)
              for n in range(10) for arm in ("fused", "grid-5")]  # fmt: skip
    found = reasons(fit(events), [Candidate("grid-5"), Candidate("fused")], 1)
    assert [reason.about for reason in found] == ["arm"]
    assert "more often than others" in found[0].phrase


def test_alone_there_is_nothing_to_compare():
    assert reasons(fit([]), [Candidate("grid-5")], 0) == []


def test_similar_images_come_nearest_first_with_their_thumbs():
    def event(image, place, value, order, arm="grid-5"):
        return Event(arm=arm, embedding=np.array([place, 0.0]), image_id=image, value=value, rater=f"r{order}",
                     sequence=order)  # fmt: skip

    log = [event("near", 0.1, 1, 0), event("near", 0.1, 0, 1), event("middle", 1.0, 1, 2), event("far", 9.0, 1, 3),
           event("other arm", 0.0, 1, 4, arm="grid-7")]  # fmt: skip
    found = similar(fit(log), Candidate("grid-5", embedding=np.zeros(2)))
    assert [image.image_id for image in found][:2] == ["near", "middle"]
    assert (found[0].ups, found[0].downs) == (1, 1)
    assert "other arm" not in {image.image_id for image in found}
    assert similar(fit(log), Candidate("grid-5")) == []
    assert similar(fit(log), Candidate("grid-5", embedding=np.zeros(3))) == []
