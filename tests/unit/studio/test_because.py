"""What an image looks like and why, in a world where a classifier sees nothing but colour."""

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from studio.because import changeable, learned_likenesses, likenesses, reply, usual_importance
from studio.because_votes import Comparison, Likeness
from studio.because_words import degree, in_numbers, misleading, question, title
from studio.gallery import Gallery, Source, build_gallery
from tests.factories import make_case
from tests.unit.examples.toys import toy_dataset
from xai_core.attributes import ATTRIBUTES, Importance
from xai_core.attributes.protopnet import Prototype, PrototypeNetwork
from xai_core.case import Case
from xai_core.datasets import image_id
from xai_core.examples import near_examples
from xai_core.examples.summary import class_summaries
from xai_core.intervals import Interval

RED, BLUE = (200, 40, 40), (40, 40, 200)


@dataclass
class MeanColour:
    """Embeds an image as its mean colour, and calls it red as far as that is redder than blue."""

    name: str = "mean-colour"
    class_names: tuple = ("red", "blue")
    input_shape: tuple = (16, 16, 3)
    version: str = "1"
    precision: str = "float32"

    def embed(self, images):
        return images.mean(axis=(1, 2))

    def predict_proba(self, images):
        red = 1 / (1 + np.exp(10 * (self.embed(images)[:, 2] - self.embed(images)[:, 0])))
        return np.stack([red, 1 - red], axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """40 noisy images, every other one red or blue."""
    noise = np.random.default_rng(0).integers(-30, 30, (40, 16, 16, 3))
    images = (np.array([RED, BLUE])[np.arange(40) % 2][:, None, None] + noise).astype(np.uint8)
    data = replace(toy_dataset(size=16, channels=3), x_train=images, class_names=("red", "blue"))
    library = SimpleNamespace(dataset=lambda _name: data, classifier=lambda _name, _data: MeanColour())
    folder: Path = tmp_path_factory.mktemp("gallery")
    return build_gallery(Source("toy", "mean-colour"), library, folder)


def case_of(image: np.ndarray) -> Case:
    seen = image[None].astype(np.float32) / 255
    model = MeanColour()
    return replace(
        make_case(0),
        image=image,
        image_id=image_id(image),
        class_names=model.class_names,
        probabilities=model.predict_proba(seen)[0],
        embedding=model.embed(seen)[0],
    )


def offered(gallery: Gallery, case: Case, folder: Path) -> tuple[Likeness, ...]:
    query = gallery.features.space.query(case.image)
    typical = class_summaries(gallery.data, gallery.features, root=folder)[case.prediction]
    misses = near_examples(query, gallery.index, case.prediction, 5, "cosine").misses_by_class
    return likenesses(gallery, case, query, typical, misses)


@pytest.fixture
def red() -> Case:
    noise = np.random.default_rng(1).integers(-30, 30, (16, 16, 3))
    return case_of((np.array(RED) + noise).astype(np.uint8))


def test_three_typical_ones_from_near_to_far_then_the_nearest_of_another_class(
    gallery: Gallery, red: Case, tmp_path: Path
) -> None:
    found = offered(gallery, red, tmp_path)
    assert [one.arm for one in found] == [*(f"because/prototype-{at}" for at in (1, 2, 3)), "because/near-miss"]
    assert [gallery.data.y_train[one.row] for one in found] == [one.label for one in found] == [0, 0, 0, 1]
    similarities = [one.importance.before for one in found]
    assert similarities == sorted(similarities, reverse=True)
    vectors = gallery.features.vectors[found[3].position], red.embedding
    cosine = vectors[0] @ vectors[1] / np.linalg.norm(vectors[0]) / np.linalg.norm(vectors[1])
    assert similarities[3] == pytest.approx(cosine, abs=1e-6)
    assert [title(one, red) for one in found[2:]] == ["Typical red (3)", "Also like: blue"]


def test_where_only_colour_counts_hue_makes_alike_and_shape_does_not(
    gallery: Gallery, red: Case, tmp_path: Path
) -> None:
    for one in offered(gallery, red, tmp_path)[:3]:
        scores = one.importance.scores
        assert max(ATTRIBUTES, key=lambda name: scores[name]) == "hue"
        assert abs(scores["shape"]) < 0.01 * scores["hue"]
        assert one.together["hue"].low > 0
        assert one.together["hue"].n == 20
        assert one.together["null"] == Interval(0.0, 0.0, 0.0, 20)


def test_a_changed_image_loses_likeness_and_its_class_and_an_unchanged_one_neither(
    gallery: Gallery, red: Case, tmp_path: Path
) -> None:
    nearest = offered(gallery, red, tmp_path)[0]
    plain = reply(gallery, red, nearest, ())
    assert (plain.image == red.image).all()
    assert plain.similarity == pytest.approx(nearest.importance.before, abs=1e-6)
    assert plain.probabilities == pytest.approx(red.probabilities)
    assert plain.nearer > 0.5  # at least than all blue ones
    one = reply(gallery, red, nearest, [("hue", 1.0)])
    assert one.similarity == pytest.approx(nearest.importance.after["hue"], abs=1e-6)
    opposite = reply(gallery, red, nearest, [("hue", 5.0)])
    assert opposite.similarity < one.similarity < plain.similarity
    assert opposite.probabilities.argmax() == 1


def test_a_grey_image_has_no_hue_or_saturation_to_change(gallery: Gallery, red: Case, tmp_path: Path) -> None:
    assert changeable(red) == ATTRIBUTES
    grey = case_of(np.repeat(red.image[..., :1], 3, axis=2))
    assert changeable(grey) == ("contrast", "shape", "texture")
    nearest = offered(gallery, grey, tmp_path)[0]
    assert nearest.importance.scores["hue"] is nearest.together["saturation"] is None
    told = {row["property"]: row for row in in_numbers(nearest)}
    assert set(told["hue"].values()) == {"hue", "not applicable"}
    assert told["contrast"]["this and that"] != "not applicable"


class RedParts(PrototypeNetwork):
    """Sees four by four places; how alike they are to its prototypes is how red they are."""

    def similarity_maps(self, images):
        red = images[..., 0].reshape(len(images), 4, 4, 4, 4).mean(axis=(2, 4))
        return np.stack([red * (1 + at) for at in range(len(self.prototypes))], axis=-1)


def test_learned_parts_come_by_what_they_say_each_at_its_place(gallery: Gallery, red: Case) -> None:
    edges = np.array([[4 * at, 4 * at + 4] for at in range(4)])
    prototypes = (
        Prototype(label=0, image=2, place=(0, 0), box=(0, 0, 4, 4), weight=1.0, tells=0.9),
        Prototype(label=0, image=4, place=(1, 1), box=(4, 4, 8, 8), weight=2.0, tells=0.9),
        Prototype(label=0, image=4, place=(1, 1), box=(4, 4, 8, 8), weight=2.0, tells=0.9),  # as before
        Prototype(label=1, image=3, place=(0, 0), box=(0, 0, 4, 4), weight=9.0, tells=0.9),
    )
    network = RedParts(MeanColour(), prototypes, edges, edges, "", None)  # type: ignore[arg-type]
    image = red.image.copy()
    image[8:12, 4:8, 0] = 255  # the reddest place
    case = case_of(image)
    found = learned_likenesses(gallery, case, network)
    assert [(one.arm, one.prototype, one.row) for one in found] == [
        ("because/learned-1", 1, 4),
        ("because/learned-2", 0, 2),
    ]
    assert [one.boxes for one in found] == [((8, 4, 12, 8), (4, 4, 8, 8)), ((8, 4, 12, 8), (0, 0, 4, 4))]
    assert found[0].together["contrast"].n == 3
    plain = reply(gallery, case, found[0], (), network)
    assert plain.similarity == pytest.approx(2.0) == pytest.approx(found[0].importance.before)
    faded = reply(gallery, case, found[0], [("contrast", 1.0)], network)
    assert faded.similarity == pytest.approx(found[0].importance.after["contrast"])
    assert faded.similarity < plain.similarity


def test_usual_importance_reports_its_progress_and_is_that_of_the_world(gallery: Gallery) -> None:
    told = []
    first = Likeness("because/prototype-1", 0, 0, 0, Importance(0.9, {}), {})
    usual = usual_importance(gallery, first, progress=lambda share, _text: told.append(share))
    assert told[-1] == 1.0
    assert max(ATTRIBUTES, key=lambda name: abs(usual[name].estimate)) == "hue"
    assert usual["hue"].low <= usual["hue"].estimate <= usual["hue"].high


def test_what_counts_here_though_not_usually_is_called_misleading() -> None:
    here = Likeness("because/prototype-1", 0, 0, 0, Importance(0.9, {"hue": 0.9, "shape": 0.1}), {})
    usual = dict.fromkeys(ATTRIBUTES) | {"hue": Interval(0.5, 0.4, 0.6, 9), "shape": Interval(0.1, 0.0, 0.2, 9)}
    assert misleading(here, usual) == "Misleading: here shape matters most, over all images hue does."
    assert misleading(replace(here, importance=Importance(0.9, {"hue": 0.1})), usual) is None


def test_words_say_how_alike_and_what_is_asked(red: Case) -> None:
    like = Likeness("because/near-miss", 0, 0, 1, Importance(0.9, {}), {})
    assert "**this** looks much like **that**, more so than 99" in degree(like, 0.991)
    assert degree(like, 0.999).endswith("more so than almost all training images")
    assert degree(like, 0.0).endswith("more so than hardly any training image")
    part = replace(like, arm="because/learned-2", prototype=7, boxes=((0, 0, 8, 8), (8, 8, 16, 16)))
    assert "what is framed in **this** looks hardly like the frame in **that**, more so than 12" in degree(part, 0.12)
    assert title(part, red) == "Learned part (2)"
    assert part.settings == {"training_images": [0], "prototype": 7, "boxes": ((0, 0, 8, 8), (8, 8, 16, 16))}
    asked = Comparison(red, (like, replace(like, arm="because/prototype-1", label=0)), 0, None, None)  # type: ignore[arg-type]
    assert question(asked) == "Is it convincing that it also looks like **blue**?"
    assert question(replace(asked, at=1)) == "Is this likeness a good reason for **red**?"
