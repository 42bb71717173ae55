"""Sessions without a connection: few, for a while, and ended when they are given up."""

from dataclasses import dataclass, field

import pytest
from streamlit.runtime import memory_session_storage
from streamlit.runtime.session_manager import SessionInfo

from ui import idle_sessions
from ui.idle_sessions import IdleSessions


@dataclass
class Session:
    id: str
    ended: int = 0

    def shutdown(self) -> None:
        self.ended += 1


@dataclass
class Clock:
    now: float = 0.0
    sessions: list[Session] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def info(name: str) -> SessionInfo:
    return SessionInfo(client=None, session=Session(name), script_run_count=1)


def test_a_tab_that_comes_back_in_time_finds_its_session(clock: Clock) -> None:
    kept = IdleSessions(900, clock=clock)
    mine = info("mine")
    kept.save(mine)
    clock.now = 899
    assert kept.get("mine") is mine
    kept.delete("mine")
    assert kept.get("mine") is None
    assert mine.session.ended == 0


def test_after_that_it_is_ended(clock: Clock) -> None:
    kept = IdleSessions(900, clock=clock)
    mine = info("mine")
    kept.save(mine)
    clock.now = 901
    assert kept.get("mine") is None
    assert mine.session.ended == 1


def test_the_longest_away_make_room(clock: Clock) -> None:
    kept = IdleSessions(900, most=3, clock=clock)
    all_ = [info(str(number)) for number in range(5)]
    for one in all_[:3]:
        kept.save(one)
    kept.save(all_[0])  # came back and left again
    kept.save(all_[3])
    kept.save(all_[4])
    assert [one.session.ended for one in all_] == [0, 1, 1, 0, 0]
    assert kept.list() == [all_[0], all_[3], all_[4]]


def test_streamlit_keeps_them_here_once_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_session_storage, "MemorySessionStorage", memory_session_storage.MemorySessionStorage)
    idle_sessions.install()
    assert isinstance(memory_session_storage.MemorySessionStorage(ttl_seconds=900), IdleSessions)


def test_another_streamlit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(memory_session_storage, "MemorySessionStorage")
    with pytest.raises(RuntimeError, match="keeps sessions otherwise"):
        idle_sessions.install()
