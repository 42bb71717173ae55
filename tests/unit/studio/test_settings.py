"""Settings as people write them into a shell or a ``.env``: the home folder by its sign, white space around a URL."""

from pathlib import Path

import pytest

from studio.settings import Settings
from xai_core.paths import data_root


@pytest.mark.parametrize("written", ["~/studio-data", "~", "~/a/../studio data"])
def test_the_home_folder_by_its_sign_is_one_folder_for_application_and_core(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XAI_DATA_DIR", written)
    expected = Path(written.replace("~", str(tmp_path)))
    assert Settings().xai_data_dir == data_root() == expected
    assert Settings(database_url=None).database == f"sqlite:///{expected / 'feedback.sqlite'}"


@pytest.mark.parametrize("end", ["\n", "\r\n", " ", "\t"])
def test_white_space_around_the_address_of_the_database_means_nothing(
    monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:////srv/x.sqlite{end}")
    assert Settings().database == "sqlite:////srv/x.sqlite"
