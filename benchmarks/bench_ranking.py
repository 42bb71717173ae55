"""Does the ranking learn what raters want to see, on pictures and from people that it was never tuned on?

``python -m benchmarks.bench_ranking``: simulated raters of five tastes, who err in 5 to 20 % of their thumbs, judge
real explanations of seven sets of pictures. Every set is left out in turn: prior, scales of effects and the single arm
to compare with are chosen on the other six, and what is shown first is judged on images of the seventh that nobody has
judged. Each seed has raters of one taste. Explanations are computed once and kept under the data root (see
``benchmarks.worlds``).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks.report import RESULTS, table, write
from benchmarks.worlds.arms import arm_rows
from benchmarks.worlds.left_out import LOOKS, Bounds, Trial, bounds, parallel, run_seed, trials
from benchmarks.worlds.logs import coverage_rows
from benchmarks.worlds.pictures import WORLDS
from benchmarks.worlds.special import flip_rows, special_rows, spread
from benchmarks.worlds.studies import study_rows
from xai_core.ranking.simulation import Run

Rows = list[dict[str, object]]

GAP = 0.05  # of approval between best fixed arm and oracle, below which there is nothing to be closed


def world_row(trial: Trial, runs: list[dict[str, Run]], found: Bounds) -> dict[str, object]:
    """One world: without thumbs, against popularity at every look, and the share of the gap closed."""
    learned = np.array([run["learned"].approval for run in runs])  # [seeds, looks]
    popular = np.array([run["popularity"].approval for run in runs])
    gap = found.oracle.mean() - found.fixed.mean()
    passed = [thumbs for thumbs, level in zip(LOOKS, learned.mean(axis=0), strict=True) if level >= found.fixed.mean()]
    row: dict[str, object] = {
        "world left out": trial.title,
        "random": round(found.random.mean(), 3),
        "no thumbs": round(learned[:, 0].mean(), 3),
        "above random, 95 %": spread(learned[:, 0] - found.random),
        "above best arm elsewhere, 95 %": spread(learned[:, 0] - found.elsewhere),
    }
    for at, thumbs in enumerate(LOOKS[1:], 1):
        row[f"{thumbs} thumbs"] = round(learned[:, at].mean(), 3)
        row[f"above popularity at {thumbs}"] = spread(learned[:, at] - popular[:, at])
    return row | {
        "best fixed": round(found.fixed.mean(), 3),
        "oracle": round(found.oracle.mean(), 3),
        "gap closed": f"{(learned[:, -1].mean() - found.fixed.mean()) / gap:.0%}" if gap >= GAP else "no gap",
        "passes best fixed by": passed[0] if passed else "never",
    }


def left_out(chosen: list[Trial], seeds: int) -> tuple[Rows, list[tuple[Trial, list[dict[str, Run]], Bounds]]]:
    """The table of worlds left out, and the runs behind it."""
    runs = parallel(run_seed, [(trial, seed) for trial in chosen for seed in range(seeds)])
    histories = [(trial, runs[at * seeds : (at + 1) * seeds], bounds(trial, seeds)) for at, trial in enumerate(chosen)]
    return [world_row(*history) for history in histories], histories


def bars(histories: list[tuple[Trial, list[dict[str, Run]], Bounds]]) -> Rows:
    """The figures that the table comes down to."""
    closed, above, behind, elsewhere = [], [], [], []
    for _, runs, found in histories:
        learned = np.array([run["learned"].approval for run in runs])
        popular = np.array([run["popularity"].approval for run in runs])
        gap = found.oracle.mean() - found.fixed.mean()
        if gap >= GAP:
            closed.append((learned[:, -1].mean() - found.fixed.mean()) / gap)
        difference = learned[:, 0] - found.random
        above.append((difference.mean(), difference.mean() - 1.96 * difference.std(ddof=1) / np.sqrt(len(difference))))
        behind.append((learned - popular)[:, 1:].mean(axis=0).min())
        lag = learned[:, 0] - found.elsewhere
        elsewhere.append(lag.mean() + 1.96 * lag.std(ddof=1) / np.sqrt(len(lag)))
    count = len(histories)
    return [
        {"over all worlds": "no thumbs: above random", "worlds": f"{sum(a > 0 for a, _ in above)} of {count}"},
        {"over all worlds": "… interval apart", "worlds": f"{sum(low > 0 for _, low in above)} of {count}"},
        {
            "over all worlds": "no thumbs: not clearly below the arm that is best elsewhere",
            "worlds": f"{sum(high >= 0 for high in elsewhere)} of {count}",
        },
        {
            "over all worlds": "30, 100, 300 thumbs: not more than .01 below popularity",
            "worlds": f"{sum(worst >= -0.01 for worst in behind)} of {count}",
            "worst": round(min(behind), 3),
        },
        {
            "over all worlds": "300 thumbs: 25 % of the gap closed",
            "worlds": f"{sum(share >= 0.25 for share in closed)} of {len(closed)} with a gap",
            "worst": f"{min(closed):.0%}",
            "mean": f"{np.mean(closed):.0%}",
        },
    ]


def plot(histories: list[tuple[Trial, list[dict[str, Run]], Bounds]], path: Path) -> None:
    """Approval of what is shown first on unseen images against thumbs, a panel a data set."""
    figure = Figure(figsize=(15, 6.5), layout="constrained")
    axes = figure.subplots(2, (len(histories) + 1) // 2, squeeze=False)
    for axis, (trial, runs, found) in zip(axes.flat, histories, strict=False):
        for agent, width in (("learned", 3.0), ("popularity", 1.2)):
            curves = np.array([run[agent].approval for run in runs])  # [seeds, looks]
            half = 1.96 * curves.std(axis=0, ddof=1) / np.sqrt(len(curves))
            line = axis.plot(LOOKS, curves.mean(axis=0), label=agent, linewidth=width, marker="o")[0]
            axis.fill_between(LOOKS, curves.mean(axis=0) - half, curves.mean(axis=0) + half, alpha=0.15,
                              color=line.get_color())  # fmt: skip
        for kind, style in (("random", ":"), ("fixed", "--"), ("oracle", "-.")):
            level = getattr(found, kind).mean()
            label = {"random": "random order", "fixed": "best single arm in hindsight", "oracle": "oracle"}[kind]
            axis.axhline(level, color="0.3", linestyle=style, label=label)
        axis.set(title=trial.title, xlabel="thumbs given on other images")
    axes[0, 0].set_ylabel("first shown on unseen images: approved")
    axes[0, 0].legend(fontsize=8)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Run every world and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--names", nargs="*", help=", ".join(WORLDS))
    parser.add_argument("--first", action="store_true", help="only the table of worlds left out; nothing is stored")
    options = parser.parse_args()
    everything: Rows = []

    def show(rows: Rows) -> None:
        everything.extend(rows)
        print(table(rows) + "\n", flush=True)
        if not options.first:
            write("ranking", everything)

    chosen = trials(options.names or tuple(WORLDS))
    rows, histories = left_out(chosen, options.seeds)
    show(rows)
    show(bars(histories))
    if options.first:
        return
    plot(histories, RESULTS / "ranking.png")
    sample = {trial.title: trial for trial in trials(("coco", "castings"), ("overlap",))}
    for make in ("arm_only", "nothing", "one_always_wrong"):
        show([row for name in ("coco", "castings") for row in special_rows(sample[name], make, options.seeds)])
    show(special_rows(sample["castings"], "planted_taste", options.seeds))
    show(flip_rows(sample["castings"], options.seeds // 2))
    show(study_rows(200))
    show(arm_rows())
    show(coverage_rows(sample["castings"]))


if __name__ == "__main__":
    main()
