"""What the server keeps between reruns: data, classifiers, database, learner, prepared cases. All caches live here.

Caches are keyed by names and addresses, never by pixels: Streamlit hashes large arrays by sample.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from db.engine import Database
from db.errors import StorageError
from db.feedback import Feedback
from db.records import RANKED_KINDS
from db.visits import PastShowing, Visits
from studio.case_queue import Choice, Seen
from studio.case_source import CaseSource, case_source
from studio.jobs import Jobs
from studio.learning import Learner
from studio.persuasion import judgements
from studio.roles import Access, Role
from studio.settings import Settings, load_settings
from studio.worked_example import WorkedExample, worked_example
from xai_core.case import UPLOAD, Case
from xai_core.classifiers.base import Classifier
from xai_core.classifiers.registry import default_classifier, find_card, list_classifiers, load_classifier
from xai_core.datasets import DatasetInfo, ImageDataset, list_datasets, load_dataset
from xai_core.errors import XaiError
from xai_core.lime.fill_choice import FillChoice, usual_choice
from xai_core.lime.kept_fills import known_fill, measured_fill

if TYPE_CHECKING:
    from xai_core.ranking.persuasion import Persuasion
    from xai_core.ranking.report import Report

FIRST_DATASET = "mnist"
PHOTOS = "photos"  # where uploads are classified
DATASETS_IN_MEMORY = 3
SERVER = "server"  # the person for whom the server asks ahead of everybody


class CachedLibrary:
    """The ``Library`` of this server: what it gives is shared by all sessions."""

    def available(self) -> list[str]:
        return [info.name for info in known_datasets() if info.available]

    def dataset(self, name: str) -> ImageDataset:
        return _dataset(name, load_settings().xai_data_dir)

    def classifier(self, name: str | None, data: ImageDataset) -> Classifier:
        settings = load_settings()
        return _classifier(
            name or default_classifier(data), data.name, settings.xai_precision, settings.xai_data_dir, data
        )

    def fill(self, data: ImageDataset, classifier: Classifier) -> FillChoice:
        """Where nothing was measured yet the usual fill serves until ``_measure_fill`` is done."""
        known = known_fill(data.name, classifier, load_settings().xai_data_dir)
        return known or usual_choice(data.name, classifier)


LIBRARY = CachedLibrary()


@st.cache_resource(show_spinner=False, max_entries=DATASETS_IN_MEMORY)
def _dataset(name: str, root: Path) -> ImageDataset:
    return load_dataset(name, root=root)


@st.cache_resource(show_spinner=False, max_entries=6)
def _classifier(name: str, dataset: str, precision: str, root: Path, _data: ImageDataset) -> Classifier:  # noqa: ARG001
    return load_classifier(name, precision=precision, dataset=_data)


@st.cache_resource(show_spinner=False)
def _database(url: str) -> Database:
    return Database.open(url)


@st.cache_resource(show_spinner=False)
def _learner(url: str, policy: str, until: datetime | None = None) -> Learner:
    settings = load_settings().model_copy(update={"xai_policy": policy})
    return Learner(Feedback(_database(url)), settings, until=until)


@st.cache_resource(show_spinner=False)
def threads() -> ThreadPoolExecutor:
    """Threads that look up what people chose; the work itself is done elsewhere."""
    return ThreadPoolExecutor(max_workers=8, thread_name_prefix="look-up")


@st.cache_resource(show_spinner=False)
def _source(_settings: Settings, name: str) -> CaseSource:  # noqa: ARG001 (the settings by name are the cache's key)
    return case_source(_settings, LIBRARY, threads(), _measure_fill)


def source() -> CaseSource:
    """Where cases come from, for everybody."""
    settings = load_settings()
    return _source(settings, settings.model_dump_json(exclude={"xai_cookie_secret"}))


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """Embeddings, prototypes and searches that take long: one at a time, shared by all sessions."""
    return Jobs()


def feedback() -> Feedback:
    """The repository of impressions and votes. Raises ``StorageUnavailable``."""
    return Feedback(_database(load_settings().database))


def visits() -> Visits:
    """What people come back to. Raises ``StorageUnavailable``."""
    return Visits(_database(load_settings().database))


def learner(policy: str | None = None, until: datetime | None = None) -> Learner:
    """The one learner of this server, by default with the policy of its settings. Raises ``StorageUnavailable``."""
    settings = load_settings()
    return _learner(settings.database, policy or settings.xai_policy, until)


def model_of(case: Case) -> Classifier:
    """The classifier that a case was made with. Raises as loading it does."""
    data = LIBRARY.dataset(PHOTOS if case.dataset == UPLOAD else case.dataset)
    return LIBRARY.classifier(case.classifier, data)


def known_datasets() -> list[DatasetInfo]:
    """All data sets, with a reason where one is not available."""
    return list_datasets(load_settings().xai_data_dir)


def classifiers_for(dataset_name: str) -> list[str]:
    """Classifiers that fit a data set, the best suited first. Raises as loading the set does."""
    return list_classifiers(LIBRARY.dataset(dataset_name))


def card_of(classifier: str) -> dict[str, Any] | None:
    """What the card of a classifier says, ``None`` where it has none."""
    card = find_card(classifier)
    return None if card is None else card.entries


def prepare(choice: Choice, seen: Seen) -> Case:
    """The next case for nobody in particular, once it is there."""
    return source().next(choice, seen, SERVER, lambda: True).result.result()


def again(past: PastShowing, person: str) -> Case:
    """The case of a past showing. Raises ``XaiError`` where it cannot be had any more."""
    return source().same(past.dataset, past.split, past.image_index, past.classifier, person).result.result()


def _measure_fill(case: Case) -> None:
    """Find the best fill in the background where that was never done; only now, so that no first image waits for it."""
    if case.dataset == UPLOAD:
        return
    data, model, root = LIBRARY.dataset(case.dataset), model_of(case), load_settings().xai_data_dir
    if len(data.x_train) and known_fill(data.name, model, root) is None:
        key = ("fill", data.name, model.name, model.version)
        jobs().ask(key, lambda progress: measured_fill(data, model, root, progress), awaited=False)


@st.cache_resource(show_spinner=False)
def _worked() -> Future[WorkedExample]:
    return threads().submit(worked_example, LIBRARY)


def worked(patience: float = 0) -> WorkedExample | None:
    """The example for newcomers; ``None`` where it is not there after ``patience`` seconds, or cannot be had."""
    future = _worked()
    wait([future], timeout=patience)
    return future.result() if future.done() and future.exception() is None else None


@st.cache_resource(show_spinner=False, max_entries=2)
def _report(url: str, thumbs: int, last: int) -> Report:  # noqa: ARG001 (all three are the cache's key)
    from xai_core.ranking.report import report  # brings statistics packages that the rating page does without

    shared = learner()
    return report(shared.refresh(), shared.decisions(), shared.prior)


def learned(access: Access) -> Report:
    """What all thumbs say; computed again once there are new ones. Raises ``NotAllowed``."""
    access.require(Role.RESEARCHER)
    posterior = learner().refresh()
    last = posterior.events[-1].sequence if posterior.events else 0
    return _report(load_settings().database, len(posterior.events), last)


@st.cache_resource(show_spinner=False, max_entries=2)
def _persuasion(url: str, thumbs: int, last: int) -> Persuasion:  # noqa: ARG001 (all three are the cache's key)
    from xai_core.ranking.persuasion import persuasion

    return persuasion(judgements(feedback().thumbs(kinds=RANKED_KINDS)))


def persuaded(access: Access) -> Persuasion:
    """Approval beside faithfulness; computed again once there are new thumbs. Raises ``NotAllowed``."""
    access.require(Role.RESEARCHER)
    posterior = learner().refresh()
    last = posterior.events[-1].sequence if posterior.events else 0
    return _persuasion(load_settings().database, len(posterior.events), last)


def storage_problem() -> str | None:
    """Why feedback cannot be stored at the moment, or ``None``."""
    try:
        feedback().database.require_ready()
    except StorageError as error:
        return str(error)
    return None


def close() -> None:
    """Give the workers and the database back when the server stops, everything in its one file."""
    source().close()
    with suppress(StorageError):
        feedback().database.close()


def warm_up() -> None:
    """Prepare the first image and open the database; problems show when the page asks for the same thing."""
    first = None
    with suppress(XaiError):
        choice = Choice(FIRST_DATASET, classifiers_for(FIRST_DATASET)[0])
        first = source().next(choice, {}, SERVER, lambda: True)
    if storage_problem() is None:
        learner()
    if first is not None:
        wait([first.result])
    _worked()
