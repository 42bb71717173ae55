"""Offer to train a classifier where none fits, and do it in the background."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path

from studio.jobs import Job, Jobs
from xai_core.classifiers.transfer import MOST_IMAGES, TransferClassifier
from xai_core.datasets import ImageDataset
from xai_core.datasets.files import Progress

SECONDS_AN_IMAGE = 0.04
"""Of the ImageNet network on two cores, from the file to its features."""


def training(jobs: Jobs, data: ImageDataset, root: Path, precision: str) -> Job[TransferClassifier]:
    """The job that trains a classifier for ``data`` and stores it below ``root``; asked for twice, it runs once.

    Its problem is that of ``train_transfer``. Once it is ready, the classifier is among those listed for ``data``.
    """

    def work(progress: Progress) -> TransferClassifier:
        # Imported here, since scikit-learn costs a second and 100 MB.
        from xai_core.classifiers.transfer_training import train_transfer

        return train_transfer(data, models=root / "models", precision=precision, progress=progress)

    return jobs.ask(_key(data), work)


def asked_training(jobs: Jobs, data: ImageDataset) -> Job[TransferClassifier] | None:
    """The job of ``training`` if anybody asked for it, and it was not forgotten since."""
    return jobs.find(_key(data))


def seconds_of_training(data: ImageDataset) -> float:
    """About how long ``training`` takes."""
    return SECONDS_AN_IMAGE * min(len(data.x_train), MOST_IMAGES)


def _key(data: ImageDataset) -> Hashable:
    return ("transfer", data.name, data.digest)
