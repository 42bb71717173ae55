"""Offer to train a classifier where none fits, and do it in the background."""

from __future__ import annotations

from pathlib import Path

from studio.jobs import Job, Jobs
from xai_core.classifiers.transfer import TransferClassifier
from xai_core.datasets import ImageDataset
from xai_core.datasets.files import Progress


def training(jobs: Jobs, data: ImageDataset, root: Path, precision: str) -> Job[TransferClassifier]:
    """The job that trains a classifier for ``data`` and stores it below ``root``; asked for twice, it runs once.

    Its problem is that of ``train_transfer``. Once it is ready, the classifier is among those listed for ``data``.
    """

    def work(progress: Progress) -> TransferClassifier:
        # Imported here, since scikit-learn costs a second and 100 MB.
        from xai_core.classifiers.transfer_training import train_transfer

        return train_transfer(data, models=root / "models", precision=precision, progress=progress)

    return jobs.ask(("transfer", data.name, data.digest), work)
