"""The signed cookie that tells raters apart: an anonymous identity across tabs and restarts of the server."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "xai_rater"
YEAR = 365 * 24 * 3600
_COOKIE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+=\"?[!#-+\--:<-\[\]-~]*\"?")


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
    """ASGI middleware: gives every browser that opens a page a signed ``HttpOnly`` cookie, once.

    Of what other programs on the same host have set, it passes on only what any reader of cookies understands.
    """

    def __init__(self, app: ASGIApp, secret: str) -> None:
        self.app = app
        self.secret = secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the cookie to HTML responses of browsers that have none."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        sent = b";".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
        cookies, known = readable(sent, self.secret)
        if cookies:
            headers.append((b"cookie", cookies.encode("latin-1")))
        secure = "; Secure" if _encrypted(scope) else ""

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                if answer.get("content-type", "").startswith("text/html"):
                    value = sign(uuid4(), self.secret)
                    answer.append(
                        "set-cookie", f"{COOKIE}={value}; Path=/; Max-Age={YEAR}; HttpOnly; SameSite=Lax{secure}"
                    )
            await send(message)

        await self.app({**scope, "headers": headers}, receive, send if known else with_cookie)


def readable(sent: str, secret: str) -> tuple[str, bool]:
    """The cookies of a header that are well formed (RFC 6265, section 4.1.1), and whether a rater's is among them.

    Of several with the rater's name, as another path or program may have set, the first that is signed stays.
    """
    kept, known = [], False
    for part in sent.split(";"):
        name, _, value = part.strip(" \t").partition("=")
        if name == COOKIE:
            if known or unsign(value, secret) is None:
                continue
            known = True
        if _COOKIE.fullmatch(f"{name}={value}"):
            kept.append(f"{name}={value}")
    return "; ".join(kept), known


def _encrypted(scope: Scope) -> bool:
    """Whether the browser came by TLS, to this server or to a proxy before it."""
    forwarded = Headers(scope=scope).get("x-forwarded-proto", "").split(",")[0].strip()
    return "https" in (scope.get("scheme"), forwarded)
