"""Everything besides image, classifier, arm and seed that decides a LIME explanation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypedDict, get_args

from xai_core.errors import InvalidInput
from xai_core.explanation import Scale

MaskDesign = Literal["bernoulli", "paired", "hadamard", "sobol", "given"]  # "given": the caller's own matrix
Estimator = Literal["regression", "kriging"]
FillName = Literal["mean", "blur", "constant", "surroundings", "blur-constant"]


class LimeOptions(TypedDict, total=False):
    """The fields of ``LimeSettings`` as keywords of ``explain``."""

    samples: int
    masks: MaskDesign
    fill: FillName
    constant: float
    kernel_width: float
    alpha: float
    tolerance: float | None
    estimator: Estimator
    second_fill: FillName | None
    scale: Scale


@dataclass(frozen=True)
class LimeSettings:
    """How an explanation is sampled and fitted. The defaults of the estimator are those of ``lime``.

    Parameters
    ----------
    samples : int, default 500
        Masks per segmentation, the unmodified image included; all 2^K are run when those are fewer.
    masks : {"bernoulli", "paired", "hadamard", "sobol", "given"}, default "bernoulli"
        Design of the masks; ``bernoulli`` is that of ``lime``. ``given`` stands for masks of the caller's own.
    fill : {"mean", "blur", "constant", "surroundings", "blur-constant"}, default "mean"
        What stands in for a hidden segment: its mean colour, a blur of the image, the grey level ``constant``, the mean
        colour of its surroundings, or the mean of blur and constant.
    constant : float, default 0.0
        Grey level 0..1.
    kernel_width : float, default 0.25
        Width of the proximity kernel, > 0.
    alpha : float, default 1.0
        Ridge penalty, > 0.
    tolerance : float, optional
        Sampling of a segmentation stops once ``max se / (max w - min w)`` falls below it.
    estimator : {"regression", "kriging"}, default "regression"
        How weights are found from the answers: as ``lime`` does it, or more exactly from as many samples.
    second_fill : same as fill, optional
        A quarter of the samples is drawn again with this fill; where the two disagree about a sign, the standard error
        grows until the sign is no longer settled.
    scale : {"probability", "log-odds"}, default "probability"
        What the surrogate is fitted to, as ``lime`` does it, or so that near certainty has differences too.

    Raises
    ------
    InvalidInput
        If a value is out of range.
    """

    samples: int = 500
    masks: MaskDesign = "bernoulli"
    fill: FillName = "mean"
    constant: float = 0.0
    kernel_width: float = 0.25
    alpha: float = 1.0
    tolerance: float | None = None
    estimator: Estimator = "regression"
    second_fill: FillName | None = None
    scale: Scale = "probability"

    def __post_init__(self) -> None:
        limits = {
            "samples": self.samples >= 2,
            "constant": 0 <= self.constant <= 1,
            "kernel_width": self.kernel_width > 0,
            "alpha": self.alpha > 0,
            "fill": self.fill in get_args(FillName),
            "second_fill": self.second_fill is None or self.second_fill in get_args(FillName),
            "scale": self.scale in get_args(Scale),
            "tolerance": self.tolerance is None or self.tolerance > 0,
        }
        for name, holds in limits.items():
            if not holds:
                raise InvalidInput(f"{name} = {getattr(self, name)} is out of range for an explanation.")
        if self.estimator not in get_args(Estimator):
            raise InvalidInput(f"There is no estimator {self.estimator!r}; choose {' or '.join(get_args(Estimator))}.")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for storage.

        Returns
        -------
        dict
            All fields by name.
        """
        return asdict(self)
