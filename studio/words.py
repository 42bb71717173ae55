"""Numbers and names as a person reads them: a unit, two significant digits, nothing taken for Markdown."""

from __future__ import annotations

import math
import re

MOST_ODDS = 30.0  # of a change of log-odds; certainty itself would be infinite

# what Markdown as Streamlit speaks it acts on: signs anywhere, and those that only begin a block
_SIGNS = re.compile(r"[\\`*_\[\]<|~$]|&(?=[#\w])|^>|^[-+#=](?=[-+#=\s]|$)|#(?=#*$)")
_NUMBER = re.compile(r"^(\d+)(?=[.)](?:\s|$))")
_COLON, _EMOJI = re.compile(r":(?=\S)"), re.compile(r":[\w+-]+:", re.ASCII)
# what is turned into links, arrows and pictures after that, whether or not it was escaped
_LATER = re.compile(
    r"(?<=https:)(?=//)|(?<=http:)(?=//)|(?<=www)(?=\.)|(?<=[-.\w+]@)(?=[-\w])|(?<=:)(?=material[/_]|streamlit:)"
    r"|(?<=[-<>~])(?=[->=])",
    re.IGNORECASE,
)
_UNSEEN = "\u2060"  # WORD JOINER: takes no room and lets no line break
# control characters, those that turn the direction of the text around, and halves of characters
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def literal(text: str) -> str:
    """Text of somebody else's making as Markdown that reads exactly like it, on one line."""
    line = _UNPRINTABLE.sub("\ufffd", " ".join(text.split()))
    line = _NUMBER.sub(r"\1\\", _SIGNS.sub(r"\\\g<0>", _LATER.sub(_UNSEEN, line)))
    # codes of emoji are looked up unless both colons are escaped; else only one that something follows has a meaning
    return line.replace(":", r"\:") if _EMOJI.search(line) else _COLON.sub(r"\:", line)


def percent(share: float) -> str:
    """A share or probability 0..1: ``12 %``, ``under 1 %``, ``over 99 %``."""
    if 0 < share < 0.005:
        return "under 1\u00a0%"
    if 0.995 <= share < 1:
        return "over 99\u00a0%"
    return f"{100 * share:.0f}\u00a0%"


def points(change: float) -> str:
    """A change of probability -1..1 by its size: ``12 points``, ``3.1 points``, ``under 0.1 points``."""
    size = abs(100 * change)
    return f"{size:.2g} points" if size >= 0.1 else "under 0.1 points"


def odds(change: float) -> str:
    """A change of log-odds as what it does to the odds: ``odds × 7.4``, ``odds ÷ 2``."""
    sign = "×" if change >= 0 else "÷"
    return f"odds {sign} {math.exp(min(abs(change), MOST_ODDS)):.2g}"
