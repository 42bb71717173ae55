"""Everything besides image, classifier, arm and seed that decides a LIME explanation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypedDict, get_args

from xai_core.errors import InvalidInput

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


@dataclass(frozen=True)
class LimeSettings:
    """How an explanation is sampled and fitted.

    ``tolerance`` is the stopping rule: sampling ends once ``max se / (max w - min w)`` falls below it.
    ``constant`` is the grey level 0..1 of the constant fill. ``estimator`` finds the weights from the answers: the
    ``regression`` of ``lime``, or ``kriging``, which needs fewer samples. ``second_fill``: a quarter of the samples is
    drawn again with another fill; where the two disagree about a sign, the standard error grows beyond it.
    Raises ``InvalidInput`` for values out of range.
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

    def __post_init__(self) -> None:
        limits = {
            "samples": self.samples >= 2,
            "constant": 0 <= self.constant <= 1,
            "kernel_width": self.kernel_width > 0,
            "alpha": self.alpha > 0,
            "fill": self.fill in get_args(FillName),
            "second_fill": self.second_fill is None or self.second_fill in get_args(FillName),
            "tolerance": self.tolerance is None or self.tolerance > 0,
        }
        for name, holds in limits.items():
            if not holds:
                raise InvalidInput(f"{name} = {getattr(self, name)} is out of range for an explanation.")
        if self.estimator not in get_args(Estimator):
            raise InvalidInput(f"There is no estimator {self.estimator!r}; choose {' or '.join(get_args(Estimator))}.")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for storage."""
        return asdict(self)
