"""``python -m studio passphrase``: the hash of a pass-phrase, for the settings."""

from __future__ import annotations

import argparse
import getpass
import sys

from studio.passphrases import hashed
from studio.settings import Settings
from xai_core.errors import InvalidInput

HELP = "Ask for a pass-phrase and print what XAI_RESEARCHER_PASSPHRASE or XAI_INSTRUCTOR_PASSPHRASE is set to."


def add(_parser: argparse.ArgumentParser) -> None:
    """No arguments: what stands on a command line is seen by all users of a machine."""


def run(_options: argparse.Namespace, _settings: Settings) -> None:
    """Raises ``InvalidInput`` for a pass-phrase that is too short, or two that differ."""
    if not sys.stdin.isatty():
        print(hashed(sys.stdin.readline()))
        return
    phrase = getpass.getpass("Pass-phrase: ")
    if getpass.getpass("Once more: ") != phrase:
        raise InvalidInput("The two pass-phrases differ; try again.")
    print(hashed(phrase))
