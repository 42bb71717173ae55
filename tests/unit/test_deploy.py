"""What DEPLOY.md gives to be copied works: the service file is understood, the proxy lets pages and votes through."""

import asyncio
import re
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.streamlit_client import open_tab
from tests.browser.studio import CONVINCING, free_port, serve

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300


def block(language: str) -> str:
    """The one piece of DEPLOY.md in that language."""
    found = re.findall(rf"```{language}\n(.*?)```", (ROOT / "DEPLOY.md").read_text(), re.DOTALL)
    assert len(found) == 1
    return found[0]


def replaced(text: str, **changes: str) -> str:
    """``text`` with every key, which must be there, replaced."""
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_systemd_understands_the_service_file(tmp_path: Path) -> None:
    unit = tmp_path / "studio.service"
    unit.write_text(replaced(block("ini"), **{"/srv/studio/.venv/bin/streamlit": "/bin/true"}))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    about_it = [line for line in done.stderr.splitlines() if "studio.service" in line]
    assert about_it == []


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("nginx") and shutil.which("openssl")), reason="no nginx or openssl here")
def test_nginx_passes_pages_and_votes_on_by_tls(tmp_path: Path) -> None:
    certificate, key, port = tmp_path / "fullchain.pem", tmp_path / "privkey.pem", free_port()
    made = f"openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout {key} -out {certificate}"
    subprocess.run([*made.split(), "-addext", "subjectAltName=DNS:localhost"], capture_output=True, check=True)
    with serve(tmp_path, XAI_SAMPLES="16", XAI_AHEAD="0") as studio:
        letsencrypt = "/etc/letsencrypt/live/studio.example.org/"
        site = replaced(
            block("nginx"),
            **{
                "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
                "studio.example.org;\n": "localhost;\n",
                f"{letsencrypt}fullchain.pem": str(certificate),
                f"{letsencrypt}privkey.pem": str(key),
                "http://localhost:8501": studio.url,
            },
        )
        whole = tmp_path / "nginx.conf"
        temporary = "".join(
            f"{kind}_temp_path {tmp_path};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        log = tmp_path / "nginx.log"
        whole.write_text(
            f"daemon off; pid {tmp_path}/nginx.pid; error_log {log}; events {{}}\n"
            f"http {{ access_log off; {temporary}\n{site}\n}}\n"
        )
        nginx = subprocess.Popen(["nginx", "-e", log, "-p", tmp_path, "-c", whole])
        try:
            with ThreadPoolExecutor(1) as thread:  # the loop of browser tests may already run in this one
                thread.submit(asyncio.run, vote(f"https://localhost:{port}", certificate)).result()
        finally:
            nginx.terminate()
            nginx.wait(20)
        assert [value for _, _, value in studio.votes()] == [1]


async def vote(url: str, certificate: Path) -> None:
    """Open the page as a browser does and say that an explanation convinces."""
    trusted = ssl.create_default_context(cafile=str(certificate))
    for attempt in range(50):
        try:
            with urllib.request.urlopen(url, timeout=30, context=trusted) as answer:
                given = next(one for one in answer.headers.get_all("set-cookie") if one.startswith("xai_rater="))
            break
        except urllib.error.URLError:
            assert attempt < 49
            await asyncio.sleep(0.2)
    assert "; Secure" in given
    async with open_tab(url, given.split(";")[0], "images=mnist", trusted=trusted) as tab:
        await tab.load(PATIENCE, CONVINCING)
        runs = tab.finished
        await tab.rerun(tab.buttons[CONVINCING])
        await tab.until(lambda tab: tab.finished > runs, PATIENCE)
