"""Importance scores in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xai_core.attributes.modifications import ATTRIBUTES, OF_COLOUR

MAINLY = 0.6  # of the greatest importance: what comes near it is named beside it
HARDLY = 0.2  # of the greatest importance: what stays below it hardly matters
LITTLE = 0.02  # of the similarity: where no importance is greater, none of the attributes matters by itself


def why_similar(before: float, scores: Mapping[str, float | None]) -> str:
    """Say in one sentence why two images are similar.

    Parameters
    ----------
    before : float
        Their similarity.
    scores : mapping of str to float or None
        Importance of each attribute; ``None`` where it does not apply. Other names than attributes are ignored.

    Returns
    -------
    str
        As "Similar mainly because of shape; colour hardly matters."
    """
    known = {name: score for name in ATTRIBUTES if (score := scores.get(name)) is not None}
    greatest = max(known.values(), default=0.0)
    if greatest <= LITTLE * abs(before):
        unlike = [name for name, score in known.items() if score < -LITTLE * abs(before)]
        but = f"; {_named(unlike)} {_verb('make', unlike)} them less alike" if unlike else ""
        return f"None of the attributes makes the two alike by itself{but}."
    mainly = sorted(
        (name for name, score in known.items() if score >= MAINLY * greatest), key=lambda name: -known[name]
    )
    hardly = [name for name, score in known.items() if abs(score) < HARDLY * greatest]
    against = _named([name for name, score in known.items() if score <= -HARDLY * greatest])
    parts = [f"Similar mainly because of {_named(mainly)}"]
    if hardly:
        names = _colours(hardly)
        parts.append(f"{_named(names)} hardly {_verb('matter', names)}")
    if against:
        parts.append(f"they would be more alike without the present {against}")
    if not OF_COLOUR & known.keys():
        parts.append("a grey image has no colour to ask about")
    return "; ".join(parts) + "."


def disagreement(local: Mapping[str, float | None], overall: Mapping[str, float | None]) -> str | None:
    """Say where a reference misleads: what matters most for this image is not what matters most over all images.

    Parameters
    ----------
    local : mapping of str to float or None
        Importance for one image, by attribute.
    overall : mapping of str to float or None
        Global importance of the same reference, by attribute.

    Returns
    -------
    str or None
        One sentence, or ``None`` where both name the same attribute or one of them names none.
    """
    here, elsewhere = _first(local), _first(overall)
    if here is None or elsewhere is None or here == elsewhere:
        return None
    return f"Misleading: here {here} matters most, over all images {elsewhere} does."


def _first(scores: Mapping[str, float | None]) -> str | None:
    """The attribute that makes most alike, if any does."""
    known = {name: score for name in ATTRIBUTES if (score := scores.get(name)) is not None and score > 0}
    return max(known, key=lambda name: known[name]) if known else None


def _colours(names: Sequence[str]) -> list[str]:
    """``names`` with hue and saturation, where both are among them, called colour."""
    if not set(names) >= OF_COLOUR:
        return list(names)
    return ["colour", *(name for name in names if name not in OF_COLOUR)]


def _verb(verb: str, subjects: Sequence[str]) -> str:
    return verb if len(subjects) > 1 else f"{verb}s"


def _named(names: Sequence[str]) -> str:
    """Names as a list in a sentence."""
    *first, last = names or [""]
    return f"{', '.join(first)} and {last}" if first else last
