"""All attributions by the name of their arm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from xai_core.attribution.kernel_shap import KERNEL_SHAP_ARM, explain_kernel_shap
from xai_core.attribution.occlusion import OCCLUSION_ARM, explain_occlusion
from xai_core.attribution.partition import PARTITION_ARM, explain_partition
from xai_core.attribution.rise import RISE_ARM, explain_rise
from xai_core.attribution.settings import AttributionSettings
from xai_core.classifiers.base import Classifier
from xai_core.classifiers.function import Function
from xai_core.explanation import Explanation
from xai_core.lime.inputs import AnyImage


class Attribution(Protocol):
    """The call shape that all share; see ``explain_partition``."""

    def __call__(
        self,
        image: AnyImage,
        model: Classifier | Function,
        *,
        classes: int | str | Sequence[int | str] = 2,
        settings: AttributionSettings | None = None,
        seed: int = 0,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Explanation: ...


ATTRIBUTIONS: Mapping[str, Attribution] = MappingProxyType(
    {
        PARTITION_ARM: explain_partition,
        KERNEL_SHAP_ARM: explain_kernel_shap,
        OCCLUSION_ARM: explain_occlusion,
        RISE_ARM: explain_rise,
    }
)
