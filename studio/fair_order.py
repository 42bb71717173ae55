"""Whose work comes next: start-time fair queueing, by person and cost.

Goyal, Vin & Cheng 1996, "Start-time Fair Queuing" (SIGCOMM), section 2: work of flow f that arrives at virtual time v
gets the start tag S = max(v, F_f) and moves the flow's finish tag to F_f = S + cost / weight; the smallest start tag is
served first, and v is the start tag of what is in service. Over any while in which two people both wait, each gets the
same share of the work, whatever one of them asks for; who has not asked for long is not paid for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class FairOrder:
    """The tags of all who wait. Costs are in seconds and > 0; every weight is 1."""

    now: float = 0.0  # virtual time
    _finish: dict[str, float] = field(default_factory=dict)

    def enter(self, flow: str, cost: float) -> float:
        """The start tag of new work of ``flow``."""
        start = self.position(flow)
        self._finish[flow] = start + cost
        return start

    def position(self, flow: str) -> float:
        """The start tag that work of ``flow`` would get now."""
        return max(self.now, self._finish.get(flow, 0.0))

    def correct(self, flow: str, seconds: float) -> None:
        """Work of ``flow`` took that much more (less, where negative) than was thought, or was not done at all."""
        if flow in self._finish:
            self._finish[flow] += seconds

    def serve(self, start: float) -> None:
        """Work with this start tag is served now. Whoever is owed nothing any more is forgotten."""
        self.now = max(self.now, start)
        self._finish = {flow: finish for flow, finish in self._finish.items() if finish > self.now}
