"""What the ranking believes before the first thumb."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from xai_core.ranking.design import Name
from xai_core.ranking.psi import FEATURES


@dataclass(frozen=True)
class Prior:
    """What is believed before the first thumb, in units of log odds.

    ``weights`` are prior means of ψ's standardised effects: they decide the order with zero thumbs; ties keep the
    order in which the candidates come. The default puts first what most segmentations agree on and what stands out to
    the eye. The ``*_sd`` are prior standard deviations of each kind of effect; ``arm_sd`` is what an arm adds to its
    segmenter and its granularity. They start small, so that the first noisy thumbs do not undo a good order;
    ``prior_fit.prior_for`` widens those that the log contradicts. ``rho`` is how much of the image term all arms
    share; ``landmarks`` its rank. ``half_life``: after so many further events a thumb counts half; None = for ever.

    ``pair_weight`` is what a comparison counts in addition to the two thumbs that it is made of. It is small because a
    rater who goes on until the first 👍 makes comparisons that the arm shown first always loses: its victories end the
    image and are no comparison.
    """

    weights: Mapping[str, float] = field(
        default_factory=lambda: {"visible": 0.5, "visible_overlap": 0.3, "overlap_core": 0.25, "consensus": 0.1}
    )
    level_sd: float = 1.0
    segmenter_sd: float = 0.12
    granularity_sd: float = 0.05
    arm_sd: float = 0.05
    arm_dataset_sd: float = 0.05
    feature_sd: float = 0.12
    feature_dataset_sd: float = 0.03
    difficulty_sd: float = 0.3
    image_sd: float = 0.1
    rho: float = 0.5
    landmarks: int = 8
    sitting_sd: float = 1.0
    pair_weight: float = 0.1
    half_life: float | None = None

    def sd(self, name: Name) -> float:
        """Prior standard deviation of a coefficient.

        Parameters
        ----------
        name : tuple of str
            Its name, one of ``design.names``.

        Returns
        -------
        float
            In log odds.
        """
        kind, local = name[0], len(name) > 2
        return {
            "level": self.level_sd,
            "segmenter": self.segmenter_sd,
            "granularity": self.granularity_sd,
            "arm": self.arm_dataset_sd if local else self.arm_sd,
            "feature": self.feature_dataset_sd if local else self.feature_sd,
            "difficulty": self.difficulty_sd,
            "image": self.image_sd,
        }[kind]

    def mean(self, name: Name) -> float:
        """Prior mean of a coefficient.

        Parameters
        ----------
        name : tuple of str
            Its name, one of ``design.names``.

        Returns
        -------
        float
            In log odds.
        """
        return self.weights.get(name[1], 0.0) if name[0] == "feature" and len(name) == 2 else 0.0

    @property
    def version(self) -> str:
        """Eight hexadecimal digits that name these settings."""
        settings = sorted((key, sorted(v.items()) if isinstance(v, Mapping) else v) for key, v in vars(self).items())
        features = sorted((feature.name, feature.centre, feature.scale) for feature in FEATURES.values())
        return sha256(repr((settings, features)).encode()).hexdigest()[:8]
