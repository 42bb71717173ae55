"""How the ranking evolved, from the stored thumbs alone, in words and figures."""

from __future__ import annotations

from xai_core.ranking.history import Snapshot

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
