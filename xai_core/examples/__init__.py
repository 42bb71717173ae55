"""Example-based explanations: like what, unlike what."""

from xai_core.examples.distances import DISTANCES
from xai_core.examples.embeddings import TrainingFeatures, training_features, training_predictions
from xai_core.examples.index import ExampleIndex, NearExamples, Neighbours, Query
from xai_core.examples.mmd_critic import (
    Criticisms,
    Prototypes,
    prototypes_by_class,
    select_criticisms,
    select_prototypes,
)
from xai_core.examples.neighbours import boundary_sentence, near_examples, near_hits, near_misses, nearest, semifactuals
from xai_core.examples.spaces import SPACES, FeatureSpace, feature_space

__all__ = [
    "DISTANCES",
    "SPACES",
    "Criticisms",
    "ExampleIndex",
    "FeatureSpace",
    "NearExamples",
    "Neighbours",
    "Prototypes",
    "Query",
    "TrainingFeatures",
    "boundary_sentence",
    "feature_space",
    "near_examples",
    "near_hits",
    "near_misses",
    "nearest",
    "prototypes_by_class",
    "select_criticisms",
    "select_prototypes",
    "semifactuals",
    "training_features",
    "training_predictions",
]
