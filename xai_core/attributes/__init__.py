"""Why a classifier finds two images alike: by hue, saturation, contrast, shape or texture."""

from xai_core.attributes.importance import (
    MODIFICATIONS,
    Comparison,
    EmbeddingComparison,
    Importance,
    Scores,
    importance_scores,
    local_importance,
)
from xai_core.attributes.modifications import ATTRIBUTES, NULL, STRONGEST, applicable, modify
from xai_core.attributes.protopnet import Patch, Prototype, PrototypeNetwork, load_prototypes
from xai_core.attributes.sentences import disagreement, why_similar
from xai_core.attributes.summary import (
    GlobalImportance,
    Means,
    Shift,
    Usual,
    global_importance,
    mean_importance,
    shifts,
    usual_scores,
)

__all__ = [
    "ATTRIBUTES",
    "MODIFICATIONS",
    "NULL",
    "STRONGEST",
    "Comparison",
    "EmbeddingComparison",
    "GlobalImportance",
    "Importance",
    "Means",
    "Patch",
    "Prototype",
    "PrototypeNetwork",
    "Scores",
    "Shift",
    "Usual",
    "applicable",
    "disagreement",
    "global_importance",
    "importance_scores",
    "load_prototypes",
    "local_importance",
    "mean_importance",
    "modify",
    "shifts",
    "usual_scores",
    "why_similar",
]
