"""What is typical of every class and what is not: prototypes and criticisms of a whole training set, computed once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from xai_core.datasets.base import UNKNOWN_LABEL, ImageDataset
from xai_core.datasets.files import Progress
from xai_core.examples.embeddings import TrainingFeatures, kept_path
from xai_core.examples.kernels import as_points
from xai_core.examples.mmd_critic import Features, select_criticisms, select_prototypes
from xai_core.examples.store import kept_array

PROTOTYPES, CRITICISMS = 20, 10  # kept of every class; a page shows the first few
FILLER = -1  # in place of images that a small class does not have


@dataclass(frozen=True, eq=False)
class ClassSummary:
    """One class: ``prototypes`` int64 ``[m]`` and ``criticisms`` int64 ``[c]`` as positions in the training set.

    ``mmd2`` float64 ``[m]`` is the scree curve, ``witness`` float64 ``[c]`` see ``Criticisms``, ``gamma`` the width.
    """

    label: int
    gamma: float
    prototypes: NDArray[np.int64]
    mmd2: NDArray[np.float64]
    criticisms: NDArray[np.int64]
    witness: NDArray[np.float64]


def class_summaries(
    data: ImageDataset, features: TrainingFeatures, *, root: Path | None = None, progress: Progress | None = None
) -> dict[int, ClassSummary]:
    """Prototypes and criticisms of every class, read from disk, or computed and then kept with the features.

    Classes are those of the ground truth.

    ``PROTOTYPES`` prototypes and ``CRITICISMS`` criticisms of each class, fewer of a smaller one; the kernel width is
    the median heuristic of the class, on the points of the feature space (``FeatureSpace.points``).

    Parameters
    ----------
    data : ImageDataset
        The data set.
    features : TrainingFeatures
        Features of its training images.
    root : pathlib.Path, optional
        The data folder; by default ``$XAI_DATA_DIR``, or ``data/`` where that is not set.
    progress : callable, optional
        Called with the share done, 0..1, and a sentence on what is being done.

    Returns
    -------
    dict of int to ClassSummary
        By class.
    """
    labels = data.y_train[features.rows]
    present = np.unique(labels[labels != UNKNOWN_LABEL])

    def build() -> NDArray[np.void]:
        records = np.zeros(len(present), _RECORD)
        for number, label in enumerate(present):
            if progress:
                progress(number / len(present), f"Prototypes of {data.class_names[label]}")
            members = np.flatnonzero(labels == label)
            points = features.space.points(features.vectors[members])
            prototypes = select_prototypes(points, PROTOTYPES)
            criticisms = select_criticisms(points, prototypes.indices, CRITICISMS, gamma=prototypes.gamma)
            rows = features.rows[members]
            record = records[number]
            record["label"], record["gamma"] = label, prototypes.gamma
            record["prototypes"] = _filled(rows[prototypes.indices], PROTOTYPES, FILLER)
            record["mmd2"] = _filled(prototypes.mmd2, PROTOTYPES, np.nan)
            record["criticisms"] = _filled(rows[criticisms.indices], CRITICISMS, FILLER)
            record["witness"] = _filled(criticisms.witness, CRITICISMS, np.nan)
        return records

    key = {**features.key, "counts": f"{PROTOTYPES} {CRITICISMS}"}
    records = kept_array(kept_path(data, features.name, "prototypes", root), key, build)
    return {summary.label: summary for summary in map(_summary, records)}


def plane(features: Features) -> NDArray[np.float32]:
    """Project features onto their two principal components: a map to look at, not to measure on.

    Parameters
    ----------
    features : float32 array [N, D] or uint8 pixels [N, ...]
        The features.

    Returns
    -------
    float32 array [N, 2]
        One point for each.
    """
    points = as_points(features)
    flat = np.zeros((len(points), 2), np.float32)
    components = min(2, points.shape[1], len(points) - 1)
    if components:
        flat[:, :components] = PCA(components, random_state=0).fit_transform(points)
    return flat


_RECORD = np.dtype(
    [
        ("label", np.int64),
        ("gamma", np.float64),
        ("prototypes", np.int64, (PROTOTYPES,)),
        ("mmd2", np.float64, (PROTOTYPES,)),
        ("criticisms", np.int64, (CRITICISMS,)),
        ("witness", np.float64, (CRITICISMS,)),
    ]
)


def _filled(values: NDArray[np.generic], length: int, filler: float) -> NDArray[np.generic]:
    return np.pad(values, (0, length - len(values)), constant_values=filler)


def _summary(record: np.void) -> ClassSummary:
    prototypes, criticisms = record["prototypes"] != FILLER, record["criticisms"] != FILLER
    return ClassSummary(
        label=int(record["label"]),
        gamma=float(record["gamma"]),
        prototypes=record["prototypes"][prototypes],
        mmd2=record["mmd2"][prototypes],
        criticisms=record["criticisms"][criticisms],
        witness=record["witness"][criticisms],
    )
