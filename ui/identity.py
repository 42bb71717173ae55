"""Who is rating: an anonymous identity that holds across tabs and restarts of the server.

``session_state`` belongs to a tab, not to a person; a signed cookie set with the page does the telling apart.
"""

from __future__ import annotations

from http.cookies import SimpleCookie
from uuid import UUID, uuid4

import streamlit as st
from itsdangerous import BadSignature, URLSafeSerializer
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.settings import load_settings

COOKIE = "xai_rater"
YEAR = 365 * 24 * 3600


def sign(rater_id: UUID, secret: str) -> str:
    """The cookie's value for a rater."""
    return str(URLSafeSerializer(secret, salt=COOKIE).dumps(rater_id.hex))


def unsign(value: str | None, secret: str) -> UUID | None:
    """The rater of a cookie, ``None`` where the cookie is absent or not ours."""
    if value is None:
        return None
    try:
        return UUID(hex=URLSafeSerializer(secret, salt=COOKIE).loads(value))
    except (BadSignature, ValueError, TypeError, AttributeError):
        return None


class RaterCookie:
    """ASGI middleware: gives every browser that opens a page a signed ``HttpOnly`` cookie, once."""

    def __init__(self, app: ASGIApp, secret: str) -> None:
        self.app = app
        self.secret = secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the cookie to HTML responses of browsers that have none."""
        if scope["type"] != "http" or self._known(scope):
            await self.app(scope, receive, send)
            return

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    value = sign(uuid4(), self.secret)
                    headers.append("set-cookie", f"{COOKIE}={value}; Path=/; Max-Age={YEAR}; HttpOnly; SameSite=Lax")
            await send(message)

        await self.app(scope, receive, with_cookie)

    def _known(self, scope: Scope) -> bool:
        for name, value in scope["headers"]:
            if name == b"cookie":
                morsel = SimpleCookie(value.decode("latin-1")).get(COOKIE)
                if morsel is not None and unsign(morsel.value, self.secret):
                    return True
        return False


def current_rater() -> UUID:
    """The rater of this browser; without a cookie (tests, blocked cookies) a new one each time."""
    return unsign(st.context.cookies.get(COOKIE), load_settings().cookie_secret()) or uuid4()
