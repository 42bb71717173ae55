"""What the numbers mean that a network answers with, found out by looking at them.

The last layer's name says little: a softmax may lie inside a nested model, before a cast, a reshape or a dropout. What
it does to the numbers always shows: each row lies in 0..1 and adds up to 1, however far an image is from any that there
can be. Scores leave 0..1 there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from xai_core.errors import ClassifierUnavailable, InvalidAnswer

Values = NDArray[np.float32]  # [N, ...]
# one column: of the second of two classes; shares: each class for itself, to be divided by their sum
Kind = Literal["probabilities", "shares", "scores"]

KINDS: tuple[Kind, ...] = get_args(Kind)
SMALLEST_SHARE = 1e-12  # all shares of an image may be 0
ROUNDING = 0.01  # of probabilities in 16 bits
_AGREEMENT = 1e-3  # between outputs that say the same


@dataclass(frozen=True)
class Answers:
    """Which of a network's outputs answers, and what its numbers mean; ``evidence`` is the sentence that says why."""

    output: int
    kind: Kind
    evidence: str


def flat(values: Values) -> Values:
    """``[N, 1, 1, K]`` as ``[N, K]``, ``[N]`` as ``[N, 1]``; what has more than one long axis stays as it is."""
    lengths = [length for length in values.shape[1:] if length != 1]
    return values.reshape(len(values), *(lengths or [1])) if len(lengths) <= 1 else values


def probabilities(values: Values, kind: Kind) -> Values:
    """Class probabilities ``[N, K]`` of answers ``[N, K]``, or ``[N, 2]`` of answers ``[N, 1]``."""
    if values.shape[1] == 1:
        second = 1 / (1 + np.exp(-values)) if kind == "scores" else values
        return np.concatenate([1 - second, second], axis=1)
    if kind == "probabilities":
        return values
    powers = np.exp(values - values.max(axis=1, keepdims=True)) if kind == "scores" else values + SMALLEST_SHARE
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def numbers(name: str, values: Values) -> Values:
    """The same ``values`` ``[N, D]``; raises ``InvalidAnswer`` where one is NaN or infinite."""
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
        raise InvalidAnswer(
            f"{name} answers image {row + 1} of {len(values)} with something that is not a number (NaN or infinite): "
            "its weights are damaged or the image is unlike all it was trained on; train it again or leave the image "
            "out."
        )
    return values


def find_answers(
    name: str,
    usual: Sequence[Values],
    far: Sequence[Values],
    classes: int,
    *,
    output: int | None = None,
    kind: Kind | None = None,
) -> Answers:
    """Looks through the outputs of the network ``name`` for the one that answers with ``classes`` classes.

    ``usual`` are its outputs ``[N, ...]`` on images in 0..1, ``far`` on images far beyond. ``output`` and ``kind`` are
    what the card says, where it does. Raises ``ClassifierUnavailable`` where no output has the right width, several
    that have it contradict each other, an answer is not a number, or one cannot be told from the others.
    """
    if classes < 2:
        raise ClassifierUnavailable(
            f"The card of {name} names one class, which leaves nothing to tell apart: name two."
        )
    usual, far = [flat(values) for values in usual], [flat(values) for values in far]
    candidates = range(len(usual)) if output is None else range(output, min(output + 1, len(usual)))
    widths = {i: usual[i].shape[1] for i in candidates if usual[i].ndim == 2}
    fitting = [i for i in widths if widths[i] == classes] or [i for i in widths if (widths[i], classes) == (1, 2)]
    if not fitting and output is not None:
        raise ClassifierUnavailable(
            f"The card of {name} asks for output {output}, which is none of {classes} classes: correct the number."
        )
    if not fitting:
        raise ClassifierUnavailable(_misfit(name, usual, classes))
    found = [_look(name, i, usual[i], far[i], kind) for i in fitting]
    first, *others = sorted(found, key=lambda answers: answers.kind == "scores")  # best what needs nothing done
    shown = probabilities(usual[first.output], first.kind)
    if any(np.abs(probabilities(usual[i.output], i.kind) - shown).max() > _AGREEMENT for i in others):
        raise ClassifierUnavailable(
            f"{name} has {len(found)} outputs of {classes} classes that contradict each other, "
            f"{', '.join(str(i) for i in fitting)} counted from 0: put the right one's number into the card as "
            '"output".'
        )
    return first


def _look(name: str, output: int, usual: Values, far: Values, said: Kind | None) -> Answers:
    """What the one output means."""
    broken = ~np.isfinite(usual).all(axis=1)
    if broken.any():
        raise ClassifierUnavailable(
            f"{name} answers {broken.sum()} of {len(usual)} images that were tried with something that is not a number "
            "(NaN or infinite): its weights are damaged, train it again."
        )
    values = np.concatenate([usual, far[np.isfinite(far).all(axis=1)]])  # far out, numbers may overflow
    low, high, sums = values.min(), values.max(), values.sum(axis=1)
    tried = f"on {len(usual)} images, and on {len(values) - len(usual)} far beyond 0..1, answers"
    single = values.shape[1] == 1
    if said is not None:
        return Answers(output, said, f"{said.capitalize()}, as the card says: {tried} lie in {low:.3g}..{high:.3g}.")
    if low < -ROUNDING or high > 1 + ROUNDING:
        if single and low >= -1 - ROUNDING and high <= 1 + ROUNDING:
            raise ClassifierUnavailable(
                f"{name} has one output, which stays within -1..1 and so is neither a probability nor a usual score: "
                'end it with a sigmoid, or put "answers": "scores" into the card if it is a score.'
            )
        return Answers(output, "scores", f"Scores: {tried} lie in {low:.3g}..{high:.3g}.")
    if single or np.abs(sums - 1).max() <= ROUNDING:
        return Answers(
            output, "probabilities", f"Probabilities: {tried} lie in 0..1{'' if single else ', each row adds up to 1'}."
        )
    return Answers(
        output,
        "shares",
        f"Every class for itself, divided by their sum: {tried} lie in 0..1, rows add up to "
        f"{sums.min():.3g}..{sums.max():.3g}.",
    )


def _misfit(name: str, outputs: Sequence[Values], classes: int) -> str:
    if len(outputs) > 1:
        shapes = ", ".join(str(list(values.shape[1:])) for values in outputs)
        return f"No output of {name}, {shapes}, is as wide as the {classes} classes of its card: correct the names."
    if outputs[0].ndim > 2:
        return (
            f"{name} answers every place of an image, {list(outputs[0].shape[1:])}, and not the image: end it with a "
            "pooling over all places."
        )
    return f"{name} has {outputs[0].shape[1]} outputs but its card names {classes} classes: correct the names."
