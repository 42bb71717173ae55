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
    """What hidden pixels show: all black, and the image blurred beyond recognition.

    Parameters
    ----------
    image : float32 array [H, W, C], 0..1
        The image that is judged.

    Returns
    -------
    mapping of str to float32 array [H, W, C]
        Stand-ins for the whole image, by name.
    """
    return {"black": np.zeros_like(image), "blur": blurred(image)}
