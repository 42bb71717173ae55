"""Hierarchical Shapley values: what an image's regions are worth, divided where it matters.

Owen values over a binary tree of regions grown from the picture itself. A region's worth beside what is already shown
is divided among its halves, the half that adds most first, until the budget is spent. Sources: Owen 1977, "Values of
games with a priori unions"; Cabot et al., AAAI 2026, "ShapBPT: image feature attributions using data-aware binary
partition trees".
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import slic

from xai_core.attribution.game import Game
from xai_core.attribution.settings import AttributionSettings
from xai_core.attribution.tree import PartitionTree, grow_tree
from xai_core.classifiers.base import Classifier
from xai_core.classifiers.function import Function
from xai_core.explanation import Explanation
from xai_core.lime.hiding import Hiding
from xai_core.lime.inputs import AnyImage, Image
from xai_core.segmenters import Segmentation, from_labels, grid

PARTITION_ARM = "partition"
LEAF_PIXELS = 48  # a leaf of a photograph; an image of fewer pixels gets leaves of a few each
MOST_LEAVES = 1024
PER_ROUND = 8  # regions divided before the next are chosen; more would choose blindly, fewer keep the network waiting

Floats = NDArray[np.float64]


def explain_partition(
    image: AnyImage,
    model: Classifier | Function,
    *,
    classes: int | str | Sequence[int | str] = 2,
    settings: AttributionSettings | None = None,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Explanation:
    """Divide the answer among superpixels by Owen values over a tree of regions.

    A region that was not divided spreads its worth evenly over its pixels that hiding would change.

    Parameters
    ----------
    image : array or PIL image
        The image, as ``explain`` takes it.
    model : Classifier or callable
        A classifier, or a function from images to probabilities.
    classes : int, str or sequence, default 2
        How many of the most probable classes to explain, or which ones.
    settings : AttributionSettings, optional
        Answers of the classifier that may be asked for, and what stands in for hidden pieces.
    seed : int, default 0
        Only recorded: the result is deterministic.
    progress : callable, optional
        Called with the share done, 0..1.
    cancelled : callable, optional
        Asked before every batch whether to stop.

    Returns
    -------
    Explanation
        Weights of superpixels; they add up to what the answer gains from nothing shown to everything shown.

    Raises
    ------
    InvalidInput
        For an image of another size than the model takes, and for classes that are not there.
    InvalidAnswer
        Where the model answers with what are no probabilities.
    Cancelled
        Once ``cancelled()`` is true.

    References
    ----------
    .. [1] G. Owen, "Values of games with a priori unions", 1977.
    .. [2] M. Cabot et al., "ShapBPT: image feature attributions using data-aware binary
       partition trees", AAAI 2026.
    """
    game = Game.of(image, model, classes=classes, settings=settings, seed=seed, progress=progress, cancelled=cancelled)
    leaves = superpixels(game.pixels)
    hiding = game.hiding(leaves)
    nothing = game.worth(hiding, np.zeros((1, leaves.count), np.bool_))[0]
    if leaves.count == 1 or hiding.unchanged.all():
        weights = np.repeat((game.whole - nothing)[:, None], leaves.count, axis=1)
    else:
        weights = _owen_values(game, hiding, grow_tree(game.pixels, leaves), nothing)
    return game.explanation(PARTITION_ARM, leaves, weights, nothing=nothing, unchanged=hiding.unchanged)


def superpixels(pixels: Image) -> Segmentation:
    """Small regions of one colour, about ``LEAF_PIXELS`` each; squares where there is mere noise."""
    height, width, channels = pixels.shape
    rgb = np.repeat(pixels, 3, axis=2) if channels == 1 else pixels
    wanted = max(min(max(height * width // LEAF_PIXELS, 64), MOST_LEAVES, height * width // 4), 1)
    found = from_labels(slic(rgb, n_segments=wanted, compactness=5.0, start_label=0))
    return found if found.count >= wanted / 4 else from_labels(np.asarray(grid(rgb, max(math.isqrt(wanted), 1))))


@dataclass(frozen=True)
class _Share:
    """What ``node`` adds to the leaves ``beside`` it, bool ``[L]``: worth ``before`` and ``after``, ``[C]``."""

    node: int
    beside: NDArray[np.bool_]
    before: Floats
    after: Floats
    weight: float

    @property
    def size(self) -> float:
        return float(np.abs(self.after - self.before).max()) * self.weight


def _owen_values(game: Game, hiding: Hiding, tree: PartitionTree, nothing: Floats) -> Floats:
    """float64 ``[C, L]``: the worth of every leaf."""
    values = np.zeros((len(game.classes), tree.members.shape[1]))
    changing = np.where(hiding.unchanged, 0, tree.sizes)  # pixels that can matter

    def settle(share: _Share) -> None:
        pixels = changing * tree.members[share.node]
        values[:] += np.outer((share.after - share.before) * share.weight, pixels / max(pixels.sum(), 1))

    root = _Share(tree.root, np.zeros(tree.members.shape[1], np.bool_), nothing, game.whole, 1.0)
    waiting, order = [(-root.size, 0, root)], 1
    while waiting and game.budget.left >= 2:
        divided: list[_Share] = []
        while waiting and len(divided) < min(PER_ROUND, game.budget.left // 2):
            share = heapq.heappop(waiting)[2]
            if tree.halves(share.node) is None:
                settle(share)
            else:
                divided.append(share)
        if not divided:
            break
        halves = [tree.halves(share.node) or (0, 0) for share in divided]
        shown = np.stack(
            [share.beside | tree.members[half] for share, pair in zip(divided, halves, strict=True) for half in pair]
        )
        worth = game.worth(hiding, shown)
        for i, (share, (a, b)) in enumerate(zip(divided, halves, strict=True)):
            with_a, with_b = worth[2 * i], worth[2 * i + 1]
            for part in (
                _Share(a, share.beside, share.before, with_a, share.weight / 2),
                _Share(b, share.beside, share.before, with_b, share.weight / 2),
                _Share(a, shown[2 * i + 1], with_b, share.after, share.weight / 2),
                _Share(b, shown[2 * i], with_a, share.after, share.weight / 2),
            ):
                heapq.heappush(waiting, (-part.size, order, part))
                order += 1
    for _, _, share in waiting:
        settle(share)
    return values
