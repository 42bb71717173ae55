"""Likeness in words that need no knowledge of networks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from studio.because_votes import Comparison, Likeness
from studio.words import literal, percent
from xai_core.attributes import ATTRIBUTES, Means, disagreement
from xai_core.case import Case

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "hue": "which colours there are; all of them are moved along the colour circle",
        "saturation": "how strong the colours are; all of them fade",
        "contrast": "how far light and dark lie apart; both move towards one grey",
        "shape": "which way outlines run; the image is bent into waves",
        "texture": "the fine grain of surfaces; it is smoothed away",
    }
)
DEGREES = ((0.99, "much like"), (0.9, "clearly like"), (0.5, "somewhat like"), (0.0, "hardly like"))
"""Least share of the training images that are less alike, and the word for it."""


def title(likeness: Likeness, case: Case) -> str:
    """What a training image is to an image."""
    name = literal(case.class_names[likeness.label])
    if likeness.is_miss:
        return f"Also like: {name}"
    kind = f"Typical {name}" if likeness.prototype is None else "Learned part"
    return f"{kind} ({likeness.arm.rpartition('-')[2]})"


def question(shown: Comparison) -> str:
    """What the thumbs answer."""
    names, case = shown.case.class_names, shown.case
    if shown.likeness.is_miss:
        return f"Is it convincing that it also looks like **{literal(names[shown.likeness.label])}**?"
    return f"Is this likeness a good reason for **{literal(names[case.prediction])}**?"


def degree(likeness: Likeness, nearer: float) -> str:
    """How alike the two are to the classifier; ``nearer`` is the share of training images that are less like that."""
    word = next(word for least, word in DEGREES if nearer >= least)
    what = "**this**" if likeness.boxes is None else "what is framed in **this**"
    other = "**that**" if likeness.boxes is None else "the frame in **that**"
    return f"{what} looks {word} {other}, more so than {_how_many(nearer)}"


def _how_many(share: float) -> str:
    """A share of the training images, in words where a number would say "over" or "under"."""
    if share >= 0.995:
        return "almost all training images"
    return "hardly any training image" if share < 0.005 else f"{percent(share)} of all training images"


def company(likeness: Likeness) -> str:
    """What else of its class the likeness is compared with."""
    if likeness.is_miss:
        return "near images"
    return "typical images" if likeness.prototype is None else "learned parts"


def in_numbers(likeness: Likeness, usual: Means | None = None) -> list[dict[str, str]]:
    """Every score of the chart, a row an attribute."""
    return [
        {
            "property": name,
            "this and that": _number(likeness.importance.scores[name]),
            f"this and all {company(likeness)}": _interval(likeness.together, name),
            **({"all images and that": _interval(usual, name)} if usual is not None else {}),
        }
        for name in ATTRIBUTES
    ]


def misleading(likeness: Likeness, usual: Means) -> str | None:
    """Where what counts here is not what usually counts for a training image; ``None`` where it is."""
    overall = {name: None if (found := usual[name]) is None else found.estimate for name in ATTRIBUTES}
    return disagreement(likeness.importance.scores, overall)


def _interval(means: Means, name: str) -> str:
    found = means[name]
    if found is None:
        return _number(None)
    return f"{_number(found.estimate)} ({_number(found.low)} to {_number(found.high)})"


def _number(score: float | None) -> str:
    return "not applicable" if score is None else f"{round(score, 3) + 0.0:.3f}"  # never -0.000
