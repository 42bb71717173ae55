"""Which segments each sample shows: designs of 0/1 matrices, one row a sample, one column a segment.

The first row shows everything, as in ``lime``. Rows come in *units* (a single row, a row and its complement, a block)
that are drawn independently of each other; standard errors are computed by leaving units out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import hadamard

from xai_core.errors import InvalidInput

Rows = NDArray[np.uint8]  # [N, K] of 0 (hidden) and 1 (shown)


@dataclass(frozen=True, eq=False)
class Masks:
    """``rows`` uint8 ``[N, K]``; ``unit``: consecutive rows drawn together, counted from row 1;
    ``exhaustive``: the rows are all 2^K possible ones."""

    rows: Rows
    unit: int = 1
    exhaustive: bool = False


def draw(design: str, segments: int, samples: int, rng: np.random.Generator) -> Masks:
    """Draw masks by a design, or enumerate all of them if that is fewer.

    Parameters
    ----------
    design : {"bernoulli", "paired", "hadamard", "sobol"}
        The design.
    segments : int
        How many columns.
    samples : int
        How many rows at most, the one that shows everything included.
    rng : numpy.random.Generator
        Draws them.

    Returns
    -------
    Masks
        The row that shows everything first.

    Raises
    ------
    InvalidInput
        If there is no such design.
    """
    if design not in DESIGNS:
        raise InvalidInput(f"There is no mask design {design!r}; choose one of {', '.join(DESIGNS)}.")
    if 2**segments <= samples:
        return Masks(enumerate_all(segments), exhaustive=True)
    rows, unit = DESIGNS[design](segments, samples - 1, rng)
    return Masks(np.concatenate([np.ones((1, segments), np.uint8), rows]), unit)


def given(matrix: NDArray[np.generic], segments: int) -> Masks:
    """Check a matrix of the caller's, and use it as it is, first row included.

    Parameters
    ----------
    matrix : array [N, segments]
        0 where a segment is hidden, 1 where it is shown.
    segments : int
        How many columns there must be.

    Returns
    -------
    Masks
        The same rows.

    Raises
    ------
    InvalidInput
        If the shape is another, there are fewer than two rows, or values other than 0 and 1.
    """
    rows = np.asarray(matrix)
    if rows.ndim != 2 or rows.shape[0] < 2 or rows.shape[1] != segments:
        raise InvalidInput(
            f"perturbations has shape {rows.shape}; {segments} segments need [samples, {segments}] with samples >= 2."
        )
    if not ((rows == 0) | (rows == 1)).all():
        raise InvalidInput("perturbations may hold only 0 (segment hidden) and 1 (segment shown).")
    return Masks(rows.astype(np.uint8))


def enumerate_all(segments: int) -> Rows:
    """All ways of hiding segments, the one that shows everything first.

    Parameters
    ----------
    segments : int
        How many columns.

    Returns
    -------
    uint8 array [2^segments, segments]
        Every row once.
    """
    numbers = np.arange(2**segments)[::-1, None]
    return (numbers >> np.arange(segments) & 1).astype(np.uint8)


def bernoulli(segments: int, count: int, rng: np.random.Generator) -> tuple[Rows, int]:
    """Every entry an independent fair coin: the design of ``lime``.

    Parameters
    ----------
    segments : int
        How many columns.
    count : int
        How many rows.
    rng : numpy.random.Generator
        Draws them.

    Returns
    -------
    rows : uint8 array [count, segments]
        The masks.
    unit : int
        How many consecutive rows are drawn together: 1.
    """
    return rng.integers(0, 2, (count, segments), dtype=np.uint8), 1


def paired(segments: int, count: int, rng: np.random.Generator) -> tuple[Rows, int]:
    """Random rows, each followed by its complement, so that interactions of even order cancel.

    Parameters
    ----------
    segments : int
        How many columns.
    count : int
        How many rows.
    rng : numpy.random.Generator
        Draws them.

    Returns
    -------
    rows : uint8 array [count, segments]
        The masks.
    unit : int
        How many consecutive rows are drawn together: 2.

    References
    ----------
    Covert & Lee 2021, "Improving KernelSHAP", section 4.2.
    """
    return with_complements(rng.integers(0, 2, ((count + 1) // 2, segments), dtype=np.uint8))[:count], 2


def hadamard_fold_over(segments: int, count: int, rng: np.random.Generator) -> tuple[Rows, int]:
    """Random columns, signs and row order of Hadamard matrices, each row followed by its complement.

    Within a matrix of order m > segments all columns are balanced and orthogonal: main effects do not disturb one
    another, and folding over frees them from interactions of even order. Where ``count`` rows are too few for a matrix
    and its complements, the whole matrix comes first: half of its rows would leave main effects confounded.

    Parameters
    ----------
    segments : int
        How many columns.
    count : int
        How many rows.
    rng : numpy.random.Generator
        Draws them.

    Returns
    -------
    rows : uint8 array [count, segments]
        The masks.
    unit : int
        How many consecutive rows are drawn together: 2, or 1 where there is no room for complements.

    References
    ----------
    Plackett & Burman 1946; Box & Wilson 1951.
    """
    order = 1 << segments.bit_length()
    if count < 2 * order - 1:  # the row that shows everything may have taken the place of one
        rows = balanced(segments, order, rng)
        return np.concatenate([rows, 1 - rows])[:count], 1
    blocks = [with_complements(balanced(segments, order, rng)) for _ in range(-(-count // (2 * order)))]
    return np.concatenate(blocks)[:count], 2


def balanced(segments: int, order: int, rng: np.random.Generator) -> Rows:
    """Random columns and signs of a Hadamard matrix, its rows in random order.

    Parameters
    ----------
    segments : int
        How many columns.
    order : int
        How many rows, a power of two > segments.
    rng : numpy.random.Generator
        Draws them.

    Returns
    -------
    uint8 array [order, segments]
        Balanced and orthogonal columns.
    """
    columns = 1 + rng.permutation(order - 1)[:segments]  # column 0 is constant
    signs = rng.integers(0, 2, segments, dtype=bool)
    return (_signs(order)[:, columns] ^ signs)[rng.permutation(order)].astype(np.uint8)


@lru_cache(maxsize=12)
def _signs(order: int) -> NDArray[np.bool_]:
    signs: NDArray[np.bool_] = hadamard(order, dtype=np.int8) > 0
    return signs


def sobol(segments: int, count: int, rng: np.random.Generator) -> tuple[Rows, int]:
    """Scrambled Sobol points, rounded to 0 or 1: evenly distributed over the corners of the cube.

    Rounding keeps the leading bit of each coordinate, to which scrambling is a random flip. It also confounds some
    segments with pairs of others, always the same ones; hence blocks of 64 points, each flipped again and dealt to the
    segments in another order: the confounding averages out, and the blocks' differences show how much is left.

    Parameters
    ----------
    segments : int
        How many columns.
    count : int
        How many rows.
    rng : numpy.random.Generator
        Flips and deals.

    Returns
    -------
    rows : uint8 array [count, segments]
        The masks.
    unit : int
        How many consecutive rows are drawn together: 64.

    References
    ----------
    Owen 1998, "Scrambling Sobol' and Niederreiter-Xing points".
    """
    from scipy.stats import qmc  # here, since scipy.stats takes a second that only this design needs

    points = qmc.Sobol(segments, scramble=False).random_base2(max(count - 1, 1).bit_length()) >= 0.5
    for start in range(0, len(points), 64):
        block = points[start : start + 64, rng.permutation(segments)]
        points[start : start + 64] = block ^ rng.integers(0, 2, segments, dtype=bool)
    return points[:count].astype(np.uint8), 64


Design = Callable[[int, int, np.random.Generator], tuple[Rows, int]]
DESIGNS: Mapping[str, Design] = MappingProxyType(
    {"bernoulli": bernoulli, "paired": paired, "hadamard": hadamard_fold_over, "sobol": sobol}
)


def with_complements(rows: Rows) -> Rows:
    """Put the complement behind every row.

    Parameters
    ----------
    rows : uint8 array [n, K]
        Masks.

    Returns
    -------
    uint8 array [2n, K]
        Row, complement, row, complement ...
    """
    return np.stack([rows, 1 - rows], axis=1).reshape(-1, rows.shape[1])
