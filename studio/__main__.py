"""The commands of the studio: ``python -m studio COMMAND --help``.

Exit status: 0 when done, 1 when it could not be done, 2 for arguments, settings or a database that are not right.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from types import ModuleType

from pydantic import ValidationError

from db.errors import DatabaseMissing, StorageError
from studio import logs
from studio.commands import (
    backup,
    export,
    forget,
    history,
    import_,
    lesson,
    passphrase,
    precompute,
    redraw,
    restore,
    study,
    tune_fill,
)
from studio.settings import load_settings
from xai_core.errors import XaiError

COMMANDS: dict[str, ModuleType] = {
    "export": export,
    "import": import_,
    "redraw": redraw,
    "backup": backup,
    "restore": restore,
    "forget": forget,
    "history": history,
    "lesson": lesson,
    "passphrase": passphrase,
    "study": study,
    "tune-fill": tune_fill,
    "precompute": precompute,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m studio", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        module.add(commands.add_parser(name, help=module.HELP, description=module.HELP))
    options = parser.parse_args(arguments)
    try:
        settings = load_settings()
    except ValidationError as error:
        print("\n".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors()), file=sys.stderr)
        return 2
    logs.configure("WARNING")
    try:
        COMMANDS[options.command].run(options, settings)
    except DatabaseMissing as error:
        print(error, file=sys.stderr)
        return 2
    except (StorageError, XaiError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
