"""Pass-phrases: hashed, tried a few times, remembered for half a day."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from db.engine import Database
from db.sign_ins import StoredSignIns
from studio.passphrases import hashed, is_hash, matches
from studio.roles import Role
from studio.sign_ins import TRIES, TRIES_OF_ALL, SignIns
from xai_core.errors import InvalidInput

PHRASE = "correct horse battery staple"
KEPT = hashed(PHRASE)
ANN, BOB = "ann", "bob"


def test_a_hash_tells_its_phrase_from_others_and_does_not_hold_it() -> None:
    assert is_hash(KEPT)
    assert PHRASE not in KEPT
    assert matches(PHRASE, KEPT)
    assert matches(f" {PHRASE}\n", KEPT)
    assert not matches(PHRASE + "s", KEPT)
    assert hashed(PHRASE) != KEPT, "salted"
    assert not is_hash(PHRASE)


def test_the_same_letters_typed_on_another_keyboard_are_the_same_phrase() -> None:
    assert matches("cafe\u0301 cafe\u0301 cafe\u0301", hashed("caf\u00e9 caf\u00e9 caf\u00e9"))


def test_a_short_phrase_is_refused() -> None:
    with pytest.raises(InvalidInput, match="12 characters"):
        hashed("  short  phr")


@pytest.fixture
def found(tmp_path: Path) -> Iterator[SignIns]:
    database = Database.open(f"sqlite:///{tmp_path}/x.sqlite")
    yield SignIns(StoredSignIns(database))
    database.close()


def test_a_sign_in_is_one_browser_s_and_one_role_s(found: SignIns) -> None:
    assert not found.sign_in(ANN, Role.RESEARCHER, "wrong", KEPT, address="a")
    assert found.roles(ANN) == set()
    assert found.sign_in(ANN, Role.RESEARCHER, PHRASE, KEPT, address="a")
    assert found.roles(ANN) == {Role.RESEARCHER}
    assert found.roles(BOB) == set()


def test_it_ends(found: SignIns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.sign_ins.HALF_A_DAY", timedelta(0))
    assert found.sign_in(ANN, Role.RESEARCHER, PHRASE, KEPT, address="a")
    assert found.roles(ANN) == set()


def test_another_server_and_one_that_was_restarted_know_it(found: SignIns) -> None:
    found.sign_in(ANN, Role.INSTRUCTOR, PHRASE, KEPT, address="a")
    assert SignIns(found._stored).roles(ANN) == {Role.INSTRUCTOR}


def test_who_signs_out_is_out(found: SignIns) -> None:
    found.sign_in(ANN, Role.RESEARCHER, PHRASE, KEPT, address="a")
    found.sign_out(ANN)
    assert found.roles(ANN) == set()


def test_an_address_tries_a_few_times_a_minute_and_holds_up_nobody_else(found: SignIns) -> None:
    for _ in range(TRIES.amount):
        assert not found.sign_in(ANN, Role.RESEARCHER, "wrong", KEPT, address="a")
    with pytest.raises(InvalidInput, match="Too many tries"):
        found.sign_in(ANN, Role.RESEARCHER, PHRASE, KEPT, address="a")
    assert found.sign_in(BOB, Role.RESEARCHER, PHRASE, KEPT, address="b")


def test_many_addresses_together_are_slowed_as_well(found: SignIns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.sign_ins.matches", lambda phrase, kept: phrase == PHRASE)
    for number in range(TRIES_OF_ALL.amount):
        found.sign_in(ANN, Role.RESEARCHER, "wrong", KEPT, address=str(number))
    with pytest.raises(InvalidInput, match="Too many tries"):
        found.sign_in(ANN, Role.RESEARCHER, PHRASE, KEPT, address="another")
