"""The explanations of an image in the order in which a page with an empty database shows them."""

from __future__ import annotations

import numpy as np

from xai_core.classifiers.base import Classifier
from xai_core.explanation import Explanation
from xai_core.lime.inputs import AnyImage, as_bytes, as_floats, as_pixels, for_model
from xai_core.lime.kept_fills import known_fill
from xai_core.paths import data_root
from xai_core.precompute import explain_image
from xai_core.ranking.events import Candidate
from xai_core.ranking.model import fit
from xai_core.ranking.policy import order


def ranked_explanations(
    image: AnyImage, model: Classifier, dataset: str = "mnist", seed: int = 0, samples: int | None = None
) -> list[Explanation]:
    """Explain an image in every way, ordered as on a page before anybody has given a thumb.

    Parameters
    ----------
    image : array, list or PIL.Image.Image
        As ``explain`` takes it.
    model : Classifier
        The classifier to explain.
    dataset : str, default "mnist"
        Name of the set that the image comes from: with the classifier it decides what stands in for hidden pieces.
    seed : int, default 0
        Seed of the masks.
    samples : int, optional
        Masks for each segmentation; by default as many as the pages draw.

    Returns
    -------
    list of Explanation
        Best first, the fused map among them.

    Raises
    ------
    InvalidInput
        As ``explain`` raises it.
    InvalidAnswer
        As ``explain`` raises it.
    """
    given = as_pixels(image)
    pixels, _ = for_model(as_floats(given), model)
    found = explain_image(
        as_bytes(given),
        pixels,
        model,
        dataset=dataset,
        fill=known_fill(dataset, model, data_root()),
        samples=samples,
        seed=seed,
    )
    offered = [
        Candidate(e.arm, psi, dataset, found.embedding, model.name)
        for e, psi in zip(found.explanations, found.features, strict=True)
    ]
    chosen = order(fit([]), offered, policy="guarded", rng=np.random.default_rng(seed), exploration=0.0)
    return [found.explanations[at] for at in chosen.candidates]
