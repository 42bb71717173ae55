"""A binary partition tree: an image's superpixels, merged two by two until one region is left."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2lab

from xai_core.segmenters import Segmentation

Image = NDArray[np.float32]  # [H, W, C] in 0..1


@dataclass(frozen=True, eq=False)
class PartitionTree:
    """Leaves 0..L-1 are the labels of a segmentation; node L + i joins ``children[i]``, the last node is the image.

    ``children`` int64 ``[L - 1, 2]``, ``members`` bool ``[2 L - 1, L]``: the leaves under each node, ``sizes`` int64
    ``[L]``: pixels of the leaves.
    """

    children: NDArray[np.int64]
    members: NDArray[np.bool_]
    sizes: NDArray[np.int64]

    @property
    def root(self) -> int:
        return len(self.members) - 1

    def halves(self, node: int) -> tuple[int, int] | None:
        """The two nodes that ``node`` joins; none for a leaf."""
        leaves = self.members.shape[1]
        return None if node < leaves else (int(self.children[node - leaves, 0]), int(self.children[node - leaves, 1]))


def grow_tree(image: Image, superpixels: Segmentation) -> PartitionTree:
    """The tree that always joins the two neighbours that are most alike.

    Unlike are regions whose colours together span much, that are large, and that share little border: the range of
    CIE Lab over their union, squared and summed over channels, times the union's area and the root of its outline.
    Source: Salembier & Garrido 2000 for the tree, Cabot et al. 2026 (ShapBPT), section 4, for the distance.
    """
    rgb = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
    lab = rgb2lab(rgb).reshape(-1, 3)
    labels, count = superpixels.labels, superpixels.count
    sizes = np.bincount(labels.ravel(), minlength=count)
    lowest, highest = _colour_ranges(lab, labels.ravel(), count)
    borders, outlines = _borders(labels, count)

    nodes = 2 * count - 1
    low, high = np.empty((2, nodes, 3))
    area, outline = np.empty(nodes), np.empty(nodes)
    low[:count], high[:count], area[:count], outline[:count] = lowest, highest, sizes, outlines

    def unlikeness(a: int, b: int, shared: float) -> float:
        span = np.maximum(high[a], high[b]) - np.minimum(low[a], low[b])
        return float((span**2).sum() * (area[a] + area[b]) * np.sqrt(outline[a] + outline[b] - 2 * shared))

    heap = [(unlikeness(a, b, shared), a, b) for a in range(count) for b, shared in borders[a].items() if a < b]
    heapq.heapify(heap)
    neighbours: dict[int, dict[int, float]] = dict(enumerate(borders))
    children = np.empty((count - 1, 2), np.int64)
    for node in range(count, nodes):
        while True:
            _, a, b = heapq.heappop(heap)
            if a in neighbours and b in neighbours:
                break
        first, second = neighbours.pop(a), neighbours.pop(b)
        low[node], high[node] = np.minimum(low[a], low[b]), np.maximum(high[a], high[b])
        area[node], outline[node] = area[a] + area[b], outline[a] + outline[b] - 2 * first.pop(b)
        del second[a]
        joined = {other: first.get(other, 0) + second.get(other, 0) for other in first.keys() | second.keys()}
        for other, shared in sorted(joined.items()):
            for gone in (a, b):
                neighbours[other].pop(gone, None)
            neighbours[other][node] = shared
            heapq.heappush(heap, (unlikeness(other, node, shared), other, node))
        neighbours[node] = joined
        children[node - count] = a, b
    return PartitionTree(children, _members(children, count), sizes)


def _colour_ranges(
    lab: NDArray[np.float64], labels: NDArray[np.int32], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The smallest and the largest value of each channel within every leaf, ``[L, 3]`` each."""
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    np.minimum.at(low, labels, lab)
    np.maximum.at(high, labels, lab)
    return low, high


def _borders(labels: NDArray[np.int32], count: int) -> tuple[list[dict[int, float]], NDArray[np.float64]]:
    """For every leaf the length of border that it shares with each neighbour, and of its whole outline, in pixels.

    The leaves of an image form one connected whole, for pixels touch in rows and columns.
    """
    borders: list[dict[int, float]] = [{} for _ in range(count)]
    framed = np.pad(labels, 1, constant_values=-1)
    outlines = np.zeros(count)
    for here, there in ((framed[:, :-1], framed[:, 1:]), (framed[:-1], framed[1:])):
        differ = here != there
        pairs = np.stack([here[differ], there[differ]], axis=1)
        for side in (pairs[:, 0], pairs[:, 1]):
            outlines += np.bincount(side[side >= 0], minlength=count)
        inner = np.sort(pairs[(pairs >= 0).all(axis=1)], axis=1)
        for (a, b), length in zip(*np.unique(inner, axis=0, return_counts=True), strict=True):
            borders[a][int(b)] = borders[a].get(int(b), 0.0) + float(length)
            borders[b][int(a)] = borders[b].get(int(a), 0.0) + float(length)
    return borders, outlines


def _members(children: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    members = np.zeros((2 * count - 1, count), np.bool_)
    members[np.arange(count), np.arange(count)] = True
    for node, (a, b) in enumerate(children, count):
        members[node] = members[a] | members[b]
    return members
