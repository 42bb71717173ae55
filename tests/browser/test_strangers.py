"""What strangers send, and what the pages load: any cookie, any message, nothing from elsewhere."""

import random
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from studio.rater_cookie import COOKIE, sign
from tests.browser.studio import CONVINCING, Studio, open_page, serve, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HEADERS, BATCH = 10_000, 50
# what HTTP allows in a field (RFC 9110, section 5.5)
ALLOWED = bytes([9, *range(0x20, 0x7F), *range(0x80, 0x100)])
PIECES = (b"a/b=1", b"x@y", b'{"a":[1,2]}', b"flag", b'half="open', b"=", b";;", b"$Path=/", b"_streamlit_xsrf=2|x|y|z")
SECRET = "test"  # of tests.browser.studio


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio on the few digits that need no download."""
    folder: Path = tmp_path_factory.mktemp("strangers")
    with serve(folder, XAI_DATA_DIR=str(folder), HOME=str(folder), XAI_SAMPLES="64") as running:
        yield running


class Visitor:
    """A connection that is kept open, since ten thousand of them would take a while."""

    def __init__(self, url: str) -> None:
        self.host = url.removeprefix("http://")
        self.socket = socket.create_connection(self.host.rsplit(":", 1), 10)
        self.answers = self.socket.makefile("rb")

    def ask(self, cookies: list[bytes]) -> list[tuple[int, bytes]]:
        """Status and ``set-cookie`` of the head of the first page, for each of several ``Cookie`` headers at once."""
        head = b"HEAD / HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n\r\n"
        self.socket.sendall(b"".join(head % (self.host.encode(), cookie) for cookie in cookies))
        return [self._answer() for _ in cookies]

    def _answer(self) -> tuple[int, bytes]:
        status, given = int(self.answers.readline().split()[1]), b""
        while (line := self.answers.readline()) != b"\r\n":
            name, _, value = line.strip().partition(b": ")
            if name.lower() == b"set-cookie" and value.startswith(COOKIE.encode()):
                given = value
        return status, given


def header(draw: random.Random, mine: bytes | None) -> bytes:
    """Cookies of other programs, well formed or not, and perhaps one of ours."""
    parts = [
        draw.choice(PIECES) if draw.random() < 0.3 else bytes(draw.choices(ALLOWED, k=draw.randrange(40)))
        for _ in range(draw.randrange(6))
    ]
    if mine:
        parts.insert(draw.randint(0, len(parts)), mine)
    return draw.choice([b";", b"; "]).join(parts).strip(b" \t")


def test_any_cookie_header_is_answered_and_a_known_rater_found_in_it(studio: Studio) -> None:
    draw = random.Random(0)
    mine = f"{COOKIE}={sign(uuid4(), SECRET)}".encode()
    visitor = Visitor(studio.url)
    wrong = []
    for _ in range(HEADERS // BATCH):
        sent = [header(draw, mine if draw.random() < 0.5 else None) for _ in range(BATCH)]
        for cookie, (status, given) in zip(sent, visitor.ask(sent), strict=True):
            if status != 200 or bool(given) == (mine in cookie):
                wrong.append((status, given, cookie))
    assert wrong == []


def test_the_policy_stands_on_pages_files_and_errors(studio: Studio) -> None:
    for path in (
        "/",
        "/examples",
        "/because",
        "/favicon.png",
        "/_stcore/health",
        "/api/ready",
        "/_stcore/nothing",
        "/media/nothing",
    ):
        try:
            with urllib.request.urlopen(studio.url + path) as answer:
                headers = answer.headers
        except urllib.error.HTTPError as error:
            headers = error.headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
        assert headers["X-Frame-Options"] == "DENY", path
        assert headers["X-Content-Type-Options"] == "nosniff", path


def test_a_stranger_cannot_clear_the_caches_of_all(studio: Studio) -> None:
    with connect(f"{studio.url.replace('http', 'ws')}/_stcore/stream", subprotocols=["streamlit"]) as socket:
        socket.send(BackMsg(clear_cache=True).SerializeToString())
        socket.send(BackMsg(load_git_info=True).SerializeToString())
        socket.send(BackMsg(app_heartbeat=True).SerializeToString())
        socket.recv(10)
    log = (studio.database.parent / "server.log").read_text()
    assert "Refused the message clear_cache" in log
    assert "Refused the message load_git_info" in log


def test_pages_of_other_sites_get_no_connection_and_cause_none(studio: Studio) -> None:
    """Streamlit would ask a third party for its own address at each of them; the watch over tests would notice."""
    with pytest.raises(WebSocketException):
        connect(f"{studio.url.replace('http', 'ws')}/_stcore/stream", origin="http://192.0.2.7")  # type: ignore[arg-type]


def test_only_this_machine_is_served(studio: Studio) -> None:
    port = int(studio.url.rsplit(":", 1)[1])
    table = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = {local for _, local, _, state, *_ in table if state == "0A" and local.endswith(f":{port:04X}")}
    assert listening == {f"0100007F:{port:04X}"}


@pytest.fixture
def visit(browser: Browser, studio: Studio) -> Iterator[tuple[Page, list[str], list[str]]]:
    """A page, all that it asks for, and what it complains about."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    complaints: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    context.on("request", note)
    page = context.new_page()
    page.on("websocket", lambda opened: asked.append(opened.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield page, asked, complaints
    context.close()


def test_no_page_loads_anything_from_elsewhere_and_none_breaks_the_policy(
    visit: tuple[Page, list[str], list[str]], studio: Studio
) -> None:
    page, asked, complaints = visit
    open_page(page, studio)
    settle(page)
    page.get_by_role("button", name=CONVINCING).click()
    settle(page)  # a picture that is replaced while it loads is a complaint too, though not the one looked for
    page.get_by_text("Why this one first?").click()
    expect(page.get_by_role("img", name="the classifier finds most alike")).to_have_count(2, timeout=90_000)
    settle(page)
    page.get_by_role("button", name="Session summary").click()
    expect(page.get_by_text("What worked for you")).to_be_visible()
    expect(page.get_by_role("img", name="that you rated").first).to_be_visible()
    settle(page)
    page.goto(f"{studio.url}/examples?images=mnist")
    expect(page.get_by_role("img", name="near hit")).to_have_count(5, timeout=90_000)
    settle(page)
    page.get_by_role("radio", name="Typical of a class").click()
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg")).to_have_count(2, timeout=90_000)
    settle(page)
    page.goto(f"{studio.url}/because?images=mnist")
    expect(page.get_by_role("slider", name="Contrast")).to_be_visible(timeout=90_000)
    settle(page)
    page.goto(f"{studio.url}/research")
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible(timeout=60_000)
    here = re.compile(rf"(http|ws)://{re.escape(studio.url.removeprefix('http://'))}/|data:|blob:")
    assert [url for url in asked if not here.match(url)] == []
    assert any(url.startswith("ws://") for url in asked)
    # Streamlit looks for its server below the page's own address first, and is told that it is not there
    assert [text for text in complaints if "404" not in text] == []
