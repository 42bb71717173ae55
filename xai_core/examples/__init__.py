"""Example-based explanations: like what, unlike what."""

from xai_core.examples.distances import DISTANCES
from xai_core.examples.embeddings import SPACES, feature_space, training_features, training_predictions
from xai_core.examples.mmd_critic import prototypes_by_class, select_criticisms, select_prototypes
from xai_core.examples.neighbours import (
    ExampleIndex,
    Query,
    boundary_sentence,
    near_examples,
    near_hits,
    near_misses,
    nearest,
    semifactuals,
)

__all__ = [
    "DISTANCES",
    "SPACES",
    "ExampleIndex",
    "Query",
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
