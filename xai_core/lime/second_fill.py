"""Two fills that disagree about a piece: its effect depends on what stands in for it, so its sign is not known.

Source of the worry: Sturmfels, Lundberg & Lee 2020, "Visualizing the impact of feature attribution baselines".
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xai_core.explanation import Explanation
from xai_core.lime.settings import LimeSettings

SHARE = 4  # the second fill gets this part of the samples
FEWEST = 32


def second_look(settings: LimeSettings) -> LimeSettings:
    """The same settings with the second fill in place of the first, and fewer samples."""
    fill = settings.second_fill or settings.fill
    return replace(settings, fill=fill, second_fill=None, samples=max(settings.samples // SHARE, FEWEST))


def with_doubt(found: Explanation, other: Explanation) -> Explanation:
    """``found`` with larger standard errors where ``other``, made with another fill, settles on the opposite sign.

    Half the difference of the two weights is added in squares. With opposite signs that is more than half of either
    weight, so that such a segment is never settled.
    """
    opposite = (np.sign(found.weights) * np.sign(other.weights) < 0) & other.settled
    doubt = np.where(opposite, np.abs(found.weights - other.weights) / 2, 0.0)
    return replace(
        found,
        standard_errors=np.hypot(found.standard_errors, doubt),
        samples=found.samples + other.samples,
        seconds=found.seconds + other.seconds,
    )
