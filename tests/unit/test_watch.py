"""The watch over connections sees what it should, in every process that a test starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.watch.sitecustomize import is_here
from xai_core.classifiers.files import ModelFiles
from xai_core.classifiers.network import load_network
from xai_core.paths import MODELS_DIR

CONNECT = "import socket; socket.create_connection((%r, 9), 1)"


def connections(script: str, log: Path) -> tuple[str, str]:
    """What a process of its own has to say at last, and what the watch wrote down of it."""
    log.touch()
    environment = os.environ | {"CONNECTIONS": str(log)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    return done.stderr.strip().splitlines()[-1] if done.stderr else "", log.read_text()


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "studio.example"])
def test_other_machines_are_noticed_and_refused(tmp_path: Path, host: str) -> None:
    said, log = connections(CONNECT % host, tmp_path / "log")
    assert said == f"ConnectionRefusedError: Tests connect to nobody, and to {host} neither."
    assert log.startswith(f"{host}, by ")


def test_this_machine_is_let_through(tmp_path: Path) -> None:
    said, log = connections(CONNECT % "127.0.0.1", tmp_path / "log")
    assert "ConnectionRefusedError: [Errno 111]" in said or "refused" in said
    assert log == ""


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.8.8.8", True),
        ("::1", True),
        ("fe80::1%eth0", False),
        (b"localhost", True),
        (None, True),
        ("8.8.8.8", False),
    ],
)
def test_what_is_this_machine(host: object, here: bool) -> None:
    assert is_here(host) is here


def test_openvino_is_loaded_and_tells_nobody(tmp_path: Path) -> None:
    """On its own it looks up its maker's server as soon as it is imported, wherever its user has not been asked yet."""
    _, ours = connections("import xai_core.classifiers, openvino, time; time.sleep(2)", tmp_path / "ours")
    assert ours == ""


@pytest.mark.slow
def test_a_network_is_exported_and_nobody_told(tmp_path: Path) -> None:
    """Its own process is watched as all are: what it did wrong would be found at the end of the run, and here."""
    files = ModelFiles(tmp_path, "mnist-cnn")
    for path in (files.keras, files.card_path):
        path.write_bytes((MODELS_DIR / path.name).read_bytes())
    before = Path(os.environ["CONNECTIONS"]).read_text()
    assert load_network(files).notes == ()
    assert files.exported.exists()
    assert Path(os.environ["CONNECTIONS"]).read_text() == before
