"""Who has which role, by what they can show."""

import pytest

from studio.passphrases import hashed
from studio.roles import OWNER, Access, Account, NotAllowed, Role, Visitor, access_of
from studio.settings import Settings

NOBODY = Visitor(local=False, account=None, signed_in=frozenset())


@pytest.fixture(scope="module")
def kept() -> str:
    return hashed("correct horse battery staple")


def roles(visitor: Visitor, *, provider: bool = False, **settings: str) -> set[str]:
    return set(access_of(visitor, Settings(_env_file=None, **settings), provider=provider).roles)


def test_without_pass_phrase_a_role_is_of_whoever_sits_at_the_machine() -> None:
    here = Visitor(local=True, account=None, signed_in=frozenset())
    assert roles(here) == {"researcher", "instructor"}
    assert roles(NOBODY) == set()


def test_a_pass_phrase_is_asked_of_everybody_and_opens_its_own_role_alone(kept: str) -> None:
    here = Visitor(local=True, account=None, signed_in=frozenset())
    assert roles(here, xai_researcher_passphrase=kept) == {"instructor"}
    far = Visitor(local=False, account=None, signed_in=frozenset({Role.RESEARCHER}))
    assert roles(far, xai_researcher_passphrase=kept, xai_instructor_passphrase=kept) == {"researcher"}
    assert roles(far) == set(), "a sign-in does not outlive its pass-phrase"


def test_with_a_provider_only_accounts_count(kept: str) -> None:
    settings = {"xai_researchers": "Ann@x.org, sub-7", "xai_instructors": "bob@x.org"}
    account = lambda subject, email: Visitor(True, Account(subject, email), frozenset(Role))  # noqa: E731
    assert roles(account("1", "ann@X.org"), provider=True, **settings) == {"researcher"}
    assert roles(account("sub-7", None), provider=True, **settings) == {"researcher"}
    assert roles(account("2", "bob@x.org"), provider=True, **settings) == {"instructor"}
    assert roles(account("3", "eve@x.org"), provider=True, **settings) == set()
    assert roles(Visitor(True, None, frozenset(Role)), provider=True, **settings) == set()
    assert roles(account("", None), provider=True) == set(), "an empty list names nobody"


def test_services_ask_again() -> None:
    OWNER.require(Role.INSTRUCTOR)
    with pytest.raises(NotAllowed, match="role of researcher"):
        Access(frozenset({Role.INSTRUCTOR})).require(Role.RESEARCHER)


def test_a_pass_phrase_in_clear_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="studio passphrase") as refused:
        Settings(_env_file=None, xai_instructor_passphrase="hunter2hunter2")
    assert "hunter2" not in str(refused.value)
