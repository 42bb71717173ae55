"""Everything besides image, classifier and seed that decides an attribution."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, get_args

from xai_core.errors import InvalidInput
from xai_core.lime.settings import FillName


@dataclass(frozen=True)
class AttributionSettings:
    """``evaluations``: how many answers of the classifier may be asked for; ``fill`` and ``constant`` as for LIME.

    Raises ``InvalidInput`` for values out of range.
    """

    evaluations: int = 500
    fill: FillName = "blur"
    constant: float = 0.0

    def __post_init__(self) -> None:
        if self.evaluations < 2:
            raise InvalidInput(f"evaluations = {self.evaluations} is out of range: at least 2 answers are needed.")
        if self.fill not in get_args(FillName):
            raise InvalidInput(f"There is no fill {self.fill!r}; choose one of {', '.join(get_args(FillName))}.")
        if not 0 <= self.constant <= 1:
            raise InvalidInput(f"constant = {self.constant} is out of range: a grey level is between 0 and 1.")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for storage.

        Returns
        -------
        dict
            Fields by name.
        """
        return asdict(self)
