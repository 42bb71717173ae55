"""Image classifiers behind one protocol: stored networks, a support vector machine, ImageNet networks."""

import sys

from xai_core.classifiers.base import Classifier, StreamingClassifier, predict_batches
from xai_core.classifiers.registry import default_classifier, list_classifiers, load_classifier

# OpenVINO and NNCF import it to tell their maker of every import, conversion and rounding, and do without where it
# is not installed; that is how they find it here.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

__all__ = [
    "Classifier",
    "StreamingClassifier",
    "default_classifier",
    "list_classifiers",
    "load_classifier",
    "predict_batches",
]
