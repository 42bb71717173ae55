"""Colours with one meaning everywhere: evidence for a class, evidence against it, undecided; lighter and darker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Rgb = tuple[int, int, int]
PaletteName = Literal["blue-orange", "green-red"]

UNSETTLED: Rgb = (128, 128, 128)


@dataclass(frozen=True)
class Palette:
    """Colours (red, green, blue 0..255) of evidence for and against a class."""

    supports: Rgb
    opposes: Rgb


PALETTES: Mapping[str, Palette] = MappingProxyType(
    {
        "blue-orange": Palette((0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)),  # Okabe & Ito 2008: apart for all colour vision
        "green-red": Palette((0x00, 0x99, 0x33), (0xCC, 0x00, 0x00)),  # as in the mini-MNIST notebook
    }
)

# changes of brightness are not evidence, hence these are not among the colours of the palettes
LIGHTER: Rgb = (0xC9, 0xA2, 0x00)
DARKER: Rgb = (0xAA, 0x4A, 0x87)


def hex_code(colour: Rgb) -> str:
    """Write a colour as ``#RRGGBB``, as charts and style sheets take it.

    Parameters
    ----------
    colour : tuple of int
        Red, green and blue, 0..255 each.

    Returns
    -------
    str
        Seven characters.
    """
    return "#{:02X}{:02X}{:02X}".format(*colour)
