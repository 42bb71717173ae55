"""Processes that work: replaced when they die, stopped when asked, gone with their server."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from studio import workers
from studio.case_key import CaseKey
from studio.case_tasks import Explain, ExplainUpload
from studio.worker import Start
from studio.workers import ProcessWorker, ThreadWorker
from xai_core import case_file, load_classifier, load_dataset
from xai_core.errors import BrokenFile, Cancelled, InvalidInput, XaiError
from xai_core.lime.fill_choice import usual_choice

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Call:
    """A task for these tests: calls a function of this module with the path of a file."""

    what: str
    path: str = ""

    def __call__(self, library: object, cancelled: Callable[[], bool]) -> object:
        return globals()[self.what](self.path, cancelled)


def identity(_path: str, _cancelled: Callable[[], bool]) -> int:
    return os.getpid()


def die_once(path: str, _cancelled: Callable[[], bool]) -> int:
    if not Path(path).exists():
        Path(path).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def die(_path: str, _cancelled: Callable[[], bool]) -> None:
    os._exit(3)


def wait(path: str, cancelled: Callable[[], bool]) -> None:
    Path(path).touch()
    while not cancelled():
        time.sleep(0.01)
    raise Cancelled("stopped")


def fail(_path: str, _cancelled: Callable[[], bool]) -> None:
    raise InvalidInput("7 is out of range")


def crash(_path: str, _cancelled: Callable[[], bool]) -> None:
    raise ZeroDivisionError("an error of ours")


def chatter(_path: str, _cancelled: Callable[[], bool]) -> str:
    print("a library says hello")
    os.write(1, b"and so does its C code\n")
    return "done"


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return Start(tmp_path, "float32", "INFO")


@pytest.fixture
def worker(start: Start) -> Iterator[ProcessWorker]:
    worker = ProcessWorker(start)
    yield worker
    worker.close()


def appears(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0]


def test_one_process_does_one_task_after_the_other(worker: ProcessWorker) -> None:
    first = worker.run(1, Call("identity"))
    assert first != os.getpid()
    assert worker.run(2, Call("identity")) == first


def test_one_that_dies_is_replaced_and_its_task_done_once_more(worker: ProcessWorker, tmp_path: Path) -> None:
    first = worker.run(1, Call("identity"))
    second = worker.run(2, Call("die_once", str(tmp_path / "died")))
    assert second not in (first, os.getpid())
    assert worker.run(3, Call("identity")) == second


def test_what_kills_twice_is_given_up_with_a_sentence(worker: ProcessWorker) -> None:
    with pytest.raises(XaiError, match=r"ended the process that did it, twice; ask for another image\.$"):
        worker.run(1, Call("die"))
    assert worker.run(2, Call("identity"))


def test_a_task_can_be_stopped_also_before_it_begins(worker: ProcessWorker, tmp_path: Path) -> None:
    def stop() -> None:
        appears(tmp_path / "begun")
        worker.stop(1)

    threading.Thread(target=stop).start()
    with pytest.raises(Cancelled):
        worker.run(1, Call("wait", str(tmp_path / "begun")))
    worker.stop(2)
    with pytest.raises(Cancelled):
        worker.run(2, Call("wait", str(tmp_path / "again")))
    assert worker.run(3, Call("identity"))


def test_problems_come_back_as_what_they_are(worker: ProcessWorker) -> None:
    with pytest.raises(InvalidInput, match="7 is out of range"):
        worker.run(1, Call("fail"))
    with pytest.raises(RuntimeError, match="ZeroDivisionError: an error of ours"):
        worker.run(2, Call("crash"))


def test_what_libraries_print_is_no_answer(worker: ProcessWorker) -> None:
    assert worker.run(1, Call("chatter")) == "done"


def test_one_that_has_grown_too_large_is_replaced(worker: ProcessWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    first = worker.run(1, Call("identity"))
    monkeypatch.setattr(workers, "MOST_MEGABYTES", 1)
    assert worker.run(2, Call("identity")) == first
    assert worker.run(3, Call("identity")) != first


def test_the_size_of_its_server_is_not_its_own(worker: ProcessWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    large = np.ones(600 << 17)  # 600 MiB, more than a process that has loaded nothing
    monkeypatch.setattr(workers, "MOST_MEGABYTES", 500)
    first = worker.run(1, Call("identity"))
    assert worker.run(2, Call("identity")) == first
    assert large[-1] == 1


def test_a_closed_one_is_gone_and_says_so(start: Start) -> None:
    worker = ProcessWorker(start)
    pid = worker.run(1, Call("identity"))
    worker.close()
    assert not alive(pid)
    with pytest.raises(Cancelled):
        worker.run(2, Call("identity"))


def test_it_ends_with_a_server_that_was_killed(tmp_path: Path) -> None:
    script = (
        "import os, sys, time; from pathlib import Path\n"
        "from studio.worker import Start; from studio.workers import ProcessWorker\n"
        "from tests.unit.studio.test_workers import Call\n"
        "worker = ProcessWorker(Start(Path('.'), 'float32', 'INFO'))\n"
        f"Path({str(tmp_path / 'part')!r}).write_text(str(worker.run(1, Call('identity'))))\n"
        f"os.rename({str(tmp_path / 'part')!r}, {str(tmp_path / 'pid')!r})\n"
        "time.sleep(600)\n"
    )
    server = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    try:
        appears(tmp_path / "pid")
    finally:
        server.kill()
        server.wait()
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 60
    while alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_process_explains_as_this_one_does(worker: ProcessWorker, tmp_path: Path) -> None:
    data = load_dataset("mnist", root=tmp_path)  # as the process has it
    model = load_classifier("mnist-cnn", dataset=data)
    key = CaseKey.of(data, model, 5, fill=usual_choice("mnist", model), samples=16)

    class Here:
        def dataset(self, name: str):
            return data

        def classifier(self, name, data):
            return model

    ours = case_file.from_bytes(ThreadWorker(Here()).run(1, Explain(key)))
    theirs = case_file.from_bytes(worker.run(1, Explain(key)))
    for arm, explanation in ours.explanations.items():
        assert (explanation.weights == theirs.explanations[arm].weights).all()
    assert ours.features == theirs.features


def test_an_upload_that_is_no_image_is_a_sentence(worker: ProcessWorker) -> None:
    data = load_dataset("mnist")
    model = load_classifier("mnist-cnn", dataset=data)
    task = ExplainUpload(b"%!PS no image", "mnist", "mnist-cnn", usual_choice("mnist", model), 16)
    with pytest.raises(BrokenFile):
        worker.run(1, task)
