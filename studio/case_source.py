"""Where cases come from: the store, the stock that is filled ahead, and the workers."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor, Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from studio.case_key import CaseKey
from studio.case_queue import Choice, Seen
from studio.case_store import CaseStore
from studio.case_tasks import Explain, ExplainUpload
from studio.dispatcher import Asking, Dispatcher, Order
from studio.next_case import Library, chosen
from studio.settings import Settings
from studio.stock import Stock, all_images, interesting_images
from studio.workers import workers_for
from xai_core import case_file
from xai_core.case import UPLOAD, Case
from xai_core.classifiers.base import Classifier
from xai_core.datasets import ImageDataset
from xai_core.errors import Cancelled
from xai_core.lime.fill_choice import FillChoice

AHEAD = 32
"""Images that are explained ahead, while there is nothing else to do, of the person who has seen most of the stock."""

HERE_SECONDS = 600  # since somebody's last image: until then they count as being here
STOCKS = 16  # kinds of images in use at a time
SECONDS_A_PHOTOGRAPH = 15.0  # first guess of what an image of 224 x 224 costs; smaller ones less


@dataclass(eq=False)
class CaseRequest:
    """One person's request for a case; see ``case_queue.Request``."""

    result: Future[Case] = field(default_factory=Future)
    _asking: Asking[Case] | None = None
    _left: bool = False

    def leave(self) -> None:
        """It is not wanted any more."""
        self._left = True
        self.result.cancel()
        if self._asking is not None:
            self._asking.leave()

    def follow(self, asking: Asking[Case]) -> None:
        """Pass on what comes of the asking, however long it takes."""
        self._asking = asking
        if self._left:
            asking.leave()
        asking.result.add_done_callback(self._settle)

    def settle(self, case: Case) -> None:
        """There it is."""
        with suppress(InvalidStateError):  # nobody waits any more
            self.result.set_result(case)

    def fail(self, problem: BaseException) -> None:
        """It cannot be had."""
        if isinstance(problem, Cancelled):
            self.result.cancel()
        else:
            with suppress(InvalidStateError):
                self.result.set_exception(problem)

    def _settle(self, done: Future[Case]) -> None:
        problem = done.exception()
        if problem is None:
            self.settle(done.result())
        else:
            self.fail(problem)


@dataclass(eq=False)
class _Shelf:
    """The stock of one kind of images, and who has been shown what of it lately."""

    data: ImageDataset
    model: Classifier
    fill: FillChoice
    stock: Stock
    people: dict[str, tuple[float, frozenset[int]]] = field(default_factory=dict)
    filling: bool = False


