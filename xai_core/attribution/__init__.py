"""Ways of explaining besides LIME, one file each, with the same call shape and the same result."""

from xai_core.attribution.kernel_shap import explain_kernel_shap
from xai_core.attribution.occlusion import explain_occlusion
from xai_core.attribution.partition import explain_partition
from xai_core.attribution.rise import explain_rise
from xai_core.attribution.settings import AttributionSettings

__all__ = [
    "AttributionSettings",
    "explain_kernel_shap",
    "explain_occlusion",
    "explain_partition",
    "explain_rise",
]
