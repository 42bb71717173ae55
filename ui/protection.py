"""What keeps strangers' pages, messages and other programs' cookies away from the studio."""

from __future__ import annotations

import functools
import logging
import sys
from pathlib import Path

from starlette.middleware import Middleware
from streamlit import file_util, net_util
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.app_session import AppSession

from studio.rater_cookie import RaterCookie
from studio.security_headers import SecurityHeaders
from studio.settings import Settings
from xai_core.errors import XaiError

REFUSED = ("clear_cache", "load_git_info", "set_run_on_save")
"""Messages that any browser may send and that empty the caches of all, read the server's repository, or watch files."""


def middleware(settings: Settings) -> list[Middleware]:
    """What stands before every page, outermost first. Ends the program with a sentence where it cannot be had."""
    try:
        secret = settings.cookie_secret()
    except XaiError as error:
        sys.exit(str(error))
    return [
        Middleware(SecurityHeaders, index=Path(file_util.get_static_dir()) / "index.html"),
        Middleware(RaterCookie, secret=secret),
    ]


def ask_nobody() -> None:
    """Keep Streamlit from asking a server on the Internet for this machine's address.

    It does so for every connection that a page of another site tries to open, and holds up everybody meanwhile.
    """
    net_util.get_external_ip = net_util.get_internal_ip = lambda: None


def refuse_messages() -> None:
    """Have Streamlit drop the ``REFUSED`` messages of browsers; no setting of its own does.

    Raises ``RuntimeError`` where this Streamlit takes messages in another way, as nothing would be refused then.
    """
    handle = AppSession.handle_backmsg
    if not set(REFUSED) <= set(BackMsg.DESCRIPTOR.fields_by_name):
        raise RuntimeError("This Streamlit names its messages otherwise: ui.protection must learn them before it runs.")

    @functools.wraps(handle)
    def handle_others(session: AppSession, message: BackMsg) -> None:
        if (kind := message.WhichOneof("type")) in REFUSED:
            logging.getLogger(__name__).warning("Refused the message %s of a browser.", kind)
            return
        handle(session, message)

    AppSession.handle_backmsg = handle_others  # type: ignore[assignment, method-assign]
