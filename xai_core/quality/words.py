"""What an explanation does to the answer, in sentences for people who know no method by name."""

from __future__ import annotations

from xai_core.quality.faithfulness import WEAK, Faithfulness


def effect_sentence(found: Faithfulness, class_name: str, colour: str = "blue") -> str:
    """What hiding the marked pieces, and showing them alone, does to the probability of the class.

    Examples: "Without the blue pieces: 4 falls from 95 % to 12 %. With them alone: 71 %."; where they decide little the
    sentence says so first. ``colour`` is the palette's name of what speaks for the class.
    """
    whole, without, alone = (percent(p) for p in (found.whole, found.without_marked, found.only_marked))
    if found.marked_area == 0:
        return f"No piece clearly speaks for {class_name}: this explanation found nothing."
    move = "falls from" if found.without_marked < found.whole else "rises from"
    change = f"{class_name} {move} {whole} to {without}" if whole != without else f"{class_name} stays at {whole}"
    figures = f"Without the {colour} pieces: {change}. With them alone: {alone}."
    if not found.decides:
        return f"These pieces decide almost nothing. {figures}"
    if found.strongest < WEAK:
        return f"No single piece decides, only all of them together. {figures}"
    return figures


def percent(probability: float) -> str:
    """A probability 0..1 in two digits, never rounded to certainty: "95 %", "< 1 %", "> 99 %"."""
    if 0 < probability < 0.01:
        return "< 1 %"
    if 0.99 < probability < 1:
        return "> 99 %"
    return f"{probability:.0%}".replace("%", " %")
