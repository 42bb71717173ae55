"""Progress of commands."""

from __future__ import annotations

import sys


def show_progress(share: float, what: str) -> None:
    """One line on the terminal's error stream that rewrites itself; nothing where that is not a terminal.

    ``share`` is done, 0..1.
    """
    if sys.stderr.isatty():
        print(f"\r{share:4.0%}  {what:<60}", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)
