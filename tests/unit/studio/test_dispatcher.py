"""Each thing once, in a fair order, only as long as somebody wants it, and quick things beside slow ones."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.dispatcher import Dispatcher, Order
from xai_core.errors import Cancelled, InvalidInput, XaiError

PATIENCE = 20
ROOT = Path(__file__).resolve().parents[3]


class HeldWorker:
    """Does a task when the test lets it: ``begun`` says what it is at, ``go`` lets it finish."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.arrived = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.stopped = 0
        self.closed = False

    def run(self, number: int, task: Callable) -> object:
        self.begun.append(task(None, lambda: False))
        self.arrived.release()
        while not self.go.acquire(timeout=0.01):
            if self.stopped >= number:
                raise Cancelled("stopped")
            if self.closed:
                raise Cancelled("closed")
        return self.begun[-1]

    def stop(self, number: int) -> None:
        self.stopped = number

    def close(self) -> None:
        self.closed = True

    def wait(self) -> str:
        assert self.arrived.acquire(timeout=PATIENCE)
        return self.begun[-1]


def order(name: str, seconds: float = 1.0, kind: str | None = None) -> Order:
    return Order(name, lambda library, cancelled: name, lambda result: f"{result}!", kind or name, seconds)


@pytest.fixture
def worker() -> HeldWorker:
    return HeldWorker()


@pytest.fixture
def one(worker: HeldWorker) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher([worker])
    yield dispatcher
    dispatcher.close()


def test_what_several_ask_for_is_done_once(one: Dispatcher, worker: HeldWorker) -> None:
    askings = [one.ask(order("seven"), person) for person in "abc"]
    worker.wait()
    worker.go.release()
    assert [asking.result.result(PATIENCE) for asking in askings] == ["seven!"] * 3
    assert worker.begun == ["seven"]


def test_people_take_turns_by_what_their_work_costs(one: Dispatcher, worker: HeldWorker) -> None:
    one.ask(order("first"), "x")
    worker.wait()
    for number in range(3):
        one.ask(order(f"photograph {number}", 10.0), "photographer")
    for number in range(3):
        one.ask(order(f"digit {number}", 1.0), "rater")
    for _ in range(6):
        worker.go.release()
        worker.wait()
    assert worker.begun[1:] == ["photograph 0", "digit 0", "digit 1", "digit 2", "photograph 1", "photograph 2"]


def test_what_nobody_waits_for_comes_last_and_makes_way(one: Dispatcher, worker: HeldWorker) -> None:
    ahead = one.prepare(order("ahead"))
    assert worker.wait() == "ahead"
    asking = one.ask(order("wanted"), "rater")
    assert worker.wait() == "wanted"  # the other was stopped
    worker.go.release()
    assert asking.result.result(PATIENCE) == "wanted!"
    assert worker.wait() == "ahead"  # and begins anew
    worker.go.release()
    assert ahead.result(PATIENCE) == "ahead!"


def test_who_asks_for_what_is_prepared_ahead_gets_that(one: Dispatcher, worker: HeldWorker) -> None:
    one.prepare(order("seven"))
    worker.wait()
    asking = one.ask(order("seven"), "rater")
    worker.go.release()
    assert asking.result.result(PATIENCE) == "seven!"
    assert worker.begun == ["seven"]


def test_work_stops_when_the_last_who_wanted_it_leaves(one: Dispatcher, worker: HeldWorker) -> None:
    first, second = one.ask(order("seven"), "a"), one.ask(order("seven"), "b")
    waiting = one.ask(order("eight"), "a")
    worker.wait()
    first.leave()
    assert worker.stopped == 0
    with pytest.raises(Cancelled):
        first.result.result(PATIENCE)
    waiting.leave()
    second.leave()
    third = one.ask(order("nine"), "c")
    assert worker.wait() == "nine"  # neither the rest of seven nor eight
    worker.go.release()
    assert third.result.result(PATIENCE) == "nine!"


