"""What hidden pixels show while an explanation is judged.

An explanation made with one fill looks best when judged with the same, so that judges use several, and never only the
explanation's own. Source: Haug et al. 2021, "On baselines for local feature attributions"; Sturmfels, Lundberg & Lee
2020, "Visualizing the impact of feature attribution baselines".
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from xai_core.lime.hiding import blurred

Image = NDArray[np.float32]  # [H, W, C] in 0..1


def references(image: Image) -> Mapping[str, Image]:
    """Stand-ins float32 ``[H, W, C]`` for a whole image: all black, and the image blurred beyond recognition."""
    return {"black": np.zeros_like(image), "blur": blurred(image)}
