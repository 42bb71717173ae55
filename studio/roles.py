"""Who may do what: roles, and what somebody has to show for one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from studio.settings import Settings
from xai_core.errors import XaiError


class Role(StrEnum):
    """What some pages and all exports ask for; rating asks for none."""

    RESEARCHER = "researcher"
    INSTRUCTOR = "instructor"


class NotAllowed(XaiError):
    """Somebody without the role asked for what needs it."""


@dataclass(frozen=True)
class Access:
    """The roles of whoever asks. Services take it and ask for the role once more, whatever a page has checked."""

    roles: frozenset[Role]

    def require(self, role: Role) -> None:
        """Return where the role is held. Raises ``NotAllowed``."""
        if role not in self.roles:
            raise NotAllowed(f"This is for people with the role of {role}; sign in on the page that asked for it.")


OWNER = Access(frozenset(Role))
"""Of whoever runs commands on the machine: they can read the database anyway."""


@dataclass(frozen=True)
class Account:
    """Somebody whom an OpenID Connect provider vouches for: its ``subject`` and ``email``, None where unverified."""

    subject: str
    email: str | None


@dataclass(frozen=True)
class Visitor:
    """What is known of whoever opens a page.

    ``local``: sits at this machine. ``account``: signed in with a provider. ``signed_in``: roles whose pass-phrase
    they gave.
    """

    local: bool
    account: Account | None
    signed_in: frozenset[Role]


def passphrase_of(role: Role, settings: Settings) -> str | None:
    """The hash of the role's pass-phrase, ``None`` where there is none."""
    return {
        Role.RESEARCHER: settings.xai_researcher_passphrase,
        Role.INSTRUCTOR: settings.xai_instructor_passphrase,
    }[role]


def access_of(visitor: Visitor, settings: Settings, *, provider: bool) -> Access:
    """The roles of a visitor.

    Where there is a ``provider``, those whose list names the account; else those whose pass-phrase was given; a role
    without pass-phrase is everybody's who sits at this machine, and nobody else's.
    """
    return Access(frozenset(role for role in Role if _has(visitor, role, settings, provider=provider)))


def _has(visitor: Visitor, role: Role, settings: Settings, *, provider: bool) -> bool:
    if provider:
        listed = {Role.RESEARCHER: settings.xai_researchers, Role.INSTRUCTOR: settings.xai_instructors}[role]
        names = {name.strip().casefold() for name in listed.split(",") if name.strip()}
        account = visitor.account
        return account is not None and any(
            name.casefold() in names for name in (account.subject, account.email) if name is not None
        )
    if passphrase_of(role, settings) is not None:
        return role in visitor.signed_in
    return visitor.local
