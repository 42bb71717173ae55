"""What is installed: the lock holds what ``pyproject.toml`` names, and the wheel all that the core needs."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from studio import VERSION

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
PINNED = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9-]*)==(?P<version>\S+)(?: ; (?P<marker>.*?))?(?P<hashed> \\)?$", re.MULTILINE
)


def locked(name: str) -> dict[str, set[str]]:
    """Versions of each package in a lock; there are several where Python versions need different ones."""
    versions: dict[str, set[str]] = {}
    for line in PINNED.finditer((ROOT / name).read_text()):
        assert line["hashed"], f"{line['name']} has no hash"
        versions.setdefault(line["name"], set()).add(line["version"])
    return versions


def named(*extras: str) -> list[Requirement]:
    """What the core and these extras ask for, extras within extras resolved."""
    requirements = [Requirement(text) for text in PROJECT["dependencies"]]
    for extra in extras:
        for requirement in map(Requirement, EXTRAS[extra]):
            requirements += named(*requirement.extras) if requirement.name == PROJECT["name"] else [requirement]
    return requirements


def missing(requirements: list[Requirement], versions: dict[str, set[str]]) -> list[str]:
    """The requirements that no locked version satisfies."""
    return [
        str(wish)
        for wish in requirements
        if not any(map(wish.specifier.contains, versions.get(canonicalize_name(wish.name), ())))
    ]


@pytest.mark.parametrize(("lock", "extra"), [("requirements.lock", "app"), ("requirements-dev.lock", "dev")])
def test_the_lock_holds_what_the_project_names(lock: str, extra: str) -> None:
    assert len(named(extra)) > len(PROJECT["dependencies"])
    assert missing(named(extra), locked(lock)) == [], "make lock"


def test_a_requirement_that_was_raised_is_missing_from_the_lock() -> None:
    assert missing([Requirement("numpy>=9"), Requirement("no-such-package")], locked("requirements.lock")) == [
        "numpy>=9",
        "no-such-package",
    ]


def test_there_is_one_version() -> None:
    cited = re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert cited
    assert PROJECT["version"] == VERSION == cited[1]


def test_app_and_tests_run_the_same_versions() -> None:
    app, tests = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {name: versions for name, versions in app.items() if tests.get(name) != versions} == {}


def test_the_app_downloads_neither_tensorflow_nor_test_tools() -> None:
    assert (
        locked("requirements.lock").keys() & {"tensorflow", "tensorflow-cpu", "nncf", "pytest", "ruff", "mypy"} == set()
    )
    assert {"tensorflow", "tensorflow-cpu"} <= locked("requirements-dev.lock").keys()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_names_no_host_and_no_folder(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert re.findall(r"^.*(?:://|--index|--find-links| /|@ ).*$", text, re.MULTILINE) == []


def test_requirements_are_the_lock_of_the_app() -> None:
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert lines == ["-r requirements.lock"]


@pytest.mark.slow
def test_the_wheel_is_a_core_that_finds_its_models(tmp_path: Path) -> None:
    def run(*arguments: object, **variables: str) -> str:
        command = [sys.executable, *map(str, arguments)]
        environment = {name: value for name, value in os.environ.items() if name != "XAI_DATA_DIR"} | variables
        done = subprocess.run(
            command,
            cwd=ROOT if "hatchling" in command else tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {
            "xai_core",
            wheel.name.split("-py3")[0] + ".dist-info",
        }
        archive.extractall(tmp_path / "site")
    printed = run(
        ROOT / "tests" / "installed_core.py",
        PYTHONPATH=str(tmp_path / "site"),
        HOME=str(tmp_path),
        XDG_DATA_HOME=str(tmp_path / "data"),
    )
    assert f"README's example runs with the models of {tmp_path / 'site' / 'xai_core' / 'shipped'}" in printed
