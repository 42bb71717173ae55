"""Headers on every answer, messages that are refused, and nobody asked."""

import asyncio
import base64
import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.responses import HTMLResponse
from streamlit import file_util, net_util
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.app_session import AppSession

from studio.security_headers import SecurityHeaders, content_security_policy
from ui import protection
from ui.protection import REFUSED, ask_nobody, refuse_messages

INDEX = Path(file_util.get_static_dir()) / "index.html"


def answer(app, kind: str = "http") -> list[dict]:
    sent = []

    async def send(message: dict) -> None:
        sent.append(message)

    with ThreadPoolExecutor(1) as thread:  # a browser test of the same run may have left a loop in this one
        thread.submit(asyncio.run, SecurityHeaders(app, INDEX)({"type": kind, "headers": []}, None, send)).result()
    return sent


def test_every_answer_carries_the_headers_in_place_of_its_own() -> None:
    message = answer(HTMLResponse("", 404, {"x-frame-options": "ALLOWALL"}))[0]
    headers = {name.decode(): value.decode() for name, value in message["headers"]}
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert [name for name, _ in message["headers"]].count(b"x-frame-options") == 1


def test_websockets_pass_untouched() -> None:
    async def app(scope: dict, receive: object, send: object) -> None:
        await send({"type": "websocket.accept"})

    assert answer(app, "websocket") == [{"type": "websocket.accept"}]


def test_the_policy_allows_the_inline_scripts_of_streamlit_and_no_others() -> None:
    index = (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8")
    directives = dict(part.split(" ", 1) for part in content_security_policy(index).split("; "))
    inline = re.findall(r"<script[^>]*>([^<]+)</script>", index)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in inline]
    assert directives["script-src"].split() == ["'self'", "blob:", *(f"'sha256-{digest}'" for digest in hashes)]
    assert not any("http" in sources or "*" in sources for sources in directives.values())


@pytest.fixture
def handled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Messages that Streamlit takes up, once those of ``REFUSED`` are dropped."""
    found: list[str] = []

    def handle(session: object, message: BackMsg) -> None:
        found.append(str(message.WhichOneof("type")))

    monkeypatch.setattr(AppSession, "handle_backmsg", handle)
    refuse_messages()
    return found


def test_messages_that_act_on_everybody_are_dropped(handled: list[str], caplog: pytest.LogCaptureFixture) -> None:
    for message in (
        BackMsg(clear_cache=True),
        BackMsg(load_git_info=True),
        BackMsg(set_run_on_save=True),
        BackMsg(stop_script=True),
        BackMsg(app_heartbeat=True),
    ):
        AppSession.handle_backmsg(SimpleNamespace(), message)  # type: ignore[arg-type]
    assert handled == ["stop_script", "app_heartbeat"]
    assert "Refused the message clear_cache" in caplog.text


def test_the_caches_of_all_survive_the_real_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the session of the installed Streamlit would have cleared them."""
    cleared: list[bool] = []
    session = SimpleNamespace(_handle_clear_cache_request=lambda: cleared.append(True))
    AppSession.__dict__["handle_backmsg"](session, BackMsg(clear_cache=True))
    assert cleared == [True]
    monkeypatch.setattr(AppSession, "handle_backmsg", AppSession.handle_backmsg)
    refuse_messages()
    AppSession.handle_backmsg(session, BackMsg(clear_cache=True))  # type: ignore[arg-type]
    assert cleared == [True]


def test_a_streamlit_with_other_messages_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protection, "REFUSED", (*REFUSED, "empty_caches_of_all"))
    with pytest.raises(RuntimeError, match="names its messages otherwise"):
        refuse_messages()


def test_streamlit_asks_nobody_for_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("get_external_ip", "get_internal_ip"):
        monkeypatch.setattr(net_util, name, getattr(net_util, name))
    ask_nobody()
    assert net_util.get_external_ip() is None
    assert net_util.get_internal_ip() is None
