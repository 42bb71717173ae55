"""What the ranking believes before the first thumb."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_core.ranking.design import Name
from xai_core.ranking.psi import EFFECTS, FEATURES

Shape = tuple[tuple[float, ...], ...]  # a covariance [2 F, 2 F] in the order of EFFECTS

BUILT_IN = Path(__file__).with_name("prior.json")


@dataclass(frozen=True)
class Prior:
    """What is believed before the first thumb, in units of log odds.

    ``weights`` and ``arms`` are prior means of ψ's effects (keyed by ``psi.EFFECTS``) and of arms: they decide the
    order with zero thumbs; ties keep the order in which the candidates come; ``belief`` multiplies them. The ``*_sd``
    are prior standard deviations of each kind of effect; ``arm_sd`` is what an arm adds to its segmenter and its
    granularity.
    ``common`` and ``local`` are covariances of the effects of ψ, what all data sets share and what each adds, in units
    of ``feature_sd`` squared and ``feature_dataset_sd`` squared; independent effects where they are None.
    ``prior_fit.prior_for`` scales what the log contradicts.

    ``explanation_sd``: what people agree on about a single explanation beyond all of this. ``rho`` is how much of the
    image term all arms share; ``landmarks`` its rank. ``half_life``: after so many further events a thumb counts half;
    None = for ever. ``pair_weight`` is what a comparison counts beside the two thumbs that it is made of (see
    ``regression``).
    """

    belief: float = 1.0
    weights: Mapping[str, float] = field(default_factory=dict)
    arms: Mapping[str, float] = field(default_factory=dict)
    common: Shape | None = None
    local: Shape | None = None
    level_sd: float = 1.0
    segmenter_sd: float = 0.12
    granularity_sd: float = 0.05
    arm_sd: float = 0.05
    arm_dataset_sd: float = 0.3
    feature_sd: float = 0.3
    feature_dataset_sd: float = 0.3
    difficulty_sd: float = 0.3
    image_sd: float = 0.1
    explanation_sd: float = 0.5
    rho: float = 0.5
    landmarks: int = 4
    sitting_sd: float = 1.0
    pair_weight: float = 0.0
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
        if kind == "feature":
            shape = self.local if local else self.common
            place = _PLACE[name[1]]
            unit = 1.0 if shape is None else float(np.sqrt(shape[place][place]))
            return unit * (self.feature_dataset_sd if local else self.feature_sd)
        return {
            "level": self.level_sd,
            "segmenter": self.segmenter_sd,
            "granularity": self.granularity_sd,
            "arm": self.arm_dataset_sd if local else self.arm_sd,
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
        if len(name) != 2:
            return 0.0
        known = {"feature": self.weights, "arm": self.arms}.get(name[0], {})
        return self.belief * known.get(name[1], 0.0)

    def precision(self, names: Sequence[Name]) -> NDArray[np.float64]:
        """Prior precision of coefficients. Effects of ψ come in whole blocks, all features of one data set or of all.

        Parameters
        ----------
        names : sequence of names
            As ``design.names``.

        Returns
        -------
        float64 array [d, d]
            In the order of ``names``.
        """
        precision = np.diag([self.sd(name) ** -2.0 for name in names])
        blocks: dict[tuple[str, ...], list[int]] = {}
        for at, name in enumerate(names):
            if name[0] == "feature":
                blocks.setdefault(name[2:], []).append(at)
        for dataset, members in blocks.items():
            shape = self.local if dataset else self.common
            if shape is not None:
                order = [_PLACE[names[at][1]] for at in members]
                scale = self.feature_dataset_sd if dataset else self.feature_sd
                covariance = np.array(shape)[np.ix_(order, order)] * scale**2
                precision[np.ix_(members, members)] = np.linalg.inv(covariance)
        return precision

    @cached_property
    def version(self) -> str:
        """Eight hexadecimal digits that name these settings."""
        settings = sorted((key, sorted(v.items()) if isinstance(v, Mapping) else v) for key, v in vars(self).items())
        features = sorted((feature.name, feature.centre, feature.scale) for feature in FEATURES.values())
        return sha256(repr((settings, features)).encode()).hexdigest()[:8]

    def save(self, path: Path, card: Mapping[str, Any]) -> None:
        """Write the prior as JSON.

        Parameters
        ----------
        path : Path
            The file; its folder exists.
        card : mapping of str to values of JSON
            Says what it was learned from.
        """
        entries = {"card": dict(card), "effects": list(EFFECTS), **asdict(self)}
        path.write_text(json.dumps(entries, indent=None, separators=(", ", ": ")).replace('], "', '],\n "') + "\n")

    @classmethod
    def load(cls, path: Path) -> Prior:
        """Read what ``save`` wrote; effects are matched by name, one that is new is believed to do nothing much.

        Parameters
        ----------
        path : Path
            The file.

        Returns
        -------
        Prior
            The same.

        Raises
        ------
        KeyError, ValueError
            For a file that is none.
        """
        entries = json.loads(path.read_text())
        entries.pop("card")
        known = entries.pop("effects")
        for kind in ("common", "local"):
            if entries[kind] is not None:
                entries[kind] = _matched(np.array(entries[kind]), known)
        return cls(**entries)


@cache
def built_in() -> Prior:
    """The prior that comes with the program: learned from worlds of simulated raters, see the card in its file."""
    return Prior.load(BUILT_IN)


def built_in_with(half_life: float | None) -> Prior:
    """The built-in prior where thumbs fade."""
    return replace(built_in(), half_life=half_life)


_PLACE = {name: place for place, name in enumerate(EFFECTS)}
_NEW = 0.01  # variance of the effect of a feature that a stored prior does not know


def _matched(shape: NDArray[np.float64], known: Sequence[str]) -> Shape:
    full = _NEW * np.eye(len(EFFECTS))
    both = [name for name in known if name in _PLACE]
    there, here = [list(known).index(name) for name in both], [_PLACE[name] for name in both]
    full[np.ix_(here, here)] = shape[np.ix_(there, there)]
    return tuple(tuple(row) for row in full.tolist())
