"""How the ranking evolved, from the stored history alone: ``python -m ui.replay [--every 50]``."""

from __future__ import annotations

import argparse

from db.engine import Database
from db.errors import StorageError
from db.feedback import Feedback
from ui.learning import Learner
from ui.settings import load_settings
from xai_core.ranking.replay import Snapshot, replay

STRONGEST = 5


def lines(snapshot: Snapshot) -> list[str]:
    """One moment of the history in words and figures."""
    arms = ", ".join(f"{s.arm} {s.approval:.0%} ({s.ups} of {s.thumbs})" for s in snapshot.standings[:STRONGEST])
    effects = ", ".join(f"{e.name[1]} {e.mean:+.2f} ± {e.sd:.2f}" for e in snapshot.effects[:STRONGEST])
    return [
        f"after {snapshot.thumbs} thumbs (policy version {snapshot.version})",
        f"  expected approval: {arms or 'no explanation was judged yet'}",
        f"  strongest effects: {effects or 'none'}",
    ]


def main() -> None:
    """Read the database of the settings in force, replay, print."""
    parser = argparse.ArgumentParser(prog="python -m ui.replay", description=__doc__)
    parser.add_argument("--every", type=int, default=50, help="thumbs between two moments")
    every = parser.parse_args().every
    settings = load_settings()
    try:
        learner = Learner(Feedback(Database.open(settings.database)), settings)
    except StorageError as error:
        parser.exit(1, f"{error}\n")
    for snapshot in replay(learner.refresh().events, every=every, prior=learner.prior):
        print("\n".join(lines(snapshot)))


if __name__ == "__main__":
    main()