def test_a_tab_that_has_gone_is_noticed(one: Dispatcher, worker: HeldWorker) -> None:
    there = {"a": True}
    asking = one.ask(order("seven"), "a", lambda: there["a"])
    worker.wait()
    there["a"] = False
    with pytest.raises(Cancelled):
        asking.result.result(PATIENCE)
    one.ask(order("eight"), "b")
    assert worker.wait() == "eight"


def test_one_person_waits_for_so_much_and_others_are_not_concerned(one: Dispatcher, worker: HeldWorker) -> None:
    askings = [one.ask(order(f"image {number}"), "greedy") for number in range(4)]
    with pytest.raises(XaiError, match="4 images are being explained for you already"):
        one.ask(order("image 4"), "greedy")
    one.ask(order("image 4"), "modest")
    askings[2].leave()
    one.ask(order("image 5"), "greedy")


def test_slow_work_leaves_one_worker_to_what_is_quick() -> None:
    workers = [HeldWorker(), HeldWorker()]
    dispatcher = Dispatcher(workers)
    try:
        for number in range(4):
            dispatcher.ask(order(f"photograph {number}", 15.0), f"photographer {number}")
        digit = dispatcher.ask(order("digit", 0.5), "rater")
        busy, free = sorted(workers, key=lambda worker: worker.wait(), reverse=True)
        assert (busy.begun, free.begun) == (["photograph 0"], ["digit"])
        free.go.release()
        assert digit.result.result(PATIENCE) == "digit!"
        assert free.begun == ["digit"]
    finally:
        dispatcher.close()


def test_a_problem_goes_to_all_who_asked_and_the_next_who_asks_tries_again(one: Dispatcher, worker: HeldWorker) -> None:
    def fail(_result: object) -> str:
        raise InvalidInput("7 is out of range")

    broken = Order("seven", lambda library, cancelled: "seven", fail, "digit")
    askings = [one.ask(broken, person) for person in "ab"]
    worker.wait()
    worker.go.release()
    for asking in askings:
        with pytest.raises(InvalidInput, match="7 is out of range"):
            asking.result.result(PATIENCE)
    again = one.ask(order("seven"), "a")
    worker.wait()
    worker.go.release()
    assert again.result.result(PATIENCE) == "seven!"


def test_costs_are_learned_from_what_was_done(one: Dispatcher, worker: HeldWorker) -> None:
    assert one.seconds("digit") is None
    asking = one.ask(order("seven", kind="digit"), "a")
    worker.wait()
    worker.go.release()
    asking.result.result(PATIENCE)
    assert 0 < one.seconds("digit") < PATIENCE


def test_a_server_that_stops_keeps_nobody_waiting(worker: HeldWorker) -> None:
    dispatcher = Dispatcher([worker])
    askings = [dispatcher.ask(order(name), "a") for name in ("seven", "eight")]
    ahead = dispatcher.prepare(order("nine"))
    dispatcher.close()
    for result in (*(asking.result for asking in askings), ahead):
        with pytest.raises(Cancelled):
            result.result(PATIENCE)
    with pytest.raises(Cancelled):
        dispatcher.ask(order("ten"), "a")


def test_python_can_end_while_an_image_is_explained() -> None:
    script = (
        "import time; from studio.dispatcher import Dispatcher, Order; from studio.workers import ThreadWorker\n"
        "from xai_core import explain, load_classifier, load_dataset\n"
        "data = load_dataset('mnist'); model = load_classifier('mnist-cnn', dataset=data); begun = []\n"
        "def work(library, cancelled):\n"
        "    begun.append(1)\n"
        "    for seed in range(10_000):\n"
        "        explain(data.x_test[0], model, samples=500, seed=seed, cancelled=cancelled)\n"
        "Dispatcher([ThreadWorker(None)]).prepare(Order('seven', work, str, 'digit'))\n"
        "while not begun: time.sleep(0.01)\n"
        "time.sleep(1)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
