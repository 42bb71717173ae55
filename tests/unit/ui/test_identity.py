"""The cookie that tells raters apart."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from uuid import UUID, uuid4

from ui.identity import COOKIE, RaterCookie, sign, unsign


def get(content_type: str, cookie: str | None = None) -> str | None:
    """What a request is answered in ``set-cookie`` when the app below answers with this content type."""
    sent = []

    async def app(scope: dict, receive: object, send: object) -> None:
        headers = [(b"content-type", content_type.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def send(message: dict) -> None:
        sent.append(message)

    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())] if cookie else []
    with ThreadPoolExecutor(1) as thread:  # a browser test of the same run may have left a loop in this one
        thread.submit(asyncio.run, RaterCookie(app, "k")({"type": "http", "headers": headers}, None, send)).result()
    return next((value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"), None)


def rater_of(set_cookie: str) -> UUID | None:
    return unsign(SimpleCookie(set_cookie)[COOKIE].value, "k")


def test_a_signed_rater_comes_back_and_a_forged_one_does_not() -> None:
    rater = uuid4()
    assert unsign(sign(rater, "k"), "k") == rater
    assert unsign(sign(rater, "k"), "another key") is None
    assert unsign(rater.hex, "k") is None
    assert unsign("", "k") is None
    assert unsign(None, "k") is None


def test_a_page_gives_every_browser_another_signed_cookie() -> None:
    first, second = get("text/html; charset=utf-8"), get("text/html")
    assert first
    assert second
    assert "HttpOnly" in first
    assert rater_of(first)
    assert rater_of(first) != rater_of(second)


def test_a_known_browser_keeps_its_cookie() -> None:
    assert get("text/html", sign(uuid4(), "k")) is None


def test_data_responses_give_no_cookie() -> None:
    assert get("application/json") is None


def test_a_forged_cookie_is_replaced() -> None:
    answer = get("text/html", "forged")
    assert answer
    assert rater_of(answer)
