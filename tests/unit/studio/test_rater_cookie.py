"""The cookie that tells raters apart."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import cookie_parser

from studio.rater_cookie import COOKIE, RaterCookie, readable, sign, unsign


def through(scope: dict, content_type: str = "text/html") -> tuple[dict, dict[bytes, bytes]]:
    """The scope that reaches the app below, and the headers of the answer, when it answers with this content type."""
    sent, reached = [], []

    async def app(scope: dict, receive: object, send: object) -> None:
        reached.append(scope)
        headers = [(b"content-type", content_type.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def send(message: dict) -> None:
        sent.append(message)

    with ThreadPoolExecutor(1) as thread:  # a browser test of the same run may have left a loop in this one
        thread.submit(asyncio.run, RaterCookie(app, "k")({"type": "http", **scope}, None, send)).result()
    return reached[0], dict(sent[0]["headers"])


def get(content_type: str, cookie: str | None = None) -> str | None:
    """What a request is answered in ``set-cookie`` when the app below answers with this content type."""
    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())] if cookie else []
    answer = through({"headers": headers}, content_type)[1].get(b"set-cookie")
    return answer.decode() if answer else None


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


FOREIGN = (
    "a/b=1",
    "x@y",
    "flag",
    "=nameless",
    "",
    'consent={"level":["necessary"],"v":2}',
    "recent=[1, 2]",
    "name=caf\xe9",
    "my prefs=1",
    "path=/grafana",
    'half="open',
    "expires=Thu, 01 Jan 1970 00:00:00 GMT",
    f"{COOKIE}=forged",
    f"{COOKIE}=",
    "$Version=1",
    "\t",
)


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_cookies_of_other_programs_hide_nobody(foreign: str, kind: str) -> None:
    mine = f"{COOKIE}={sign(uuid4(), 'k')}"
    for header in (f"{foreign}; {mine}", f"{mine}; {foreign}", f"{foreign};{mine};{foreign}"):
        scope, answer = through({"type": kind, "headers": [(b"cookie", header.encode("latin-1"))]})
        assert b"set-cookie" not in answer
        (passed_on,) = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
        assert cookie_parser(passed_on)[COOKIE] == mine.partition("=")[2]  # as Streamlit reads it


def test_well_formed_cookies_pass_and_headers_that_were_split_are_joined() -> None:
    mine = sign(uuid4(), "k")
    headers = [(b"cookie", b"_streamlit_xsrf=2|ab|cd|9; theme=dark"), (b"cookie", f"{COOKIE}={mine}; a b=1".encode())]
    scope, _ = through({"headers": headers})
    assert scope["headers"] == [(b"cookie", f"_streamlit_xsrf=2|ab|cd|9; theme=dark; {COOKIE}={mine}".encode())]
    assert through({"headers": [(b"cookie", b"a b=1")]})[0]["headers"] == []


@given(st.lists(st.text(st.characters(codec="latin-1")), max_size=5), st.integers(0, 5), st.booleans())
def test_whatever_is_sent_is_read(parts: list[str], place: int, known: bool) -> None:
    if known:
        parts.insert(place, f" {COOKIE}={sign(UUID(int=7), 'k')} ")
    passed_on, found = readable(";".join(parts), "k")
    assert found == known
    rater = unsign(cookie_parser(passed_on).get(COOKIE), "k")
    assert rater == (UUID(int=7) if known else None)


@pytest.mark.parametrize(
    ("scope", "secure"),
    [
        ({"scheme": "https"}, True),
        ({"scheme": "http"}, False),
        ({"scheme": "http", "headers": [(b"x-forwarded-proto", b"https")]}, True),
        ({"scheme": "http", "headers": [(b"x-forwarded-proto", b"https, http")]}, True),
        ({"scheme": "http", "headers": [(b"x-forwarded-proto", b"http")]}, False),
    ],
)
def test_behind_tls_the_cookie_goes_back_by_tls_alone(scope: dict, secure: bool) -> None:
    _, answer = through({"headers": [], **scope})
    assert (b"; Secure" in answer[b"set-cookie"]) is secure
