"""``python -m benchmarks.worlds.ship``: learn the prior that comes with the program from all worlds, and write it.

It is reported on nowhere: what is reported was learned without the world that it is reported on.
"""

from __future__ import annotations

from benchmarks.worlds.left_out import JUDGES, judged_worlds
from benchmarks.worlds.pictures import WORLDS
from xai_core.ranking.prior import BUILT_IN
from xai_core.ranking.transfer import prior_from


def main() -> None:
    """Write the prior with its card."""
    worlds = judged_worlds()
    card = {
        "made by": "python -m benchmarks.worlds.ship",
        "learned from": "simulated raters of known taste, who judge real explanations",
        "pictures": {name: len(worlds[name, next(iter(JUDGES))][0].image_ids) for name in WORLDS},
        "explained by": "LIME's arms by kriging of 64 to 128 samples, the marks of at least half the greatest weight",
        "tastes": dict(JUDGES),
        "not known": "what people like: no thumb of a person was used",
    }
    prior_from([taught for *_, taught in worlds.values()]).save(BUILT_IN, card)
    print(f"{BUILT_IN.name}: {BUILT_IN.stat().st_size / 1024:.0f} KB, learned from {len(worlds)} worlds")


if __name__ == "__main__":
    main()
