"""``python -m studio precompute DATASET``: explain images before anybody asks, those first that people meet first."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path

from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from studio.case_key import CaseKey
from studio.case_store import CaseStore
from studio.case_tasks import Explain
from studio.settings import Settings
from studio.stock import all_images
from studio.worker import OwnLibrary
from xai_core.arms import ARMS
from xai_core.datasets import ImageDataset
from xai_core.errors import InvalidInput, XaiError
from xai_core.lime.kept_fills import known_fill, measured_fill
from xai_core.progress import show_progress

HELP = "Explain images before anybody asks: the rating page then shows them at once."

TRIES = 3  # rounds in which worker processes may die before the command gives up
SAMPLE = 4  # images that a plan is made from


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("dataset", help="name of a data set")
    parser.add_argument("--classifier", help="default: the one that the page offers first")
    parser.add_argument("--images", type=int, help="so many, the first that people meet; default: all test images")
    parser.add_argument("--split", choices=("test", "train"), default="test")
    parser.add_argument(
        "--arms", nargs="+", default=["all"], metavar="ARM", help="default: all, as the page needs them"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes; each uses several threads (default: 1)")
    parser.add_argument("--plan", action="store_true", help="measure a few images and say what all would take")


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Raises ``XaiError``."""
    library = OwnLibrary(settings.xai_data_dir, settings.xai_precision)
    data = library.dataset(options.dataset)
    store = CaseStore(settings.case_folder, settings.case_bytes)
    keys = list(_keys(data, library, options, settings))
    missing = [key for key in keys if key not in store]
    if options.plan:
        print(_plan(missing, library, store, options.jobs))
        return
    for done, (key, content) in enumerate(_explained(missing, options.jobs, settings), start=1):
        store.put(key, content)
        show_progress(done / len(missing), f"{done:,} of {len(missing):,} images")
    count, size = store.size()
    there = len(keys) - len(missing)
    print(
        f"{len(missing):,} images explained, {there:,} were there; the store holds {count:,} in {size / 1e6:,.0f} MB."
    )
    if any(key not in store for key in keys):
        raise XaiError(
            f"Not all of them have room: set XAI_CASES_MB above {settings.xai_cases_mb:,} and run this again, "
            "or look whether the disk can be written."
        )


def _keys(
    data: ImageDataset, library: OwnLibrary, options: argparse.Namespace, settings: Settings
) -> Iterator[CaseKey]:
    """What the pages will ask for, in the order in which people meet it."""
    model = library.classifier(options.classifier, data)
    fill = library.fill(data, model)
    if len(data.x_train) and known_fill(data.name, model, settings.xai_data_dir) is None:  # as pages will
        fill = measured_fill(data, model, settings.xai_data_dir, show_progress)
    order: Iterable[int] = all_images(data) if options.split == "test" else range(len(data.x_train))
    for index in islice(order, options.images):
        key = CaseKey.of(data, model, index, split=options.split, fill=fill, samples=settings.xai_samples)
        yield key if options.arms == ["all"] else replace(key, arms=_chosen(options.arms, key.arms))


def _chosen(asked: list[str], fitting: tuple[str, ...]) -> tuple[str, ...]:
    for arm in asked:
        if arm not in fitting:
            reason = "does not fit these images" if arm in ARMS else "does not exist"
            raise InvalidInput(f"The arm {arm!r} {reason}; choose all, or among {', '.join(fitting)}.")
    return tuple(arm for arm in fitting if arm in asked)


def _explained(keys: list[CaseKey], jobs: int, settings: Settings) -> Iterator[tuple[CaseKey, bytes]]:
    """Each key with its case, as they come. Processes that die are replaced and what they had is done again."""
    left, deaths = dict.fromkeys(keys), 0
    while left:
        work = (delayed(explain)(key, settings.xai_data_dir, settings.xai_precision) for key in list(left))
        try:
            for key, content in Parallel(n_jobs=jobs, return_as="generator_unordered")(work):
                del left[key]
                yield key, content
        except TerminatedWorkerError as error:
            deaths += 1
            if deaths == TRIES:
                raise XaiError(f"Worker processes died {deaths} times ({error}): try fewer --jobs.") from error
            print(f"A worker process died; {len(left):,} images go on with new ones.", file=sys.stderr)


def explain(key: CaseKey, root: Path, precision: str) -> tuple[CaseKey, bytes]:
    """The case of a key as the store keeps it, in whichever process."""
    return key, Explain(key)(_library(root, precision), lambda: False)


@lru_cache(maxsize=1)
def _library(root: Path, precision: str) -> OwnLibrary:
    return OwnLibrary(root, precision)


def _plan(missing: list[CaseKey], library: OwnLibrary, store: CaseStore, jobs: int) -> str:
    if not missing:
        return "All of them are explained already."
    sample = missing[: SAMPLE + 1]
    explained = []
    for number, key in enumerate(sample):
        if number == 1 or len(sample) == 1:
            began = time.perf_counter()  # the first one also loads everything
        explained.append(Explain(key)(library, lambda: False))
    seconds = (time.perf_counter() - began) / max(len(sample) - 1, 1)
    for key, content in zip(sample, explained, strict=True):
        store.put(key, content)
    size = sum(map(len, explained)) / len(explained) * len(missing)
    hours = seconds * len(missing) / 3600
    return (
        f"{len(missing):,} images at {seconds:.2f} s each (measured on {len(sample)}, one after the other): "
        f"{hours:,.1f} h with one job here, at best {hours / jobs:,.1f} h with {jobs}; {size / 1e6:,.0f} MB. "
        f"XAI_CASES_MB is {store.limit / 1e6:,.0f}."
    )
