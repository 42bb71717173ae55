"""Image classifiers behind one protocol: stored networks, a support vector machine, ImageNet networks."""

from xai_core.classifiers.base import Classifier, StreamingClassifier, predict_batches
from xai_core.classifiers.registry import default_classifier, list_classifiers, load_classifier

__all__ = [
    "Classifier",
    "StreamingClassifier",
    "default_classifier",
    "list_classifiers",
    "load_classifier",
    "predict_batches",
]
