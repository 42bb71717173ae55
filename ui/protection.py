"""What keeps strangers' pages, messages and other programs' cookies away from the studio."""

from __future__ import annotations

import base64
import functools
import hashlib
import logging
import re
import sys
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import file_util, net_util
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.app_session import AppSession

from studio.settings import Settings
from ui.identity import RaterCookie
from xai_core.errors import XaiError

REFUSED = ("clear_cache", "load_git_info", "set_run_on_save")
"""Messages that any browser may send and that empty the caches of all, read the server's repository, or watch files."""


def content_security_policy(index: str) -> str:
    """What Streamlit's pages may load: from this server alone, and of inline scripts those of its ``index`` page."""
    scripts = re.findall(r"<script>(.*?)</script>", index, re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    return "; ".join(
        (
            "default-src 'self'",
            # blob: Streamlit imports the code of ``ui.frontend`` from there; only a script that runs can put any there
            " ".join(("script-src 'self' blob:", *(f"'sha256-{digest}'" for digest in digests))),
            "style-src 'self' 'unsafe-inline'",  # the widgets' styles are computed in the page
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class SecurityHeaders:
    """ASGI middleware: tells browsers to load nothing from elsewhere and to let no other site frame the pages."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        index = Path(file_util.get_static_dir()) / "index.html"
        self.headers = {
            "Content-Security-Policy": content_security_policy(index.read_text(encoding="utf-8")),
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to every response."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


def middleware(settings: Settings) -> list[Middleware]:
    """What stands before every page, outermost first. Ends the program with a sentence where it cannot be had."""
    try:
        secret = settings.cookie_secret()
    except XaiError as error:
        sys.exit(str(error))
    return [Middleware(SecurityHeaders), Middleware(RaterCookie, secret=secret)]


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
