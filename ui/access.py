"""What the visitor of a page may do, and the way to a role that a page asks for."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from uuid import UUID

import streamlit as st

from db.errors import StorageError
from db.sign_ins import StoredSignIns
from studio.origin import sits_here
from studio.roles import Access, Account, Role, Visitor, access_of, passphrase_of
from studio.settings import load_settings
from studio.sign_ins import SignIns
from studio.words import literal
from ui import cache
from ui.identity import current_rater
from ui.problems import problem_text
from xai_core.errors import InvalidInput

log = logging.getLogger(__name__)
_PROBLEM = "sign-in-problem"


@st.cache_resource(show_spinner=False)
def _sign_ins(url: str) -> SignIns:  # noqa: ARG001 (the cache's key)
    return SignIns(StoredSignIns(cache.feedback().database))


def sign_ins() -> SignIns:
    """Those of the database in force. Raises ``StorageUnavailable``."""
    return _sign_ins(load_settings().database)


def connection() -> tuple[Mapping[str, str], str | None]:
    """Headers and address of this tab's connection: none once it is closed, no address for this machine."""
    return st.context.headers, st.context.ip_address


def access() -> Access:
    """The roles of this visitor."""
    return access_of(
        Visitor(sits_here(*connection()), _account(), _signed_in()),
        load_settings(),
        provider=_has_provider(),
    )


def require(role: Role) -> Access:  # noqa: RET503 (``st.stop`` does not return)
    """The roles of this visitor; without ``role`` the page ends with the way to get it."""
    found = access()
    if role in found.roles:
        return found
    with st.container(border=True):
        st.subheader(f"For the role of {role}", icon=":material/lock:")
        if _has_provider():
            _ask_provider(role)
        elif (kept := passphrase_of(role, load_settings())) is not None:
            _ask_passphrase(role, kept)
        else:
            st.markdown(
                "This page is open only on the machine that the studio runs on. To open it to others, run "
                f"`python -m studio passphrase` there and set `XAI_{role.upper()}_PASSPHRASE` to what it prints."
            )
    st.stop()


def who() -> UUID:
    """The person: the browser where it has a cookie, else the tab."""
    if "visitor" not in st.session_state:
        st.session_state.visitor = current_rater()
    found: UUID = st.session_state.visitor
    return found


def _signed_in() -> frozenset[Role]:
    if all(passphrase_of(role, load_settings()) is None for role in Role):
        return frozenset()
    try:
        return sign_ins().roles(str(who()))
    except StorageError:  # without a database nobody is known
        return frozenset()


def _has_provider() -> bool:
    return "is_logged_in" in st.user.to_dict()


def _account() -> Account | None:
    claims = st.user.to_dict()
    if not claims.get("is_logged_in"):
        return None
    email = claims.get("email")
    return Account(str(claims.get("sub", "")), str(email) if email and claims.get("email_verified") is True else None)


def _ask_provider(role: Role) -> None:
    account = _account()
    if account is None:
        st.button("Sign in", icon=":material/login:", on_click=st.login)
        return
    st.markdown(
        f"You are signed in as {literal(account.email or account.subject)}, whom `XAI_{role.upper()}S` does not name. "
        "Ask whoever runs the studio, or sign in as somebody else."
    )
    st.button("Sign out", icon=":material/logout:", on_click=st.logout)


def _ask_passphrase(role: Role, kept: str) -> None:
    key = f"passphrase-{role}"

    def try_it() -> None:
        phrase = str(st.session_state[key])
        address = connection()[1] or "this machine"
        st.session_state[_PROBLEM] = None
        try:
            if not sign_ins().sign_in(str(who()), role, phrase, kept, address=address):
                st.session_state[_PROBLEM] = "That is not the pass-phrase; try again."
                log.warning("a wrong pass-phrase for the role of %s", role)
        except (InvalidInput, StorageError) as error:
            st.session_state[_PROBLEM] = str(error)

    with st.form(f"sign-in-{role}", border=False, clear_on_submit=True):
        st.text_input("Pass-phrase", type="password", key=key, max_chars=200, autocomplete="current-password")
        st.form_submit_button("Open the page", on_click=try_it)
    if problem := st.session_state.get(_PROBLEM):
        st.error(problem_text(problem), icon=":material/error:")
