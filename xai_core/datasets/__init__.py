"""Images to explain: one shape for every set, loaded by name, checked before they are believed."""

from xai_core.datasets.base import UNKNOWN_LABEL, DatasetInfo, ImageDataset, as_float, image_id
from xai_core.datasets.images import read_upload
from xai_core.datasets.registry import list_datasets, load_dataset

__all__ = [
    "UNKNOWN_LABEL",
    "DatasetInfo",
    "ImageDataset",
    "as_float",
    "image_id",
    "list_datasets",
    "load_dataset",
    "read_upload",
]
