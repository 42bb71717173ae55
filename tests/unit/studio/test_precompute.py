"""Images explained ahead by the command are those that the pages ask for, to the byte, however they were computed."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from studio.case_queue import Choice
from studio.case_source import CaseSource
from studio.case_store import CaseStore
from studio.dispatcher import Dispatcher
from studio.worker import OwnLibrary
from tests.unit.studio.test_commands import run
from xai_core import case_file

ROOT = Path(__file__).resolve().parents[3]
FEW = {"XAI_SAMPLES": "16"}


def precompute(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run({"XAI_DATA_DIR": str(folder), **FEW, **environment}, "precompute", "mnist", *arguments)


def cases(folder: Path) -> dict[str, dict]:
    """What every case says, by file; what it took to compute is not part of it."""
    found = {}
    for path in (folder / "cache" / "cases").rglob("*.case"):
        case = case_file.from_bytes(path.read_bytes())
        weights = {arm: one.weights.tobytes() for arm, one in case.explanations.items()}
        found[path.name] = {"weights": weights, "features": case.features, "faithfulness": case.faithfulness}
    return found


class Idle:
    """A worker that must not be needed."""

    def run(self, number: int, task: object) -> object:
        raise AssertionError("explained again")

    def stop(self, number: int) -> None: ...

    def close(self) -> None: ...


def test_the_pages_find_what_was_precomputed(tmp_path: Path) -> None:
    answer = precompute(tmp_path, "--images", "2")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("2 images explained, 0 were there")
    store = CaseStore(tmp_path / "cache" / "cases", 10**9)
    library = OwnLibrary(tmp_path, "float32")
    source = CaseSource(library, store, Dispatcher([Idle()]), ThreadPoolExecutor(1), samples=16, ahead=0)
    seen: set[int] = set()
    for _ in range(2):
        request = source.next(Choice("mnist"), {"mnist": frozenset(seen)}, "a", lambda: True)
        seen.add(request.result.result(60).index)
    assert len(seen) == 2
    source.close()


def test_several_processes_give_the_same_and_what_is_there_is_kept(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert precompute(one, "--images", "3").returncode == 0
    assert precompute(two, "--images", "1").returncode == 0
    again = precompute(two, "--images", "3", "--jobs", "2")
    assert again.stdout.startswith("2 images explained, 1 were there"), again.stderr
    assert cases(one) == cases(two)


def test_a_worker_that_dies_is_replaced_and_nothing_is_lost(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XAI_DATA_DIR": str(tmp_path), **FEW}
    command = [sys.executable, "-m", "studio", "precompute", "mnist", "--images", "6", "--jobs", "2"]
    running = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 300
    while not cases(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    victims = [pid for pid in _children(running.pid) if "loky" in _command(pid) and "tracker" not in _command(pid)]
    os.kill(victims[0], signal.SIGKILL)
    out, error = running.communicate(timeout=500)
    assert running.returncode == 0, error.decode()
    assert b"go on with new ones" in error
    assert len(cases(tmp_path)) == 6
    assert b"the store holds 6" in out


def test_a_plan_says_what_it_would_take(tmp_path: Path) -> None:
    answer = precompute(tmp_path, "--plan")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("1,000 images at ") or "images at " in answer.stdout
    assert "h with one job here" in answer.stdout
    assert len(cases(tmp_path)) == 5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--arms", "grid-9000"), "The arm 'grid-9000' does not exist"),
        (("--classifier", "nobody"), "There is no classifier 'nobody'"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    answer = precompute(tmp_path, "--images", "1", *arguments)
    assert answer.returncode == 1
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def _children(pid: int) -> list[int]:
    return [int(one) for path in Path(f"/proc/{pid}/task").glob("*/children") for one in path.read_text().split()]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
