"""The key of the cookies: never empty, never seen half written, the same for servers that share a database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio import cookie_secret
from studio.cookie_secret import secret_beside
from studio.settings import Settings
from xai_core.errors import InvalidInput

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def forget():
    secret_beside.cache_clear()
    yield
    secret_beside.cache_clear()


def url(folder):
    return f"sqlite:///{folder / 'feedback.sqlite'}"


def test_it_is_kept_for_the_owner_alone(tmp_path):
    secret = secret_beside(url(tmp_path / "new"))
    file = tmp_path / "new" / "cookie_secret"
    assert len(secret) == 64
    assert file.read_text() == secret
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    secret_beside.cache_clear()
    assert secret_beside(url(tmp_path / "new")) == secret
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("left", ["", " \n"])
def test_an_empty_file_is_no_key(tmp_path, left):
    (tmp_path / "cookie_secret").write_text(left)
    secret = secret_beside(url(tmp_path))
    assert len(secret) == 64
    assert (tmp_path / "cookie_secret").read_text() == secret


def test_a_failed_write_leaves_nothing_and_one_key_for_this_process(tmp_path, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cookie_secret.os, "fsync", full)
    secret = secret_beside(url(tmp_path))
    assert len(secret) == 64
    assert secret_beside(url(tmp_path)) == secret
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")] == []


def test_servers_that_start_together_agree(tmp_path):
    script = f"from studio.cookie_secret import secret_beside; print(secret_beside({url(tmp_path)!r}))"
    servers = [
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(6)
    ]
    assert len({server.communicate()[0] for server in servers}) == 1


def test_servers_that_share_a_database_share_it_wherever_their_data_lie(tmp_path):
    one, other = (
        Settings(_env_file=None, xai_data_dir=tmp_path / name, database_url=url(tmp_path)) for name in ("a", "b")
    )
    assert one.cookie_secret() == other.cookie_secret()
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("server", ["postgresql://u:hidden@127.0.0.1/x", "postgres://u:hidden@127.0.0.1/x"])
def test_a_database_on_a_server_asks_for_a_key(server, monkeypatch):
    monkeypatch.delenv("XAI_COOKIE_SECRET", raising=False)
    with pytest.raises(InvalidInput, match="set XAI_COOKIE_SECRET to a long random text") as caught:
        Settings(_env_file=None, database_url=server).cookie_secret()
    assert "hidden" not in str(caught.value)
    assert Settings(_env_file=None, database_url=server, xai_cookie_secret="k" * 40).cookie_secret() == "k" * 40


@pytest.mark.skipif(os.name == "nt", reason="the exit status of a shell")
def test_the_server_does_not_start_without_and_says_so(tmp_path):
    environment = os.environ | {"DATABASE_URL": "postgresql://u:hidden@127.0.0.1:9/x", "XAI_COOKIE_SECRET": ""}
    done = subprocess.run(
        [sys.executable, "-c", "import server"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("DATABASE_URL names a database that several servers may share")
    assert "Traceback" not in done.stderr
