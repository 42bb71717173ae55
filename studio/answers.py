"""What is asked about an answer, the tags that can be given for it, and the truth that follows it."""

from __future__ import annotations

from studio.shown import Answer, Shown, Step
from studio.words import literal

SPOKEN: dict[Answer, str] = {"up": "👍", "down": "👎", "skip": "skipped", "unclear": "cannot judge"}
TAGS: dict[Answer, tuple[str, ...]] = {
    "up": ("marks what matters", "marks nothing else", "easy to grasp", "taught me something"),
    "down": ("misses the object", "marks the background", "too coarse", "too fine", "confusing"),
    "skip": ("partly right", "the image is unclear", "seen before"),
    "unclear": ("the image is unclear", "I do not know the classes", "the colours are unclear", "partly right"),
}
QUESTIONS: dict[Answer, str] = {
    "up": "What was good about it?",
    "down": "What was wrong with it?",
    "skip": "Why did you skip it?",
    "unclear": "What made it hard to judge?",
}


def truth(step: Step | None, shown: Shown | None) -> str:
    """What the last image really was, once it has gone; nothing while it is on screen."""
    if step is None or step.case is None or (shown is not None and step.case is shown.case):
        return ""
    case = step.case
    guess = literal(case.class_names[case.prediction])
    if case.truth < 0:
        return f"The last image: the model said **{guess}**; nobody recorded the truth."
    if case.truth == case.prediction:
        return f"The last image: it was **{guess}**, the model was right."
    return f"The last image: it was **{literal(case.class_names[case.truth])}**, the model said {guess}."
