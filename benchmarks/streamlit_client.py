"""A browser's side of Streamlit's WebSocket protocol, without a browser: hundreds of people at once on one machine."""

from __future__ import annotations

import asyncio
import ssl
import time
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets.asyncio.client import ClientConnection, connect

COOKIE = "xai_rater"
IMAGE = "The image to be explained"  # how its alternative text begins


class NoAnswer(Exception):
    """The page did not come to where it was waited for, or said that something is wrong."""


def new_cookie(url: str) -> str:
    """The cookie of a new person, as the first page gives it."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        cookies = answer.headers.get_all("set-cookie") or []
    return next(cookie.split(";")[0] for cookie in cookies if cookie.startswith(f"{COOKIE}="))


@dataclass
class Tab:
    """The rating page in one tab.

    ``buttons``: identifiers of the buttons of the latest run that can be pressed, by label; ``pictures``: addresses of
    the image and of its explanations, in order; ``problems``: what the page says is wrong.
    """

    url: str
    connection: ClientConnection
    query: str
    buttons: dict[str, str] = field(default_factory=dict)
    pictures: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    finished: int = 0
    _row: list[int] = field(default_factory=list)  # of the page, where the pictures are
    _known: dict[str, ForwardMsg] = field(default_factory=dict)
    _script: str = ""

    async def rerun(self, pressed: str | None = None) -> None:
        """Run the page, as for a click on the button with that identifier."""
        widgets = [WidgetState(id=pressed, trigger_value=True)] if pressed else []
        state = ClientState(
            query_string=self.query, widget_states=WidgetStates(widgets=widgets), page_script_hash=self._script
        )
        await self.connection.send(BackMsg(rerun_script=state).SerializeToString())

    async def until(self, holds: Callable[[Tab], bool], seconds: float) -> None:
        """Take in what the server sends until ``holds``. Raises ``NoAnswer`` after ``seconds``."""
        try:
            async with asyncio.timeout(seconds):
                while not holds(self):
                    self._take(ForwardMsg.FromString(await self.connection.recv(decode=False)))
        except TimeoutError as error:
            said = f": {self.problems[-1]}" if self.problems else ""
            raise NoAnswer(f"nothing after {seconds:g} s{said}") from error

    async def load(self, seconds: float, button: str) -> None:
        """Open the page and wait until ``button`` can be pressed and the page is drawn."""
        await self.rerun()
        await self.until(lambda tab: tab.finished > 0 and button in tab.buttons and len(tab.pictures) > 0, seconds)

    async def press(self, button: str, seconds: float, *, picture: int) -> tuple[float, float]:
        """Seconds from the click to another picture in place ``picture``, fetched; and to the end of the run."""
        before, runs = list(self.pictures), self.finished
        began = time.monotonic()
        await self.rerun(self.buttons[button])
        self.buttons, self.pictures, self.problems = {}, [], []

        def changed(tab: Tab) -> bool:
            return len(tab.pictures) > picture and tab.pictures[picture] != before[picture]

        await self.until(changed, seconds)
        await asyncio.to_thread(self._fetch, self.pictures[picture])
        seen = time.monotonic() - began
        await self.until(lambda tab: tab.finished > runs and button in tab.buttons, seconds)
        return seen, time.monotonic() - began

    def _fetch(self, address: str) -> None:
        with urllib.request.urlopen(f"{self.url}{address}", timeout=60) as answer:
            answer.read()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            message = self._known[message.ref_hash]
            kind = message.WhichOneof("type")
        elif message.metadata.cacheable:
            self._known[message.hash] = message
        if kind == "new_session":
            self._script = message.new_session.page_script_hash
            self.buttons, self.pictures, self._row = {}, [], []
        elif kind == "script_finished":
            self.finished += message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        elif kind == "delta":
            self._draw(message.delta, list(message.metadata.delta_path))

    def _draw(self, delta: Delta, path: list[int]) -> None:
        element = delta.new_element
        match element.WhichOneof("type"):
            case "button" if not element.button.disabled:
                self.buttons[element.button.label] = element.button.id
            case "imgs":
                image = element.imgs.imgs[0]
                if image.alt.startswith(IMAGE):
                    self.pictures, self._row = [image.url], path[:-1]
                elif path[:-1] == self._row:
                    self.pictures.append(image.url)
            case "alert" if element.alert.format == element.alert.ERROR:
                self.problems.append(element.alert.body)
            case "exception":
                self.problems.append(element.exception.message)


@asynccontextmanager
async def open_tab(
    url: str, cookie: str, query: str = "", *, trusted: ssl.SSLContext | None = None
) -> AsyncIterator[Tab]:
    """Connect as a tab of that person; nothing is run yet. ``trusted``: whose certificate is believed, by https."""
    address = url.replace("http", "ws", 1) + "/_stcore/stream"
    async with connect(
        address,
        subprotocols=["streamlit"],  # type: ignore[list-item]  # a NewType of str
        additional_headers={"Cookie": cookie},
        max_size=None,
        ssl=trusted,
        open_timeout=60,
        close_timeout=2,
    ) as connection:
        yield Tab(url, connection, query)
