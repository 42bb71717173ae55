"""How good an explanation is, by numbers that need no person. None of them says that it convinces.

One file a measure; ``METRICS`` tells the range of each and which end is good.
"""

from xai_core.quality.curves import Curves, curves
from xai_core.quality.faithfulness import Faithfulness, faithfulness_of
from xai_core.quality.localisation import matched_iou, pointing
from xai_core.quality.metrics import METRICS, Metric
from xai_core.quality.stability import stability

__all__ = [
    "METRICS",
    "Curves",
    "Faithfulness",
    "Metric",
    "curves",
    "faithfulness_of",
    "matched_iou",
    "pointing",
    "stability",
]