class CaseSource:
    """Cases for everybody. Threads may share it.

    ``ahead``: how many images are explained ahead; 0 for none. ``threads`` look choices up, which takes long only where
    a data set or a classifier is loaded for the first time. ``shown`` is told of every case that somebody gets next.
    """

    def __init__(
        self,
        library: Library,
        store: CaseStore,
        dispatcher: Dispatcher,
        threads: Executor,
        *,
        samples: int | None = None,
        ahead: int = AHEAD,
        shown: Callable[[Case], None] = lambda case: None,
    ) -> None:
        self._library = library
        self._store = store
        self._dispatcher = dispatcher
        self._threads = threads
        self._samples = samples
        self._ahead = ahead
        self._shown = shown
        self._lock = threading.Lock()
        self._shelves: OrderedDict[tuple[Any, ...], _Shelf] = OrderedDict()

    def next(self, choice: Choice, seen: Seen, person: str, wanted: Callable[[], bool]) -> CaseRequest:
        """The next case for a person who has ``seen`` these, as long as ``wanted()``. Returns at once."""
        request = self._begun(partial(self._find, choice, seen, person, wanted))
        request.result.add_done_callback(self._tell)
        return request

    def same(
        self,
        dataset: str,
        split: str,
        index: int,
        classifier: str | None,
        person: str,
        *,
        arms: tuple[str, ...] | None = None,
    ) -> CaseRequest:
        """The case of an image that is named, explained in all ways or by ``arms``. Returns at once."""

        def find() -> Case | Asking[Case]:
            data = self._library.dataset(dataset)
            model = self._library.classifier(classifier, data)
            fill = self._library.fill(data, model)
            key = CaseKey.of(data, model, index, split=split, fill=fill, samples=self._samples, arms=arms)
            kept = self._store.get(key, data)
            return kept if kept is not None else self._dispatcher.ask(self._order(key, data), person)

        return self._begun(find)

    def close(self) -> None:
        """Stop working; whoever waits is told."""
        self._dispatcher.close()

    def _tell(self, done: Future[Case]) -> None:
        if not done.cancelled() and done.exception() is None:
            self._shown(done.result())

    def _begun(self, find: Callable[[], Case | Asking[Case]]) -> CaseRequest:
        request = CaseRequest()

        def begin() -> None:
            try:
                found = find()
            except Exception as error:
                request.fail(error)
            else:
                if isinstance(found, Case):
                    request.settle(found)
                else:
                    request.follow(found)

        self._threads.submit(begin)
        return request

    def _find(self, choice: Choice, seen: Seen, person: str, wanted: Callable[[], bool]) -> Case | Asking[Case]:
        rng = np.random.default_rng()
        data, model = chosen(choice, self._library, rng)
        fill = self._library.fill(data, model)
        if choice.upload is not None and not seen.get(UPLOAD):
            return self._dispatcher.ask(self._upload(choice.upload, data, model, fill), person, wanted)
        shelf = self._shelf(choice.interesting, data, model, fill)
        mine = frozenset(seen.get(data.name, frozenset()))
        shelf.stock.grow(partial(self._has, shelf))
        index = shelf.stock.draw(mine, rng)
        with self._lock:
            shelf.people[person] = (time.monotonic(), mine | {index})
        key = self._key(shelf, index)
        try:
            kept = self._store.get(key, data)
            if kept is not None:
                return kept
            asking = self._dispatcher.ask(self._order(key, data), person, wanted)
            asking.result.add_done_callback(partial(self._explained, shelf, index))
            return asking
        finally:
            self._fill(shelf)

    def _fill(self, shelf: _Shelf) -> None:
        """Explain the next image ahead if the stock is low for anybody who is here."""
        with self._lock:
            now = time.monotonic()
            shelf.people = {who: what for who, what in shelf.people.items() if now - what[0] < HERE_SECONDS}
            low = any(shelf.stock.left(seen) < self._ahead for _, seen in shelf.people.values())
            index = shelf.stock.next() if low and not shelf.filling else None
            if index is None:
                return
            shelf.filling = True
        with suppress(Cancelled):  # the server is stopping
            prepared = self._dispatcher.prepare(self._order(self._key(shelf, index), shelf.data))
            prepared.add_done_callback(partial(self._filled, shelf, index))

    def _filled(self, shelf: _Shelf, index: int, done: Future[Case]) -> None:
        self._explained(shelf, index, done)
        with self._lock:
            shelf.filling = False
        if done.exception() is None and shelf.stock.next() != index:
            self._fill(shelf)

    def _explained(self, shelf: _Shelf, index: int, done: Future[Case]) -> None:
        problem = done.exception()
        if problem is not None and not isinstance(problem, Cancelled):
            shelf.stock.fail(index)
        shelf.stock.grow(partial(self._has, shelf))

    def _has(self, shelf: _Shelf, index: int) -> bool:
        return self._key(shelf, index) in self._store

    def _shelf(self, interesting: bool, data: ImageDataset, model: Classifier, fill: FillChoice) -> _Shelf:
        name = (
            data,
            interesting,
            model.name,
            model.version,
            model.precision,
            fill.fill,
            fill.constant,
            fill.second_fill,
        )
        with self._lock:
            shelf = self._shelves.get(name)
            if shelf is None:
                order = interesting_images(data, model) if interesting else all_images(data)
                barely = f"{model.name} has no barely wrong image in {data.title}: switch off “only interesting ones”."
                stock = Stock(order, barely if interesting else f"No image of {data.title} can be explained.")
                shelf = self._shelves[name] = _Shelf(data, model, fill, stock)
            self._shelves.move_to_end(name)
            while len(self._shelves) > STOCKS:
                self._shelves.popitem(last=False)
            return shelf

    def _key(self, shelf: _Shelf, index: int) -> CaseKey:
        return CaseKey.of(shelf.data, shelf.model, index, fill=shelf.fill, samples=self._samples)

    def _order(self, key: CaseKey, data: ImageDataset) -> Order[Case]:
        height, width, _ = data.image_shape
        return Order(
            name=key.digest,
            task=Explain(key),
            then=partial(self._store.keep, key, data),
            kind=f"{key.dataset} {key.classifier}",
            seconds=_guess(height, width),
        )

    def _upload(self, content: bytes, data: ImageDataset, model: Classifier, fill: FillChoice) -> Order[Case]:
        height, width, _ = model.input_shape
        return Order(
            name=object(),  # nobody else's
            task=ExplainUpload(content, data.name, model.name, fill, self._samples),
            then=case_file.from_bytes,
            kind=f"{UPLOAD} {model.name}",
            seconds=_guess(height, width),
        )


def case_source(settings: Settings, library: Library, threads: Executor, shown: Callable[[Case], None]) -> CaseSource:
    """The source of a server with these settings."""
    return CaseSource(
        library,
        CaseStore(settings.case_folder, settings.case_bytes),
        Dispatcher(workers_for(settings, library)),
        threads,
        samples=settings.xai_samples,
        ahead=settings.xai_ahead,
        shown=shown,
    )


def _guess(height: int, width: int) -> float:
    return max(0.5, SECONDS_A_PHOTOGRAPH * height * width / 224**2)
