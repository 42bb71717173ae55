"""One computation at a time, one job a key, problems as sentences."""

from threading import Event

import pytest

from studio.jobs import Job, Jobs
from xai_core.errors import BrokenFile


def finished(job: Job) -> Job:
    """The job, once it has come to an end."""
    job._future.exception(timeout=10)
    return job


def test_whoever_asks_for_the_same_key_gets_the_same_job() -> None:
    jobs, calls = Jobs(), []
    first = jobs.ask("a", lambda _: calls.append(1) or "done")
    assert jobs.ask("a", lambda _: calls.append(2)) is first
    assert first.result == "done"
    assert calls == [1]


def test_progress_can_be_read_while_the_work_goes_on_and_the_next_job_waits() -> None:
    jobs, told, go_on = Jobs(), Event(), Event()

    def work(progress):
        progress(0.4, "2 of 5")
        told.set()
        go_on.wait(10)

    running, waiting = jobs.ask("running", work), jobs.ask("waiting", lambda _: None)
    assert told.wait(10)
    assert (running.share, running.text, running.done, running.ready) == (0.4, "2 of 5", False, False)
    assert waiting.share == 0
    assert not waiting.done
    go_on.set()
    assert waiting.result is None
    assert running.ready


def test_what_people_wait_for_does_not_queue_behind_what_nobody_waits_for() -> None:
    jobs, go_on = Jobs(), Event()
    unawaited = jobs.ask("fill", lambda _: go_on.wait(10), awaited=False)
    assert finished(jobs.ask("neighbours", lambda _: "there")).result == "there"
    assert not unawaited.done
    go_on.set()
    assert finished(unawaited).ready


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (BrokenFile("mnist.npz is cut short."), "mnist.npz is cut short."),
        (OSError("disk full"), "This could not be computed: disk full."),
        (MemoryError(), "This could not be computed: MemoryError."),
    ],
)
def test_a_failure_is_a_sentence_until_the_job_is_forgotten(error: BaseException, sentence: str) -> None:
    def fail(_progress):
        raise error

    jobs = Jobs()
    failed = finished(jobs.ask("a", fail))
    assert failed.done
    assert not failed.ready
    assert failed.problem == sentence
    assert jobs.ask("a", lambda _: 1) is failed
    jobs.forget(failed)
    again = jobs.ask("a", lambda _: 1)
    assert again.result == 1
    assert again.problem is None
    jobs.forget(failed)
    assert jobs.ask("a", lambda _: 2) is again


def test_only_so_many_results_are_kept_and_the_last_asked_for_stay() -> None:
    jobs = Jobs(kept=2)
    first, second = finished(jobs.ask("first", lambda _: 1)), finished(jobs.ask("second", lambda _: 2))
    jobs.ask("first", lambda _: 1)
    finished(jobs.ask("third", lambda _: 3))
    assert jobs.ask("first", lambda _: 0) is first
    assert jobs.ask("second", lambda _: 0) is not second


def test_a_share_outside_of_0_to_1_is_held_inside() -> None:
    job = finished(Jobs().ask("a", lambda progress: progress(1.2, "")))
    assert job.share == 1
