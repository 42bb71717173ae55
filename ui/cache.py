"""What the server keeps between reruns: settings, data, classifiers, database, learner. All caches live here.

Caches are keyed by names and URLs, never by pixels: Streamlit hashes large arrays by sample.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import streamlit as st

from db.engine import Database
from db.errors import StorageError
from db.feedback import Feedback
from ui.case_queue import Choice
from ui.jobs import Jobs
from ui.learning import Learner
from ui.settings import Settings, load_settings
from xai_core.classifiers.base import Classifier
from xai_core.classifiers.registry import default_classifier, list_classifiers, load_classifier
from xai_core.datasets import DatasetInfo, ImageDataset, list_datasets, load_dataset, read_upload
from xai_core.errors import DatasetUnavailable, XaiError
from xai_core.precompute import UPLOAD, Case, prepare_case, with_upload
from xai_core.sampling import interesting_indices, random_indices
from xai_core.segmenters import ARMS, SEGMENTERS

if TYPE_CHECKING:
    from xai_core.ranking.report import Report


class Effort(TypedDict):
    """What ``prepare_case`` is asked to do for an image."""

    arms: Sequence[str]
    samples: int


FIRST_DATASET = "mnist"
DATASETS_IN_MEMORY = 3


@st.cache_resource(show_spinner=False, max_entries=DATASETS_IN_MEMORY)
def dataset(name: str, root: Path) -> ImageDataset:
    """A data set by name. Raises ``DatasetUnavailable`` or ``BrokenFile``."""
    return load_dataset(name, root=root)


@st.cache_resource(show_spinner=False, max_entries=6)
def classifier(name: str, dataset_name: str, precision: str, root: Path) -> Classifier:
    """A classifier by name. Raises ``ClassifierUnavailable``."""
    return load_classifier(name, precision=precision, dataset=dataset(dataset_name, root))


@st.cache_resource(show_spinner=False)
def database(url: str) -> Database:
    """The database behind a URL. Raises ``StorageUnavailable``."""
    return Database.open(url)


@st.cache_resource(show_spinner=False)
def learner(url: str, policy: str) -> Learner:
    """The one learner of this server."""
    return Learner(Feedback(database(url)), load_settings().model_copy(update={"xai_policy": policy}))


@st.cache_resource(show_spinner=False)
def workers() -> ThreadPoolExecutor:
    """Threads that prepare cases; the networks themselves use all cores."""
    return ThreadPoolExecutor(max_workers=max(2, (os.cpu_count() or 2) // 2), thread_name_prefix="prepare")


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """Embeddings, prototypes and searches that take long: one at a time, shared by all sessions."""
    return Jobs()


def feedback() -> Feedback:
    """The repository of impressions and votes."""
    return Feedback(database(load_settings().database))


def shared_learner() -> Learner:
    """The learner of the settings in force."""
    settings = load_settings()
    return learner(settings.database, settings.xai_policy)


def known_datasets() -> list[DatasetInfo]:
    """All data sets, with a reason where one is not available."""
    return list_datasets(load_settings().xai_data_dir)


def classifiers_for(dataset_name: str) -> list[str]:
    """Classifiers that fit a data set, the default one first."""
    data = dataset(dataset_name, load_settings().xai_data_dir)
    first = default_classifier(data)
    return [first, *(name for name in list_classifiers(data) if name != first)]


def chosen(choice: Choice, rng: np.random.Generator) -> tuple[ImageDataset, Classifier]:
    """The data set and classifier that a choice stands for."""
    settings = load_settings()
    name = choice.dataset or _surprise(rng)
    data = dataset(name, settings.xai_data_dir)
    model = classifier(
        choice.classifier or default_classifier(data), name, settings.xai_precision, settings.xai_data_dir
    )
    return data, model


@st.cache_resource(show_spinner=False)
def _spare() -> dict[Choice, Future[Case]]:
    """Cases prepared before anybody asked, each for whoever makes that choice first."""
    return {}


def prepare(choice: Choice, seen: dict[str, set[int]]) -> Case:
    """The next case for a choice; runs in a worker thread."""
    spare = _spare().pop(choice, None) if not any(seen.values()) else None
    return spare.result() if spare is not None else _prepare(choice, seen)


def _prepare(choice: Choice, seen: dict[str, set[int]]) -> Case:
    rng = np.random.default_rng()
    data, model = chosen(choice, rng)
    if choice.upload is not None and not seen.get(UPLOAD):
        data = with_upload(data, read_upload(choice.upload, model.input_shape))
        return prepare_case(data, model, 0, **effort(data, load_settings()))
    exclude = seen.get(data.name, set())
    if choice.interesting:
        index = next(interesting_indices(data, model, rng, exclude=exclude), None)
        if index is None:
            raise DatasetUnavailable(
                f"{model.name} has no barely wrong image in {data.title}: switch off “only interesting ones”."
            )
    else:
        index = int(random_indices(data, rng, exclude=exclude)[0])
    return prepare_case(data, model, index, **effort(data, load_settings()))


def effort(data: ImageDataset, settings: Settings) -> Effort:
    """How many segmentations and LIME samples keep an image of this size within a few seconds on two cores."""
    pixels = data.image_shape[0] * data.image_shape[1]
    arms, samples = (ARMS, 256) if pixels <= 128 * 128 else (tuple(SEGMENTERS), 128)
    return {"arms": arms, "samples": settings.xai_samples or samples}


@st.cache_resource(show_spinner=False, max_entries=2)
def _report(url: str, thumbs: int, last: int) -> Report:  # noqa: ARG001 (all three are the cache's key)
    from xai_core.ranking.report import report  # brings statistics packages that the rating page does without

    shared = shared_learner()
    return report(shared.refresh(), shared.decisions(), shared.prior)


def learned() -> Report:
    """What all thumbs say; computed again once there are new ones."""
    posterior = shared_learner().refresh()
    last = posterior.events[-1].order if posterior.events else 0
    return _report(load_settings().database, len(posterior.events), last)


def storage_problem() -> str | None:
    """Why feedback cannot be stored at the moment, or ``None``."""
    try:
        feedback().database.ping()
    except StorageError as error:
        return str(error)
    return None


def warm_up() -> None:
    """Prepare the first image and open the database; problems show when the page asks for the same thing."""
    with suppress(XaiError):
        choice = Choice(FIRST_DATASET, classifiers_for(FIRST_DATASET)[0])
        _spare()[choice] = workers().submit(_prepare, choice, {})
    if storage_problem() is None:
        shared_learner()
    wait(_spare().values())


def _surprise(rng: np.random.Generator) -> str:
    available = [info.name for info in known_datasets() if info.available]
    if not available:
        raise DatasetUnavailable("No data set is on this machine: put one under the data folder.")
    return str(rng.choice(available))
