"""Whoever asks whether votes can be stored gets an answer in time, and a question that hangs is asked once."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from studio.readiness import Readiness

Answer = TypeVar("Answer")


def run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """What a coroutine returns; in a thread of its own, since a browser test of the same run may leave a loop here."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def test_the_answer_is_that_of_the_check() -> None:
    answers = iter([None, "The disk is full."])
    readiness = Readiness(lambda: next(answers))

    async def ask_twice() -> list[str | None]:
        return [await readiness.problem(), await readiness.problem()]

    assert run(ask_twice()) == [None, "The disk is full."]


def test_a_check_that_hangs_blocks_nobody_and_is_not_piled_up() -> None:
    released, asked = threading.Event(), []

    def hang() -> str | None:
        asked.append(threading.current_thread())
        released.wait()
        return None

    async def ask() -> tuple[list[str | None], int, str | None]:
        readiness = Readiness(hang, limit=0.05)
        turns = 0

        async def other_work() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        working = asyncio.create_task(other_work())
        answers = list(await asyncio.gather(*(readiness.problem() for _ in range(20))))
        answers.append(await readiness.problem())
        working.cancel()
        released.set()
        return answers, turns, await Readiness(hang).problem()

    answers, turns, after = run(ask())
    assert {str(answer) for answer in answers} == {
        "The database has not answered for 0.05 s; check its server or its disk."
    }
    assert len(asked) == 2, "once for all who asked, and once when it could answer"
    assert turns > 20, "other work went on meanwhile"
    assert after is None


def test_the_answer_of_a_check_that_took_long_is_not_kept_for_the_next() -> None:
    answers = iter(["It is locked.", None])

    async def ask() -> list[str | None]:
        readiness = Readiness(lambda: next(answers))
        return [*await asyncio.gather(readiness.problem(), readiness.problem()), await readiness.problem()]

    assert run(ask()) == ["It is locked.", "It is locked.", None]
